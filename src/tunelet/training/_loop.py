"""The loop: batches in an order that seed and epoch decide, one optimizer step after another, evaluation each epoch.

Everything that decides the result is in the step, the objective and the checkpoint, so that a run that was killed and
resumed ends in the same bits as one that was not.
"""

import time

import numpy as np

from tunelet.data import training_batches
from tunelet.model import RandomNumbers
from tunelet.recipe import TrainingSettings
from tunelet.run import RunFolder, TrainingFolder
from tunelet.training._checkpoint import Position, Weights, latest_checkpoint, load_checkpoint, save_checkpoint
from tunelet.training._log import TrainingLog
from tunelet.training._objective import Objective
from tunelet.training._optimizer import learning_rates, restore_schedule, schedule_state
from tunelet.training._pace import Allowance, FixedPace, Pace
from tunelet.training._reporter import Reporter
from tunelet.training._step import Helpers, TrainingStep


class TrainingLoop:
    """A training, from its newest checkpoint to its end.

    Attributes:
        position: where it stands.
        best: the weights of the best evaluation so far, by name; empty where none picks them.
        pace: how long it is; with a budget of time that is planned anew before each step.
    """

    def __init__(
        self,
        objective: Objective,
        settings: TrainingSettings,
        folder: RunFolder | TrainingFolder,
        reporter: Reporter,
        allowance: Allowance | None = None,
        helpers: Helpers | None = None,
    ) -> None:
        """Begin; nothing is trained yet.

        Args:
            objective: the model, its texts and what is lowered.
            settings: the recipe's training section.
            folder: where history and checkpoints lie.
            reporter: follows it.
            allowance: the time that there is; None: as many steps as the settings say.
            helpers: who computes gradients; None: this process.
        """
        self.objective, self.reporter = objective, reporter
        self.position = Position()
        self.best: Weights = {}
        self.pace: FixedPace | Pace = (
            FixedPace.of(objective, settings) if allowance is None else Pace.of(objective, settings, allowance)
        )
        self._settings, self._checkpoints = settings, folder.checkpoints
        self._random = RandomNumbers(settings.seed, objective.model.device)
        self._step = TrainingStep.of(objective, settings, self.pace.length.steps, self.pace.factor, helpers)
        self._log = TrainingLog(folder, settings, objective.model.device)
        self._saved_at = self._noted_at = time.monotonic()

    def resume(self) -> None:
        """Go on from the newest checkpoint, where there is one; cut the history back to what it knows."""
        path = latest_checkpoint(self._checkpoints)
        if path is not None:
            with self._random.drawn():
                self.best, self.position = load_checkpoint(path, self.objective.model, self._step.optimizer)
            restore_schedule(self._step.schedule, self._step.optimizer, self.position.schedule)
            if self.position.pace is not None:
                self.pace.go_on(self.position.pace)
        self._log.history.restore(self.position.history_lines, self.position.history_sha256)

    def run(self) -> None:
        """Train until the steps are done, or until early stopping."""
        with self._log.open():
            while not self.finished:
                with self.objective.model.training_mode():
                    self.train_epoch()
                self.end_epoch()
        self.note_time()

    def train_epoch(self) -> None:
        """Train on what is left of the present epoch."""
        position, lengths = self.position, self.objective.train.lengths
        batches = training_batches(
            lengths,
            batch_size=self._settings.batch_size,
            seed=self._settings.seed,
            epoch=position.epoch,
            group_by_length=self.objective.model.packing is None,
            chances=self.objective.chances,
        )
        done = sum(int(lengths[rows].sum()) for rows in batches[: position.batch])
        self.reporter.stage(f"epoch {position.epoch + 1}/{self.pace.length.epochs}", int(lengths.sum()), done)
        while position.batch < len(batches) and position.step < self.pace.length.steps:
            self.train_step(batches)
            if self._is_overdue and position.batch < len(batches):
                self.checkpoint()

    def train_step(self, batches: list[np.ndarray]) -> None:
        """Take the next step of an epoch with these batches."""
        position = self.position
        self.pace.plan(position.step, self._evaluations_left)
        group = batches[position.batch : position.batch + self._settings.gradient_accumulation]
        begin = time.perf_counter()
        with self._random.drawn():
            done = self._step(group, position.epoch)
        position.seconds += time.perf_counter() - begin
        position.tokens += done.tokens
        position.batch += len(group)
        position.step += 1
        epochs = position.epoch + position.batch / len(batches)
        loss = self._log.step(done, position, epochs, learning_rates(self._step.optimizer))
        self.reporter.advance(done.tokens, loss)
        self.pace.stepped(done.tokens)

    def end_epoch(self) -> None:
        """Evaluate where it is time to, and write a checkpoint where much would be lost without."""
        position, evaluated = self.position, self._is_evaluated
        self._log.read(position)
        if evaluated:
            self.evaluate()
            self.pace.evaluated()
        position.epoch, position.batch = position.epoch + 1, 0
        position.epoch_loss_sum, position.epoch_texts = 0.0, 0
        if evaluated or self._is_overdue or self.finished:
            self.checkpoint()

    def evaluate(self) -> None:
        """Evaluate the held-out texts, and keep the weights where they are the best so far."""
        position = self.position
        evaluation = self.objective.evaluate(position)
        if evaluation.better:
            trained = self.objective.model.trained_parameters()
            self.best = {name: parameter.detach().clone() for name, parameter in trained.items()}
        self.note_time()
        loss = self._log.evaluation(evaluation, position)
        if evaluation.line:
            epoch = f"epoch {position.epoch + 1}/{self.pace.length.epochs}"
            self.reporter.say(f"{epoch}: training loss {loss:.4f}, {evaluation.line}")
        self.reporter.evaluated(position.epoch + 1, evaluation.values)

    def checkpoint(self) -> None:
        """Write down all that decides the rest of the training."""
        position, history = self.position, self._log.history
        self._log.read(position)
        self.note_time()
        position.schedule = schedule_state(self._step.schedule)
        position.history_lines, position.history_sha256 = history.lines, history.sha256
        position.pace = self.pace.state()
        with self._random.drawn():
            save_checkpoint(self._checkpoints, self.objective.model, self._step.optimizer, self.best, position)
        self._saved_at = time.monotonic()

    def note_time(self) -> None:
        """Count the time since the last call as time of this training."""
        now = time.monotonic()
        self.position.elapsed += now - self._noted_at
        self._noted_at = now

    @property
    def finished(self) -> bool:
        """Whether all steps are done, or no epoch was better for long."""
        position, patience = self.position, self._settings.early_stopping
        return position.step >= self.pace.length.steps or (patience > 0 and position.epochs_without_better >= patience)

    @property
    def _is_evaluated(self) -> bool:
        """Whether there is an evaluation behind the present epoch: where nothing is picked, behind the last alone."""
        if self.objective.held_out is None:
            return False
        return self.pace.length.is_evaluated(self.position.epoch) if self.objective.select else self.finished

    @property
    def _evaluations_left(self) -> int:
        if self.objective.held_out is None:
            return 0
        return self.pace.length.evaluations(self.position.epoch) if self.objective.select else 1

    @property
    def _is_overdue(self) -> bool:
        return time.monotonic() - self._saved_at >= self._settings.checkpoint_seconds
