"""The file names of a run, and of each of its trainings: no other module knows them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tunelet._record import FileRecord
from tunelet._writing import write_atomically


class RunFiles:
    """Where the files of a run lie.

    Attributes:
        final: the folder that the user sees in the end.
        path: the folder where they lie now.
    """

    final: Path
    path: Path

    @property
    def recipe(self) -> Path:
        return self.path / "recipe.toml"

    @property
    def environment(self) -> Path:
        return self.path / "environment.json"

    @property
    def data(self) -> Path:
        return self.path / "data.json"

    @property
    def audit(self) -> Path:
        """What is wrong with the data; its texts are never uploaded."""
        return self.path / "audit.json"

    @property
    def weights(self) -> Path:
        """What was trained: `adapter/` in PEFT's format."""
        return self.path / "adapter"

    @property
    def full_weights(self) -> Path:
        """A whole checkpoint, where the method is not LoRA."""
        return self.path / "model"

    @property
    def tokenizer(self) -> Path:
        return self.path / "tokenizer"

    @property
    def history(self) -> Path:
        return self.path / "history.jsonl"

    @property
    def predictions(self) -> Path:
        return self.path / "predictions.parquet"

    @property
    def validation_predictions(self) -> Path:
        """Where `predictions` are of test texts, those of the validation texts."""
        return self.path / "validation-predictions.parquet"

    @property
    def seen(self) -> Path:
        """Fingerprints of the training and validation texts; they stay on this machine."""
        return self.path / "seen.parquet"

    @property
    def baseline_predictions(self) -> Path:
        return self.path / "baseline-predictions.parquet"

    @property
    def probe_predictions(self) -> Path:
        """Of the logistic regression on the frozen encoder."""
        return self.path / "probe-predictions.parquet"

    @property
    def baseline(self) -> Path:
        """The baseline itself: terms of the training texts and their weights; never uploaded."""
        return self.path / "baseline"

    @property
    def evaluation(self) -> Path:
        """Curves, calibration, threshold, slices, errors, baseline."""
        return self.path / "evaluation.json"

    @property
    def explanations(self) -> Path:
        """Words of the most confident errors, and whether such words matter; never uploaded."""
        return self.path / "explanations.json"

    @property
    def metrics(self) -> Path:
        return self.path / "metrics.json"

    @property
    def tracking(self) -> Path:
        """What TensorBoard reads, where it was asked for."""
        return self.path / "tracking"

    @property
    def checkpoints(self) -> Path:
        return self.path / "checkpoints"

    def every_file(self) -> list[Path]:
        """All files and folders that a run may have."""
        return [
            self.recipe, self.environment, self.data, self.audit, self.weights, self.full_weights,
            self.tokenizer, self.history, self.predictions, self.validation_predictions, self.seen,
            self.baseline_predictions, self.probe_predictions, self.baseline,
            self.evaluation, self.explanations, self.metrics,
            self.tracking, self.checkpoints,
        ]  # fmt: skip

    @staticmethod
    def write_text(path: Path, text: str) -> None:
        """Write a text file whole or not at all."""
        write_atomically(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))

    @classmethod
    def write_record(cls, path: Path, record: FileRecord) -> None:
        """Write a record as strictly valid JSON."""
        content = cls.json_bytes(record.to_dict())
        write_atomically(path, lambda temporary: temporary.write_bytes(content))

    @staticmethod
    def json_bytes(value: Mapping[str, Any]) -> bytes:
        """JSON as it is written to disk: NaN is an error here, not a token that other readers refuse."""
        return (json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode("utf-8")


@dataclass(frozen=True)
class TrainingFolder:
    """What one of several trainings of a run writes, and reads when it goes on.

    Attributes:
        run: whose it is.
        path: where its checkpoints and its history lie.
    """

    run: RunFiles
    path: Path

    @property
    def checkpoints(self) -> Path:
        return self.path

    @property
    def history(self) -> Path:
        return self.path / "history.jsonl"

    @property
    def answers(self) -> Path:
        """Of a teacher: what it makes of texts without labels."""
        return self.path / "answers"

    @property
    def tracking(self) -> Path:
        """What TensorBoard reads, where this training is followed: in the run's own, under the name of this one."""
        return self.run.tracking / self.path.name
