"""Fused layers: all layers of an encoder as one step of autograd, with a backward pass down to the lowest adapter, or
to the input where its gradient is asked for."""

import functools
from collections.abc import Iterator, Sequence
from typing import Any

import torch

from tunelet.kernels._adapted import Gradients
from tunelet.kernels._few import MOST_TOKENS, FewTokens
from tunelet.kernels._hidden import Hidden, HiddenGradient, Kept
from tunelet.kernels._layer import Layer
from tunelet.kernels._native import native_for
from tunelet.kernels._norm import normalise
from tunelet.kernels._pool import Pooling, pool, pool_backward
from tunelet.kernels._seqlens import DeviceSeqlens, Lengths, located


class FusedLayers:
    """The layers of an encoder; a layer whose weights are applied several times is listed as often.

    The output depends on the pooling. "first" gives the hidden state of each text's first token, and the last layer
    computes no other; "mean" gives the mean over a text's tokens; "both" gives the two side by side. Without pooling
    (None) the output is the hidden states of all tokens.
    """

    def __init__(self, layers: Sequence[Layer], pooling: Pooling | None = "first") -> None:
        self.layers, self.pooling = tuple(layers), pooling
        # In the layers under this one nothing is kept and no gradient is computed, unless that of the input is needed.
        self.lowest_adapted = next((i for i, layer in enumerate(layers) if layer.adapters), len(layers))

    def __call__(self, hidden: torch.Tensor, lengths: Lengths, *, first_layer: int = 0) -> torch.Tensor:
        """The output, differentiable with respect to the adapters, and to `hidden` where that requires a gradient.

        Args:
            hidden: hidden states before `first_layer` [T, hidden], in the dtype of the weights. With `first_layer`
                equal to the number of layers it is what `frozen_forward` made of all of them, and is returned. Its
                gradient needs products that were packed for a backward pass.
            lengths: tokens of each of the n texts.
            first_layer: number of the layer to go on from.

        Returns:
            [n, hidden], for "both" [n, 2 hidden], without pooling [T, hidden].
        """
        if first_layer == len(self.layers):
            return hidden
        parameters, rows = self._parameters(first_layer), len(hidden) if self.pooling is None else len(lengths)
        hidden, lengths = _rounded(hidden, lengths)
        if not (torch.is_grad_enabled() and any(tensor.requires_grad for tensor in (hidden, *parameters))):
            return self.run(hidden, lengths, first_layer=first_layer)[:rows]
        result: torch.Tensor = _Run.apply(self, hidden, lengths, first_layer, *parameters)  # type: ignore[no-untyped-call]
        return result[:rows]

    @torch.no_grad()
    def frozen_forward(self, hidden: torch.Tensor, lengths: Lengths, depth: int) -> torch.Tensor:
        """The result of the lowest `depth` layers alone, without gradients.

        Args:
            hidden: hidden states before the first layer, [T, hidden].
            lengths: tokens of each of the n texts.
            depth: number of layers to run.

        Returns:
            Hidden states of all tokens [T, hidden], from which a run with `first_layer` equal to `depth` goes on; where
            `depth` is the number of all layers, the output.
        """
        tokens, texts = len(hidden), len(lengths)
        hidden, lengths = _rounded(hidden, lengths)
        if depth == len(self.layers):
            return self.run(hidden, lengths)[:texts]
        for state in self._states(hidden, lengths, depth):
            hidden = state.skip
        return hidden[:tokens]

    @torch.no_grad()
    def vectors_by_layer(self, hidden: torch.Tensor, lengths: Lengths) -> torch.Tensor:
        """The vectors of the n texts after each layer, float32 [layers, n, width], for pooling "mean" or "both".

        Args:
            hidden: hidden states before the first layer, [T, hidden].
            lengths: tokens of each of the n texts.
        """
        assert self.pooling in ("mean", "both")  # noqa: S101
        texts, vectors = len(lengths), []
        hidden, lengths = _rounded(hidden, lengths)
        last = self.layers[-1].weights  # an encoder of fewer layers ends with the same normalisation
        for state in self._states(hidden, lengths, len(self.layers)):
            values = normalise(state.skip, last.output_norm) if last.pre_norm else state.values
            vectors.append(pool(values, lengths, self.pooling)[:texts])
        return torch.stack(vectors)

    def _states(self, hidden: torch.Tensor, lengths: Lengths, depth: int) -> Iterator[Hidden]:
        """The hidden states of all tokens after each of the lowest `depth` layers."""
        with _without_autocast(hidden):
            state = self.layers[0].enter(hidden)
        for layer in self.layers[:depth]:
            with _without_autocast(hidden):
                state, _ = layer.forward(state, lengths, None, keep=False)
            yield state

    @torch.no_grad()
    def run(
        self,
        hidden: torch.Tensor,
        lengths: Lengths,
        *,
        first_layer: int = 0,
        kept: list[Kept] | None = None,
        lowest: int | None = None,
    ) -> torch.Tensor:
        """The output without autograd.

        Args:
            hidden, lengths, first_layer: as for a call.
            kept: where a list is given, what the backward pass needs is appended to it.
            lowest: the layer that this pass ends at; None: the lowest adapted one.
        """
        lowest = self.lowest_adapted if lowest is None else lowest
        if kept is None and first_layer == 0 and (few := self._for_few(hidden)) is not None:
            assert not isinstance(lengths, DeviceSeqlens)  # noqa: S101  (they are made on a GPU alone)
            hidden, first_layer = few(hidden, lengths), few.depth
            if first_layer == len(self.layers):
                return hidden if self.pooling is None else pool(hidden, lengths, self.pooling)
        with _without_autocast(hidden):
            state = self.layers[first_layer].enter(hidden)
        for number in range(first_layer, len(self.layers)):
            last = number == len(self.layers) - 1
            firsts = located(lengths).first_tokens if last and self.pooling == "first" else None
            keep = kept is not None and number >= lowest
            with _without_autocast(hidden):
                state, saved = self.layers[number].forward(state, lengths, firsts, keep=keep)
            if kept is not None and saved is not None:
                kept.append(saved)
        if self.pooling is None or self.pooling == "first":
            return state.values
        return pool(state.values, lengths, self.pooling)

    def _for_few(self, hidden: torch.Tensor) -> FewTokens | None:
        """The lowest layers in one call, where these hidden states are few."""
        if len(hidden) > MOST_TOKENS or hidden.dtype != torch.float32 or native_for(hidden) is None:
            return None
        return self._few

    @functools.cached_property
    def _few(self) -> FewTokens | None:
        return FewTokens.of(self.layers)

    def _parameters(self, first_layer: int) -> list[torch.Tensor]:
        """A and B of every adapter from a layer on, each once, in a fixed order."""
        layers = self.layers[first_layer:]
        matrices = (
            matrix for layer in layers for adapter in layer.adapters.values() for matrix in (adapter.a, adapter.b)
        )
        return list({id(matrix): matrix for matrix in matrices}.values())


class _Run(torch.autograd.Function):
    """The step of autograd; its differentiable inputs are the hidden states and the adapters' matrices."""

    @staticmethod
    def forward(
        ctx: Any, fused: FusedLayers, hidden: torch.Tensor, lengths: Lengths, first_layer: int, *parameters: Any
    ) -> torch.Tensor:
        ctx.fused, ctx.first_layer, ctx.lengths = fused, first_layer, lengths
        ctx.parameters = [id(p) for p in parameters]
        ctx.kept, ctx.dtype, ctx.tokens = [], hidden.dtype, len(hidden)
        ctx.hidden = hidden if ctx.needs_input_grad[1] else None
        lowest = first_layer if ctx.needs_input_grad[1] else max(fused.lowest_adapted, first_layer)
        ctx.lowest = lowest
        return fused.run(hidden, lengths, first_layer=first_layer, kept=ctx.kept, lowest=lowest)

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> Any:
        fused: FusedLayers = ctx.fused
        kept: list[Kept] = ctx.kept
        if not kept:
            raise RuntimeError("the gradient of this batch was computed before, and what it needs is gone")
        sums: dict[int, torch.Tensor] = {}
        wants_hidden = ctx.needs_input_grad[1]
        if fused.pooling is None or fused.pooling == "first":
            gradient = gradient.clone(memory_format=torch.contiguous_format)  # layers write over it
        else:
            gradient = pool_backward(gradient, ctx.lengths, fused.pooling, ctx.dtype, ctx.tokens)
        incoming: HiddenGradient | None = HiddenGradient(gradient)
        for number in range(len(fused.layers) - 1, ctx.lowest - 1, -1):
            saved = kept.pop()  # its memory is free once the layer is done
            assert incoming is not None  # noqa: S101
            layer = fused.layers[number]
            with _without_autocast(gradient):
                needs_input = wants_hidden or number > ctx.lowest
                incoming, gradients = layer.backward(saved, incoming, needs_input=needs_input)
            _accumulate(layer, gradients, sums)
        d_hidden = None
        if incoming is not None and wants_hidden:
            with _without_autocast(gradient):
                d_hidden = fused.layers[ctx.first_layer].leave(ctx.hidden, incoming)
        return None, d_hidden, None, None, *(sums.get(key) for key in ctx.parameters)


def _accumulate(layer: Layer, gradients: Gradients, sums: dict[int, torch.Tensor]) -> None:
    """Add a layer's gradients to those of other applications of the same matrices; `sums` has them by id."""
    for (role, which), gradient in gradients.items():
        parameter = getattr(layer.adapters[role], which)
        sums[id(parameter)] = sums[id(parameter)] + gradient if id(parameter) in sums else gradient


def _without_autocast(like: torch.Tensor) -> torch.autocast:
    """Autocast switched off: a caller's must not change the dtypes of the tensors that compiled kernels read."""
    return torch.autocast(like.device.type, enabled=False)


def _rounded(hidden: torch.Tensor, lengths: Lengths) -> tuple[torch.Tensor, Lengths]:
    """The batch with zeros at its end, so that the number of tokens is one of few; at most 1/32 are added.

    They are texts no longer than the longest one, for which a model has positions.

    oneDNN compiles a kernel for each number of rows and never frees some of its parts: with a new number in every
    batch, memory would grow without end.
    """
    tokens = len(hidden)
    missing = -tokens % (1 << max(0, tokens.bit_length() - 6)) if hidden.device.type == "cpu" else 0
    if not missing or isinstance(lengths, DeviceSeqlens):
        return hidden.contiguous(), lengths
    whole, rest = divmod(missing, max(lengths))
    zeros = (max(lengths),) * whole + ((rest,) if rest else ())
    return torch.cat([hidden, hidden.new_zeros(missing, hidden.shape[1])]), (*lengths, *zeros)
