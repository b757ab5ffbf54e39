"""The baseline of a run as a classifier of texts; neither an encoder nor PyTorch is loaded."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from tunelet._arguments import checked
from tunelet.classifier._base import TextClassifier
from tunelet.errors import RunError
from tunelet.evaluation import Baseline, MultilabelMetrics, WordsBaseline
from tunelet.explain import explain_tfidf, quantity_of
from tunelet.run import Explanation, Run, Task


class BaselineClassifier(TextClassifier):
    """Classifies texts by TF-IDF and logistic regression, as the run's baseline was trained to. `load` makes it.

    It divides its logits by no temperature, and the run's threshold is not its own.

    >>> baseline = tunelet.BaselineClassifier.load("runs/first")
    >>> baseline.probabilities(["A joy from start to end."]).shape
    (1, 2)
    """

    def __init__(self, run: Run, baseline: Baseline | WordsBaseline) -> None:
        super().__init__(_task(run))
        self.run = run
        self._baseline = baseline

    @classmethod
    @checked
    def load(cls, run: str | Path | Run) -> Self:
        """Load the baseline of a finished run. Raises RunError where it has none, or a damaged one."""
        run = run if isinstance(run, Run) else Run.load(run)
        baseline = run.baseline
        if baseline is None:
            raise none_there(run)
        made = cls(run, baseline)
        made._load_again = partial(cls.load, run.path.resolve())
        return made

    @property
    def has_the_runs_threshold(self) -> bool:
        """False: the threshold was chosen for the encoder."""
        return False

    def _logits(self, texts: list[str]) -> NDArray[np.float64]:
        return self._baseline.logits(texts)

    def _explanation(self, text: str, label: int, fields: tuple[str, ...]) -> Explanation:
        return explain_tfidf(self._baseline, text, label, fields, quantity_of(self.task))


def _task(run: Run) -> Task:
    """The run's task, with what was chosen for the baseline itself: thresholds of labels, reach of intervals."""
    task = run.task
    if task.shape == "multiclass":
        return task
    record = run.shaped_evaluation.baseline
    metrics = None if record is None else record.metrics
    rows = metrics.per_label if isinstance(metrics, MultilabelMetrics) else ()
    reach = None if record is None else record.reach
    return replace(task, thresholds=tuple(row.threshold for row in rows), reach=reach)


def none_there(run: Run) -> RunError:
    """The error for a run without a baseline, where one is needed, by itself or because the model adds its logits."""
    settings = run.recipe.evaluation
    if not settings.baseline:
        reason, hint = "it was trained without one", "train again with settings={'evaluation.baseline': True}"
    elif not settings.errors:
        reason = "evaluation.errors is 0, and a baseline is made of words of the texts"
        hint = "train again with settings={'evaluation.errors': 20}"
    else:
        reason = "what is published leaves it out, for it is made of words of the texts"
        hint = "ask for the folder of whoever trained it"
    return RunError(f"{run.path} holds no baseline: {reason}", hint)
