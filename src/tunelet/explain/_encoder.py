"""Integrated gradients (Sundararajan, Taly and Yan 2017) of a classifier's answer with respect to word embeddings.

The straight way leads from a reference, in which every token of the text is replaced by the mask token, to the text:
positions and special tokens stay. A token's contribution is the mean gradient along the way times the way that its
embedding goes (equation 1). The mean is the trapezoidal rule's, whose points stay when the steps are halved, so that
halving costs only the points between; they are halved until the contributions sum to what they must (completeness,
proposition 1) within 1 %, or the limit is reached.

This is a dozen lines of its own and not captum's: captum repeats the input in a first dimension of steps, and a packed
batch has only one row, in which the steps must lie one after another with their lengths; its rules share no points; and
TF-IDF, whose logits are added, goes the same way here. A test holds the two to the same values.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from tunelet.data import TokenSpans, Truncation, Windows, token_spans
from tunelet.evaluation import Baseline, WordsBaseline, intercepts, logits_by_character
from tunelet.explain._completeness import FIRST_STEPS, MOST_STEPS, completeness_error, is_complete
from tunelet.explain._quantity import CLASS_ODDS, Quantity
from tunelet.explain._words import spread, summed_words
from tunelet.model import EmbeddedTexts, SequenceClassifier, embedded_texts
from tunelet.run import Explanation


@dataclass(frozen=True)
class ExplainedModel:
    """A model whose answers are explained, as it predicts: (encoder * logits + blend * TF-IDF's) / temperature.

    Attributes:
        classifier: the encoder with its head.
        tokenizer: of the encoder.
        max_length, truncation, several_fields, windows: how texts become tokens, as `tokenise` has them.
        encoder: weight of the encoder's logits.
        tfidf: whose logits are added; None: no others.
        blend: their weight.
        temperature: that the sum is divided by.
        quantity: what is explained, of the logits that come of it.
    """

    classifier: SequenceClassifier
    tokenizer: Any
    max_length: int
    truncation: Truncation
    several_fields: bool
    encoder: float = 1.0
    tfidf: Baseline | WordsBaseline | None = None
    blend: float = 0.0
    temperature: float = 1.0
    windows: Windows | None = None
    quantity: Quantity = CLASS_ODDS

    def spans(self, text: str) -> TokenSpans:
        """The tokens of a text and where they lie."""
        return token_spans(
            text,
            self.tokenizer,
            max_length=self.max_length,
            truncation=self.truncation,
            several_fields=self.several_fields,
            windows=self.windows,
        )

    def reference(self) -> tuple[int, str]:
        """The token that stands for no word: the mask, which pretraining put there; else padding, or unknown."""
        tokenizer = self.tokenizer
        for name in (tokenizer.mask_token, tokenizer.pad_token, tokenizer.unk_token):
            if name is not None:
                return int(tokenizer.convert_tokens_to_ids(name)), str(name)
        return 0, str(tokenizer.convert_ids_to_tokens(0))


def explain_text(
    model: ExplainedModel, text: str, label: int, fields: tuple[str, ...], *, most_steps: int = MOST_STEPS
) -> Explanation:
    """The words of a text that speak for a label, without the names of the labels and the probability.

    Args:
        model: what answers.
        text: cleaned, with something to read.
        label: index of the label to explain, where each is explained by itself.
        fields: those that the text was made of, in order.
        most_steps: steps after which the completeness error is left as it is.
    """
    spans, (reference_id, reference) = model.spans(text), model.reference()
    linear = np.zeros((len(model.classifier.label_names), len(text)))
    start = np.zeros(len(linear))
    if model.tfidf is not None:
        linear, start = logits_by_character(model.tfidf, text), intercepts(model.tfidf)
    with embedded_texts(model.classifier, spans.token_ids, spans.first_length, spans.windows) as copies:
        way = _Way(model, copies, spans, reference_id, label, start, linear.sum(axis=1))
        steps = FIRST_STEPS
        way.add(np.arange(steps + 1) / steps)
        expected = way.values[1.0] - way.values[0.0]
        while not is_complete(way.sum(steps), expected) and 2 * steps <= most_steps:
            way.add(np.arange(1, 2 * steps, 2) / (2 * steps))
            steps *= 2
        error = completeness_error(way.sum(steps), expected)
        tokens, of_logits = way.contributions(steps)
    own = ~spans.special
    by_character = spread(tokens[own].tolist(), spans.begins[own].tolist(), spans.ends[own].tolist(), len(text))
    read = spread(np.ones(own.sum()).tolist(), spans.begins[own].tolist(), spans.ends[own].tolist(), len(text)) > 1e-9
    words = summed_words(fields, by_character + of_logits @ linear, read)
    return model.quantity.explained(
        way.values[1.0],
        way.values[0.0],
        fields=fields,
        reference=reference,
        words=words,
        completeness_error=error,
        steps=steps,
    )


class _Way:
    """The way from the reference to a text, and the sums of gradients at its points, the ends counted half."""

    def __init__(
        self,
        model: ExplainedModel,
        copies: EmbeddedTexts,
        spans: TokenSpans,
        reference_id: int,
        label: int,
        start: NDArray[np.float64],
        linear: NDArray[np.float64],
    ) -> None:
        self._model, self._copies, self._label = model, copies, label
        self._text = copies.embeddings()
        self._reference = copies.embeddings(np.where(spans.special, spans.token_ids, reference_id))
        budget = model.classifier.execution.micro_batch_tokens.value
        self._at_once = max(1, budget // max(1, len(spans.token_ids)))
        self._start, self._linear = (torch.from_numpy(logits) for logits in (start, linear))
        self._gradients = torch.zeros_like(self._text)
        self._linear_gradients = torch.zeros(len(start), dtype=torch.float64)
        self.values: dict[float, float] = {}  # of what is explained, at each of them

    def add(self, points: Sequence[float] | NDArray[np.float64]) -> None:
        """Take gradients at these shares of the way."""
        for first in range(0, len(points), self._at_once):
            self._add(torch.tensor(points[first : first + self._at_once], dtype=torch.float64))

    def _add(self, points: torch.Tensor) -> None:
        model, device = self._model, self._text.device
        shares = points.float().to(device)[:, None, None]
        embeddings = (self._reference + shares * (self._text - self._reference)).requires_grad_()
        linear = (self._start + points[:, None] * self._linear).requires_grad_()
        logits = self._copies.logits(embeddings).cpu().double()
        ordered = model.quantity.ordered
        total = (model.encoder * ordered(logits) + model.blend * ordered(linear)) / model.temperature
        values = model.quantity.of_tensor(total, self._label)
        at_input, at_linear = torch.autograd.grad(values.sum(), (embeddings, linear))
        halved = torch.where((points == 0) | (points == 1), 0.5, 1.0)
        self._gradients += (at_input.float() * halved.float().to(device)[:, None, None]).sum(dim=0)
        self._linear_gradients += (at_linear * halved[:, None]).sum(dim=0)
        self.values |= zip(points.tolist(), values.tolist(), strict=True)

    def contributions(self, steps: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Of each token, float64 [L], and what a unit of TF-IDF's logits contributes, float64 [outputs]."""
        tokens = ((self._text - self._reference) * self._gradients).sum(dim=1).cpu().double().numpy() / steps
        return tokens, self._linear_gradients.numpy() / steps

    def sum(self, steps: int) -> float:
        """The sum of all contributions."""
        tokens, of_logits = self.contributions(steps)
        return float(tokens.sum() + of_logits @ self._linear.numpy())
