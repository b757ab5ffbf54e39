"""Finished runs with texts that try to break a page, trained for real with tiny encoders."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

import tunelet
from report_texts import NASTY
from tunelet.run import Run, RunGroup

_EVALUATION = {
    "data.clean_markup": False,
    "evaluation.errors": 50,
    "evaluation.resamples": 200,
    "data.validation": "held-out",
}
GOOD = ["A wonderful film", "I loved every minute", "Funny, warm and clever", "A joy to watch", "Brilliant acting"]
BAD = ["A dreadful film", "I hated every minute", "Dull, cold and stupid", "A pain to watch", "Wooden acting"]


def write_csv(path: Path, rows: list[tuple[str, str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("text", "label"))
        writer.writerows(rows)
    return path


@pytest.fixture(scope="session")
def nasty_data(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Training and test files. Each nasty text stands twice in the test, once under each label: one is called wrong."""
    folder = tmp_path_factory.mktemp("nasty")
    train = [
        (f"{text}, number {n}.", label)
        for n in range(8)
        for label, texts in (("good", GOOD), ("bad", BAD))
        for text in texts
    ]
    test = [(f"{text} {number}", label) for text in NASTY.values() for number, label in ((1, "good"), (2, "bad"))]
    test += [
        (f"{text}, part {n}.", label)
        for n in range(3)
        for label, texts in (("good", GOOD), ("bad", BAD))
        for text in texts
    ]
    return write_csv(folder / "train <b>&.csv", train), write_csv(folder / "test.csv", test)


@pytest.fixture(scope="session")
def trained(
    tmp_path_factory: pytest.TempPathFactory, tiny_checkpoint: Callable[[str], Path], nasty_data: tuple[Path, Path]
) -> Callable[..., Run]:
    """A run of an architecture on the nasty data."""
    folder = tmp_path_factory.mktemp("runs")
    made: dict[tuple[str, int], Run] = {}

    def train(architecture: str, seed: int = 1) -> Run:
        if (architecture, seed) not in made:
            made[architecture, seed] = tunelet.train(
                nasty_data[0], test=nasty_data[1], model=tiny_checkpoint(architecture), seed=seed, quiet=True,
                out=folder / f"{architecture}-{seed}", settings={"training.epochs": 2, **_EVALUATION},
            )  # fmt: skip
        return made[architecture, seed]

    return train


@pytest.fixture(scope="session")
def seeds(
    tmp_path_factory: pytest.TempPathFactory, tiny_checkpoint: Callable[[str], Path], nasty_data: tuple[Path, Path]
) -> Callable[[str], RunGroup]:
    """Two seeds of an architecture on the nasty data."""
    folder = tmp_path_factory.mktemp("groups")
    made: dict[str, RunGroup] = {}

    def train(architecture: str) -> RunGroup:
        if architecture not in made:
            made[architecture] = tunelet.train_seeds(
                nasty_data[0], (1, 2), test=nasty_data[1], model=tiny_checkpoint(architecture), quiet=True,
                out=folder / architecture, settings={"training.epochs": 1, "evaluation.resamples": 200,
                    "data.validation": "held-out"},
            )  # fmt: skip
        return made[architecture]

    return train
