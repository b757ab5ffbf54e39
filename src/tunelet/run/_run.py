"""A finished run, read back: what `tunelet.train` returns and what every later command starts from."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tunelet._arguments import checked
from tunelet._words import counted
from tunelet.errors import RunError
from tunelet.recipe import Recipe, load_recipe
from tunelet.run._folder import RunFolder
from tunelet.run._reading import read_file, read_lines, read_object

if TYPE_CHECKING:
    from tunelet.evaluation import Baseline, Predictions

# Entries that other commands rely on; an older or a damaged folder lacks some.
_SUMMARY = (
    "evaluated_on", "n", "positive", "confusion", "accuracy", "roc_auc", "log_loss", "ece", "trainable_parameters",
    "total_parameters", "train_seconds", "tokens_per_second", "peak_memory_bytes", "model", "random_weights",
    "temperature", "threshold",
)  # fmt: skip
_DATA = (
    "label_names", "parts", "source", "test_source", "dropped", "notes", "warnings", "text_column",
    "text_columns", "label_column", "labels_left_out", "tokens",
)  # fmt: skip
_ENVIRONMENT = ("versions", "processor", "cores", "choices", "checkpoint")
_EVALUATION = (
    "curves", "reliability", "temperature", "threshold", "lengths", "errors", "wrong", "baseline", "cost",
)  # fmt: skip


@dataclass(frozen=True)
class Run:
    """A finished run folder.

    Attributes:
        path: the folder.
    """

    path: Path

    @classmethod
    @checked
    def load(cls, path: str | Path) -> "Run":
        """Open a run folder. Raises RunError where it is none, or not finished."""
        try:
            folder = RunFolder(Path(path))
        except OSError as error:  # a text in the place of the run is too long for a name
            raise RunError(
                f"no run folder {str(path)[:40]!r}: {error.strerror}", "name it first, then the texts"
            ) from None
        if not folder.final.is_dir():
            if folder.partial.is_dir():
                raise RunError(f"{path}: the run is not finished", "go on with it by tunelet train ... --resume")
            raise RunError(f"{path}: no such run folder", "tunelet train prints the folder of each run")
        from tunelet.run._group import seed_folders

        if seeds := seed_folders(folder.final):
            raise RunError(
                f"{path}: holds runs of {counted(len(seeds), 'seed')}", f"name one of them, such as {seeds[0]}"
            )
        run = cls(folder.final)
        for file in (folder.recipe, folder.metrics, folder.data):
            if not file.is_file():
                raise RunError(
                    f"{path}: not a run folder: {file.name} is missing", "name a folder made by tunelet train"
                )
        return run

    @property
    def folder(self) -> RunFolder:
        """The names of its files."""
        return RunFolder(self.path)

    @cached_property
    def recipe(self) -> Recipe:
        """The fully resolved recipe."""
        return load_recipe(self.folder.recipe)

    @cached_property
    def summary(self) -> dict[str, Any]:
        """All of `metrics.json`: what `tunelet train --json` prints."""
        return read_object(self.folder.metrics, _SUMMARY)

    @property
    def metrics(self) -> dict[str, Any]:
        """Metrics on the test texts, or on the validation texts where there were none; intervals as NAME_ci."""
        from tunelet.evaluation import METRIC_NAMES

        keys = [key for name in METRIC_NAMES for key in (name, f"{name}_ci")]
        return {key: self.summary[key] for key in [*keys, "n"] if key in self.summary}

    @cached_property
    def data(self) -> dict[str, Any]:
        """What was read, dropped and split."""
        return read_object(self.folder.data, _DATA)

    @cached_property
    def environment(self) -> dict[str, Any]:
        """Versions, processor, and the checkpoint that was adapted."""
        return read_object(self.folder.environment, _ENVIRONMENT)

    @cached_property
    def evaluation(self) -> dict[str, Any]:
        """Curves, calibration, threshold, slices by length, the most confident errors, the baseline."""
        return read_object(self.folder.evaluation, _EVALUATION)

    @property
    def label_names(self) -> tuple[str, ...]:
        """Names of the classes in the order of the probabilities."""
        return tuple(self.data["label_names"])

    @property
    def text_columns(self) -> tuple[str, ...]:
        """The columns of the training data whose texts were read, together where there are several."""
        return tuple(self.data["text_columns"])

    @property
    def trained_columns(self) -> dict[str, str | Sequence[str]]:
        """Role ("text", "label") -> the columns of the training data, as they were called there."""
        label = self.data["label_column"]
        texts = self.text_columns
        found: dict[str, str | Sequence[str]] = {"text": texts if len(texts) > 1 else texts[0]}
        return found | ({"label": str(label["value"])} if label else {})

    @cached_property
    def history(self) -> list[dict[str, Any]]:
        """Losses, rates and validation metrics in the order of training."""
        return read_lines(self.folder.history)

    @cached_property
    def predictions(self) -> "Predictions":
        """Predictions for the texts that `metrics` speaks of."""
        from tunelet.run._predictions import read_predictions

        return read_file(self.folder.predictions, lambda path: read_predictions(path, self.label_names))

    @cached_property
    def baseline(self) -> "Baseline | None":
        """The baseline itself; None: it was not asked for, not kept, or not published."""
        from tunelet.run._baseline import read_baseline

        settings = self.recipe.evaluation
        if not settings.baseline or not settings.errors or not self.folder.baseline.exists():
            return None
        return read_file(self.folder.baseline, lambda folder: read_baseline(folder, len(self.label_names)))

    @cached_property
    def baseline_predictions(self) -> "Predictions | None":
        """The baseline's, for the same texts; None: it was not asked for."""
        from tunelet.run._predictions import read_predictions

        if self.evaluation["baseline"] is None:
            return None
        return read_file(self.folder.baseline_predictions, lambda path: read_predictions(path, self.label_names))
