"""`TextClassifier`: an encoder fine-tuned by tunelet as a classifier of scikit-learn's."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin

from tunelet.recipe import Recipe
from tunelet.sklearn._estimator import TextEstimator
from tunelet.sklearn._inputs import text_columns
from tunelet.sklearn._targets import targets_of

# X and y are scikit-learn's names.
# ruff: noqa: N803


class TextClassifier(ClassifierMixin, TextEstimator):  # type: ignore[misc]
    """A text classifier for scikit-learn: `fit` is `tunelet.train`, and what it finishes is a run.

    >>> from tunelet.sklearn import TextClassifier
    >>> texts = [f"a {word} loaf, visit {n}" for n in range(20) for word in ("warm", "burnt")]
    >>> model = TextClassifier(model="minilm", epochs=1, settings={"data.validation": "held-out"})
    >>> model.fit(texts, [True, False] * 20).classes_.tolist()
    [False, True]
    >>> model.predict_proba(["a warm loaf, visit 99"]).shape
    (1, 2)

    A pickle of a fitted estimator holds the files of its run. As a run does, it needs the pretrained model that it was
    trained from, by the same name or at the same place, on the machine that loads it. Copies of a text, contradicting
    labels and empty texts are dropped before training, as `tunelet.train` does. There are no weights of samples.

    Args:
        model: short name, Hub id or folder of the encoder; None: the recipe's.
        task: what y holds: "multiclass", one label a text; "multilabel", any number of them, as an indicator matrix
            [n, k] or as a list of labels for each text; "ordinal", ratings in order, which are numbers.
        recipe: name of a recipe, path of a TOML file, or a `Recipe`.
        text: column of the texts where X is a DataFrame, or several that are read together; None: it has one column.
        epochs, batch_size, learning_rate: None: the recipe's.
        budget: the time that a fit may take, such as "10m"; None: as the recipe says.
        unlabelled: texts without labels that a student learns from; in any form that `tunelet.adapt` takes.
        settings: further settings by dotted key, such as {"data.validation": "held-out"}.
        random_state: seed of all that is random; a RandomState: the seed is drawn from it; None: the recipe's seed, so
            that every fit gives the same.
        device: "auto", "cpu", "cuda" or "mps"; None: the recipe's.
        out: the run folder of a fit, with a number behind it where there is one of that name; None: a temporary one,
            which goes with the estimator and its `run_`.

    Attributes:
        classes_: the labels, sorted, of the type that y had [k]; of an indicator matrix the numbers of its columns, or
            their names.
        run_: the finished run; `tunelet.report(model.run_)` writes its report.
    """

    def __init__(
        self,
        model: str | Path | None = None,
        *,
        task: str = "multiclass",
        recipe: str | Path | Recipe = "quickstart",
        text: str | Sequence[str] | None = None,
        epochs: int | None = None,
        batch_size: int | None = None,
        learning_rate: float | None = None,
        budget: str | float | None = None,
        unlabelled: Any = None,
        settings: Mapping[str, Any] | None = None,
        random_state: Any = None,
        device: str | None = None,
        out: str | Path | None = None,
    ) -> None:
        super().__init__(
            model,
            recipe=recipe,
            text=text,
            epochs=epochs,
            batch_size=batch_size,
            learning_rate=learning_rate,
            budget=budget,
            settings=settings,
            random_state=random_state,
            device=device,
            out=out,
        )
        self.task = task
        self.unlabelled = unlabelled

    def fit(self, X: Any, y: Any, groups: Any = None) -> Self:
        """Train on labelled texts.

        Args:
            X: texts [n]: an iterable of strings, an array [n] or [n, 1] of them, or a DataFrame.
            y: labels [n] of one type, or as `task` has it.
            groups: of each text [n], such as its author: where the fit holds texts out to choose on, it divides none.

        Raises:
            InputError: X, y or a parameter cannot be used; it is a ValueError.
        """
        columns, targets = text_columns(X, self.text), targets_of(self.task).of(y)
        run = self._fit(columns, targets.labels, targets.task, groups, self.unlabelled)
        self.classes_, self._answers = targets.classes, targets.answers(run)
        return self

    def predict(self, X: Any) -> NDArray[Any]:
        """The most probable label of each text [n]; of an empty one the commonest label of the training.

        Of several labels a text those from their thresholds on, which the fit has chosen: a matrix int64 [n, k], or
        where y was lists, an array [n] of tuples. Of ratings the median of their distribution.
        """
        probabilities = self.predict_proba(X)  # which says where nothing is fitted
        return self._answers.predicted(probabilities)

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Probability of each class for each text, float64 [n, k], calibrated; of an empty text the classes' shares."""
        scores = self._scores(X)
        return self._answers.probabilities(scores)

    def decision_function(self, X: Any) -> NDArray[np.float64]:
        """Logarithm of the odds of the second of two classes [n]; of more, the calibrated logit of each [n, k].

        Of several labels a text the logarithm of the odds of each [n, k]; of ratings the mean of their distribution.
        """
        scores = self._scores(X)
        return self._answers.decision(scores)

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Share of the texts whose answer is right; of several labels a text, all of them."""
        from sklearn.metrics import accuracy_score

        predicted = self.predict(X)
        pair = (self._answers.comparable(each) for each in (y, predicted))
        return float(accuracy_score(*pair, sample_weight=sample_weight))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = self.task == "multilabel"
        return tags
