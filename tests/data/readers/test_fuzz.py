"""Tables that were written rightly and then damaged, as files are: read rightly, or refused in one line, never in part.

`make fuzz` tries many more examples, new ones each time (FUZZ_EXAMPLES says how many of each kind).
"""

import bz2
import csv
import gzip
import io
import json
import lzma
import os
import tempfile
import zipfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tunelet.data import FileSettings, Reading, read, read_tables, streamed
from tunelet.errors import DataError, TuneletError

MANY = int(os.environ.get("FUZZ_EXAMPLES", "0"))
FUZZ = settings(
    max_examples=MANY or 50,
    derandomize=not MANY,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
PACKERS: dict[str, Any] = {
    "": bytes,
    ".gz": gzip.compress,
    ".zst": zstandard.compress,
    ".xz": lzma.compress,
    ".bz2": bz2.compress,
}
SUFFIXES = st.sampled_from([*PACKERS, ".zip"])
LABELS = ("good", "bad", "so-so")

# What a text may hold that a reader could take for something else; no control characters, which cleaning removes.
PIECES = st.sampled_from(
    ["a", "word", " ", "  ", '"', '""', "'", ",", ";", "\t", "|", "\n", "\r\n", "\\", '\\"', "<br />", "é", "\u4e00",
     "\U0001f600", "\u2028", "\ufeff", "0", "1.5", "-", "=", "sep=;", "{", "}", "[", "]", ":", "text,label", "good",
     "null", "#"]
)  # fmt: skip
TEXT = st.lists(PIECES, min_size=1, max_size=8).map("".join).map(lambda text: f"{text} end")


@st.composite
def tables(draw: st.DrawFn) -> list[tuple[str, str]]:
    """Rows of different texts with labels of which each occurs."""
    texts = draw(st.lists(TEXT, min_size=6, max_size=14, unique=True))
    return [(f"{at} {text}", LABELS[at % 3]) for at, text in enumerate(texts)]


def as_csv(rows: list[tuple[str, str]], **dialect: Any) -> bytes:
    target = io.StringIO(newline="")
    csv.writer(target, **{"lineterminator": "\r\n", "quoting": csv.QUOTE_MINIMAL} | dialect).writerows(
        [("text", "label"), *rows]
    )
    return target.getvalue().encode()


def as_lines(rows: list[tuple[str, str]]) -> bytes:
    return "".join(
        json.dumps({"text": text, "label": label}, ensure_ascii=bool(at % 2)) + "\n"
        for at, (text, label) in enumerate(rows)
    ).encode()


def as_json(rows: list[tuple[str, str]]) -> bytes:
    return json.dumps([{"text": text, "label": label} for text, label in rows], indent=1).encode()


def as_parquet(rows: list[tuple[str, str]]) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    target = io.BytesIO()
    pq.write_table(pa.table({"text": [text for text, _ in rows], "label": [label for _, label in rows]}), target)
    return target.getvalue()


def as_workbook(rows: list[tuple[str, str]]) -> bytes:
    import openpyxl

    book, target = openpyxl.Workbook(), io.BytesIO()
    for row in [("text", "label"), *rows]:
        book.active.append(row)  # type: ignore[union-attr]
    book.save(target)
    return target.getvalue()


WRITERS: dict[str, Any] = {
    ".csv": as_csv,
    ".tsv": lambda rows: as_csv(rows, delimiter="\t", quoting=csv.QUOTE_ALL),
    ".jsonl": as_lines,
    ".json": as_json,
    ".parquet": as_parquet,
    ".xlsx": as_workbook,
    ".txt": lambda rows: as_csv(rows, delimiter="|", quoting=csv.QUOTE_ALL),
}


def fitting(rows: list[tuple[str, str]], form: str) -> list[tuple[str, str]]:
    """The rows as a format holds them: workbooks have line feeds alone, in .txt a row is a line."""
    ends = {".xlsx": ("\r\n", "\n"), ".txt": ("\n", " ")}
    return [(text.replace(*ends.get(form, ("", ""))), label) for text, label in rows]


PLACES = st.integers(0, 10**6)  # in a file whose length may differ from one time to the next: workbooks are dated
TEXTUAL = [".csv", ".tsv", ".jsonl", ".json", ".txt"]
BY_LINES = [".csv", ".tsv", ".jsonl"]


def packed(suffix: str, content: bytes, inner: str) -> bytes:
    if suffix != ".zip":
        return bytes(PACKERS[suffix](content))
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(inner, content)
    return target.getvalue()


@dataclass(frozen=True)
class Outcome:
    """What reading gave: a reading, or a refusal."""

    reading: Reading | None
    refusal: DataError | None

    @property
    def rows(self) -> list[tuple[str, str]]:
        assert self.reading is not None
        examples = self.reading.splits["train"]
        return list(zip(examples.texts, examples.labels, strict=True))

    @property
    def dropped(self) -> int:
        assert self.reading is not None
        return sum(self.reading.dropped["train"].values())


def outcome(name: str, content: bytes, limits: FileSettings | None = None) -> Outcome:
    """Read a file of this name. Anything but a reading and an error of ours with a hint on one line fails."""
    files = limits or FileSettings()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        _in_chunks_as_a_whole(path, files)
        reading, refusal = None, None
        try:
            reading = read(path, text="text", label="label", clean_markup=False, files=files)
        except DataError as error:
            refusal = error
    if reading is None:
        assert refusal is not None
        assert refusal.hint
        assert "\n" not in str(refusal)
        return Outcome(None, refusal)
    for split, reasons in reading.dropped.items():
        for reason, rows in reasons.items():
            assert len(set(reading.dropped_rows[split][reason])) == rows
    return Outcome(reading, None)


def _in_chunks_as_a_whole(path: Path, files: FileSettings) -> None:
    """What is gone through in chunks has the same columns, or is refused as well."""
    try:
        whole = dict(read_tables(str(path), ["text"], labelled=False, files=files)[0]["train"].columns)
    except TuneletError:
        whole = {}
    try:
        with streamed(str(path), ["text"], files=files) as found:
            chunks = list(found.rows.chunks())
            pieces = {name: [value for chunk in chunks for value in chunk.column(name)] for name in found.rows.columns}
    except TuneletError:
        pieces = {}
    assert repr({name: list(values) for name, values in whole.items()}) == repr(pieces)


@FUZZ
@given(tables(), st.sampled_from(sorted(WRITERS)), SUFFIXES)
def test_what_was_written_is_read(rows: list[tuple[str, str]], form: str, suffix: str) -> None:
    rows = fitting(rows, form)
    found = outcome(f"a{form}{suffix}", packed(suffix, WRITERS[form](rows), f"a{form}"))
    assert found.rows == rows
    assert not found.dropped


@FUZZ
@given(tables(), st.sampled_from(sorted(WRITERS)), SUFFIXES, st.data())
def test_a_file_that_breaks_off_is_refused_or_read_as_far_as_it_goes(
    rows: list[tuple[str, str]], form: str, suffix: str, data: st.DataObject
) -> None:
    rows = fitting(rows, form)
    content = packed(suffix, WRITERS[form](rows), f"a{form}")
    found = outcome(f"a{form}{suffix}", content[: data.draw(PLACES) % len(content)])
    if found.reading is None:
        return
    assert not suffix  # what is compressed says where it ends
    assert form in TEXTUAL
    for at, (text, label) in enumerate(found.rows):
        whole_text, whole_label = rows[at]
        last = at == len(found.rows) - 1
        assert text == whole_text or last
        assert label == whole_label or (last and whole_label.startswith(label))


@FUZZ
@given(tables(), st.sampled_from(BY_LINES), st.randoms(use_true_random=False), st.integers(0, 3))
def test_rows_in_another_order_with_headers_and_blank_lines_among_them_are_the_same_rows(
    rows: list[tuple[str, str]], form: str, random: Any, headers: int
) -> None:
    shuffled = rows.copy()
    random.shuffle(shuffled)
    if form == ".jsonl":
        headers = 0
    parts = [shuffled[at::4] for at in range(4)]
    content = b"\n\n".join(WRITERS[form](part) for part in parts[: headers + 1] if part)
    found = outcome(f"a{form}", content)
    written = [row for part in parts[: headers + 1] for row in part]
    assert Counter(found.rows) == Counter(written)
    assert found.dropped == sum(map(bool, parts[: headers + 1])) - 1 if form != ".jsonl" else not found.dropped


@FUZZ
@given(tables(), st.sampled_from(sorted(WRITERS)), st.data())
def test_rows_without_a_text_or_a_label_are_counted_and_named(
    rows: list[tuple[str, str]], form: str, data: st.DataObject
) -> None:
    rows = fitting(rows, form)
    lacking = data.draw(st.lists(st.sampled_from(["", "text", "label"]), min_size=len(rows), max_size=len(rows)))
    holed = [
        ("" if lacks == "text" else text, "" if lacks == "label" else label)
        for (text, label), lacks in zip(rows, lacking, strict=True)
    ]
    found = outcome(f"a{form}", WRITERS[form](holed))
    if found.reading is None:
        assert all(lacking)
        return
    header = 0 if form in (".jsonl", ".json", ".parquet") else 1
    numbers = {
        reason: tuple(at + 1 + header for at, lacks in enumerate(lacking) if lacks == what)
        for reason, what in (("empty text", "text"), ("no label", "label"))
    }
    assert found.reading.dropped_rows["train"] == {reason: rows for reason, rows in numbers.items() if rows}
    assert found.rows == [row for row, lacks in zip(rows, lacking, strict=True) if not lacks]


@FUZZ
@given(tables(), st.sampled_from([".csv", ".tsv", ".jsonl"]), st.sampled_from(["\n", "\r\n", "\r"]), st.booleans())
def test_every_line_end_is_one_and_a_mark_of_the_byte_order_is_no_text(
    rows: list[tuple[str, str]], form: str, end: str, marked: bool
) -> None:
    if form == ".jsonl":
        content = WRITERS[form](rows).replace(b"\n", end.encode())
    else:
        content = as_csv(rows, lineterminator=end, delimiter="\t" if form == ".tsv" else ",", quoting=csv.QUOTE_ALL)
    found = outcome(f"a{form}", (b"\xef\xbb\xbf" if marked else b"") + content)
    if found.reading is None:
        assert end == "\r"
        return
    assert found.rows == rows
    assert not found.dropped


@FUZZ
@given(tables(), st.sampled_from([".csv", ".tsv", ".jsonl", ".parquet"]), st.permutations(["text", "label", "more"]))
def test_columns_in_another_order_hold_the_same_rows(rows: list[tuple[str, str]], form: str, order: list[str]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = {"text": [text for text, _ in rows], "label": [label for _, label in rows], "more": ["x"] * len(rows)}
    columns = {name: columns[name] for name in order}
    target, lines = io.BytesIO(), io.StringIO(newline="")
    if form == ".parquet":
        pq.write_table(pa.table(columns), target)
    elif form == ".jsonl":
        objects = (dict(zip(order, row, strict=True)) for row in zip(*columns.values(), strict=True))
        target.write("\n".join(map(json.dumps, objects)).encode())
    else:
        delimiter = "\t" if form == ".tsv" else ","
        csv.writer(lines, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows(
            [order, *zip(*columns.values(), strict=True)]
        )
        target.write(lines.getvalue().encode())
    assert outcome(f"a{form}", target.getvalue()).rows == rows


@FUZZ
@given(tables(), st.sampled_from(TEXTUAL), st.sampled_from(["cp1252", "utf-16-le", "utf-16", "utf-8-sig", "cp932"]))
def test_another_encoding_is_refused_or_announces_itself(rows: list[tuple[str, str]], form: str, encoding: str) -> None:
    rows = fitting(rows, form)
    text = WRITERS[form](rows).decode()
    content = text.encode(encoding, "replace")
    found = outcome(f"a{form}", content)
    if found.reading is not None and "?" not in content.decode(encoding):
        assert found.rows == rows
    if encoding == "utf-16-le":
        assert found.refusal is not None


@FUZZ
@given(tables(), st.sampled_from(TEXTUAL), st.data())
def test_a_byte_that_is_not_utf_8_or_is_nul_is_refused(
    rows: list[tuple[str, str]], form: str, data: st.DataObject
) -> None:
    content = WRITERS[form](fitting(rows, form))
    at = data.draw(PLACES) % (len(content) + 1)
    byte = data.draw(st.sampled_from([b"\0", b"\xff", b"\xc3\x28"]))
    assert outcome(f"a{form}", content[:at] + byte + content[at:]).refusal is not None


@FUZZ
@given(tables(), st.sampled_from([".csv", ".tsv", ".txt"]), st.data())
def test_a_quotation_mark_too_many_or_too_few_loses_no_row_in_silence(
    rows: list[tuple[str, str]], form: str, data: st.DataObject
) -> None:
    rows = fitting(rows, form)
    content = WRITERS[form](rows)
    marks = [at for at, byte in enumerate(content) if byte == ord('"')]
    if marks and data.draw(st.booleans()):
        at = data.draw(st.sampled_from(marks))
        damaged = content[:at] + content[at + 1 :]
    else:
        at = data.draw(st.integers(len(b"text,label\r\n"), len(content)))
        damaged = content[:at] + b'"' + content[at:]
    found = outcome(f"a{form}", damaged)
    if found.reading is not None and len(found.rows) + found.dropped < len(rows):
        assert any("quotation mark" in note for note in found.reading.notes)


@FUZZ
@given(tables(), st.sampled_from([".parquet", ".xlsx"]), SUFFIXES, st.data())
def test_bytes_changed_in_a_binary_file_are_refused_or_do_no_harm(
    rows: list[tuple[str, str]], form: str, suffix: str, data: st.DataObject
) -> None:
    content = bytearray(packed(suffix, WRITERS[form](rows), f"a{form}"))
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(PLACES) % len(content)] = data.draw(st.integers(0, 255))
    outcome(f"a{form}{suffix}", bytes(content))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.sampled_from(["", "a", "x", "text"]),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["text", "label", "id", "a"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@FUZZ
@given(JSON, st.lists(st.dictionaries(st.sampled_from(["text", "label", "id"]), JSON), max_size=5))
def test_json_of_any_shape_is_a_table_or_refused(value: Any, objects: list[Any]) -> None:
    outcome("a.json", json.dumps(value).encode())
    outcome("a.json", json.dumps(objects).encode())
    outcome("a.jsonl", "\n".join(map(json.dumps, objects)).encode())


@FUZZ
@given(st.lists(st.dictionaries(st.sampled_from(["text", "label", "id"]), JSON | st.binary(max_size=3) | st.dates())))
def test_rows_in_memory_of_any_values_are_read_or_refused(rows: list[dict[str, Any]]) -> None:
    reading, refusal = None, None
    try:
        reading = read(rows, text="text", label="label")
    except DataError as error:
        refusal = error
    if reading is None:
        assert refusal is not None
        assert refusal.hint
        assert "\n" not in str(refusal)
        return
    named = reading.dropped_rows["train"]
    assert {reason: len(numbers) for reason, numbers in named.items()} == reading.dropped["train"]
    places = [number - 1 for numbers in named.values() for number in numbers]
    assert sorted([*places, *reading.rows["train"].tolist()]) == list(range(len(rows)))


BEGINNINGS = st.sampled_from([b"", b"\xef\xbb\xbf", b"\0", b"\xff", b"\xc3\x28"])


@FUZZ
@given(st.lists(TEXT | st.sampled_from(["", " \r\n"]), min_size=4, max_size=9), BEGINNINGS, st.sampled_from(LABELS))
def test_texts_in_folders_are_read_or_refused_and_empty_ones_are_counted_and_named(
    texts: list[str], beginning: bytes, label: str
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for at, text in enumerate(texts):
            place = Path(folder) / (label if at < 2 else "z")  # the label of two, in front by its name
            place.mkdir(exist_ok=True)
            (place / f"{at}.txt").write_bytes((beginning if at == 1 else b"") + text.encode())
        reading, refusal = None, None
        try:
            reading = read(folder, clean_markup=False)
        except DataError as error:
            refusal = error
    if reading is None:
        assert refusal is not None
        assert refusal.hint
        assert beginning not in (b"", b"\xef\xbb\xbf") or not any(text.strip() for text in texts)
        return
    assert beginning in (b"", b"\xef\xbb\xbf")
    empty = tuple(at + 1 for at, text in enumerate(texts) if not text.strip())
    assert reading.dropped_rows["train"] == ({"empty text": empty} if empty else {})
    labels = [label if at < 2 else "z" for at, text in enumerate(texts) if text.strip()]
    assert list(reading.splits["train"].labels) == labels


@pytest.mark.parametrize("depth", [10, 900, 5_000])
def test_values_nested_to_any_depth_are_refused(depth: int) -> None:
    nested = "[" * depth + "]" * depth
    rows = [f'{{"text": "text {at}", "label": {nested}, "id": {nested}}}' for at in range(4)]
    assert outcome("a.jsonl", "\n".join(rows).encode()).refusal is not None


def test_times_that_no_calendar_has_do_not_stop_a_parquet_file_from_being_read():
    import pyarrow as pa
    import pyarrow.parquet as pq

    target = io.BytesIO()
    columns = {
        "text": ["one", "two"],
        "label": ["a", "b"],
        "far": pa.array([2**53, 5], pa.timestamp("s")),
        "fine": pa.array([1, 2], pa.timestamp("ns")),
        "long": pa.array([2**62, 5], pa.duration("s")),
    }
    pq.write_table(pa.table(columns), target)
    assert outcome("a.parquet", target.getvalue()).rows == [("one", "a"), ("two", "b")]


def test_a_compressed_table_within_a_zip_archive_is_refused():
    for content in (gzip.compress(as_csv([("one", "a")])), as_csv([("one", "a")])):
        assert outcome("a.zip", packed(".zip", content, "a.csv.gz")).refusal is not None


LARGE = 50_000_000
LARGE_IN = sorted(WRITERS) if MANY else [".jsonl", ".tsv", ".xlsx"]  # a minute for all of them


@pytest.mark.slow
@pytest.mark.parametrize("form", LARGE_IN)
def test_a_cell_of_fifty_megabytes_is_refused_unless_it_is_allowed(form: str) -> None:
    if form == ".xlsx":
        rows = [("a" * 32_000, "good"), ("b", "bad")]  # the most that a cell of Excel holds
        found = outcome("a.xlsx", as_workbook(rows), FileSettings(max_cell=1000))
        assert found.refusal is not None
        return
    rows = [("a" * LARGE, "good"), ("b", "bad")]
    content = WRITERS[form](rows)
    refusal = outcome(f"a{form}", content).refusal
    assert refusal is not None
    assert "data.max_cell" in refusal.hint
    found = outcome(f"a{form}", content, FileSettings(max_cell=LARGE))
    assert [len(text) for text, _ in found.rows] == [LARGE, 1]
