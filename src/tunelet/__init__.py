"""Fine-tune small language models on your own labelled text, in minutes, and know how good they are.

import tunelet

run = tunelet.train("reviews.csv", model="minilm")
run.metrics.accuracy, run.metrics.accuracy_ci
tunelet.Classifier.load(run.path).predict(["Two hours I will not get back."])
"""

from typing import TYPE_CHECKING

from tunelet._lazy import lazy_exports
from tunelet._version import __version__

if TYPE_CHECKING:
    from tunelet._api import adapt, predict_file, train, train_seeds
    from tunelet._api_parts import predict_files
    from tunelet._api_tune import tune
    from tunelet.audit import Audit, audit
    from tunelet.classifier import (
        BaselineClassifier,
        Classifier,
        Evaluation,
        FilePredictions,
        LabelsPrediction,
        NumberPrediction,
        PredictedFiles,
        Prediction,
        RatingPrediction,
        evaluate,
    )
    from tunelet.comparison import Comparison, compare
    from tunelet.data import Examples, Reading, read
    from tunelet.errors import TuneletError
    from tunelet.experiment import Adaptation
    from tunelet.explain import Explanation, LabelsExplanation, NumberExplanation, RatingExplanation, explanations_page
    from tunelet.export import Exported, export
    from tunelet.inspection import Examination, Inspection, doctor, inspect
    from tunelet.publish import push
    from tunelet.recipe import Recipe
    from tunelet.report import WrittenReport, report
    from tunelet.run import Run, RunGroup, Study
    from tunelet.serve import serve

__all__ = [
    "Adaptation",
    "Audit",
    "BaselineClassifier",
    "Classifier",
    "Comparison",
    "Evaluation",
    "Examination",
    "Examples",
    "Explanation",
    "Exported",
    "FilePredictions",
    "Inspection",
    "LabelsExplanation",
    "LabelsPrediction",
    "NumberExplanation",
    "NumberPrediction",
    "PredictedFiles",
    "Prediction",
    "RatingExplanation",
    "RatingPrediction",
    "Reading",
    "Recipe",
    "Run",
    "RunGroup",
    "Study",
    "TuneletError",
    "WrittenReport",
    "__version__",
    "adapt",
    "audit",
    "compare",
    "doctor",
    "evaluate",
    "explanations_page",
    "export",
    "inspect",
    "predict_file",
    "predict_files",
    "push",
    "read",
    "report",
    "serve",
    "train",
    "train_seeds",
    "tune",
]

__getattr__ = lazy_exports(
    __name__,
    {
        "_api": ("adapt", "predict_file", "train", "train_seeds"),
        "_api_parts": ("predict_files",),
        "_api_tune": ("tune",),
        "audit": ("Audit", "audit"),
        "classifier": (
            "BaselineClassifier",
            "Classifier",
            "Evaluation",
            "FilePredictions",
            "LabelsPrediction",
            "NumberPrediction",
            "PredictedFiles",
            "Prediction",
            "RatingPrediction",
            "evaluate",
        ),
        "comparison": ("Comparison", "compare"),
        "data": ("Examples", "Reading", "read"),
        "errors": ("TuneletError",),
        "experiment": ("Adaptation",),
        "export": ("Exported", "export"),
        "explain": (
            "Explanation",
            "LabelsExplanation",
            "NumberExplanation",
            "RatingExplanation",
            "explanations_page",
        ),
        "inspection": ("Examination", "Inspection", "doctor", "inspect"),
        "publish": ("push",),
        "recipe": ("Recipe",),
        "report": ("WrittenReport", "report"),
        "run": ("Run", "RunGroup", "Study"),
        "serve": ("serve",),
    },
)


def __dir__() -> list[str]:
    return __all__
