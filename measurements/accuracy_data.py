"""What is trained on and what is measured on: data sets, sizes, and the draws of training texts."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from own_sets import FOLDER as OWN

from tunelet.data import Examples, normalise, ordered, read, sample_rows

SHARED = Path(__file__).parents[2] / "shared"
FEW = (8, 10, 16, 32, 64)  # a number up to this is texts a class
ALL = "all"
_FEW_TEST_TEXTS = 2_000  # of IMDb, where training is short


@dataclass(frozen=True)
class Source:
    """Where a data set lies, and what a page says of it.

    Attributes:
        about: in words.
        place: its folder; None: it comes with tunelet.
        ending: of the files train and test.
        sizes: that are measured.
    """

    about: str
    place: Path | None
    ending: str
    sizes: tuple[str, ...]


_FEW_SIZES = ("8", "16", "32", "64")
SOURCES = {
    "sample": Source("the sample that comes with tunelet, 2 classes", None, "", (*_FEW_SIZES, "200", ALL)),
    "trec": Source(
        "questions by what they ask for (Li and Roth 2002), 6 classes",
        SHARED / "sets" / "trec", "csv", (*_FEW_SIZES, "200", "500", "1000", "2000", ALL),
    ),
    "emotion": Source(
        "tweets by emotion (Barbieri et al. 2020), 4 classes of unequal size",
        SHARED / "sets" / "emotion", "csv", (*_FEW_SIZES, "200", "500", "1000", "2000", ALL),
    ),
    "sentences": Source(
        "short sentences of film reviews (Hutto and Gilbert 2014), 2 classes",
        OWN / "sentences", "csv", (*_FEW_SIZES, "200", "500", "1000", "2000", "8000"),
    ),
    "banking": Source(
        "short questions to a bank (BANKING77, Casanueva et al. 2020), 77 classes",
        OWN / "banking", "csv", ("8", "10", "16", "32", "2000", "8000", ALL),
    ),
    "long_reviews": Source(
        "film reviews of 750 words (Pang and Lee 2004), 2 classes",
        SHARED / "sets" / "long_reviews", "parquet", (*_FEW_SIZES, "200", "500", "1000", ALL),
    ),
    "imdb": Source(
        "film reviews (Maas et al. 2011), 2 classes",
        SHARED / "imdb", "parquet", (*_FEW_SIZES, "200", "500", "1000", "2000", "8000", ALL),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Task:
    """One draw of training texts, with the test part.

    Attributes:
        label_names: of the classes.
        texts, labels: to train on, int64 [n].
        test_texts, test_labels: to measure on, int64 [m].
        seed: of the draw, and of what is random in training.
        checkpoint: folder of the encoder.
    """

    label_names: tuple[str, ...]
    texts: tuple[str, ...]
    labels: np.ndarray
    test_texts: tuple[str, ...]
    test_labels: np.ndarray
    seed: int
    checkpoint: Path


def draw_within(labels: np.ndarray, size: int, seed: int, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows of one training file: so many of each class to train on, and at most `most` others to measure on.

    Args:
        labels: of the file, int64 [n].
        size: texts a class.
        seed: of the draw.
        most: rows to measure on.
    """
    random = np.random.default_rng([size, seed])
    rows = [random.permutation(np.flatnonzero(labels == label))[:size] for label in range(int(labels.max()) + 1)]
    train = np.concatenate(rows)
    return train, random.permutation(np.setdiff1d(np.arange(len(labels)), train))[:most]


def is_few(size: str) -> bool:
    """Whether a size is a number of texts a class."""
    return size != ALL and int(size) <= FEW[-1]


def draws_of(size: str) -> int:
    """How many draws a size has: five where there are few texts, else three."""
    return 5 if size != ALL and int(size) <= 200 else 3


def draw(name: str, size: str, seed: int, checkpoint: Path) -> Task:
    """The training texts of one draw, each class in its share, or equally many of each where the size is of a class."""
    train, test = parts(name)
    names = ordered(train.labels)
    if size != ALL:
        limit = int(size) * len(names) if is_few(size) else int(size)
        chosen = train.take(sample_rows(train, limit=limit, balanced=is_few(size), seed=seed))
        if len(chosen) < limit:
            raise SystemExit(f"{name} has too few texts for {size}{' a class' if is_few(size) else ''}")
        train = chosen
    if name == "imdb" and size != ALL and int(size) < 1_000:
        test = test.take(sample_rows(test, limit=_FEW_TEST_TEXTS, balanced=False, seed=1))
    return Task(
        label_names=tuple(names),
        texts=tuple(train.texts),
        labels=_indices(train.labels, names),
        test_texts=tuple(test.texts),
        test_labels=_indices(test.labels, names),
        seed=seed,
        checkpoint=checkpoint,
    )


@cache
def parts(name: str) -> tuple[Examples, Examples]:
    """Training and test part as tunelet reads them, each text once and none on both sides."""
    source = SOURCES[name]
    if source.place is None:
        found = read(name).splits
        train, test = found["train"], found["test"]
    else:
        train, test = (_file(source.place / f"{part}.{source.ending}") for part in ("train", "test"))
    test = _without(test, ())
    return _without(train, test.texts), test


def _file(path: Path) -> Examples:
    if not path.exists():
        raise SystemExit(f"{path} is missing: measurements/own_sets.py writes what is not in ../shared")
    (found,) = read(str(path)).splits.values()
    return found


def _without(examples: Examples, known: Sequence[str]) -> Examples:
    """Each text once, and none that is known."""
    seen = {normalise(text) for text in known}
    rows = []
    for row, text in enumerate(examples.texts):
        key = normalise(text)
        if key not in seen:
            seen.add(key)
            rows.append(row)
    return examples.take(rows)


def _indices(labels: Sequence[str], names: Sequence[str]) -> np.ndarray:
    place = {name: index for index, name in enumerate(names)}
    return np.array([place[label] for label in labels], dtype=np.int64)
