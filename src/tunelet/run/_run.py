"""A finished run, read back: what `tunelet.train` returns and what every later command starts from."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from tunelet._arguments import checked
from tunelet._record import R, as_text, parse_lines, parse_record
from tunelet._words import counted
from tunelet.audit import AuditRecord
from tunelet.errors import RunError
from tunelet.recipe import Recipe, parse_recipe
from tunelet.run._data import DataRecord
from tunelet.run._environment_record import EnvironmentRecord
from tunelet.run._evaluation import EvaluationRecord
from tunelet.run._explanations import ExplanationsRecord
from tunelet.run._export import RECORD as EXPORT_RECORD
from tunelet.run._folder import RunFolder
from tunelet.run._history import HistoryLine
from tunelet.run._path import folder_path
from tunelet.run._sealed import Sealed
from tunelet.run._shaped import (
    FACTS,
    SHAPES_IN_WORDS,
    ShapedEvaluation,
    ShapedMetrics,
    ShapedSummary,
    ValueSummary,
    thresholds_in,
)
from tunelet.run._summary import Summary
from tunelet.run._task import Task

if TYPE_CHECKING:
    from tunelet.evaluation import Baseline, Metrics, Predictions, ShapedPredictions, WordsBaseline


@dataclass(frozen=True)
class Run:
    """A finished run, read from its folder as it is asked for.

    >>> run = tunelet.Run.load("runs/first")
    >>> run.label_names, run.recipe.training.epochs
    (('negative', 'positive'), 1)

    Attributes:
        path: the folder.
    """

    path: Path

    @classmethod
    @checked
    def load(cls, path: str | Path) -> "Run":
        """Open a run folder. Raises RunError where it is none, or not finished."""
        path = folder_path(path)
        try:
            folder = RunFolder(path)
            if not folder.final.is_dir():
                if folder.partial.is_dir():
                    raise RunError(f"{path}: the run is not finished", "go on with it by tunelet train ... --resume")
                if path.is_file():
                    raise RunError(f"{path} is a file, expected the folder of a run", "the run comes first, then data")
                raise RunError(f"{path}: no such run folder", "tunelet train prints the folder of each run")
            from tunelet.run._group import seed_folders

            if seeds := seed_folders(folder.final):
                raise RunError(
                    f"{path}: holds runs of {counted(len(seeds), 'seed')}", f"name one of them, such as {seeds[0]}"
                )
            if (folder.final / EXPORT_RECORD).is_file():
                raise RunError(
                    f"{path}: an export, expected the run that it was made of",
                    "name the folder that tunelet train made; tunelet.Classifier.load and tunelet predict take exports",
                )
            for file in (folder.recipe, folder.metrics, folder.data):
                if not os.path.lexists(file):
                    raise RunError(
                        f"{path}: not a run folder: {file.name} is missing", "name a folder made by tunelet train"
                    )
        except OSError as error:  # a text in the place of the run is too long for a name
            raise RunError(
                f"no run folder {str(path)[:40]!r}: {error.strerror}", "name it first, then the texts"
            ) from None
        run = cls(folder.final)
        run.files  # noqa: B018  (a run whose list of files is damaged is not opened)
        return run

    @classmethod
    def of_records(cls, path: Path, **records: Any) -> "Run":
        """A run that is told of without its folder: `recipe`, `summary`, `data` and so on as they are given."""
        run = cls(path)
        if "summary" in records:
            records["facts"] = records["summary"]
        vars(run).update(records)  # where `cached_property` keeps what was read
        return run

    @property
    def folder(self) -> RunFolder:
        """The names of its files."""
        return RunFolder(self.path)

    @cached_property
    def files(self) -> Sealed:
        """Its files as the run wrote them: whatever is read of them goes through here, and a damaged one is refused."""
        return Sealed.of(self.path, "run")

    @cached_property
    def recipe(self) -> Recipe:
        """The fully resolved recipe."""
        path = self.folder.recipe
        return self.files.read(path, lambda content: parse_recipe(as_text(content), str(path)))

    @cached_property
    def facts(self) -> Summary | ShapedSummary:
        """All of `metrics.json`, whatever the shape of the labels: what `tunelet train --json` prints."""
        return self._record(self.folder.metrics, FACTS[self.data.task.value])

    @cached_property
    def summary(self) -> Summary:
        """The same of a run of one label a text. Raises RunError where its labels have another shape."""
        facts = self.facts
        if not isinstance(facts, Summary):
            raise self._other_shape()
        return facts

    @property
    def shaped(self) -> ShapedSummary:
        """The same of a run whose labels have another shape. Raises RunError where they are one a text."""
        facts = self.facts
        if isinstance(facts, Summary):
            raise RunError(f"{self.path} was trained for one label a text", "read run.summary")
        return facts

    def _other_shape(self) -> RunError:
        what = SHAPES_IN_WORDS[self.data.task.value]
        return RunError(
            f"{self.path} was trained for {what}, and this is of one label a text",
            "read run.facts, run.any_predictions, run.any_evaluation",
        )

    def _record(self, path: Path, shape: type[R]) -> R:
        return self.files.read(path, lambda content: parse_record(content, shape))

    @property
    def any_evaluation(self) -> EvaluationRecord | ShapedEvaluation:
        """`evaluation.json`, whatever the shape of the labels."""
        return self.evaluation if self.data.task.value == "multiclass" else self.shaped_evaluation

    @cached_property
    def shaped_evaluation(self) -> ShapedEvaluation:
        """`evaluation.json` of a run whose labels have another shape than one a text."""
        return self._record(self.folder.evaluation, ShapedEvaluation)

    @property
    def metrics(self) -> "Metrics | ShapedMetrics":
        """Metrics on the test texts, or on the validation texts where there were none; intervals as NAME_ci."""
        return self.facts.metrics

    @cached_property
    def data(self) -> DataRecord:
        """What was read, dropped and split."""
        return self._record(self.folder.data, DataRecord)

    @cached_property
    def audit(self) -> AuditRecord | None:
        """What is wrong with the data; None: the recipe asked for no audit, or an earlier version."""
        if not self.files.has(self.folder.audit):
            return None
        return self._record(self.folder.audit, AuditRecord)

    @cached_property
    def environment(self) -> EnvironmentRecord:
        """Versions, processor, and the checkpoint that was adapted."""
        return self._record(self.folder.environment, EnvironmentRecord)

    @cached_property
    def evaluation(self) -> EvaluationRecord:
        """Curves, calibration, threshold, slices by length, the most confident errors, the baseline.

        Raises RunError where the labels have another shape than one a text.
        """
        if self.data.task.value != "multiclass":
            raise self._other_shape()
        return self._record(self.folder.evaluation, EvaluationRecord)

    @cached_property
    def explanations(self) -> ExplanationsRecord | None:
        """Which words decided in the most confident errors; None: the recipe asked for none, or an earlier version."""
        if not self.files.has(self.folder.explanations):
            return None
        return self._record(self.folder.explanations, ExplanationsRecord)

    @property
    def label_names(self) -> tuple[str, ...]:
        """Names of the classes in the order of the probabilities."""
        return self.data.label_names

    @property
    def text_columns(self) -> tuple[str, ...]:
        """The columns of the training data whose texts were read, together where there are several."""
        return self.data.text_columns

    @property
    def trained_columns(self) -> dict[str, str | Sequence[str]]:
        """Role ("text", "label") -> the columns of the training data, as they were called there."""
        return self.task.trained_columns

    @property
    def task(self) -> Task:
        """What predictions need beside the model."""
        facts, data, label = self.facts, self.data, self.data.label_column
        return Task(
            label_names=self.label_names,
            text_columns=self.text_columns,
            label_column=None if label is None else label.value,
            clean_markup=self.recipe.data.clean_markup,
            positive=facts.positive if isinstance(facts, Summary) else None,
            threshold=facts.threshold if isinstance(facts, Summary) else None,
            shape=data.task.value,
            separator=data.separator,
            thresholds=() if isinstance(facts, Summary) else facts.thresholds,
            reach=facts.reach if isinstance(facts, ValueSummary) else None,
        )

    @cached_property
    def history(self) -> tuple[HistoryLine, ...]:
        """Losses, rates and validation metrics in the order of training."""
        return self.files.read(self.folder.history, lambda content: parse_lines(content, HistoryLine))

    @cached_property
    def predictions(self) -> "Predictions":
        """Predictions for the texts that `metrics` speaks of. Raises RunError where labels are not one a text."""
        return self._of_one_label(self.any_predictions)

    @cached_property
    def validation_predictions(self) -> "Predictions":
        """Predictions for the validation texts, which `predictions` are where there are no test texts."""
        return self._of_one_label(self.any_validation_predictions)

    @cached_property
    def any_predictions(self) -> "ShapedPredictions":
        """As `predictions`, whatever the shape of the labels."""
        return self._predictions(self.folder.predictions)

    @cached_property
    def any_validation_predictions(self) -> "ShapedPredictions":
        """As `validation_predictions`, whatever the shape of the labels."""
        own = self.facts.evaluated_on != "validation"
        return self._predictions(self.folder.validation_predictions) if own else self.any_predictions

    def _of_one_label(self, predictions: "ShapedPredictions") -> "Predictions":
        from tunelet.evaluation import Predictions

        if not isinstance(predictions, Predictions):
            raise self._other_shape()
        return predictions

    @cached_property
    def baseline(self) -> "Baseline | WordsBaseline | None":
        """The baseline itself; None: it was not asked for, not kept, or not published."""
        from tunelet.run._baseline import read_baseline

        settings = self.recipe.evaluation
        if not settings.baseline or not settings.errors or not self.files.has(self.folder.baseline):
            return None
        labels, task = len(self.label_names), self.data.task.value
        return self.files.read_folder(self.folder.baseline, lambda folder: read_baseline(folder, labels, task))

    @cached_property
    def baseline_predictions(self) -> "Predictions | None":
        """The baseline's, for the same texts; None: it was not asked for. RunError where labels are not one a text."""
        found = self.rival_predictions("baseline")
        return None if found is None else self._of_one_label(found)

    @cached_property
    def probe_predictions(self) -> "Predictions | None":
        """The probe's, likewise; None where it was not asked for, or where nothing else was fitted."""
        found = self.rival_predictions("probe")
        return None if found is None else self._of_one_label(found)

    def rival_predictions(self, key: Literal["baseline", "probe"]) -> "ShapedPredictions | None":
        """Those of a linear model, whatever the shape of the labels; None where there is no such model."""
        record = getattr(self.any_evaluation, key)
        if record is None:
            return None
        folder = self.folder
        path = folder.baseline_predictions if key == "baseline" else folder.probe_predictions
        return self._predictions(path, thresholds_in(record.metrics))

    def _predictions(self, path: Path, thresholds: tuple[float, ...] | None = None) -> "ShapedPredictions":
        """The predictions of a file, with thresholds of its own; None: those of the run."""
        from tunelet.run._predictions import parse_predictions

        space, chosen = self.data.space, self.task.thresholds if thresholds is None else thresholds
        return self.files.read(path, lambda content: parse_predictions(content, space, chosen))
