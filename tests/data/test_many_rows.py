"""However many rows a file has, memory holds a part of its texts; and a preparation that was killed goes on."""

import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from encoders import minilm_folder
from many_rows import start, write_rows
from tunelet.data import Tokens, _shingles, duplicate_groups, prepare, read, tokenise
from tunelet.data import _store as store
from tunelet.data import _stored as stored
from tunelet.data import _token_parts as token_parts
from tunelet.data._stored import Stored
from tunelet.data.readers import _decompression, _large
from tunelet.data.readers.streams import _chunk, _delimited
from tunelet.model import load_tokenizer

SIZES = 500, 2_500  # rows; everything that is held at once is smaller than the first file


@pytest.fixture
def small_parts(monkeypatch) -> None:
    """Whatever is held at once is small beside the files: what is left grows with the rows or does not."""
    monkeypatch.setattr(_large, "LARGE", 2**16)
    monkeypatch.setattr(store, "IN_MEMORY", 2**16)
    monkeypatch.setattr(store, "_CHARACTERS", 2**16)
    monkeypatch.setattr(_chunk, "CHUNK_SIZE", 2**16)
    monkeypatch.setattr(_delimited, "_HEAD_SIZE", 2**16)
    monkeypatch.setattr(_decompression, "PIECE", 2**14)
    monkeypatch.setattr(_shingles, "_CHARACTERS", 2**16)
    monkeypatch.setattr(stored, "_READ_ROWS", 64)
    monkeypatch.setattr(token_parts, "PART", 50)


def growth(folder: Path, work: Callable[[Path], object]) -> float:
    """By how many bytes the peak of memory grows for each byte of text that a file has more."""
    peaks, sizes = [], []
    for rows in (100, *SIZES):  # the first imports what is needed
        path = folder / f"{rows}.csv"
        sizes.append(write_rows(path, rows))
        tracemalloc.start()
        work(path)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    return (peaks[2] - peaks[1]) / (sizes[2] - sizes[1])


@pytest.mark.usefixtures("small_parts")
def test_reading_and_splitting_keep_no_text_in_memory(tmp_path: Path) -> None:
    def work(path: Path) -> None:
        reading = read(path)
        found = prepare(reading, limit=None, balanced=False, validation_size=0.2, drop_duplicates=True, seed=1)
        assert isinstance(found.train.texts, Stored)
        assert len(found.train) + len(found.validation) == int(path.stem)

    assert growth(tmp_path, work) < 0.6  # of a text of 900 characters; one copy of it would be 1.05


@pytest.mark.usefixtures("small_parts")
def test_looking_for_near_copies_takes_some_hundred_bytes_a_text(tmp_path: Path) -> None:
    texts = {}

    def work(path: Path) -> None:
        assert len(np.unique(duplicate_groups(texts[path.stem]))) == int(path.stem)

    for rows in (100, *SIZES):
        write_rows(tmp_path / f"{rows}.csv", rows)
        texts[str(rows)] = read(tmp_path / f"{rows}.csv").splits["train"].texts
    assert growth(tmp_path, work) < 0.6


@pytest.mark.usefixtures("small_parts")
def test_tokenising_into_the_cache_keeps_no_text_and_no_token_in_memory(tmp_path: Path) -> None:
    tokenizer = load_tokenizer(minilm_folder())

    def work(path: Path) -> None:
        tokens = tokenise(read(path).splits["train"].texts, tokenizer, max_length=32, cache=tmp_path / "cache")
        assert isinstance(tokens, Tokens)
        assert isinstance(tokens.token_ids, np.memmap)

    assert growth(tmp_path, work) < 0.3


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_a_preparation_that_was_killed_goes_on_behind_its_last_part(tmp_path: Path) -> None:
    write_rows(tmp_path / "rows.csv", 1000, words=12)
    log, parts = tmp_path / "log", []
    for die_after, exit_code in ((3, -9), (2, -9), (None, 0)):
        process = start(tmp_path / "rows.csv", tmp_path / "cache", minilm_folder(), log, die_after=die_after)
        process.join(120)
        assert process.exitcode == exit_code
        parts.append(len(log.read_text(encoding="utf-8").splitlines()))
    assert parts == [3, 5, 8]  # 800 texts in parts of 100, each encoded once
    assert [entry.name[:1] for entry in (tmp_path / "cache").iterdir()] == ["t"]  # tokens/: no text was left behind
