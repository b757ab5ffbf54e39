"""A classifier from the embeddings of tokens on: what a gradient with respect to words starts from.

The rest of the way (positions, segments, the layers, the head) is the one that predictions go, in float32 where the
layers are fused. Gradients of weights are not computed.
"""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import numpy as np
import torch
from torch import nn

from tunelet.model._classifier import SequenceClassifier
from tunelet.model._fork import threads_start
from tunelet.model.execution import has_segments


class EmbeddedTexts:
    """Copies of one text that differ in the embeddings of their tokens. Made by `embedded_texts`."""

    def __init__(
        self,
        classifier: SequenceClassifier,
        token_ids: np.ndarray,
        first_length: int | None,
        windows: tuple[int, ...] | None,
    ) -> None:
        self._classifier, self._length, self._first_length = classifier, len(token_ids), first_length
        self._windows = windows
        threads_start()
        self._token_ids = classifier.on_device(token_ids.astype(np.int64))

    def embeddings(self, token_ids: np.ndarray | None = None) -> torch.Tensor:
        """Word embeddings, float32 [L, width] without a gradient; of other tokens where their ids [L] are given."""
        ids = self._token_ids if token_ids is None else self._classifier.on_device(token_ids.astype(np.int64))
        with torch.no_grad():
            found: torch.Tensor = self._classifier.base.get_input_embeddings()(ids)
        return found.float()

    def logits(self, embeddings: torch.Tensor) -> torch.Tensor:
        """Logits, float32 [n, classes], differentiable with respect to the embeddings [n, L, width] of n copies."""
        classifier, copies = self._classifier, len(embeddings)
        packing, fused = classifier.packing, classifier.fused
        inputs: dict[str, Any]
        if packing is None:
            inputs = self._padded(embeddings)
        else:
            firsts = None if self._first_length is None else (self._first_length,) * copies
            lengths = self._lengths(copies)
            inputs = packing.inputs(self._token_ids.repeat(copies), lengths, firsts)
            del inputs["input_ids"]
            inputs["inputs_embeds"] = embeddings.flatten(0, 1).unsqueeze(0)
            if fused is not None:
                inputs = packing.captured_inputs(lengths, fused.embedded(inputs)) | {"captured_depth": 0}
        if "inputs_embeds" in inputs:
            inputs["inputs_embeds"] = inputs["inputs_embeds"].to(classifier.base.get_input_embeddings().weight.dtype)
        logits: torch.Tensor = classifier.module(**inputs).logits
        windows = None if self._windows is None else (len(self._windows),) * copies
        of_copies: torch.Tensor = classifier.windows(logits.float(), windows)
        return of_copies

    def _lengths(self, copies: int) -> tuple[int, ...]:
        """Tokens of each piece that the model reads by itself."""
        return ((self._length,) if self._windows is None else self._windows) * copies

    def _padded(self, embeddings: torch.Tensor) -> dict[str, Any]:
        """The model's keyword arguments where it does not run packed: a row for each copy, or for each window of it."""
        copies, device = len(embeddings), embeddings.device
        lengths = self._lengths(copies)
        rows = nn.utils.rnn.pad_sequence(list(embeddings.flatten(0, 1).split(lengths)), batch_first=True)
        filled = torch.arange(rows.shape[1], device=device) < torch.tensor(lengths, device=device)[:, None]
        inputs = {"inputs_embeds": rows, "attention_mask": filled.long()}
        if self._first_length is not None and has_segments(self._classifier.base.config):
            segment = (torch.arange(self._length, device=device) >= self._first_length).long()
            inputs["token_type_ids"] = segment.expand(copies, -1)
        return inputs


@contextmanager
def embedded_texts(
    classifier: SequenceClassifier,
    token_ids: np.ndarray,
    first_length: int | None = None,
    windows: tuple[int, ...] | None = None,
) -> Iterator[EmbeddedTexts]:
    """A text whose embeddings may be changed, as long as the block lasts.

    Args:
        classifier: the model.
        token_ids: of the text, special tokens included [L].
        first_length: tokens of its first segment, where it has two.
        windows: tokens of each of its windows, which lie end to end; None: it is read in one piece.
    """
    fused = classifier.fused
    with torch.enable_grad(), fused.differentiable() if fused is not None else nullcontext():
        yield EmbeddedTexts(classifier, token_ids, first_length, windows)
