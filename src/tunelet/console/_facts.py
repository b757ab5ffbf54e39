"""Names and values, one a line."""

from collections.abc import Mapping

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tunelet._choice import Choice


def facts_screen(console: Console, facts: Mapping[str, Choice[str] | str]) -> None:
    """Names with values, and reasons where they are choices."""
    table = facts_grid()
    for name, fact in facts.items():
        table.add_row(escape(name), choice_in_words(fact) if isinstance(fact, Choice) else escape(fact))
    console.print(table, highlight=False)


def facts_grid() -> Table:
    """A table of names and values."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="cyan", no_wrap=True)
    table.add_column(overflow="fold")
    return table


def choice_in_words(choice: Choice[str]) -> str:
    """The value, and why."""
    return f"[bold]{escape(choice.value)}[/] ({escape(choice.reason)})"
