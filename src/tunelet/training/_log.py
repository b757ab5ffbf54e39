"""What a training writes down as it goes: lines of `history.jsonl`, the same for a tracker, and the loss in between.

The sums that the next line is made of stand in the position, for a run that goes on continues them.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from tunelet.recipe import TrainingSettings
from tunelet.run import HistoryLine, RunFolder, TrainingFolder
from tunelet.training._checkpoint import Position
from tunelet.training._history import History
from tunelet.training._objective import Evaluation
from tunelet.training._step import StepLoss
from tunelet.training._tracking import Tracking

_LOG_STEPS = 10  # optimizer steps between lines of the history


class TrainingLog:
    """The log of one training; steps and evaluations are noted while it is open.

    Attributes:
        history: its lines.
    """

    def __init__(self, folder: RunFolder | TrainingFolder, settings: TrainingSettings, device: torch.device) -> None:
        self.history = History(folder.history)
        self._unread: list[StepLoss] = []
        self._tracking = Tracking(settings.track, folder, device)

    @contextmanager
    def open(self) -> Iterator[None]:
        """Open the history and the trackers; interrupted or not, both are closed."""
        with self._tracking, self.history:
            yield

    def step(self, done: StepLoss, position: Position, epochs: float, rates: tuple[float, float]) -> float | None:
        """Note a step; after every tenth there is a line. Where reading losses waits for a GPU, they are read then.

        Args:
            done: the step.
            position: behind it.
            epochs: passes over the texts so far.
            rates: of adapter and head, for the next step.

        Returns:
            The mean loss of a text since the last line; None: no step since then is read.

        Raises:
            RecipeError: the loss is no number any more.
        """
        self._unread.append(done)
        line = position.step % _LOG_STEPS == 0
        if line or not done.waits:
            self.read(position)
        loss = position.loss_sum / position.loss_texts if position.loss_texts else None
        if line:
            assert loss is not None  # noqa: S101
            self._write(
                HistoryLine(
                    step=position.step,
                    epoch=epochs,
                    loss=loss,
                    learning_rate=rates[0],
                    head_learning_rate=rates[1],
                    tokens_per_second=position.tokens / position.seconds,
                )
            )
            position.loss_sum, position.loss_texts = 0.0, 0
        return loss

    def read(self, position: Position) -> None:
        """Add up in the position the losses of all steps so far. Raises RecipeError where one is no number."""
        for done in self._unread:
            position.loss_sum += done.loss
            position.loss_texts += done.texts
            position.epoch_loss_sum += done.loss
            position.epoch_texts += done.texts
        self._unread.clear()

    def evaluation(self, evaluation: Evaluation, position: Position) -> float:
        """Note an evaluation behind an epoch; returns the mean loss of a training text in this epoch."""
        loss = position.epoch_loss_sum / max(position.epoch_texts, 1)
        self._write(
            HistoryLine(
                step=position.step,
                epoch=position.epoch + 1,
                validation=dict(evaluation.values),
                train_loss=loss,
                seconds=position.elapsed,
            )
        )
        return loss

    def _write(self, line: HistoryLine) -> None:
        self.history.write(line)
        self._tracking.log(line, line.step)
