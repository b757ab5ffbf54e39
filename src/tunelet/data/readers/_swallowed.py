"""Rows that a stray quotation mark made part of a cell: what no reader can tell from a text of several lines for sure.

A quotation mark too many opens a cell that the next one closes, some rows further down. Nothing is broken by that, and
the rows between are gone. What is left of them shows: a line within a cell that would be a row of its own.
"""

from collections.abc import Sequence

from tunelet.data._shape import MOST_CLASSES

_MOST = 5  # rows that are named


def swallowed_note(rows: Sequence[Sequence[str]], numbers: Sequence[int], delimiter: str) -> tuple[str, ...]:
    """A note on cells that hold what looks like whole rows; none where there is no such cell.

    A line is like a row where the delimiter cuts it into as many fields, and in each column of few values the field is
    one of them.

    Args:
        rows: cells of rows of equal length, without the header.
        numbers: of the rows in their file.
        delimiter: between two cells.
    """
    suspects = [
        (row, at)
        for row, cells in enumerate(rows)
        for at, cell in enumerate(cells)
        if "\n" in cell and delimiter in cell
    ]
    if not suspects:
        return ()
    values = [{cells[at].strip() for cells in rows if "\n" not in cells[at]} for at in range(len(rows[0]))]
    classes = [held if 0 < len(held) <= min(MOST_CLASSES, max(2, len(rows) // 4)) else None for held in values]
    found = list(
        dict.fromkeys(
            numbers[row] for row, at in suspects if _holds_rows(rows[row][at].split("\n"), at, classes, delimiter)
        )
    )
    if not found:
        return ()
    listed = ", ".join(map(str, found[:_MOST])) + (", ..." if len(found) > _MOST else "")
    what = f"row {listed} has a cell that holds" if len(found) == 1 else f"rows {listed} have cells that hold"
    return (f"{what} what looks like further rows: look whether a quotation mark is missing there, or one too many",)


def _holds_rows(lines: Sequence[str], at: int, classes: Sequence[set[str] | None], delimiter: str) -> bool:
    """Whether one of the lines of a cell in column `at` is like a row, or its first line like the rest of one."""
    begins = [at, *[0] * (len(lines) - 2)]  # the last line goes on behind the cell
    return any(
        _like_row(line.split(delimiter), classes[begin:]) for line, begin in zip(lines[:-1], begins, strict=True)
    )


def _like_row(fields: Sequence[str], classes: Sequence[set[str] | None]) -> bool:
    known = [(field.strip(), held) for field, held in zip(fields, classes, strict=False) if held is not None]
    return len(fields) == len(classes) > 1 and bool(known) and all(field in held for field, held in known)
