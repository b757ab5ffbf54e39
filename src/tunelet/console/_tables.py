"""Tables that are never cut: numbers stay whole, names are folded in a narrow terminal, and a pipe gets it all."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

_PIPE = 80  # columns of what is no terminal, where there is a choice
_NAME = 12  # letters of a name that stay on one line in the narrowest terminal


def table(*headings: str) -> Table:
    """An empty table: names in the first column, numbers in the others. Headings and cells are rich's markup."""
    made = Table()
    for number, heading in enumerate(headings):
        made.add_column(heading, justify="right" if number else "left", no_wrap=bool(number), overflow="fold")
    return made


def fits(console: Console, made: Table) -> bool:
    """Whether the table has room without folding a name."""
    return _needed(_widths(made)) <= (console.width if console.is_terminal else _PIPE)


def print_table(console: Console, title: str, made: Table) -> None:
    """Print the table under its title. A terminal too narrow for its numbers breaks the lines; nothing is left out."""
    widths = _widths(made)
    if console.is_terminal and (lacking := _needed(widths) - console.width) > 0:
        widths[0] = min(widths[0], max(_NAME, widths[0] - lacking))
    for column, width in zip(made.columns, widths, strict=True):
        column.width = width
    made.width = _needed(widths)
    console.print(f"[bold]{title}[/]", highlight=False, soft_wrap=True)
    console.print(made, highlight=False, soft_wrap=True)


def _needed(widths: list[int]) -> int:
    return sum(widths) + 3 * len(widths) + 1  # a rule and two blanks for each, and the last rule


def _widths(made: Table) -> list[int]:
    """Of each column the widest of its heading and cells."""
    return [
        max(Text.from_markup(str(text)).cell_len for text in (column.header, *column.cells)) for column in made.columns
    ]
