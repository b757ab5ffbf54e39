"""Runs of tiny random encoders, and what they are exported to; what these say is of no quality, but their own."""

from collections.abc import Callable
from pathlib import Path

import pytest

import tunelet
from bakery import write_rows
from brief import BRIEF
from several_labels import trained, trained_on_numbers, trained_on_ratings
from tunelet import Run
from tunelet.export import Exported

SETTINGS = {
    "data.max_length": 24,
    "training.epochs": 1,
    **BRIEF,
    "evaluation.baseline": False,
    "data.validation": "held-out",
}


@pytest.fixture(scope="session")
def bakery(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of texts, which runs are trained on, and read again when they are exported."""
    return write_rows(tmp_path_factory.mktemp("bakery") / "bakery.csv", 60)


@pytest.fixture(scope="session")
def train(
    bakery: Path, tmp_path_factory: pytest.TempPathFactory, tiny_checkpoint: Callable[[str], Path]
) -> Callable[..., Run]:
    """A run on that file: of an architecture, with further settings."""

    def trained(architecture: str, **settings: object) -> Run:
        out = tmp_path_factory.mktemp(architecture) / "run"
        given = SETTINGS | {name.replace("__", "."): value for name, value in settings.items()}
        model = tiny_checkpoint(architecture)
        return tunelet.train(bakery, model=model, text="note", label="verdict", settings=given, out=out, quiet=True)

    return trained


@pytest.fixture(scope="session")
def own_head_run(train: Callable[..., Run]) -> Run:
    """DistilBERT with its own head, on the first token."""
    return train("distilbert", model__pooling="first", training__probe=False)


@pytest.fixture(scope="session")
def blended_run(train: Callable[..., Run]) -> Run:
    """BERT with a linear head on the mean of all tokens, and TF-IDF added to it."""
    return train(
        "bert",
        model__pooling="mean",
        evaluation__baseline=True,
        data__validation="cross-validation",
        data__folds=2,
        training__learning_rate=1e-5,
        training__head_learning_rate=1e-5,
    )


@pytest.fixture(scope="session")
def merged(own_head_run: Run, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    return tunelet.export(own_head_run, to="merged", out=tmp_path_factory.mktemp("merged") / "out")


@pytest.fixture(scope="session")
def graph(blended_run: Run, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """ONNX, with mean pooling in the graph and TF-IDF beside it."""
    return tunelet.export(blended_run, to="onnx", out=tmp_path_factory.mktemp("onnx") / "out")


@pytest.fixture(scope="session")
def shaped_runs(tiny_checkpoint: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    """Runs of several labels a text, of ratings and of numbers, each the encoder alone."""
    place, alone = (
        tmp_path_factory.mktemp("shaped"),
        {"evaluation.baseline": False, "model.precision": "float32", **BRIEF},
    )
    made = {"labels": trained, "ratings": trained_on_ratings, "numbers": trained_on_numbers}
    return {name: train(tiny_checkpoint("bert"), place / name, **alone) for name, train in made.items()}
