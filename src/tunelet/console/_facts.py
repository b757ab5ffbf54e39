"""Names and values, one a line."""

from collections.abc import Iterable, Mapping

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from tunelet._choice import Choice


def facts_screen(console: Console, facts: Mapping[str, Choice[str] | str]) -> None:
    """Names with values, and reasons where they are choices."""
    print_facts(
        console,
        (
            (escape(name), choice_in_words(fact) if isinstance(fact, Choice) else escape(fact))
            for name, fact in facts.items()
        ),
    )


def print_facts(console: Console, facts: Iterable[tuple[str, str]]) -> None:
    """Names and values, both rich's markup: folded under one another on a terminal, a line each elsewhere."""
    rows = list(facts)
    if not console.is_terminal:
        width = max((len(name) for name, _ in rows), default=0)
        for name, value in rows:
            console.print(f"{name:<{width}}  {value}", emoji=False, highlight=False, soft_wrap=True)
        return
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="cyan", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in rows:
        grid.add_row(*(Text.from_markup(cell, emoji=False) for cell in (name, value)))
    console.print(grid, highlight=False)


def choice_in_words(choice: Choice[str]) -> str:
    """The value, and why."""
    return f"[bold]{escape(choice.value)}[/] ({escape(choice.reason)})"
