"""The classifier room: load a run and classify texts with it."""

from tunelet.classifier._baseline import BaselineClassifier
from tunelet.classifier._classifier import Classifier
from tunelet.classifier._decision import Prediction

__all__ = ["BaselineClassifier", "Classifier", "Prediction"]
