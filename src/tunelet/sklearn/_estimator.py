"""What the estimators share: the settings of a training, the texts, and the run that a fit finishes."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils import check_consistent_length, check_random_state
from sklearn.utils.validation import check_is_fitted

from tunelet._arguments import checked
from tunelet._words import counted
from tunelet.data import TaskName
from tunelet.errors import TuneletError
from tunelet.experiment import Experiment, Request, Screens
from tunelet.recipe import Recipe
from tunelet.run import Run, free_folder
from tunelet.sklearn._fitted import FittedRun, OwnFolder, kept_with
from tunelet.sklearn._inputs import InputError, text_columns

# X and y are scikit-learn's names.
# ruff: noqa: N803

_OWN = {"data.missing_labels": [], "data.audit": False}  # labels are as the caller has them


class TextEstimator(BaseEstimator):  # type: ignore[misc]
    """An estimator whose X is texts and whose fit is `tunelet.train`; its classes say what y is.

    Args:
        model, recipe, text, epochs, batch_size, learning_rate, budget, settings, random_state, device, out: as
            `TextClassifier` has them.

    Attributes:
        run_: the finished run.
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
        self.settings = settings
        self.random_state = random_state
        self.device = device
        self.out = out

    def _fit(
        self, columns: Mapping[str, list[str]], labels: list[Any], task: TaskName, groups: Any, unlabelled: Any = None
    ) -> Run:
        """Train on texts, which `text_columns` made of X, with labels as training data has them [n]."""
        check_consistent_length(*columns.values(), labels, *([] if groups is None else [groups]))
        label = _free_name("label", columns)
        data: dict[str, list[Any]] = {**columns, label: labels}
        group = None
        if groups is not None:
            group = _free_name("group", data)
            data[group] = [str(each) for each in groups]
        folder = OwnFolder() if self.out is None else None
        names = list(columns)
        try:
            run = _trained(
                data,
                task=task,
                label=label,
                group=group,
                text=names if len(names) > 1 else names[0],
                out=folder.path / "run" if folder is not None else free_folder(Path(self.out or "")),
                seed=self._seed(),
                recipe=self.recipe,
                model=self.model,
                epochs=self.epochs,
                batch_size=self.batch_size,
                learning_rate=self.learning_rate,
                budget=self.budget,
                unlabelled=unlabelled,
                settings=self.settings,
                device=self.device,
            )
        except TuneletError as error:
            raise InputError(error.message, error.hint) from error
        self._fitted = FittedRun(kept_with(run, folder), device=self.device)
        return run

    def _scores(self, X: Any) -> NDArray[np.float64]:
        """The run's logits over its temperature [n, outputs]; NaN of a text with nothing to read."""
        check_is_fitted(self)
        columns = text_columns(X, self.text)
        classifier = self._fitted.classifier
        several = len(classifier.task.text_columns)
        if len(columns) != several:
            raise InputError(
                f"X has {counted(len(columns), 'column')} of texts, the training had {several}", "pass the same ones"
            )
        texts: list[Any] = list(zip(*columns.values(), strict=True)) if several > 1 else next(iter(columns.values()))
        scores: NDArray[np.float64] = classifier.logits(texts) / classifier.temperature
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
    task: str,
    label: str,
    group: str | None,
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
        recipe, data, test=None, unlabelled=unlabelled,
        settings={**_OWN, "data.task": task, **(settings or {})},
        out=out, resume=False, budget=budget, model=model, text=text, label=label, group=group, seed=seed,
        epochs=epochs, batch_size=batch_size, learning_rate=learning_rate, device=device,
    )  # fmt: skip
    return Experiment(request, Screens()).run()


def _free_name(wanted: str, taken: Mapping[str, object]) -> str:
    name = wanted
    while name in taken:
        name += "_"
    return name
