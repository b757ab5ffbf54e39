"""Excel workbooks (`.xlsx`), through openpyxl's streaming reader.

A sheet is written down cell by cell, so one stray cell in the last row of a sheet makes it seventeen thousand million
cells large; faster readers allocate them all. Here rows stream by, and what is empty at their ends is never kept.
"""

import datetime
import io
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tunelet._words import first_line
from tunelet.data._raw import RawTable
from tunelet.data.readers._delimited import table_of_rows
from tunelet.data.readers._settings import MOST_COLUMNS, FileSettings
from tunelet.errors import DataError

_PIECE = 2**20
_WHOLE = 1e15  # a number from here on has an exponent in Excel, too


def parse_spreadsheet(content: bytearray, path: Path, names: Sequence[str], settings: FileSettings) -> RawTable:
    """The only sheet with data, its rows as in a CSV file; numbers and dates read as the sheet shows them.

    Raises:
        DataError: openpyxl is missing, no workbook, nothing in it, or several sheets with data.
    """
    try:
        import openpyxl
    except ImportError:
        message = f"{path} is an Excel workbook, which needs the package openpyxl"
        raise DataError(message, "pip install 'tunelet[excel]', or save the sheet as CSV") from None
    _measure(content, path, settings)
    with _readable(path), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what openpyxl says of styles and extensions that it does not know
        workbook = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        filled = {}
        for sheet in workbook.worksheets:
            if sheet.sheet_state == "visible" and (rows := _rows(sheet, path, settings)):
                filled[sheet.title] = rows
    if not filled:
        raise DataError(f"{path} is empty", "expected a sheet with rows of texts and labels")
    if len(filled) > 1:
        listed = ", ".join(map(repr, list(filled)[:5])) + (", ..." if len(filled) > 5 else "")
        raise DataError(f"{path} has {len(filled)} sheets with data: {listed}", "save the one with the texts as CSV")
    (rows,) = filled.values()
    width = max(map(len, rows))
    settings.check_cells(path, len(rows), width)
    rows = [row + [""] * (width - len(row)) if row else [] for row in rows]
    return table_of_rows(rows, path, "Excel", names, settings)


def _measure(content: bytearray, path: Path, settings: FileSettings) -> None:
    """Refuse a workbook whose parts unpack to more than the limit."""
    size = 0
    with _readable(path), zipfile.ZipFile(io.BytesIO(content)) as archive:
        for entry in archive.infolist():
            with archive.open(entry) as part:
                while piece := part.read(_PIECE):
                    size += len(piece)
                    if size > settings.max_bytes:
                        raise settings.too_large(path)


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except (DataError, MemoryError):
        raise
    except Exception as error:  # openpyxl lets pass whatever its parsers and a strange workbook raise
        message = f"{path} is no readable Excel workbook ({first_line(error)})"
        raise DataError(message, "save it again as .xlsx without a password, or as CSV") from None


def _rows(sheet: Any, path: Path, settings: FileSettings) -> list[list[str]]:
    """The rows down to the last with a value, each without the empty cells at its end; blank ones are empty lists."""
    sheet.reset_dimensions()  # what the file says of its size is not always true
    rows: list[list[str]] = []
    cells = blank = 0
    for values in sheet.iter_rows(values_only=True):
        row = [_shown(value) for value in values]
        while row and not row[-1]:
            row.pop()
        if not row:
            blank += 1
            continue
        rows.extend([] for _ in range(blank))
        rows.append(row)
        cells += len(row) + blank
        blank = 0
        if len(row) > MOST_COLUMNS:
            settings.check_cells(path, 1, len(row))
        settings.check_cells(path, cells, 1)
    return rows


def _shown(value: object) -> str:
    """A value as Excel shows it: whole numbers without a fraction, dates without a midnight, TRUE in capitals."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float) and value.is_integer() and abs(value) < _WHOLE:
        return str(int(value))
    if isinstance(value, datetime.datetime):
        return str(value.date() if value.time() == datetime.time() else value)
    return str(value)
