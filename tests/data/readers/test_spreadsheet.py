"""Excel workbooks: the one sheet with data, as the sheet shows it."""

import builtins
import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tunelet.data import FileSettings, read
from tunelet.errors import DataError

ROWS: list[list[Any]] = [["text", "label", "day"], ["A good film, really", 1, None], [12, 0, datetime.date(2024, 5, 1)]]


def workbook(path: Path, *sheets: list[list[Any]], hidden: tuple[int, ...] = ()) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)  # type: ignore[arg-type]
    for at, rows in enumerate(sheets):
        sheet = book.create_sheet(f"Sheet {at}")
        for row in rows:
            sheet.append(row)
        if at in hidden:
            sheet.sheet_state = "hidden"
    book.save(path)
    return path


def test_the_only_sheet_with_data_is_read(tmp_path: Path) -> None:
    reading = read(workbook(tmp_path / "a.xlsx", [], ROWS, [[None, ""]]))
    assert reading.format == "Excel, header"
    assert reading.splits["train"].texts == ("A good film, really", "12")
    assert reading.splits["train"].labels == ("1", "0")


def test_hidden_sheets_do_not_count(tmp_path: Path) -> None:
    assert len(read(workbook(tmp_path / "a.xlsx", ROWS, [["lists", "of", "Excel"]], hidden=(1,))).splits["train"]) == 2


def test_a_compressed_workbook_and_one_without_header_are_read(tmp_path: Path) -> None:
    import gzip

    content = workbook(tmp_path / "a.xlsx", ROWS).read_bytes()
    (tmp_path / "b.xlsx.gz").write_bytes(gzip.compress(content))
    assert len(read(tmp_path / "b.xlsx.gz").splits["train"]) == 2
    rows = [["A good film that one would see again and again", "x"], ["A bad film", "y"], ["A fine film", "x"]]
    assert read(workbook(tmp_path / "c.xlsx", rows)).format == "Excel, no header"


def test_values_read_as_the_sheet_shows_them(tmp_path: Path) -> None:
    rows: list[list[Any]] = [
        ["text", "label"],
        [2.0, True],
        [2.5, False],
        [datetime.datetime(2024, 5, 1), True],
        ["a", False],
        [1e300, True],
    ]
    reading = read(workbook(tmp_path / "a.xlsx", rows), text="text")
    assert reading.splits["train"].texts == ("2", "2.5", "2024-05-01", "a", "1e+300")
    assert set(reading.splits["train"].labels) == {"true", "false"}


def test_a_header_that_occurs_again_is_dropped_and_blank_rows_are_passed_over(tmp_path: Path) -> None:
    reading = read(workbook(tmp_path / "a.xlsx", [*ROWS, [], ROWS[0], ["A fine one", 1]]))
    assert len(reading.splits["train"]) == 3
    assert reading.dropped["train"] == {"repeat of the header": 1}


def test_several_sheets_with_data_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="2 sheets with data: 'Sheet 0', 'Sheet 2'"):
        read(workbook(tmp_path / "a.xlsx", ROWS, [], ROWS))


@pytest.mark.parametrize("sheets", [(), ([],), ([[None]],)])
def test_an_empty_workbook_is_refused(tmp_path: Path, sheets: tuple[list[list[Any]], ...]) -> None:
    path = workbook(tmp_path / "a.xlsx", *(sheets or ([],)))
    with pytest.raises(DataError, match="is empty"):
        read(path)


def test_one_stray_cell_in_the_last_corner_costs_no_memory(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in ROWS:
        sheet.append(row)
    sheet["Z50000"] = " "
    book.save(tmp_path / "a.xlsx")
    assert len(read(tmp_path / "a.xlsx").splits["train"]) == 2
    sheet["XFD4"] = "x"
    book.save(tmp_path / "a.xlsx")
    with pytest.raises(DataError, match="16,384 columns"):
        read(tmp_path / "a.xlsx")


def test_what_a_workbook_unpacks_to_is_limited(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [["text", "label"], *([["same text " * 100, "x"]] * 500)])
    with pytest.raises(DataError, match="max_bytes"):
        read(path, files=FileSettings(max_bytes=20_000))


@pytest.mark.parametrize("damage", ["cut", "no workbook", "entities"])
def test_a_broken_workbook_is_refused(tmp_path: Path, damage: str) -> None:
    import zipfile

    path = workbook(tmp_path / "a.xlsx", ROWS)
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:-100])
    else:
        target = BytesIO()
        with zipfile.ZipFile(path) as source, zipfile.ZipFile(target, "w") as packed:
            for name in source.namelist():
                content = source.read(name)
                if damage == "entities" and name.startswith("xl/worksheets"):
                    laughs = "".join(f'<!ENTITY l{at} "{f"&l{at - 1};" * 10 if at else "ha"}">' for at in range(12))
                    content = content.replace(b"<worksheet", f"<!DOCTYPE x [{laughs}]><worksheet".encode(), 1)
                    content = content.replace(b"<sheetData>", b"<sheetData>&l11;", 1)
                if damage == "entities" or not name.endswith("workbook.xml"):
                    packed.writestr(name, content)
        path.write_bytes(target.getvalue())
    with pytest.raises(DataError, match="no readable Excel workbook"):
        read(path)


def test_without_openpyxl_the_command_that_installs_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = workbook(tmp_path / "a.xlsx", ROWS)
    genuine = builtins.__import__

    def without(name: str, *arguments: Any, **named: Any) -> Any:
        if name == "openpyxl":
            raise ImportError(name)
        return genuine(name, *arguments, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(DataError) as caught:
        read(path)
    assert "pip install 'tunelet[excel]'" in caught.value.hint
