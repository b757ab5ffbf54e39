"""The sklearn room: tunelet as estimators of scikit-learn. It is imported only where `tunelet.sklearn` is."""

from tunelet.sklearn._classifier import TextClassifier
from tunelet.sklearn._inputs import InputError
from tunelet.sklearn._regressor import TextRegressor

__all__ = ["InputError", "TextClassifier", "TextRegressor"]
