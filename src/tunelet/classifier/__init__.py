"""The classifier room: load a run and classify texts with it."""

from tunelet.classifier._classifier import Classifier, Prediction

__all__ = ["Classifier", "Prediction"]
