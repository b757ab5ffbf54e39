"""The loop: batches in an order that seed and epoch decide, one optimiser step after another, evaluation each epoch.

Accelerate places the model, runs the backward pass and clips; everything that decides the result is here and in the
checkpoint, so that a run that was killed and resumed ends in the same bits as one that was not.
"""

import time
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from accelerate import Accelerator
from accelerate.state import AcceleratorState
from torch.optim.lr_scheduler import LRScheduler

from tunelet.data import Batch, gather, split_batch, training_batches
from tunelet.errors import DataError, RecipeError
from tunelet.evaluation import Predictions, measure
from tunelet.model import RandomNumbers, SequenceClassifier, probabilities, turn
from tunelet.recipe import TrainingSettings
from tunelet.run import RunFolder, TrainingFolder
from tunelet.training._activations import GIB, Activations, HiddenStates, keeps_activations
from tunelet.training._checkpoint import Position, Schedule, latest_checkpoint, load_checkpoint, save_checkpoint
from tunelet.training._data import Outcome, TrainingData
from tunelet.training._history import History
from tunelet.training._length import Length
from tunelet.training._optimizer import learning_rates, make_optimizer
from tunelet.training._pace import Allowance, Pace
from tunelet.training._reporter import Reporter
from tunelet.training._tracking import Tracking

_LOG_STEPS = 10  # optimiser steps between lines of the history
_SMALLER_IS_BETTER = {"log_loss"}


class Fit:
    """One run of the loop, step by step; `fit` is the whole of it."""

    def __init__(
        self,
        classifier: SequenceClassifier,
        data: TrainingData,
        settings: TrainingSettings,
        folder: RunFolder | TrainingFolder,
        reporter: Reporter,
        allowance: Allowance | None = None,
    ) -> None:
        self.classifier, self.data, self.settings, self.folder, self.reporter = (
            classifier, data, settings, folder, reporter,
        )  # fmt: skip
        self._planned = Length.of(settings, data.train.lengths)
        self.pace = None if allowance is None else self._pace(allowance)
        device = classifier.device
        self.random = RandomNumbers(settings.seed, device)
        factor = None if self.pace is None else self.pace.factor
        optimizer, self.schedule = make_optimizer(classifier, settings, self._planned.steps, factor)
        with turn:
            AcceleratorState._reset_state(
                reset_partial_state=True
            )  # one a process otherwise, of the first run's device
            self.accelerator = Accelerator(
                cpu=device.type == "cpu",
                mixed_precision="no",
                log_with=list(settings.track) or None,
                project_dir=folder.tracking if settings.track else None,
            )
            self.tracking = Tracking(self.accelerator, settings.track, folder)
            self.optimizer: Any = self.accelerator.prepare_optimizer(optimizer)
        self.raw_optimizer = optimizer
        self.labels = torch.from_numpy(data.train_labels).to(device)
        self.class_weights = _class_weights(data.train_labels, len(classifier.label_names), settings).to(device)
        self.activations: dict[str, HiddenStates] = dict(data.kept)
        self.best: dict[str, torch.Tensor] = {}
        self.best_predictions: Predictions | None = None  # not in checkpoints: cheap to make again
        self.position = Position()
        self.history = History(folder.history)
        self.saved_at = self.noted_at = time.monotonic()

    def _pace(self, allowance: Allowance) -> Pace:
        evaluated = 0 if self.data.validation is None else self.data.validation.total
        return Pace(
            allowance, self._planned, tokens=self.data.train.total, evaluation_tokens=evaluated,
            warmup=self.settings.warmup,
        )  # fmt: skip

    @property
    def length(self) -> Length:
        """Of this training: as it was planned, or, where there is a budget of time, as it is planned now."""
        return self._planned if self.pace is None else self.pace.length

    def resume(self) -> None:
        """Go on from the newest checkpoint, where there is one; cut the history back to what it knows."""
        path = latest_checkpoint(self.folder.checkpoints)
        if path is not None:
            with self.random.drawn():
                self.best, self.position = load_checkpoint(path, self.classifier, self.raw_optimizer)
            _restore(self.schedule, self.raw_optimizer, self.position.schedule)
            if self.pace is not None and self.position.pace is not None:
                self.pace.go_on(self.position.pace)
        self.history.restore(self.position.history_lines, self.position.history_sha256)

    def keep_activations(self) -> None:
        """Compute what lies below the lowest adapter once, for texts that will be read again."""
        if self.activations or not keeps_activations(self.classifier, self.settings, self.length):
            return
        limit = int(self.settings.activations_gib * GIB)
        for part, tokens in (("train", self.data.train), ("validation", self.data.validation)):
            if tokens is None:
                continue
            self.reporter.stage(f"frozen layers, {part}", tokens.total)
            kept = Activations(
                self.classifier, tokens, limit=limit, folder=self.folder.checkpoints, advance=self.reporter.advance
            )
            limit -= kept.size
            if kept.kept:
                self.activations[part] = kept

    def note_time(self) -> None:
        now = time.monotonic()
        self.position.elapsed += now - self.noted_at
        self.noted_at = now

    def checkpoint(self) -> None:
        self.note_time()
        self.position.schedule = Schedule(
            self.schedule.last_epoch, [float(rate) for rate in self.schedule.get_last_lr()]
        )
        self.position.history_lines, self.position.history_sha256 = self.history.lines, self.history.sha256
        self.position.pace = None if self.pace is None else self.pace.state()
        with self.random.drawn():
            save_checkpoint(self.folder.checkpoints, self.classifier, self.raw_optimizer, self.best, self.position)
        self.saved_at = time.monotonic()

    def epoch(self) -> None:
        """Train what is left of the present epoch."""
        position, settings = self.position, self.settings
        batches = training_batches(
            self.data.train.lengths,
            batch_size=settings.batch_size,
            seed=settings.seed,
            epoch=position.epoch,
            group_by_length=self.classifier.packing is None,
        )
        done = sum(int(self.data.train.lengths[rows].sum()) for rows in batches[: position.batch])
        self.reporter.stage(f"epoch {position.epoch + 1}/{self.length.epochs}", self.data.train.total, done)
        while position.batch < len(batches) and position.step < self.length.steps:
            if self.pace is not None:
                self.pace.plan(position.step, self.evaluations_left)
            group = batches[position.batch : position.batch + settings.gradient_accumulation]
            begin = time.perf_counter()
            with self.random.drawn():
                loss, tokens = self.step(group)
            texts = sum(len(rows) for rows in group)
            position.seconds += time.perf_counter() - begin
            position.tokens += tokens
            position.batch += len(group)
            position.step += 1
            position.loss_sum += loss
            position.loss_texts += texts
            position.epoch_loss_sum += loss
            position.epoch_texts += texts
            self.reporter.advance(tokens, position.loss_sum / position.loss_texts)
            if self.pace is not None:
                self.pace.stepped(tokens)
            if position.step % _LOG_STEPS == 0:
                rate, head_rate = learning_rates(self.raw_optimizer)
                self.record(
                    {
                        "step": position.step,
                        "epoch": position.epoch + position.batch / len(batches),
                        "loss": position.loss_sum / position.loss_texts,
                        "learning_rate": rate,
                        "head_learning_rate": head_rate,
                        "tokens_per_second": position.tokens / position.seconds,
                    }
                )
                position.loss_sum, position.loss_texts = 0.0, 0
            if time.monotonic() - self.saved_at >= settings.checkpoint_seconds and position.batch < len(batches):
                self.checkpoint()

    def step(self, group: list[np.ndarray]) -> tuple[float, int]:
        """One optimiser step over a group of batches; returns the summed loss and the tokens."""
        texts = sum(len(rows) for rows in group)
        total, tokens = 0.0, 0
        lengths, budget = self.data.train.lengths, self.classifier.execution.pass_tokens.value
        for rows in [part for batch in group for part in split_batch(batch, lengths, token_budget=budget)]:
            batch = gather(self.data.train, rows)
            losses = self.losses(batch)
            self.accelerator.backward(losses / texts)  # the mean over the whole group, uneven last batches included
            loss = float(losses.detach())
            if not np.isfinite(loss):
                raise _diverged(f"the loss is {loss}", self.position.step + 1)
            total += loss
            tokens += len(batch.token_ids)
        self.accelerator.clip_grad_norm_(self.classifier.trained_parameters().values(), self.settings.max_grad_norm)
        self.optimizer.step()
        self.schedule.step()
        self.optimizer.zero_grad(set_to_none=True)
        return total, tokens

    def losses(self, batch: Batch) -> torch.Tensor:
        """The losses of a batch's texts, summed."""
        kept = self.activations.get("train")
        return F.cross_entropy(
            self.classifier.logits(batch, kept.hidden(batch) if kept else None),
            self.labels[torch.from_numpy(batch.rows).to(self.labels.device)],
            weight=self.class_weights,
            label_smoothing=self.settings.label_smoothing,
            reduction="sum",
        )

    def evaluate(self) -> None:
        """Metrics on the validation texts; keep the weights where they are the best so far."""
        position, name = self.position, self.settings.best_metric
        predictions = self.predict_validation()
        values = measure(predictions, positive=self.data.positive, resamples=0).values
        metric = values[name]
        better = position.best is None or (
            metric < position.best if name in _SMALLER_IS_BETTER else metric > position.best
        )
        if self.data.select and not np.isfinite(metric):
            raise DataError(
                f"{name} is undefined on the validation texts, and cannot pick the best epoch",
                "set training.best_metric=log_loss",
            )
        if not self.data.select:
            self.best_predictions, better = predictions, False
        elif better:
            self.best = {key: value.detach().clone() for key, value in self.classifier.trained_parameters().items()}
            self.best_predictions = predictions
            position.best, position.best_epoch, position.epochs_without_better = metric, position.epoch, 0
        else:
            position.epochs_without_better += 1
        loss = position.epoch_loss_sum / max(position.epoch_texts, 1)
        finite = {key: value for key, value in values.items() if np.isfinite(value)}
        self.note_time()
        self.record(
            {
                "step": position.step,
                "epoch": position.epoch + 1,
                "validation": finite,
                "train_loss": loss,
                "seconds": position.elapsed,
            }
        )
        self.reporter.say(
            f"epoch {position.epoch + 1}/{self.length.epochs}: training loss {loss:.4f}, validation loss "
            f"{values['log_loss']:.4f}, accuracy {values['accuracy']:.4f}{', best so far' if better else ''}"
            f"{_of_one_label(predictions)}"
        )

    def predict_validation(self) -> Predictions:
        tokens, labels = self.data.validation, self.data.validation_labels
        assert tokens is not None and labels is not None  # noqa: S101, PT018
        self.reporter.stage("validation", tokens.total)
        kept = self.activations.get("validation")
        found = probabilities(self.classifier, tokens, self.reporter.advance, kept.hidden if kept else None)
        if not np.isfinite(found).all():
            raise _diverged("the weights are no numbers any more", self.position.step)
        return Predictions(
            ids=tuple(str(row) for row in range(len(tokens))),
            label_names=self.classifier.label_names,
            labels=labels,
            probabilities=found,
        )

    def record(self, entry: Mapping[str, Any]) -> None:
        self.history.write(entry)
        with turn:
            self.tracking.log(entry, self.position.step)

    @property
    def finished(self) -> bool:
        position, patience = self.position, self.settings.early_stopping
        return position.step >= self.length.steps or (patience > 0 and position.epochs_without_better >= patience)

    @property
    def evaluates(self) -> bool:
        """Whether there is an evaluation behind the present epoch: where nothing is picked, behind the last alone."""
        if self.data.validation is None:
            return False
        return self.length.is_evaluated(self.position.epoch) if self.data.select else self.finished

    @property
    def evaluations_left(self) -> int:
        if self.data.validation is None:
            return 0
        return self.length.evaluations(self.position.epoch) if self.data.select else 1

    def end_epoch(self) -> None:
        """Evaluate where it is time to, and write a checkpoint where much would be lost without."""
        position, evaluated = self.position, self.evaluates
        if evaluated:
            self.evaluate()
            if self.pace is not None:
                self.pace.evaluated()
        position.epoch, position.batch = position.epoch + 1, 0
        position.epoch_loss_sum, position.epoch_texts = 0.0, 0
        overdue = time.monotonic() - self.saved_at >= self.settings.checkpoint_seconds
        if evaluated or overdue or self.finished:
            self.checkpoint()

    def train(self) -> None:
        """All of it, from the newest checkpoint on where there is one."""
        self.resume()
        self.keep_activations()
        try:
            with self.history:
                while not self.finished:
                    with self.classifier.training_mode():
                        self.epoch()
                    self.end_epoch()
        finally:  # interrupted too: a tracker that is not closed shows a run without an end
            with turn:
                self.tracking.end()


def fit(
    classifier: SequenceClassifier,
    data: TrainingData,
    settings: TrainingSettings,
    folder: RunFolder | TrainingFolder,
    reporter: Reporter,
    allowance: Allowance | None = None,
) -> Outcome:
    """Train a classifier in place and leave in it the weights of its best evaluation, or the last ones.

    Writes history and checkpoints into `folder`; goes on from the newest checkpoint that lies there. The same seed,
    data and machine give bit-identical weights on a CPU, resumed or not.

    Args:
        classifier: as `new_classifier` made it.
        data: training and validation texts.
        settings: the recipe's training section.
        folder: of the run, or of one of its trainings.
        reporter: where to show how it goes.
        allowance: the time that this training has; None: as many steps as the settings say.

    Raises:
        RecipeError: the loss is no number any more.
        RunError: the disk refuses, or a checkpoint cannot be read.
    """
    loop = Fit(classifier, data, settings, folder, reporter, allowance)
    loop.train()
    if data.select and data.validation is not None:
        with torch.no_grad():
            for name, parameter in classifier.trained_parameters().items():
                parameter.copy_(loop.best[name])
    if data.validation is not None and loop.best_predictions is None:
        loop.best_predictions = loop.predict_validation()
    loop.note_time()
    position = loop.position
    return Outcome(
        epochs=position.epoch,
        best_epoch=position.epoch if position.best is None else position.best_epoch + 1,
        best=position.best,
        steps=position.step,
        tokens=position.tokens,
        seconds=position.seconds,
        elapsed=position.elapsed,
        validation=loop.best_predictions,
    )


def _diverged(what: str, step: int) -> RecipeError:
    return RecipeError(
        f"training diverged: {what} at step {step}", "lower training.learning_rate and training.head_learning_rate"
    )


def _of_one_label(predictions: Predictions) -> str:
    """What to say behind an epoch's figures where they are those of a constant answer."""
    given = np.unique(predictions.predicted)
    return f"; every text is called {predictions.label_names[given[0]]!r}" if len(given) == 1 else ""


def _class_weights(labels: np.ndarray, classes: int, settings: TrainingSettings) -> torch.Tensor:
    """n / (classes * count) for each class, scikit-learn's "balanced"; ones where no weights are asked for.

    Of probabilities [n, classes] the sum of a class is its count.
    """
    if settings.class_weights == "none":
        return torch.ones(classes)
    counts = np.bincount(labels, minlength=classes) if labels.ndim == 1 else labels.sum(axis=0, dtype=np.float64)
    return torch.from_numpy(len(labels) / (classes * np.maximum(counts, 1))).float()


def _restore(schedule: LRScheduler, optimizer: torch.optim.Optimizer, state: Schedule) -> None:
    schedule.last_epoch = state.last_epoch
    schedule._last_lr = list(state.rates)
    for group, rate in zip(optimizer.param_groups, state.rates, strict=True):
        group["lr"] = rate
