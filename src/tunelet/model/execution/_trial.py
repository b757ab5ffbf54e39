"""Whether a model can run packed, and with fused layers, is tried: both must give the logits of the plain model.

Nothing is concluded from the name of an architecture. Three random texts go through the model in each way, in float32,
and the logits are compared.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from transformers import PreTrainedModel

from tunelet._choice import Choice
from tunelet.kernels import Pooling
from tunelet.model._structure import Structure
from tunelet.model.execution._disentangled_packing import DisentangledPacking
from tunelet.model.execution._fused_stack import FusedStack
from tunelet.model.execution._layer_parts import Unfit
from tunelet.model.execution._packing import Packing, padded_inputs

_AGREEMENT = 1e-4  # largest difference of logits that is allowed, relative to the largest logit
# What a model raises that cannot take the arguments, or the shapes, of another way to run.
_REFUSALS = (TypeError, ValueError, RuntimeError, IndexError, AttributeError)


class Trial:
    """Three random texts with which the ways to run a model are compared. The model is left as it was."""

    def __init__(self, model: PreTrainedModel, structure: Structure) -> None:
        """Draw the texts for a model in float32, its adapter in place."""
        self._model, self._structure, self._name = model, structure, type(model).__name__
        self._token_ids, self._lengths = _random_texts(model)
        self._packed: torch.Tensor | None = None  # the logits of packed execution

    def packing(self, wanted: str) -> Choice[Packing | None]:
        """Packed execution where the model gives the same logits so, else None: padded rows.

        Args:
            wanted: "auto", "packed" or "padded"; a model that cannot run packed is padded in either case.
        """
        if wanted == "padded":
            return Choice(None, "asked for")
        name, own = self._name, not getattr(self._model, "_supports_attention_backend", False)
        if own and self._model.device.type != "cpu":
            return Choice(None, f"{name} computes its own attention, and text by text a GPU would wait")
        try:
            packing = (DisentangledPacking if own else Packing)(self._model, self._structure)
        except _REFUSALS:
            return Choice(None, f"{name} computes its own attention, which cannot be replaced")
        try:
            difference = _difference(self._packed_logits(packing), self._padded_logits(packing.pooling))
        except _REFUSALS as error:
            return Choice(None, f"{name} does not run packed ({type(error).__name__})")
        if not difference <= _AGREEMENT:
            return Choice(None, f"{name} gives other logits when packed (relative difference {difference:.0e})")
        return Choice(packing, f"{name} gives the same logits packed and padded (relative difference {difference:.0e})")

    def fused(self, packing: Packing | None) -> Choice[FusedStack | None]:
        """Fused layers where they give the logits of the model's own modules, else None: module by module.

        Args:
            packing: what `packing` chose.
        """
        if packing is None:
            return Choice(None, "not packed")
        if self._model.device.type not in ("cpu", "cuda"):
            return Choice(None, "the kernels of the layers are for CPUs and NVIDIA GPUs")
        name = self._name
        try:
            fused = FusedStack(self._model, self._structure, packing.pooling)
            expected = self._packed_logits(packing)
            difference = max(_difference(found, expected) for found in self._fused_logits(packing, fused))
        except Unfit as reason:
            return Choice(None, str(reason))
        except _REFUSALS as error:
            return Choice(None, f"{name} does not run with fused layers ({type(error).__name__})")
        if not difference <= _AGREEMENT:
            return Choice(None, f"{name} gives other logits so (relative difference {difference:.0e})")
        return Choice(fused, f"{name} gives the same logits so (relative difference {difference:.0e})")

    def _padded_logits(self, pooling: Pooling | None) -> torch.Tensor:
        inputs = padded_inputs(self._token_ids, self._lengths, self._model.config.pad_token_id or 0)
        with _predicting(self._model):
            logits: torch.Tensor = self._model(**inputs).logits
        return logits if pooling is not None else logits[inputs["attention_mask"].bool()].unsqueeze(1)

    def _packed_logits(self, packing: Packing) -> torch.Tensor:
        if self._packed is None:
            with _predicting(self._model, packing):
                self._packed = self._model(**packing.inputs(self._token_ids, self._lengths)).logits
        return self._packed

    def _fused_logits(self, packing: Packing, fused: FusedStack) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits in one forward pass, and in two: of the frozen layers, then of those above."""
        inputs = packing.inputs(self._token_ids, self._lengths)
        with _predicting(self._model, packing):
            fused.install("float32", torch.float32)
            try:
                with fused.merged():  # so that nothing is made for a backward pass
                    whole = self._model(**inputs).logits
                    captured = fused.frozen_forward(inputs)
                    return whole, self._model(**packing.captured_inputs(self._lengths, captured)).logits
            finally:
                fused.remove()


@contextmanager
def _predicting(model: PreTrainedModel, packing: Packing | None = None) -> Iterator[None]:
    """The model in evaluation mode, packed where there is a packing, and without gradients."""
    was_training = model.training
    model.eval()
    if packing is not None:
        packing.install(model)
    try:
        with torch.no_grad():
            yield
    finally:
        if packing is not None:
            packing.remove(model)
        model.train(was_training)


def _random_texts(model: PreTrainedModel) -> tuple[torch.Tensor, tuple[int, ...]]:
    """Token ids [T] and lengths of three texts, one of them longer than any local window."""
    generator = torch.Generator().manual_seed(0)  # a generator of its own: the run's random numbers are not touched
    longest = min(150, int(getattr(model.config, "max_position_embeddings", None) or 150) - 8)
    lengths = (5, longest, 9)
    pad = model.config.pad_token_id or 0
    token_ids = torch.randint(0, model.config.vocab_size, (sum(lengths),), generator=generator)
    token_ids[token_ids == pad] = pad + 1
    return token_ids.to(model.device), lengths


def _difference(found: torch.Tensor, expected: torch.Tensor) -> float:
    """The largest difference of two logits, relative to the largest logit; infinite where the shapes differ."""
    if found.shape != expected.shape:
        return float("inf")
    return float((found - expected).abs().max() / expected.abs().max().clamp_min(1e-6))
