"""The lowest layers of an encoder over few tokens, in one call of native/few.h: single texts, as a server gets them.

With so few tokens a good part of the time would go into what stands around the products.
"""

from collections.abc import Sequence

import torch

from tunelet.kernels._layer import Layer
from tunelet.kernels._layer_weights import JOINT, LayerWeights
from tunelet.kernels._native import Library, native
from tunelet.kernels._products import LINE, Panels
from tunelet.kernels._seqlens import seqlens_of

MOST_TOKENS = 256
_ROLES = (JOINT, "out", "up", "down")
_BLOCK = 8  # rows of a product are written in blocks of no more


class FewTokens:
    """The lowest layers, as the compiled kernel reads them."""

    def __init__(self, library: Library, layers: Sequence[LayerWeights], panels: Sequence[Sequence[Panels]]) -> None:
        self._library, self._first, self._panels = library, layers[0], panels  # their memory is read
        self.depth = len(layers)
        entries = []
        for weights, of_layer in zip(layers, panels, strict=True):
            for role, panel in zip(_ROLES, of_layer, strict=True):
                entries += [panel.weights, panel.sums, panel.scale, _bias(weights, role)]
            for norm in (weights.attention_norm, weights.output_norm):
                entries += [norm.weight, norm.bias]
        self._entries = [None if entry is None else entry.contiguous() for entry in entries]
        self._table = torch.tensor([0 if entry is None else entry.data_ptr() for entry in self._entries])
        norms = [(each.attention_norm.epsilon, each.output_norm.epsilon) for each in layers]
        self._epsilons = torch.tensor(norms)

    @classmethod
    def of(cls, layers: Sequence[Layer]) -> "FewTokens | None":
        """Of as many layers as the kernel computes; None: of not even one, or there is no kernel."""
        library = native().value
        if library is None or not library.has("encode_few", torch.float32):
            return None
        if not layers or len(layers[0].weights.output_norm.weight) // layers[0].weights.heads % LINE:
            return None
        found: list[LayerWeights] = []
        panels: list[Sequence[Panels]] = []
        for layer in layers:
            w = layer.weights
            if layer.adapters or w.pre_norm or w.gated or w.turns is not None or w.window is not None:
                break
            of_layer = [w.products[role].panels for role in _ROLES if role in w.products]
            if len(of_layer) < len(_ROLES) or any(panel is None for panel in of_layer):
                break
            found.append(w)
            panels.append([panel for panel in of_layer if panel is not None])
        return cls(library, found, panels) if found else None

    def __call__(self, hidden: torch.Tensor, lengths: tuple[int, ...]) -> torch.Tensor:
        """Hidden states [T, hidden] after these layers, of those before the first, float32."""
        first, located = self._first, seqlens_of(lengths)
        rows, n = hidden.shape
        inner = len(first.biases["up"])
        result, memory = hidden.clone(), torch.empty((rows + _BLOCK) * (5 * n + inner))
        quantised = self._panels[0][0].scale is not None
        marks = torch.empty(rows * max(n, inner), dtype=torch.uint8) if quantised else None
        scale = torch.empty(rows) if quantised else None
        self._library.call(
            "encode_few", torch.float32, result, memory, marks, scale, self._table, self._epsilons, self.depth,
            located.cu_seqlens, len(lengths), n, inner, first.heads, first.scale, int(first.tanh),
        )  # fmt: skip
        return result


def _bias(weights: LayerWeights, role: str) -> torch.Tensor:
    if role == JOINT and JOINT not in weights.biases:
        return torch.cat([weights.biases[reader] for reader in weights.readers])
    return weights.biases[role]
