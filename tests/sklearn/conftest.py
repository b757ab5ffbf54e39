"""An estimator whose fits are quick: a tiny random encoder, a few steps, nothing chosen."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tunelet.sklearn import TextClassifier

QUICK = {
    "data.validation": "held-out",
    "data.max_length": 16,
    "evaluation.baseline": False,
    "evaluation.resamples": 100,
    "model.pooling": "first",
    "training.probe": False,
}


@pytest.fixture(scope="session")
def quick(tiny_checkpoint: Callable[[str], Path]) -> dict[str, Any]:
    """Parameters of such an estimator."""
    return {"model": str(tiny_checkpoint("distilbert")), "epochs": 1, "settings": QUICK}


@pytest.fixture(scope="session")
def texts() -> list[str]:
    """Texts of two kinds, in turn."""
    return [f"a {word} loaf, visit {n}" for n in range(12) for word in ("warm", "burnt")]


@pytest.fixture(scope="session")
def fitted(quick: dict[str, Any], texts: list[str]) -> TextClassifier:
    """Fitted on labels that are integers."""
    return TextClassifier(**quick).fit(texts, [4, -1] * 12)
