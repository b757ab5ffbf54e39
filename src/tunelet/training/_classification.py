"""Classification: a loss is lowered, and metrics on the validation texts pick the epoch that is kept."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from tunelet.data import Batch, Tokens
from tunelet.errors import DataError, RecipeError
from tunelet.evaluation import (
    LOWER_IS_BETTER,
    MultilabelPredictions,
    ShapedPredictions,
    ValuePredictions,
    measure,
    predictions_for,
    scores_of,
    share_losses,
)
from tunelet.model import SequenceClassifier, probabilities
from tunelet.recipe import TrainingSettings
from tunelet.training._activations import GIB, Activations, HiddenStates, keeps_activations
from tunelet.training._checkpoint import Position
from tunelet.training._data import TrainingData
from tunelet.training._length import Length
from tunelet.training._losses import LOSSES, Loss
from tunelet.training._objective import Evaluation, diverged
from tunelet.training._reporter import Reporter
from tunelet.training._sampling import drawing_chances


class Classification:
    """The objective of a classifier.

    Attributes:
        model: the classifier.
        data: its training and validation texts.
        loss: of logits [m, outputs] and row numbers of the training texts, int64 [m], on the device of the model.
        predictions: of the weights that are kept, once they are made; they are in no checkpoint, for they are cheap.
    """

    def __init__(
        self, classifier: SequenceClassifier, data: TrainingData, settings: TrainingSettings, reporter: Reporter
    ) -> None:
        self.model, self.data = classifier, data
        self.predictions: ShapedPredictions | None = None
        self._settings, self._reporter = settings, reporter
        names = len(classifier.label_names)
        targets = data.unit.outputs(data.train_labels)
        self.loss: Loss = LOSSES[data.task].of(targets, names, settings, classifier.device)
        self._chances = drawing_chances(data.train_labels, settings)
        self._kept: dict[str, HiddenStates] = dict(data.kept)

    @property
    def train(self) -> Tokens:
        """The training texts."""
        return self.data.train

    @property
    def chances(self) -> NDArray[np.float64] | None:
        """How likely each of them is drawn next."""
        return self._chances

    @property
    def held_out(self) -> Tokens | None:
        """The validation texts."""
        return self.data.validation

    @property
    def select(self) -> bool:
        """Whether these pick the epoch that is kept."""
        return self.data.select

    def keep_activations(self, length: Length, folder: Path) -> None:
        """Run the frozen layers once over texts that will be read again, and keep what they give in that folder."""
        if self._kept or not keeps_activations(self.model, self._settings, length):
            return
        limit = int(self._settings.activations_gib * GIB)
        for split, tokens in (("train", self.data.train), ("validation", self.data.validation)):
            if tokens is None:
                continue
            self._reporter.stage(f"frozen layers, {split}", tokens.total)
            kept = Activations(self.model, tokens, limit=limit, folder=folder, advance=self._reporter.advance)
            limit -= kept.size
            if kept.kept:
                self._kept[split] = kept

    def losses(self, batch: Batch, epoch: int) -> torch.Tensor:
        """The losses of the texts, weighted by label where that is asked for, summed."""
        kept = self._kept.get("train")
        logits = self.model.logits(batch, kept.hidden(batch) if kept else None)
        return self.loss(logits, torch.from_numpy(batch.rows).to(logits.device))

    def evaluate(self, position: Position) -> Evaluation:
        """Metrics on the validation texts.

        Raises:
            RecipeError: the weights are no numbers any more.
            DataError: the metric that picks the epoch is undefined on these texts.
        """
        predictions = self.predict(position.step)
        measured = measure(predictions, positive=self.data.positive, resamples=0)
        values, main = measured.values, measured.main
        if self.data.validation_shares is not None:
            values["log_loss"] = float(share_losses(scores_of(predictions), self.data.validation_shares).mean())
        better = self.data.select and self._is_best(values, measured.loss, position)
        if better or not self.data.select:
            self.predictions = predictions
        line = f"validation loss {values[measured.loss]:.4f}, {main.replace('_', ' ')} {values[main]:.4f}"
        line += f"{', best so far' if better else ''}{_of_one_label(predictions)}"
        return Evaluation({name: value for name, value in values.items() if np.isfinite(value)}, better, line)

    def predict(self, step: int) -> ShapedPredictions:
        """Classify the validation texts with the weights after this step. Raises RecipeError where they diverged."""
        tokens, labels = self.data.validation, self.data.validation_labels
        assert tokens is not None and labels is not None  # noqa: S101, PT018
        self._reporter.stage("validation", tokens.total)
        kept = self._kept.get("validation")
        found = probabilities(self.model, tokens, self._reporter.advance, kept.hidden if kept else None)
        if not np.isfinite(found).all():
            raise diverged("the weights are no numbers any more", step)
        ids = tuple(str(row) for row in range(len(tokens)))
        names = self.data.label_names or self.model.label_names
        return predictions_for(self.data.task, ids, names, labels, self.data.unit.numbers(found))

    def _is_best(self, values: Mapping[str, float], loss: str, position: Position) -> bool:
        """Whether the epoch is the best so far; the position notes it. A metric that is no number picks none.

        Args:
            values: metric -> value.
            loss: the metric that every shape of labels has, for the error.
            position: where the training stands.
        """
        name = self._settings.best_metric
        if name not in values:
            raise RecipeError(
                f"training.best_metric is {name}, which does not exist here: there are {', '.join(values)}",
                f"set training.best_metric={loss}",
            )
        value, best = values[name], position.best
        if not np.isfinite(value):
            raise DataError(
                f"{name} is undefined on the validation texts, and cannot pick the best epoch",
                f"set training.best_metric={loss}",
            )
        if best is None or (value < best if name in LOWER_IS_BETTER else value > best):
            position.best, position.best_epoch, position.epochs_without_better = value, position.epoch, 0
            return True
        position.epochs_without_better += 1
        return False


def _of_one_label(predictions: ShapedPredictions) -> str:
    """What to say behind an epoch's figures where they are those of a constant answer."""
    if isinstance(predictions, MultilabelPredictions):
        return "" if predictions.predicted.any() else "; no text is given a label yet"
    given = np.unique(predictions.predicted)
    if isinstance(predictions, ValuePredictions):
        return f"; every text is given {given[0]:.6g}" if len(given) == 1 else ""
    return f"; every text is called {predictions.label_names[given[0]]!r}" if len(given) == 1 else ""
