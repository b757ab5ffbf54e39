"""Masked-language modelling: the loss of hidden words is lowered, and nothing is chosen by that of held-out texts.

Which words are hidden follows from seed, epoch and the micro-batch, so that a run which was killed and resumed ends in
the same bits; of held-out texts the same words are hidden each time, so that losses before and after are of one
question.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from tunelet.data import Batch, Masking, Tokens, evaluation_batches, gather
from tunelet.model import MaskedModel
from tunelet.recipe import TrainingSettings
from tunelet.run import CheckpointFolder
from tunelet.training._checkpoint import Position
from tunelet.training._loop import TrainingLoop
from tunelet.training._objective import Evaluation
from tunelet.training._rates import time_gradients
from tunelet.training._reporter import Reporter, Silent

_HELD_OUT = 2**32 - 1  # in the place of an epoch
_MEASURED = 5  # micro-batches that are timed, the first of which is not counted


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


class MaskedWords:
    """The objective of a model that names hidden words.

    Attributes:
        model: it.
        train, held_out: texts that are learnt from, and others.
        select: no: the last weights are kept.
        loss: mean loss of a hidden word in the held-out texts, in nats, when they were last evaluated; None: not yet.
    """

    select = False
    chances: NDArray[np.float64] | None = None

    def __init__(
        self,
        model: MaskedModel,
        masking: Masking,
        train: Tokens,
        held_out: Tokens | None,
        seed: int,
        reporter: Reporter,
    ) -> None:
        self.model, self.train, self.held_out = model, train, held_out
        self.loss: float | None = None
        self._masking, self._seed, self._reporter = masking, seed, reporter

    def losses(self, batch: Batch, epoch: int) -> torch.Tensor:
        """The mean loss of the hidden words of these texts, times the texts."""
        random = np.random.default_rng((self._seed, epoch, int(batch.rows[0])))
        return _loss(self.model, self._masking, batch, random, "mean")[0] * len(batch.lengths)

    def evaluate(self, position: Position) -> Evaluation:
        """The loss of the held-out texts, for the history alone."""
        return Evaluation({"loss": self.measure()})

    def measure(self) -> float:
        """The mean loss of a hidden word in the held-out texts, with the present weights."""
        assert self.held_out is not None  # noqa: S101
        self._reporter.stage("held-out texts", self.held_out.total)
        advance = self._reporter.advance
        self.loss = held_out_loss(self.model, self._masking, self.held_out, seed=self._seed, advance=advance)
        return self.loss


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
        reporter: follows the training.
    """
    objective = MaskedWords(model, masking, train, held_out, settings.seed, reporter)
    before, objective.loss = objective.measure(), None
    loop = TrainingLoop(objective, settings, folder, reporter)
    loop.resume()
    loop.run()
    after = (
        objective.measure() if objective.loss is None else objective.loss
    )  # the evaluation was in an earlier session
    position = loop.position
    return Pretrained(position.step, position.tokens, position.seconds, before, after)


def held_out_loss(
    model: MaskedModel,
    masking: Masking,
    tokens: Tokens,
    *,
    seed: int,
    advance: Callable[[int], None],
) -> float:
    """Mean loss of a hidden word, in nats; with one seed the same words are hidden each time."""
    total, words = 0.0, 0
    with model.prediction_mode():
        for rows in evaluation_batches(tokens.lengths, token_budget=model.execution.micro_batch_tokens.value):
            batch = gather(tokens, rows)
            loss, hidden = _loss(model, masking, batch, np.random.default_rng((seed, _HELD_OUT, int(rows[0]))), "sum")
            total += float(loss)
            words += hidden
            advance(len(batch.token_ids))
    return total / max(words, 1)


def tokens_per_second(model: MaskedModel, masking: Masking, tokens: Tokens, settings: TrainingSettings) -> float:
    """The rate of training, from a few micro-batches; nothing is left changed."""
    objective = MaskedWords(model, masking, tokens, None, settings.seed, Silent())
    return time_gradients(objective, settings, limit=math.inf, most=_MEASURED).rate


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
