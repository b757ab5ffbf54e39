"""The classifier room: load a run and classify texts with it."""

from tunelet.classifier._baseline import BaselineClassifier
from tunelet.classifier._classifier import Classifier
from tunelet.classifier._decision import Prediction
from tunelet.classifier._evaluate import Evaluation, evaluate
from tunelet.classifier._files import FilePredictions, load_classifier, predict_file, predict_texts

__all__ = [
    "BaselineClassifier",
    "Classifier",
    "Evaluation",
    "FilePredictions",
    "Prediction",
    "evaluate",
    "load_classifier",
    "predict_file",
    "predict_texts",
]
