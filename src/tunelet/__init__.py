"""Fine-tune small language models on your own labelled text, in minutes, and know how good they are.

import tunelet

run = tunelet.train("reviews.csv", model="minilm")
run.metrics["accuracy"], run.metrics["accuracy_ci"]
tunelet.Classifier.load(run.path).predict(["Two hours I will not get back."])
"""

from typing import TYPE_CHECKING

from tunelet._lazy import lazy_exports
from tunelet._version import __version__

if TYPE_CHECKING:
    from tunelet._adapt import Adaptation, adapt
    from tunelet._seeds import train_seeds
    from tunelet._train import train
    from tunelet.classifier import BaselineClassifier, Classifier, FilePredictions, Prediction, evaluate, predict_file
    from tunelet.comparison import Comparison, compare
    from tunelet.errors import TuneletError
    from tunelet.recipe import Recipe
    from tunelet.run import Run, RunGroup

__all__ = [
    "Adaptation",
    "BaselineClassifier",
    "Classifier",
    "Comparison",
    "FilePredictions",
    "Prediction",
    "Recipe",
    "Run",
    "RunGroup",
    "TuneletError",
    "__version__",
    "adapt",
    "compare",
    "evaluate",
    "predict_file",
    "train",
    "train_seeds",
]

__getattr__ = lazy_exports(
    __name__,
    {
        "_adapt": ("Adaptation", "adapt"),
        "_seeds": ("train_seeds",),
        "_train": ("train",),
        "classifier": ("BaselineClassifier", "Classifier", "FilePredictions", "Prediction", "evaluate", "predict_file"),
        "comparison": ("Comparison", "compare"),
        "errors": ("TuneletError",),
        "recipe": ("Recipe",),
        "run": ("Run", "RunGroup"),
    },
)


def __dir__() -> list[str]:
    return __all__
