"""`TextClassifier`: an encoder fine-tuned by tunelet as a classifier of scikit-learn's."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import check_consistent_length, check_random_state
from sklearn.utils.validation import check_is_fitted

from tunelet._arguments import checked
from tunelet._words import counted
from tunelet.errors import TuneletError
from tunelet.experiment import Experiment, Request, Screens
from tunelet.recipe import Recipe
from tunelet.run import Run, free_folder
from tunelet.sklearn._fitted import FittedRun, OwnFolder, kept_with
from tunelet.sklearn._inputs import InputError, Targets, text_columns

# X and y are scikit-learn's names.
# ruff: noqa: N803

_OWN = {"data.missing_labels": [], "data.task": "multiclass", "data.audit": False}  # labels are as the caller has them


class TextClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
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
        classes_: the labels, sorted, of the type that y had [k].
        run_: the finished run; `tunelet.report(model.run_)` writes its report.
    """

    def __init__(
        self,
        model: str | Path | None = None,
        *,
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
        self.model = model
        self.recipe = recipe
        self.text = text
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.budget = budget
        self.unlabelled = unlabelled
        self.settings = settings
        self.random_state = random_state
        self.device = device
        self.out = out

    def fit(self, X: Any, y: Any) -> Self:
        """Train on labelled texts.

        Args:
            X: texts [n]: an iterable of strings, an array [n] or [n, 1] of them, or a DataFrame.
            y: labels [n] of one type.

        Raises:
            InputError: X, y or a parameter cannot be used; it is a ValueError.
        """
        columns, targets = text_columns(X, self.text), Targets.of(y)
        check_consistent_length(*columns.values(), targets.indices)
        label = _free_name("label", columns)
        folder = OwnFolder() if self.out is None else None
        names = list(columns)
        try:
            run = _trained(
                columns | {label: targets.labels},
                label=label,
                text=names if len(names) > 1 else names[0],
                out=folder.path / "run" if folder is not None else free_folder(Path(self.out or "")),
                seed=self._seed(),
                recipe=self.recipe,
                model=self.model,
                epochs=self.epochs,
                batch_size=self.batch_size,
                learning_rate=self.learning_rate,
                budget=self.budget,
                unlabelled=self.unlabelled,
                settings=self.settings,
                device=self.device,
            )
        except TuneletError as error:
            raise InputError(error.message, error.hint) from error
        self._fitted = FittedRun(kept_with(run, folder), device=self.device)
        self.classes_ = targets.classes
        self._shares = targets.shares
        # The run has names in an order of its own, and leaves out a class with too few texts.
        self._columns = np.array([run.label_names.index(n) if n in run.label_names else -1 for n in targets.names])
        return self

    def predict(self, X: Any) -> NDArray[Any]:
        """The most probable label of each text [n]; of an empty one the commonest label of the training."""
        probable: NDArray[np.int64] = self.predict_proba(X).argmax(axis=1)
        labels: NDArray[Any] = self.classes_[probable]
        return labels

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Probability of each class for each text, float64 [n, k], calibrated; of an empty text the classes' shares."""
        probabilities: NDArray[np.float64] = softmax(self._scores(X), axis=1)
        return probabilities

    def decision_function(self, X: Any) -> NDArray[np.float64]:
        """Logarithm of the odds of the second of two classes [n]; of more, the calibrated logit of each [n, k]."""
        scores = self._scores(X)
        return scores[:, 1] - scores[:, 0] if len(self.classes_) == 2 else scores

    def _scores(self, X: Any) -> NDArray[np.float64]:
        """Logits over the temperature [n, k]; minus infinity for a class that the run left out."""
        check_is_fitted(self)
        columns = text_columns(X, self.text)
        classifier = self._fitted.classifier
        several = len(classifier.task.text_columns)
        if len(columns) != several:
            raise InputError(
                f"X has {counted(len(columns), 'column')} of texts, the training had {several}", "pass the same ones"
            )
        texts: list[Any] = list(zip(*columns.values(), strict=True)) if several > 1 else next(iter(columns.values()))
        logits = classifier.logits(texts) / classifier.temperature
        left_out = np.full((len(logits), 1), -np.inf)
        scores: NDArray[np.float64] = np.concatenate([logits, left_out], axis=1)[:, self._columns]
        empty = np.isnan(logits[:, 0])
        scores[empty] = np.log(self._shares)
        return scores

    @property
    def run_(self) -> Run:
        """The finished run."""
        check_is_fitted(self)
        return self._fitted.run

    def _seed(self) -> int | None:
        if self.random_state is None:
            return None
        if isinstance(self.random_state, int | np.integer):
            return int(self.random_state)
        seed: int = check_random_state(self.random_state).randint(2**31 - 1)
        return seed

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_fitted")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.one_d_array = True
        tags.input_tags.two_d_array = False
        tags.input_tags.allow_nan = True  # a missing value is an empty text
        return tags


@checked
def _trained(
    data: Any,
    *,
    label: str,
    text: str | Sequence[str],
    out: Path,
    seed: int | None,
    recipe: str | Path | Recipe,
    model: str | Path | None,
    epochs: int | None,
    batch_size: int | None,
    learning_rate: float | None,
    budget: str | float | None,
    unlabelled: Any,
    settings: Mapping[str, Any] | None,
    device: str | None,
) -> Run:
    """As `tunelet.train`, without a word; no label is taken for a missing one."""
    request = Request.of(
        recipe, data, test=None, unlabelled=unlabelled, settings={**_OWN, **(settings or {})},
        out=out, resume=False, budget=budget, model=model, text=text, label=label, seed=seed, epochs=epochs,
        batch_size=batch_size, learning_rate=learning_rate, device=device,
    )  # fmt: skip
    return Experiment(request, Screens()).run()


def _free_name(wanted: str, taken: Mapping[str, object]) -> str:
    name = wanted
    while name in taken:
        name += "_"
    return name
