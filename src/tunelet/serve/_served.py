"""The models of a service: runs by name, loaded once."""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tunelet._words import shown
from tunelet.classifier import Classifier, ExportedClassifier
from tunelet.errors import ServeError
from tunelet.evaluation import Measured
from tunelet.run import Run
from tunelet.serve._schemas import Figure, ModelInfo
from tunelet.serve._shapes import ServedShape, served_shape

Runs = str | Path | Run | Sequence[str | Path | Run] | Mapping[str, str | Path | Run]
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True)
class Served:
    """A model under the name by which requests ask for it."""

    name: str
    classifier: Classifier

    @property
    def shape(self) -> ServedShape:
        """How a service speaks of it."""
        return served_shape(self.classifier.task)

    def info(self) -> ModelInfo:
        """What `GET /v1/models` says of it."""
        classifier, task = self.classifier, self.classifier.task
        if isinstance(classifier, ExportedClassifier):
            run, model = None, classifier.record.origin.model
        else:
            run, model = classifier.run, classifier.run.facts.model
        said = {
            "name": self.name,
            "labels": list(task.label_names),
            "positive": task.positive,
            "threshold": task.threshold,
            "text_columns": list(task.text_columns),
            "checkpoint": model,
            "max_tokens": classifier.max_length * classifier.max_windows,
            "explains": run is not None,
            "evaluated_on": None if run is None else run.facts.evaluated_on,
            "n": None if run is None else run.metrics.n,
            "metrics": {} if run is None else _figures(run.metrics),
        }
        return self.shape.described(task, said)


def _figures(metrics: Measured) -> dict[str, Figure]:
    return {name: Figure(value=metrics.value(name), interval=metrics.interval(name)) for name in metrics.metric_names}


def load_models(runs: Runs, *, device: str | None = None, threads: int = 0) -> dict[str, Served]:
    """Load finished runs, and exports of them.

    Args:
        runs: one or several, each a run, its folder, that of an export, or `NAME=FOLDER`; or a mapping from names to
            them. Without a name a run has that of its folder.
        device: as for `Classifier.load`.
        threads: that ONNX Runtime computes with; 0: its own choice.

    Raises:
        ServeError: a name is no word, two runs have the same, or labels cannot be served.
        RunError, ModelError: as `Classifier.load`.
    """
    named = list(runs.items()) if isinstance(runs, Mapping) else [_named(run) for run in _listed(runs)]
    if not named:
        raise ServeError("there is no run to serve", "name at least one folder of a finished run")
    for at, (name, run) in enumerate(named):
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise ServeError(
                f"{shown(name)} is no name for a model: expected up to 64 letters, digits, dots, hyphens, underscores",
                f"give it another one: tunelet serve NAME={shown_path(run)}",
            )
        if name in (earlier for earlier, _ in named[:at]):
            raise ServeError(
                f"two runs are called {name!r}", f"give one of them another name: tunelet serve NAME={shown_path(run)}"
            )
    served = {name: Served(name, Classifier.load(run, device=device, threads=threads or None)) for name, run in named}
    for model in served.values():
        served_shape(model.classifier.task)
    return served


def shown_path(run: str | Path | Run) -> str:
    """A run as it is typed."""
    return str(run.path if isinstance(run, Run) else run)


def _listed(runs: str | Path | Run | Sequence[str | Path | Run]) -> Sequence[str | Path | Run]:
    return [runs] if isinstance(runs, str | Path | Run) else runs


def _named(run: str | Path | Run) -> tuple[str, str | Path | Run]:
    """A run with its name: `NAME=FOLDER` where that is no folder itself, else the folder's name."""
    if isinstance(run, str) and "=" in run and not os.path.lexists(run):
        name, _, folder = run.partition("=")
        return name, folder
    path = run.path if isinstance(run, Run) else Path(run)
    return path.resolve().name, run
