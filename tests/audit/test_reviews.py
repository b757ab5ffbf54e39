"""The official IMDb reviews, where they lie beside the project: the duplicates that the original holds are found."""

import numpy as np
import pyarrow.parquet as pq
import pytest

from encoders import SHARED
from tunelet.audit import Part, audit_parts
from tunelet.data import prepare, read

IMDB = SHARED / "imdb"
pytestmark = pytest.mark.skipif(not IMDB.is_dir(), reason="the IMDb reviews are not at ../shared/imdb")

DUPLICATES = 96  # rows of the official training part that repeat an earlier one, to the last character
SHARED_TEXTS = 123  # texts that stand in both official parts; the test part that lies here has none of them
OTHERS = 2000  # reviews without a duplicate that are looked at with them


@pytest.fixture(scope="module")
def reviews() -> list[tuple[str, str]]:
    """All training reviews that stand there twice, and some of the others, in the order of the file."""
    table = pq.read_table(IMDB / "train.parquet", columns=["text", "label"])
    rows = list(zip(table["text"].to_pylist(), map(str, table["label"].to_pylist()), strict=True))
    seen: dict[str, int] = {}
    for text, _ in rows:
        seen[text] = seen.get(text, 0) + 1
    assert sum(times - 1 for times in seen.values()) == DUPLICATES
    single = [row for row, (text, _) in enumerate(rows) if seen[text] == 1]
    kept = set(np.random.default_rng(1).permutation(single)[:OTHERS].tolist())
    return [row for at, row in enumerate(rows) if seen[row[0]] > 1 or at in kept]


@pytest.fixture(scope="module")
def tested(reviews) -> list[tuple[str, str]]:
    """Test reviews among which are 123 training reviews, as many as the official parts share."""
    table = pq.read_table(IMDB / "test.parquet", columns=["text", "label"])
    own = list(zip(table["text"].to_pylist(), map(str, table["label"].to_pylist()), strict=True))
    repeated = np.random.default_rng(2).permutation(len(reviews))[:SHARED_TEXTS].tolist()
    return own[:1000] + [reviews[row] for row in repeated]


def test_the_duplicate_rows_of_the_training_part_are_found_and_each_is_named(reviews):
    reading = read(reviews)
    train = Part.of("train", reading.splits["train"])
    left_out = {"suspects": "not part of this test"}
    found = audit_parts(reading, {"train": train}, left_out=left_out)
    seen: set[str] = set()
    repeats = [text in seen or bool(seen.add(text)) for text, _ in reviews]
    marked = found.rows.marks["repeat, exact"]
    assert sum(repeats) == DUPLICATES
    assert marked[repeats].all()
    assert found.record.copies.exact - DUPLICATES <= 2  # rows that are equal once they are cleaned
    assert found.record.copies.contradicting == 0


def test_reviews_that_are_in_both_parts_are_taken_out_of_training_and_named(reviews, tested):
    reading, test = read(reviews), read(tested)
    prepared = prepare(reading, test, limit=None, balanced=False, validation_size=0.2, drop_duplicates=True, seed=1)
    parts = {"train": Part.of("train", reading.splits["train"]), "test": Part.of("test", test.splits["train"])}
    left_out = {"suspects": "not part of this test"}
    record = audit_parts(reading, parts, copies=prepared.copies, left_out=left_out).record
    shared = {text for text, _ in tested} & {text for text, _ in reviews}
    (overlap,) = record.overlaps
    assert overlap.exact >= sum(text in shared for text, _ in reviews)
    leaks = prepared.dropped["also in the test part"]
    named = prepared.dropped_rows["also in the test part"]
    assert leaks == len(named) >= len(shared)
    gone = {reviews[number - 1][0] for number in named}
    assert shared <= gone
    kept = {reviews[int(name)][0] for part in (prepared.train, prepared.validation) for name in part.ids}
    assert not shared & kept
