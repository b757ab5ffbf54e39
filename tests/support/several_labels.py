"""Made-up texts with several labels each, whose words say which, and a small training on them."""

from pathlib import Path
from typing import Any

import numpy as np

import tunelet
from brief import BRIEF
from tunelet.run import Run

WORDS = {"anger": ("furious", "rage"), "joy": ("happy", "delight"), "love": ("adore", "darling")}
OTHER = ("table", "window", "river", "paper", "street", "garden", "letter", "number")


def rows(n: int, seed: int, separator: str = ";") -> list[dict[str, str]]:
    """n texts; a tenth of them has no label at all."""
    random = np.random.default_rng(seed)
    made = []
    for number in range(n):
        names = sorted(name for name in WORDS if random.random() < 0.4)
        if number % 10 == 0:
            names = []
        said = [str(random.choice(WORDS[name])) for name in names]
        around = random.choice(OTHER, size=5).tolist()
        words = random.permutation([*said, *around]).tolist()
        made.append({"text": f"{' '.join(words)} {number}", "feelings": separator.join(names)})
    return made


def trained(checkpoint: Path, out: Path, *, seed: int = 1, test: Any = None, **settings: Any) -> Run:
    """A tiny encoder trained on 160 such texts."""
    given = {
        "data.validation": "held-out", "training.epochs": 2, "evaluation.resamples": 100,
        "adapter.targets": "all-linear", **settings,
    }  # fmt: skip
    return tunelet.train(
        rows(160, seed), test=test, model=str(checkpoint), label="feelings", out=out, quiet=True, settings=given
    )


def rated(n: int, seed: int) -> list[dict[str, object]]:
    """n texts rated from 1 to 5: of five words about them, one fewer than the rating praises."""
    random = np.random.default_rng(seed)
    made: list[dict[str, object]] = []
    for number in range(n):
        rating = 1 + number % 5
        words = ["splendid"] * (rating - 1) + ["dismal"] * (5 - rating)
        said = random.permutation([*words, *random.choice(OTHER, size=3)]).tolist()
        made.append({"text": f"{' '.join(said)} {number}", "stars": rating})
    return made


def priced(n: int, seed: int) -> list[dict[str, object]]:
    """n texts with prices in thousands: each praise adds 10,000 to 100,000, and chance takes or adds some."""
    random = np.random.default_rng(seed)
    made: list[dict[str, object]] = []
    for number in range(n):
        praises = int(random.integers(0, 6))
        words = ["splendid"] * praises + ["dismal"] * (5 - praises)
        said = random.permutation([*words, *random.choice(OTHER, size=3)]).tolist()
        price = 100_000 + 10_000 * praises + 2_000 * random.standard_normal()
        made.append({"text": f"{' '.join(said)} {number}", "price": round(price, 2)})
    return made


def trained_on_ratings(checkpoint: Path, out: Path, **settings: Any) -> Run:
    """A tiny encoder trained on 160 such texts, as ratings in order."""
    given = {
        "data.task": "ordinal", "data.validation": "held-out", "training.epochs": 2, **BRIEF,
        "adapter.targets": "all-linear", **settings,
    }  # fmt: skip
    return tunelet.train(
        rated(160, 1), test=rated(60, 2), model=str(checkpoint), label="stars", out=out, quiet=True, settings=given
    )


def trained_on_numbers(checkpoint: Path, out: Path, **settings: Any) -> Run:
    """A tiny encoder trained on 200 texts with prices."""
    given = {
        "data.task": "regression", "data.validation": "held-out", "training.epochs": 2, **BRIEF,
        "adapter.targets": "all-linear", "model.precision": "float32", **settings,
    }  # fmt: skip
    return tunelet.train(
        priced(200, 1), test=priced(80, 2), model=str(checkpoint), label="price", out=out, quiet=True, settings=given
    )
