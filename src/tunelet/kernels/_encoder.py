"""The layers of an encoder as one step of autograd: forward through all, backward down to the lowest adapter."""

from collections.abc import Sequence
from typing import Any

import torch

from tunelet.kernels._layer import Gradients, Hidden, Kept, Layer
from tunelet.kernels._pool import Pooling, pool, pool_backward
from tunelet.kernels._texts import text_offsets


class Encoder:
    """Layers in the order in which they are applied; a layer with shared weights stands there once for each time.

    The output is one vector a text after the last layer: its first token, for whose sake the last layer computes no
    other, or the mean of its tokens, or both, one behind the other. Where the pooling is None, it is all tokens.
    """

    def __init__(self, layers: Sequence[Layer], pooling: Pooling | None = "first") -> None:
        self.layers, self.pooling = tuple(layers), pooling
        lowest = next((i for i, layer in enumerate(layers) if layer.adapters), len(layers))
        self.lowest_adapted = lowest  # below it nothing is kept and no gradient is computed

    def __call__(self, hidden: torch.Tensor, lengths: tuple[int, ...], *, start: int = 0) -> torch.Tensor:
        """The vectors of the n texts [n, hidden] ("both": [n, 2 hidden]; without pooling: of the tokens, [T, hidden]).

        They are differentiable with respect to the adapters.

        Args:
            hidden: [T, hidden] before layer `start`, in the precision of the weights.
            lengths: tokens of each of the n texts.
            start: the layer to begin with, for hidden states that were kept; behind the last they are the vectors.
        """
        if start == len(self.layers):
            return hidden
        parameters, rows = self._parameters(start), len(hidden) if self.pooling is None else len(lengths)
        hidden, lengths = _rounded(hidden, lengths)
        if not (torch.is_grad_enabled() and any(p.requires_grad for p in parameters)):
            return self.run(hidden, lengths, start=start)[:rows]
        result: torch.Tensor = _Run.apply(self, hidden, lengths, start, *parameters)  # type: ignore[no-untyped-call]
        return result[:rows]

    @torch.no_grad()
    def below(self, hidden: torch.Tensor, lengths: tuple[int, ...], stop: int) -> torch.Tensor:
        """Hidden states [T, hidden] of all tokens before layer `stop`; the vectors of the texts after the last."""
        tokens, texts = len(hidden), len(lengths)
        hidden, lengths = _rounded(hidden, lengths)
        if stop == len(self.layers):
            return self.run(hidden, lengths)[:texts]
        state = Hidden(hidden, None)
        with _without_autocast():
            for layer in self.layers[:stop]:
                state, _ = layer.forward(state, lengths, None, keep=False)
        return state.values[:tokens]

    @torch.no_grad()
    def vectors_by_layer(self, hidden: torch.Tensor, lengths: tuple[int, ...]) -> torch.Tensor:
        """The vectors of the n texts after each layer, float32 [layers, n, width]. Not where the first token is pooled.

        Args:
            hidden, lengths: as `__call__` has them.
        """
        assert self.pooling is not None  # noqa: S101
        assert self.pooling != "first"  # noqa: S101  (its last layer computes no other token)
        texts, found = len(lengths), []
        hidden, lengths = _rounded(hidden, lengths)
        state = Hidden(hidden, None)
        for layer in self.layers:
            with _without_autocast():
                state, _ = layer.forward(state, lengths, None, keep=False)
            found.append(pool(state.values, lengths, self.pooling)[:texts])
        return torch.stack(found)

    @torch.no_grad()
    def run(
        self, hidden: torch.Tensor, lengths: tuple[int, ...], *, start: int = 0, kept: list[Kept] | None = None
    ) -> torch.Tensor:
        """The forward pass; what the backward pass needs is appended to `kept` where it is given."""
        state = Hidden(hidden, None)
        for number in range(start, len(self.layers)):
            last = number == len(self.layers) - 1
            firsts = text_offsets(lengths)[0][:-1] if last and self.pooling == "first" else None
            keep = kept is not None and number >= self.lowest_adapted
            with _without_autocast():
                state, saved = self.layers[number].forward(state, lengths, firsts, keep=keep)
            if kept is not None and saved is not None:
                kept.append(saved)
        if self.pooling is None or self.pooling == "first":
            return state.values
        return pool(state.values, lengths, self.pooling)

    def _parameters(self, start: int) -> list[torch.Tensor]:
        """A and B of every adapter from a layer on, each once, in a fixed order."""
        found: dict[int, torch.Tensor] = {}
        for layer in self.layers[start:]:
            for adapter in layer.adapters.values():
                for parameter in (adapter.a, adapter.b):
                    found[id(parameter)] = parameter
        return list(found.values())

    def _accumulate(self, layer: Layer, gradients: Gradients, sums: dict[int, torch.Tensor]) -> None:
        for (role, which), gradient in gradients.items():
            parameter = getattr(layer.adapters[role], which)
            sums[id(parameter)] = sums[id(parameter)] + gradient if id(parameter) in sums else gradient


class _Run(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, encoder: Encoder, hidden: torch.Tensor, lengths: tuple[int, ...], start: int, *parameters: Any
    ) -> torch.Tensor:
        ctx.encoder, ctx.start, ctx.lengths = encoder, start, lengths
        ctx.parameters = [id(p) for p in parameters]
        ctx.kept, ctx.dtype = [], hidden.dtype
        return encoder.run(hidden, lengths, start=start, kept=ctx.kept)

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> Any:
        encoder: Encoder = ctx.encoder
        kept: list[Kept] = ctx.kept
        if not kept:
            raise RuntimeError("the gradient of this batch was computed before, and what it needs is gone")
        sums: dict[int, torch.Tensor] = {}
        lowest = max(encoder.lowest_adapted, ctx.start)
        flowing: torch.Tensor | None  # layers write over it
        if encoder.pooling is None or encoder.pooling == "first":
            flowing = gradient.clone(memory_format=torch.contiguous_format)
        else:
            flowing = pool_backward(gradient, ctx.lengths, encoder.pooling, ctx.dtype)
        for number in range(len(encoder.layers) - 1, lowest - 1, -1):
            saved = kept.pop()  # its memory is free once the layer is done
            assert flowing is not None  # noqa: S101
            layer = encoder.layers[number]
            with _without_autocast():
                flowing, gradients = layer.backward(saved, flowing, needs_input=number > lowest)
            encoder._accumulate(layer, gradients, sums)
        return None, None, None, None, *(sums.get(key) for key in ctx.parameters)


def _without_autocast() -> torch.autocast:
    """A caller's autocast must not change the dtypes of what compiled kernels read."""
    return torch.autocast("cpu", enabled=False)


def _rounded(hidden: torch.Tensor, lengths: tuple[int, ...]) -> tuple[torch.Tensor, tuple[int, ...]]:
    """With a text of zeros at the end where that rounds the tokens up, by a thirty-second at most.

    oneDNN makes kernels for each number of rows and keeps parts of them for good: batches of ever new lengths would
    take more and more memory.
    """
    tokens = len(hidden)
    missing = -tokens % (1 << max(0, tokens.bit_length() - 6)) if hidden.device.type == "cpu" else 0
    if not missing:
        return hidden.contiguous(), lengths
    return torch.cat([hidden, hidden.new_zeros(missing, hidden.shape[1])]), (*lengths, missing)
