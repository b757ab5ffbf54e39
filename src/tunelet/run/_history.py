"""`history.jsonl`: a line for every few steps, and one for every evaluation."""

from collections.abc import Mapping

from tunelet._record import Record


class HistoryLine(Record):
    """Losses and rates after some steps, or metrics of the validation texts after an epoch.

    Attributes:
        step: steps so far.
        epoch: epochs so far, whole behind an evaluation.
        loss: mean over the texts since the last such line.
        learning_rate, head_learning_rate: of the adapter and of the head.
        tokens_per_second: of the training so far.
        validation: metric -> value, of those that are defined.
        train_loss: mean over the texts of the epoch.
        seconds: since the beginning.
    """

    step: int
    epoch: int | float
    loss: float | None = None
    learning_rate: float | None = None
    head_learning_rate: float | None = None
    tokens_per_second: float | None = None
    validation: Mapping[str, float] | None = None
    train_loss: float | None = None
    seconds: float | None = None

    @property
    def validation_loss(self) -> float | None:
        """The log loss of the validation texts, or of numbers the RMSE; None where nothing was evaluated."""
        found = self.validation or {}
        return found.get("log_loss", found.get("rmse"))
