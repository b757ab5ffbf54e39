"""The real reviews, where they lie beside the project: columns, counts and speed."""

from pathlib import Path

import pytest

from tunelet.data import prepare, read

IMDB = Path(__file__).parents[2].parent / "shared" / "imdb"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not IMDB.is_dir(), reason="the IMDb reviews are not at ../shared/imdb"),
]


def test_the_reviews_in_csv_are_read_with_their_columns() -> None:
    reading = read(IMDB / "kaggle_2000.csv")
    assert reading.label_column
    assert (reading.text_column.value, reading.label_column.value) == ("review", "sentiment")
    assert len(reading.splits["train"]) == 2000
    assert set(reading.splits["train"].labels) == {"positive", "negative"}
    assert not any("<br" in text for text in reading.splits["train"].texts)


def test_25_000_reviews_are_read_and_never_leak_into_the_test() -> None:
    reading = read(IMDB / "train.parquet", label_names={"0": "negative", "1": "positive"})
    assert reading.label_column
    assert (reading.text_column.value, reading.label_column.value) == ("text", "label")
    test = read(IMDB / "test.parquet", label_names={"0": "negative", "1": "positive"})
    result = prepare(reading, test, limit=10_000, balanced=False, validation_size=0.2, drop_duplicates=True, seed=1)
    assert (len(result.train), len(result.validation)) == (8000, 2000)
    assert result.dropped["repeat of another row"] >= 96
    assert result.label_names == ("negative", "positive")
