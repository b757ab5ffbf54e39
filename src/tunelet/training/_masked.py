"""Masked-language modelling with the loop of `_loop`: the loss is that of hidden words, and nothing is chosen by it.

Which words are hidden follows from seed, epoch and the batch, so that a run which was killed and resumed ends in the
same bits; of held-out texts the same words are hidden each time, so that losses before and after are of one question.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F

from tunelet.data import Batch, Masking, Tokens, gather, split_batch, training_batches
from tunelet.data import evaluation_batches as batches_of_similar_length
from tunelet.model import MaskedModel
from tunelet.recipe import TrainingSettings
from tunelet.run import CheckpointFolder
from tunelet.training._data import TrainingData
from tunelet.training._loop import Fit
from tunelet.training._reporter import Reporter

_HELD_OUT = 2**32 - 1  # in the place of an epoch
_MEASURED = 4  # passes that are timed, after one that is not counted


@dataclass(frozen=True)
class Pretrained:
    """What further pretraining came to.

    Attributes:
        steps, tokens: done, over all sessions.
        seconds: in training steps.
        before, after: mean loss of a hidden word in the held-out texts, in nats.
    """

    steps: int
    tokens: int
    seconds: float
    before: float
    after: float


class _MaskedFit(Fit):
    masking: Masking
    after = float("nan")

    def losses(self, batch: Batch) -> torch.Tensor:
        """The mean loss of the hidden words of these texts, times the texts."""
        random = np.random.default_rng((self.settings.seed, self.position.epoch, int(batch.rows[0])))
        return _loss(self._model, self.masking, batch, random, "mean")[0] * len(batch.lengths)

    def evaluate(self) -> None:
        """The loss of the held-out texts, into the history."""
        assert self.data.validation is not None  # noqa: S101
        self.reporter.stage("held-out texts", self.data.validation.total)
        self.after = held_out_loss(
            self._model, self.masking, self.data.validation, seed=self.settings.seed, advance=self.reporter.advance
        )
        self.note_time()
        position = self.position
        self.record({"step": position.step, "epoch": position.epoch + 1, "validation": {"loss": self.after}})

    @property
    def _model(self) -> MaskedModel:
        assert isinstance(self.classifier, MaskedModel)  # noqa: S101
        return self.classifier


def pretrain(
    model: MaskedModel,
    masking: Masking,
    train: Tokens,
    held_out: Tokens,
    settings: TrainingSettings,
    folder: CheckpointFolder,
    reporter: Reporter,
) -> Pretrained:
    """Go on with the pretraining of a model, in place; errors and files as those of `fit`.

    Args:
        model: as `new_masked_model` made it.
        masking: of its tokenizer.
        train, held_out: texts that are learnt from, and others.
        settings: as in a recipe.
        folder: where checkpoints and the history go.
        reporter: where to show how it goes.
    """
    reporter.stage("held-out texts", held_out.total)
    before = held_out_loss(model, masking, held_out, seed=settings.seed, advance=reporter.advance)
    data = TrainingData(train, np.zeros(len(train), dtype=np.int64), held_out, None, select=False)
    loop = _MaskedFit(model, data, settings, folder, reporter)
    loop.masking = masking
    loop.train()
    if np.isnan(loop.after):  # resumed behind its end
        loop.after = held_out_loss(model, masking, held_out, seed=settings.seed)
    position = loop.position
    return Pretrained(position.step, position.tokens, position.seconds, before, loop.after)


def held_out_loss(
    model: MaskedModel,
    masking: Masking,
    tokens: Tokens,
    *,
    seed: int,
    advance: Callable[[int], None] | None = None,
) -> float:
    """Mean loss of a hidden word, in nats; with one seed the same words are hidden each time."""
    total, words = 0.0, 0
    with model.prediction_mode():
        for rows in batches_of_similar_length(tokens.lengths, token_budget=model.execution.pass_tokens.value):
            batch = gather(tokens, rows)
            loss, hidden = _loss(model, masking, batch, np.random.default_rng((seed, _HELD_OUT, int(rows[0]))), "sum")
            total += float(loss)
            words += hidden
            if advance is not None:
                advance(len(batch.token_ids))
    return total / max(words, 1)


def tokens_per_second(model: MaskedModel, masking: Masking, tokens: Tokens, settings: TrainingSettings) -> float:
    """The rate of training, from a few passes; nothing is left changed."""
    order = training_batches(
        tokens.lengths, batch_size=settings.batch_size, seed=settings.seed, epoch=0, group_by_length=False
    )
    budget = model.execution.pass_tokens.value
    passes = [part for rows in order for part in split_batch(rows, tokens.lengths, token_budget=budget)]
    counted, seconds = 0, 0.0
    with model.training_mode():
        for number, rows in enumerate(passes[: _MEASURED + 1]):
            batch = gather(tokens, rows)
            begin = time.perf_counter()
            _loss(model, masking, batch, np.random.default_rng(number), "mean")[0].backward()
            if model.device.type != "cpu":
                torch.accelerator.synchronize(model.device)
            if number or len(passes) == 1:
                counted += len(batch.token_ids)
                seconds += time.perf_counter() - begin
    model.module.zero_grad(set_to_none=True)
    return counted / seconds


def _loss(
    model: MaskedModel, masking: Masking, batch: Batch, random: np.random.Generator, reduction: str
) -> tuple[torch.Tensor, int]:
    """The loss of the hidden words, and how many these are."""
    masked = masking.hide(batch, random)
    logits = model.word_logits(masked.batch, masked.places)
    words = torch.from_numpy(masked.words).to(logits.device)
    if not len(words):
        return logits.sum(), 0
    return F.cross_entropy(logits, words, reduction=reduction), len(words)
