"""What is measured when nothing else is asked for: which models, and which texts."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tunelet._choice import nearest
from tunelet.bench.harness._lengths import imdb_lengths
from tunelet.checkpoint import SHORT_NAMES, Checkpoint, find_checkpoint
from tunelet.data import Examples, read
from tunelet.errors import BenchError, DataError, ModelError

SHARED = Path("../shared")
"""Where a checkout of tunelet finds the reviews, and configs without weights; elsewhere it need not be there."""

DEVICES = ("cpu", "cuda")
DEFAULT_MODELS = ("distilbert", "albert", "minilm")
_REVIEWS = SHARED / "imdb" / "train.parquet"


@dataclass(frozen=True)
class Sample:
    """Texts to measure with.

    Attributes:
        source: where they come from, for the tables.
        texts: None where only their lengths are known, and models must make them up.
        lengths: in tokens, where there are no texts.
        labels: indices into `label_names`, one a text.
        label_names: names of the classes.
    """

    source: str
    texts: tuple[str, ...] | None
    lengths: tuple[int, ...] | None
    labels: tuple[int, ...]
    label_names: tuple[str, ...]

    def write(self, path: Path) -> None:
        """Write the JSON file that `Subject.texts` names."""
        fields = {"texts": self.texts, "lengths": self.lengths, "labels": self.labels}
        path.write_text(json.dumps({name: value for name, value in fields.items() if value is not None}))


def check_names(flag: str, names: Sequence[str], valid: Sequence[str]) -> None:
    """Raises BenchError where a flag was given a name that there is not."""
    for name in names:
        if name not in valid:
            raise BenchError(f"{flag}: there is no {name!r}", nearest(name, valid))


def find_model(name: str) -> tuple[Checkpoint, bool]:
    """The checkpoint, and whether its weights are to be made at random: where there are none to be had.

    A short name stands for its config among the shared material, where that is there, so that the same is measured with
    a network and without one. Raises ModelError.
    """
    config = SHARED / "models" / SHORT_NAMES.get(name, "").rpartition("/")[2]
    place = str(config) if name in SHORT_NAMES and config.is_dir() else name
    folder = Path(place)
    random_weights = folder.is_dir() and not any(folder.glob("*.safetensors"))
    if random_weights and not (folder / "config.json").is_file():
        raise ModelError(f"{folder}: expected a checkpoint or its config.json, found neither", "name another folder")
    return find_checkpoint(place, random_weights=random_weights), random_weights


def draw_sample(data: str | None, n: int, seed: int) -> Sample:
    """n texts drawn at random from `data`; None: the shared reviews, else texts of their lengths.

    Raises:
        DataError: the data cannot be read, has no labels, or only one.
    """
    random = np.random.default_rng(seed)
    if data is None and not _REVIEWS.is_file():
        lengths = imdb_lengths(n, random)
        labels = random.integers(0, 2, n)
        return Sample(
            "random words with the lengths of IMDb reviews",
            None,
            _ints(lengths),
            _ints(labels),
            ("negative", "positive"),
        )
    reading = read(data or str(_REVIEWS))
    examples: Examples = reading.splits["train"] if "train" in reading.splits else next(iter(reading.splits.values()))
    names = tuple(sorted(set(examples.labels)))
    if len(names) < 2:
        raise DataError(
            f"{reading.source}: expected texts with two labels or more, found {len(names)}", "name other data"
        )
    drawn = examples.take(random.permutation(len(examples))[:n])
    labels_of = {name: index for index, name in enumerate(names)}
    return Sample(
        f"{len(drawn):,} of {len(examples):,} texts of {Path(reading.source).name}",
        tuple(drawn.texts),
        None,
        tuple(labels_of[label] for label in drawn.labels),
        names,
    )


def _ints(values: np.ndarray) -> tuple[int, ...]:
    return tuple(int(value) for value in values)
