"""The sklearn room: tunelet as an estimator of scikit-learn. It is imported only where `tunelet.sklearn` is."""

from tunelet.sklearn._estimator import TextClassifier
from tunelet.sklearn._inputs import InputError

__all__ = ["InputError", "TextClassifier"]
