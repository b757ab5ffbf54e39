"""`TextRegressor`: an encoder fine-tuned by tunelet as a regressor of scikit-learn's."""

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import RegressorMixin

from tunelet.sklearn._estimator import TextEstimator
from tunelet.sklearn._inputs import InputError, text_columns

# X and y are scikit-learn's names.
# ruff: noqa: N803


class TextRegressor(RegressorMixin, TextEstimator):  # type: ignore[misc]
    """A number for a text, for scikit-learn: `fit` is `tunelet.train`, and what it finishes is a run.

    >>> from tunelet.sklearn import TextRegressor
    >>> texts = [f"a {word} loaf, visit {n}" for n in range(20) for word in ("warm", "burnt")]
    >>> model = TextRegressor(model="minilm", epochs=1, settings={"data.validation": "held-out"})
    >>> model.fit(texts, [2.5, 0.5] * 20).predict(["a warm loaf, visit 99"]).shape
    (1,)
    >>> low, high = model.predict_interval(["a warm loaf, visit 99"])[0]
    >>> bool(low < high)
    True

    For ratings, of which there are few, `TextClassifier(task="ordinal")` gives a distribution. Texts, pickles, copies
    and empty texts are as there.

    Args:
        model: short name, Hub id or folder of the encoder; None: the recipe's.
        recipe: name of a recipe, path of a TOML file, or a `Recipe`.
        text: column of the texts where X is a DataFrame, or several that are read together; None: it has one column.
        epochs, batch_size, learning_rate: None: the recipe's.
        budget: the time that a fit may take, such as "10m"; None: as the recipe says.
        settings: further settings by dotted key, such as {"data.validation": "held-out"}.
        random_state: seed of all that is random; a RandomState: the seed is drawn from it; None: the recipe's seed, so
            that every fit gives the same.
        device: "auto", "cpu", "cuda" or "mps"; None: the recipe's.
        out: the run folder of a fit, with a number behind it where there is one of that name; None: a temporary one,
            which goes with the estimator and its `run_`.

    Attributes:
        run_: the finished run; `tunelet.report(model.run_)` writes its report.
    """

    def fit(self, X: Any, y: Any, groups: Any = None) -> Self:
        """Train on texts with numbers.

        Args:
            X: texts [n]: an iterable of strings, an array [n] or [n, 1] of them, or a DataFrame.
            y: finite numbers [n].
            groups: of each text [n], such as its author: where the fit holds texts out to choose on, it divides none.

        Raises:
            InputError: X, y or a parameter cannot be used; it is a ValueError.
        """
        columns, numbers = text_columns(X, self.text), _numbers(y)
        self._fit(columns, [repr(number) for number in numbers.tolist()], "regression", groups)
        self._mean = float(numbers.mean())
        return self

    def predict(self, X: Any) -> NDArray[np.float64]:
        """The number of each text, float64 [n]; of an empty one the mean of the training."""
        numbers = self._scores(X)[:, 0]  # which says where nothing is fitted
        return np.where(np.isnan(numbers), self._mean, numbers)

    def predict_interval(self, X: Any) -> NDArray[np.float64]:
        """Where the true number lies for 95 of 100 new texts: low and high, float64 [n, 2].

        The same width around each prediction, by split conformal prediction (Vovk et al. 2005) on the texts that the
        fit held out; infinite where these were too few. An empty text has no finite interval.
        """
        numbers = self._scores(X)[:, 0]
        reach = self._fitted.classifier.task.reach
        reaches = np.where(np.isnan(numbers), np.inf, np.inf if reach is None else reach)
        middle = np.where(np.isnan(numbers), self._mean, numbers)
        return np.stack([middle - reaches, middle + reaches], axis=1)


def _numbers(y: Any) -> NDArray[np.float64]:
    """y as float64 [n]. Raises ValueError in scikit-learn's words where it is anything else."""
    from sklearn.utils.validation import check_array, column_or_1d

    if y is None:
        raise InputError("this regressor requires y to be passed, but the target y is None", "pass fit(X, y)")
    numbers = check_array(column_or_1d(y, warn=True), ensure_2d=False, dtype=np.float64, input_name="y")
    checked: NDArray[np.float64] = numbers
    return checked
