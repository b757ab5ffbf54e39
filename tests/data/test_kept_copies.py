"""Copies among many texts are looked for once: the second time they come from the cache, which holds no text."""

from pathlib import Path

import numpy as np
import pytest

from tunelet.data import Copies, find_copies, kept_copies
from tunelet.data import _kept_copies as kept

TEXT = "the quick brown fox jumps over a lazy dog while seven old wizards watch from behind their garden wall"
WORDS = TEXT.split()
TEXTS = tuple(" ".join(np.random.default_rng(seed % 40).permutation(WORDS)) for seed in range(60))


@pytest.fixture
def searches(monkeypatch, tmp_path: Path) -> list[int]:
    """The number of texts of each search; three texts are many."""
    searched: list[int] = []
    monkeypatch.setenv("TUNELET_CACHE", str(tmp_path))
    monkeypatch.setattr(kept, "FEW", 2)
    monkeypatch.setattr(kept, "find_copies", lambda texts: (searched.append(len(texts)), find_copies(texts))[1])
    return searched


def assert_same(found: Copies, expected: Copies) -> None:
    for name in ("same", "groups", "pairs", "similarity"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))


def test_the_same_texts_are_searched_once(searches: list[int]) -> None:
    expected = find_copies(TEXTS)
    assert len(np.unique(expected.groups)) == 40
    for _ in range(2):
        assert_same(kept_copies(TEXTS), expected)
    assert searches == [60]
    assert_same(kept_copies(TEXTS[::-1]), find_copies(TEXTS[::-1]))  # in another order they are other rows
    assert searches == [60, 60]


def test_few_texts_are_not_kept(searches: list[int], tmp_path: Path) -> None:
    kept_copies(TEXTS[:2])
    kept_copies(TEXTS[:2])
    assert searches == [2, 2]
    assert not list(tmp_path.iterdir())


def test_a_damaged_entry_is_made_again(searches: list[int], tmp_path: Path) -> None:
    kept_copies(TEXTS)
    (groups,) = tmp_path.glob("copies/*/groups.npy")
    content = bytearray(groups.read_bytes())
    content[-1] ^= 1
    groups.write_bytes(bytes(content))
    assert_same(kept_copies(TEXTS), find_copies(TEXTS))
    assert searches == [60, 60]


def test_no_text_is_kept(searches: list[int], tmp_path: Path) -> None:
    kept_copies(TEXTS)
    assert searches == [60]
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    assert not any(word.encode() in path.read_bytes() for path in files for word in ("wizards", "garden"))


def test_whoever_follows_is_told_of_every_text(monkeypatch) -> None:
    told: list[tuple[str, int]] = []

    class Follower:
        def stage(self, name: str, total: int, done: int = 0) -> None:
            told.append((name, total))

        def advance(self, rows: int, /) -> None:
            told.append(("", rows))

    kept_copies(TEXTS, Follower())
    assert told[0] == ("looking for copies", len(TEXTS))
    assert sum(rows for name, rows in told if not name) == len(TEXTS)
