"""A file that is too large to be read whole gives the same texts, labels, ids and findings as one that is."""

import gzip
import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import tunelet
from tunelet.data import Examples, FileSettings, Reading, prepare, read
from tunelet.data import _store as store
from tunelet.data._stored import Stored
from tunelet.data.readers import _large
from tunelet.errors import DataError

FILMS = [
    "a fine <b>film</b>",
    "a dull one",
    "",
    "Fine, fine &amp; fine.",
    "käse 😀",
    "a dull one",
    "A  Dull one",
    "Bad.",
]
LABELS = ["good", "bad", "bad", "good", "", "good", "bad", "bad"]
ROWS = [
    {
        "film": f"f{row}",
        "text": f"{text} {row // 8}" if text else "",
        "label": label,
        "day": f"2024-01-{row % 28 + 1:02}",
    }
    for row, (text, label) in enumerate(zip(FILMS * 9, LABELS * 9, strict=True))
]


@pytest.fixture
def large(monkeypatch) -> None:
    """Every file is a large one, and every column goes into a file."""
    monkeypatch.setattr(_large, "LARGE", -1)
    monkeypatch.setattr(store, "IN_MEMORY", -1)


def csv_of(rows: list[dict[str, str]], delimiter: str = ",") -> bytes:
    lines = [delimiter.join(rows[0])]
    lines += [delimiter.join(f'"{value}"' if value else "" for value in row.values()) for row in rows]
    return "\n".join(lines).encode()


def written(folder: Path, name: str) -> Path:
    path = folder / name
    if name.endswith(".parquet"):
        pq.write_table(pa.Table.from_pylist(ROWS), path)
    elif "jsonl" in name:
        path.write_text("\n\n".join(map(json.dumps, ROWS)), encoding="utf-8")
    else:
        content = csv_of(ROWS, "\t" if ".tsv" in name else ",")
        if "joined" in name:
            content = content + b"\n\n" + content
        path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    return path


def facts(reading: Reading) -> Reading:
    """A reading as it can be compared."""
    rows, numbers = ({part: of.tolist() for part, of in all_of.items()} for all_of in (reading.rows, reading.numbers))
    return replace(reading, rows=rows, numbers=numbers)


NAMES = ["a.csv", "joined.csv", "a.tsv", "a.jsonl", "a.parquet", "a.csv.gz"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("options", [{}, {"group": "film"}, {"time": "day"}, {"labelled": False}], ids=str)
def test_a_large_file_is_read_as_a_small_one(tmp_path: Path, monkeypatch, name: str, options) -> None:
    path = written(tmp_path, name)
    whole = read(path, **options)
    monkeypatch.setattr(_large, "LARGE", -1)
    monkeypatch.setattr(store, "IN_MEMORY", -1)
    found = read(path, **options)
    assert isinstance(found.splits["train"].texts, Stored)
    assert facts(found) == facts(whole)


@pytest.mark.parametrize("name", NAMES)
def test_it_is_split_as_a_small_one(tmp_path: Path, monkeypatch, name: str) -> None:
    path = written(tmp_path, name)

    def prepared() -> list[Examples | None]:
        found = prepare(read(path), limit=None, balanced=False, validation_size=0.3, drop_duplicates=True, seed=3)
        return [found.train, found.validation, found.test]

    whole = prepared()
    monkeypatch.setattr(_large, "LARGE", -1)
    monkeypatch.setattr(store, "IN_MEMORY", -1)
    assert prepared() == whole


@pytest.mark.parametrize("name", ["a.csv", "joined.csv", "a.jsonl", "a.parquet"])
def test_its_audit_finds_the_same(tmp_path: Path, monkeypatch, name: str) -> None:
    path = written(tmp_path, name)
    whole = tunelet.audit(path, output=tmp_path / "small.csv").record.to_dict()
    monkeypatch.setattr(_large, "LARGE", -1)
    monkeypatch.setattr(store, "IN_MEMORY", -1)
    found = tunelet.audit(path, output=tmp_path / "large.csv").record.to_dict()
    assert without_time(found) == without_time(whole)
    # Rows of CSV are copied as they stand, where they were read in chunks.
    small, of_large = (read(tmp_path / f"{size}.csv", text="text", label="label") for size in ("small", "large"))
    assert small.splits["train"] == of_large.splits["train"]


def without_time(record: dict) -> dict:
    return {name: value for name, value in record.items() if name != "seconds"}


@pytest.mark.usefixtures("large")
def test_a_column_of_parts_divides_a_large_file(tmp_path: Path) -> None:
    rows = [row | {"part": "test" if at % 5 == 0 else "train"} for at, row in enumerate(ROWS)]
    (tmp_path / "a.csv").write_bytes(csv_of(rows))
    reading = read(tmp_path / "a.csv", split="part")
    assert {part: len(examples) for part, examples in reading.splits.items()} == {
        part: sum(row["part"] == part and bool(row["text"]) and bool(row["label"]) for row in rows)
        for part in ("train", "test")
    }
    assert reading.splits["test"].ids[0] == "0"
    assert reading.rows["test"].tolist() == [
        at for at in range(0, len(rows), 5) if rows[at]["text"] and rows[at]["label"]
    ]


@pytest.mark.usefixtures("large")
def test_shards_of_large_files_are_one_table(tmp_path: Path) -> None:
    for shard in range(2):
        pq.write_table(pa.Table.from_pylist(ROWS[shard::2]), tmp_path / f"train-0000{shard}-of-00002.parquet")
    found = read(tmp_path).splits["train"]
    assert list(found.texts) == [
        *read(tmp_path / "train-00000-of-00002.parquet").splits["train"].texts,
        *read(tmp_path / "train-00001-of-00002.parquet").splits["train"].texts,
    ]


@pytest.mark.usefixtures("large")
def test_a_large_file_has_the_limits_of_a_small_one(tmp_path: Path) -> None:
    path = written(tmp_path, "a.csv")
    with pytest.raises(DataError, match="holds more than"):
        read(path, files=FileSettings(max_bytes=1000))
    with pytest.raises(DataError, match="characters"):
        read(path, files=FileSettings(max_cell=5))


@pytest.mark.usefixtures("large")
def test_a_row_is_called_by_its_number_in_the_file(tmp_path: Path) -> None:
    rows = [dict(row) for row in ROWS]
    rows[30]["day"] = "no day"
    (tmp_path / "a.csv").write_bytes(csv_of(rows))
    with pytest.raises(DataError, match=r"row 32\b"):
        read(tmp_path / "a.csv", time="day")


def test_a_file_is_large_by_what_its_text_may_come_to(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(_large, "LARGE", 1000)
    for name, size, large in [
        ("a.csv", 1001, True), ("a.csv", 1000, False), ("a.csv.gz", 126, True), ("a.parquet", 126, True),
        ("a.json", 5000, False), ("a.xlsx", 5000, False), ("a.csv.zip", 5000, False),
    ]:  # fmt: skip
        (tmp_path / name).write_bytes(b"x" * size)
        assert _large.is_large(tmp_path / name, together=0, labelled=True) is large, name
    assert _large.is_large(tmp_path / "a.csv", together=2000, labelled=True)
    (tmp_path / "a.txt").write_bytes(b"x" * 2000)
    assert not _large.is_large(tmp_path / "a.txt", together=0, labelled=True)
    assert _large.is_large(tmp_path / "a.txt", together=0, labelled=False)


def test_nothing_is_lost_in_between(tmp_path: Path, monkeypatch) -> None:
    """Whatever chunks and pieces are cut, every row is there once."""
    monkeypatch.setattr(_large, "LARGE", -1)
    monkeypatch.setattr(store, "IN_MEMORY", 5000)  # some rows go into the file with the first that are too many
    from tunelet.data.readers.streams import _chunk

    monkeypatch.setattr(_chunk, "CHUNK_ROWS", 7)
    texts = [f"text number {row} " + "long " * (row % 13) for row in range(500)]
    lines = ["text,label", *(f"{text},{'ab'[row % 2]}" for row, text in enumerate(texts))]
    (tmp_path / "a.csv").write_text("\n".join(lines))
    found = read(tmp_path / "a.csv").splits["train"]
    assert [text.strip() for text in found.texts] == [text.strip() for text in texts]
    assert found.labels == tuple("ab"[row % 2] for row in range(500))
    assert found.ids == tuple(map(str, range(500)))
    assert np.array_equal(np.unique(found.keys), np.sort(found.keys))
    assert math.isclose(len(found.take(np.arange(0, 500, 2)).texts), 250)
