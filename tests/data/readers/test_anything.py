"""Whatever a file holds, reading it gives a table or a `DataError` with a hint; tables survive each format."""

import bz2
import csv
import gzip
import io
import json
import lzma
import tempfile
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tunelet.data import FileSettings, read
from tunelet.data.readers._files import FORMATS, read_file
from tunelet.errors import DataError

FEW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
SMALL = FileSettings(max_bytes=2**20, max_cell=5000)


PACKERS: dict[str, Any] = {
    "": bytes,
    ".gz": gzip.compress,
    ".zst": zstandard.compress,
    ".xz": lzma.compress,
    ".bz2": bz2.compress,
}


def packed(suffix: str, content: bytes, inner: str) -> bytes:
    if suffix != ".zip":
        return bytes(PACKERS[suffix](content))
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(inner, content)
    return target.getvalue()


SUFFIXES = st.sampled_from(["", ".gz", ".zst", ".xz", ".bz2", ".zip"])
# Bytes that look like the start of something, so that more than the first check is reached.
PIECES = st.sampled_from(
    [b"text,label\n", b"a,x\n", b"sep=;\n", b'"', b'\\"', b"\n", b"\t", b";", b"\r\n", b"{", b"}", b"[", b"]", b":",
     b'"text"', b'"label"', b'{"text": "a", "label": "x"}\n', b"PAR1", b"PK\x03\x04", b"\x1f\x8b", b"\xff\xfe", b"1",
     b"\xef\xbb\xbf", b"\0", b"\xe9", b"\xd0\x91", b"\x82\xa0", b"null", b"2019,2020\n", b"NaN"]
)  # fmt: skip
CONTENT = st.lists(PIECES | st.binary(max_size=6), max_size=30).map(b"".join)


def outcome(name: str, content: bytes, labelled: bool, encoding: str) -> None:
    refusal = table = None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        try:
            table = read_file(path, settings=replace(SMALL, encoding=encoding), labelled=labelled)
        except DataError as error:
            refusal = error
    if table is None:
        assert refusal is not None
        assert refusal.hint
        assert "\n" not in str(refusal)
    else:
        assert len({len(values) for values in table.columns.values()}) == 1
        assert len(table) > 0
        assert not table.row_names or len(table.row_names) == len(table)


@FEW
@given(
    CONTENT, st.sampled_from(FORMATS), SUFFIXES, st.booleans(), st.sampled_from(["", "cp1251", "utf-16-le", "cp932"])
)
def test_any_bytes_give_a_table_or_the_users_error(
    content: bytes, extension: str, suffix: str, labelled: bool, encoding: str
) -> None:
    outcome(f"a{extension}{suffix}", packed(suffix, content, f"a{extension}"), labelled, encoding)
    outcome(f"a{extension}{suffix}", content, labelled, encoding)


@FEW
@given(st.data())
def test_damage_to_a_genuine_file_gives_a_table_or_the_users_error(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(GENUINE)))
    content = bytearray(GENUINE[name])
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at] = data.draw(st.integers(0, 255))
    if data.draw(st.booleans()):
        del content[data.draw(st.integers(1, len(content))) :]
    outcome(name, bytes(content), True, "")


def _genuine() -> dict[str, bytes]:
    import openpyxl
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = [["text", "label"], *([f"A text number {at}", "xy"[at % 2]] for at in range(30))]
    table, book = io.BytesIO(), io.BytesIO()
    columns = {"text": [row[0] for row in rows[1:]], "label": [row[1] for row in rows[1:]]}
    pq.write_table(pa.table(columns), table)
    workbook = openpyxl.Workbook()
    for row in rows:
        workbook.active.append(row)  # type: ignore[union-attr]
    workbook.save(book)
    lines = "\n".join(",".join(row) for row in rows).encode()
    files = {
        "a.csv": lines,
        "a.json": json.dumps(columns).encode(),
        "a.parquet": table.getvalue(),
        "a.xlsx": book.getvalue(),
    }
    return files | {
        f"a.csv{suffix}": packed(suffix, lines, "a.csv") for suffix in (".gz", ".zst", ".xz", ".bz2", ".zip")
    }


GENUINE = _genuine()

TEXTS = st.lists(
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12).filter(
        lambda text: bool(text.strip())
    ),
    min_size=1,
    max_size=6,
)


def texts_read(name: str, content: bytes, encoding: str = "") -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        reading = read(path, text="text", label="label", clean_markup=False, files=FileSettings(encoding=encoding))
    return list(reading.splits["train"].texts)


@FEW
@given(TEXTS, SUFFIXES, st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]), st.sampled_from(",;\t|"))
def test_tables_survive_every_delimiter_and_compression(
    texts: list[str], suffix: str, quoting: int, delimiter: str
) -> None:
    target = io.StringIO(newline="")
    target.write(f"sep={delimiter}\r\n")
    writer = csv.writer(target, delimiter=delimiter, quoting=quoting)  # type: ignore[arg-type]
    writer.writerows([["text", "label"], *([text, "x"] for text in texts)])
    assert texts_read(f"a.csv{suffix}", packed(suffix, target.getvalue().encode(), "a.csv")) == texts


@FEW
@given(TEXTS)
def test_tables_survive_backslashes_before_quotation_marks(texts: list[str]) -> None:
    texts = [f'"{text}" he said' for text in texts]
    target = io.StringIO(newline="")
    writer = csv.writer(target, quoting=csv.QUOTE_ALL, doublequote=False, escapechar="\\")
    writer.writerows([["text", "label"], *([text, "x"] for text in texts)])
    found = texts_read("a.csv", target.getvalue().encode())
    # Where every row fits with other backslashes left alone, those stay as they are written.
    assert found in (texts, [text.replace("\\", "\\\\") for text in texts])


@FEW
@given(TEXTS, st.sampled_from(["records", "columns", "index", "split", "table", "list"]))
def test_tables_survive_every_layout_of_json(texts: list[str], layout: str) -> None:
    import pandas as pd

    frame = pd.DataFrame({"text": texts, "label": ["x"] * len(texts)})
    content = frame.to_json(orient=layout) if layout != "list" else json.dumps(frame.to_dict("list"))  # type: ignore[call-overload]
    assert texts_read("a.json", content.encode()) == texts


@FEW
@given(TEXTS)
def test_tables_survive_a_workbook(texts: list[str]) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book, target = openpyxl.Workbook(), io.BytesIO()
    texts = [f"t{text}" for text in texts]  # a text that begins with = is a formula
    for row in [["text", "label"], *([text, "x"] for text in texts)]:
        book.active.append(row)
    book.save(target)
    assert texts_read("a.xlsx", target.getvalue()) == texts


@FEW
@given(TEXTS, st.sampled_from(["gb18030", "utf-16-le", "utf-16-be", "utf-8-sig", "utf-32"]))
def test_tables_survive_every_encoding_that_is_named(texts: list[str], encoding: str) -> None:
    content = "text\tlabel\n" + "".join(f"{text}\tx\n" for text in (*texts, "é\u4e00"))
    assert texts_read("a.tsv", content.encode(encoding), encoding) == [*texts, "é\u4e00"]
