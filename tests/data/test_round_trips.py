"""Nasty texts survive every format unchanged, when cleaning is off."""

import csv
import io
import json
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tunelet.data import read

# Lone surrogates cannot be written to a file; NUL bytes mark a text file as binary.
characters = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
awkward = st.sampled_from(
    ['"', '""', ",", "\t", "\n", "\r\n", "\r", ";", "\\", "<br />", "\u2028", "\x85", "\ufeff", "'"]
)
texts = st.lists(awkward | st.text(characters, max_size=8), min_size=1, max_size=6).map("".join)
tables = st.lists(texts.filter(str.strip), min_size=1, max_size=8)


def texts_read(name: str, content: bytes) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        reading = read(path, text="text", label="label", clean_markup=False)
    assert list(reading.splits["train"].labels) == ["x"] * len(reading.splits["train"])
    return list(reading.splits["train"].texts)


def delimited(rows: list[str], delimiter: str, quoting: int) -> bytes:
    target = io.StringIO(newline="")
    writer = csv.writer(target, delimiter=delimiter, quoting=quoting)  # type: ignore[arg-type]
    writer.writerow(["text", "label"])
    writer.writerows([text, "x"] for text in rows)
    return target.getvalue().encode()


@settings(max_examples=60, deadline=None)
@given(tables, st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
@example(['a "quote', 'b, "c"\n\n"d'], csv.QUOTE_MINIMAL)
def test_csv(rows: list[str], quoting: int) -> None:
    assert texts_read("a.csv", delimited(rows, ",", quoting)) == rows


@settings(max_examples=60, deadline=None)
@given(tables)
def test_quoted_tsv(rows: list[str]) -> None:
    assert texts_read("a.tsv", delimited(rows, "\t", csv.QUOTE_ALL)) == rows


@settings(max_examples=60, deadline=None)
@given(tables, st.booleans())
def test_json_lines_and_json(rows: list[str], ascii_only: bool) -> None:
    objects = [{"text": text, "label": "x"} for text in rows]
    lines = "\n".join(json.dumps(row, ensure_ascii=ascii_only) for row in objects)
    assert texts_read("a.jsonl", lines.encode()) == rows
    assert texts_read("a.json", json.dumps(objects, ensure_ascii=ascii_only).encode()) == rows


@settings(max_examples=30, deadline=None)
@given(tables)
def test_parquet(rows: list[str]) -> None:
    target = io.BytesIO()
    pq.write_table(pa.table({"text": [*rows, None], "label": ["x"] * (len(rows) + 1)}), target)
    assert texts_read("a.parquet", target.getvalue()) == rows
