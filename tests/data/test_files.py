"""Files of every format are read, and each kind of bad file ends in one line that says what to do."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from tunelet.cli import line_of
from tunelet.data import read
from tunelet.errors import DataError

Write = Callable[[str, str | bytes], Path]

TEXTS = ('A film, a "fine" one\nin two acts', "Dull; never again", "Ça va: 映画 😀")
LABELS = ("positive", "negative", "positive")
CSV = """review,sentiment
"A film, a ""fine"" one
in two acts",positive
Dull; never again,negative
Ça va: 映画 😀,positive
"""
ROWS = [{"review": text, "sentiment": label} for text, label in zip(TEXTS, LABELS, strict=True)]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write_file(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write_file


def error_of(path: Path, **settings: str) -> str:
    with pytest.raises(DataError) as caught:
        read(path, **settings)  # type: ignore[arg-type]
    line = line_of(caught.value)
    assert "\n" not in line
    assert caught.value.hint
    return line


@pytest.mark.parametrize(
    ("name", "content", "form"),
    [
        ("a.csv", CSV, "CSV, comma, header"),
        ("a.CSV", CSV.replace("\n", "\r\n").replace("one\r\n", "one\n"), "CSV, comma, header"),
        ("bom.csv", b"\xef\xbb\xbf" + CSV.encode(), "CSV, comma, header"),
        ("wide.csv", CSV.encode("utf-16"), "CSV, comma, header"),
        ("wider.csv", CSV.encode("utf-32"), "CSV, comma, header"),
        ("a.csv.gz", gzip.compress(CSV.encode(), mtime=0), "CSV, comma, header, gzip"),
        ("a.csv.zst", zstandard.compress(CSV.encode()), "CSV, comma, header, zstd"),
        ("a.tsv", CSV.replace(",pos", "\tpos").replace(",neg", "\tneg").replace("w,s", "w\ts"), "TSV, header"),
        ("a.jsonl", "\n".join(map(json.dumps, ROWS)), "JSON lines"),
        ("a.jsonl.gz", gzip.compress("\n".join(map(json.dumps, ROWS)).encode(), mtime=0), "JSON lines, gzip"),
        ("a.json", json.dumps(ROWS), "JSON"),
        ("b.json", json.dumps({"version": 1, "data": ROWS}, ensure_ascii=False), "JSON"),
        ("c.json", "\n".join(map(json.dumps, ROWS)), "JSON lines"),
    ],
)
def test_each_format_gives_the_same_texts_and_labels(write: Write, name: str, content: str | bytes, form: str) -> None:
    reading = read(write(name, content))
    assert reading.format == form
    assert reading.splits["train"].texts == TEXTS
    assert reading.splits["train"].labels == LABELS
    assert reading.splits["train"].ids == ("0", "1", "2")
    assert (reading.text_column.value, reading.label_column.value) == ("review", "sentiment")


@pytest.mark.parametrize("compression", ["", ".gz", ".zst"])
def test_parquet_is_read_with_the_names_of_its_class_labels(tmp_path: Path, compression: str) -> None:
    features = {"label": {"names": ["bad", "good"], "_type": "ClassLabel"}, "text": {"_type": "Value"}}
    table = pa.table({"text": ["a", "b", "c", "d"], "label": [1, 0, -1, None], "vector": [[1.0]] * 4})
    table = table.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})
    pq.write_table(table, tmp_path / "a.parquet")
    content = (tmp_path / "a.parquet").read_bytes()
    packed = {"": bytes, ".gz": gzip.compress, ".zst": zstandard.compress}[compression](content)
    (tmp_path / f"a.parquet{compression}").write_bytes(packed)
    reading = read(tmp_path / f"a.parquet{compression}")
    assert reading.splits["train"].labels == ("good", "bad")
    assert reading.dropped == {"train": {"no label": 2}}


def test_a_zstd_file_of_several_frames_is_read_whole(write: Write) -> None:
    content = zstandard.compress(CSV.encode()) + zstandard.compress(b"more,negative\n")
    assert len(read(write("a.csv.zst", content)).splits["train"]) == 4


def test_a_field_may_be_longer_than_the_csv_modules_default_limit(write: Write) -> None:
    path = write("a.csv", f"text,label\n{'word ' * 100_000},a\nshort,b\n")
    assert len(read(path).splits["train"].texts[0]) == 499_999


@pytest.mark.parametrize(("delimiter", "name"), [(";", "semicolon"), ("\t", "tab"), ("|", "bar")])
def test_other_delimiters_of_csv_are_found(write: Write, delimiter: str, name: str) -> None:
    reading = read(write("a.csv", f"text{delimiter}label\nwell, well{delimiter}a\nno{delimiter}b\n"))
    assert reading.format == f"CSV, {name}, header"
    assert reading.splits["train"].texts == ("well, well", "no")


@pytest.mark.parametrize(
    ("content", "texts", "labels"),
    [
        ("1\tA good film\n0\tA bad one\n", ("A good film", "A bad one"), ("1", "0")),
        (
            "A good film\tpos\nA bad one\tneg\nSo so\tpos\n",
            ("A good film", "A bad one", "So so"),
            ("pos", "neg", "pos"),
        ),
        (
            'ham\t"Go, he said\nspam\tWin a "prize"\nham\tok"\n',
            ('"Go, he said', 'Win a "prize"', 'ok"'),
            ("ham", "spam", "ham"),
        ),
    ],
)
def test_tsv_without_header_is_recognised_and_says_so(
    write: Write, content: str, texts: tuple[str, ...], labels: tuple[str, ...]
) -> None:
    reading = read(write("a.tsv", content))
    assert reading.format == "TSV, no header"
    assert reading.text_column.reason.startswith("no header: ")
    assert (reading.splits["train"].texts, reading.splits["train"].labels) == (texts, labels)


def test_a_quotation_mark_in_plain_tsv_swallows_no_rows(write: Write) -> None:
    reading = read(write("a.tsv", 'label\ttext\nham\t"Hello, he said\nspam\tPrize\nham\tand left"\nspam\tMore\n'))
    assert reading.splits["train"].texts == ('"Hello, he said', "Prize", 'and left"', "More")


def test_columns_without_header_are_named_by_number(write: Write) -> None:
    path = write("a.tsv", "x1\t1\t\tThey left early.\nx2\t0\t*\tThey left earlily.\n")
    assert "--label" in error_of(path)
    reading = read(path, label="2")
    assert reading.splits["train"].labels == ("1", "0")


def test_a_header_that_holds_a_column_named_by_the_user_is_a_header(write: Write) -> None:
    content = "What did you think of the whole long evening?,verdict\nfine,a\nbad,b\n"
    reading = read(write("a.csv", content), text="what did you think of the whole long evening?")
    assert reading.splits["train"].texts == ("fine", "bad")


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.csv", "", ["a.csv is empty"]),
        ("a.jsonl", " \n\n", ["is empty"]),
        ("a.csv.gz", gzip.compress(b"", mtime=0), ["is empty"]),
        ("a.csv", "text,label\n", ["a header and no rows"]),
        ("a.json", "[]", ["holds no rows", '"data"']),
        ("a.jsonl", "{}\n", ["holds no rows"]),
        ("a.xls", b"PK\x03\x04", ["is .xls", ".parquet", "CSV"]),
        ("a.xlsx", b"PK\x03\x04", ["no readable Excel workbook", "CSV"]),
        ("a", "text,label\n", ["without extension"]),
        ("a.csv", b"PK\x03\x04abc", ["a zip archive or a spreadsheet"]),
        ("a.csv", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", ["Git LFS", "git lfs pull"]),
        ("a.csv", gzip.compress(b"abc", mtime=0), ["gzip data", "a.csv.gz"]),
        ("a.tsv", b"PAR1abcPAR1", ["Parquet", "a.parquet"]),
        ("a.csv", b"text,label\nab\0c,1\n", ["NUL byte at offset 13"]),
        (
            "a.csv",
            'text,label\n"x\ny",1\nok,0\ncaf\xe9,1\n'.encode("latin-1"),
            ["0xe9", "offset 27", "row 4 (line 5)", "--encoding cp1252"],
        ),
        ("a.jsonl", b'{"text": "a"}\n{"text": "\xff"}\n', ["0xff", "offset 24", "row 2"]),
        ("a.csv", CSV.encode("utf-16")[:-1], ["UTF-16", "row 4"]),
        ("a.csv.gz", CSV, ["should hold gzip data"]),
        ("a.csv.gz", gzip.compress(CSV.encode(), mtime=0)[:-9], ["broken gzip"]),
        ("a.csv.zst", zstandard.compress(CSV.encode())[:-3], ["broken zstd", "in the middle"]),
        ("a.csv.zst", zstandard.compress(CSV.encode())[:6] + b"\xff" * 40, ["broken zstd"]),
        ("a.parquet", b"PAR1 and nothing PAR1", ["no readable Parquet"]),
        ("a.parquet", CSV, ["should hold Parquet"]),
        ("a.jsonl", '{"text": "a"}\n{"text": "b" 1}\n', ["row 2, column 14"]),
        ("a.jsonl", '{"text": "a"}\n[1]\n', ["row 2 is an array"]),
        ("a.jsonl", "[" * 100_000, ["row 1"]),
        ("a.json", '[{"text": "a"},\n]', ["row 2, column 1"]),
        ("a.json", '{"rows": []}', ["an object with 'rows'", '"data"']),
        ("a.json", '["a"]', ["element 1 is a string"]),
        ("a.csv", "text,label\na,1\nb,0,2\n", ["row 3 holds 3 fields, the first row 2", "quotes"]),
        ("a.csv", "Export of May\n\ntext,label\na,1\n", ["row 3 holds 2 fields", "remove a title above the header"]),
        ("a.tsv", "text\tlabel\na\n", ["row 2 holds 1 field,", "give each row as many fields"]),
        ("a.csv", 'text,label\n"a" b,1\n', ["row 2", "quot"]),
        ("a.csv", 'text,label\na,1\n"b,1\n', ["row 3", "never closed"]),
        ("a.csv", "text,text\na,b\n", ["two columns named 'text'"]),
    ],
)
def test_a_bad_file_ends_in_one_line(write: Write, name: str, content: str | bytes, expected: list[str]) -> None:
    line = error_of(write(name, content))
    for part in expected:
        assert part in line


def test_a_missing_file_is_answered_with_the_nearest_name(write: Write) -> None:
    path = write("reviews.csv", CSV)
    assert f"did you mean {path}?" in error_of(path.with_name("reveiws.csv"))
    assert "there is reviews.csv" in error_of(path.with_name("x.parquet"))
    assert "nor its folder" in error_of(path.parent / "none" / "x.csv")
    assert "hub:someone/films" in error_of(Path("someone/films"))
    assert "cannot be read" in error_of(path.with_name("x" * 300))
