"""The weights of one encoder layer: frozen products, biases and norms, and the adapters."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch

from tunelet.kernels._norm import Norm
from tunelet.kernels._products import Product

# The linear modules of a layer; `up` and `down` are those of the feed-forward network.
ROLES = ("query", "key", "value", "out", "up", "down")
JOINT = "query+key+value"  # the role of one module that stands in the place of the first three


@dataclass(frozen=True)
class LowRank:
    """LoRA on one linear module, which adds scale * x A^T B^T to its output. A is [r, n_in], B [n_out, r], float32."""

    a: torch.Tensor
    b: torch.Tensor
    scale: float

    def merged(self, weight: torch.Tensor) -> torch.Tensor:
        """W + scale * BA of a float32 weight [n_out, n_in]."""
        return torch.addmm(weight, self.b.detach(), self.a.detach(), alpha=self.scale)


@dataclass(frozen=True)
class LayerWeights:
    """The frozen part of a layer.

    products: by role "out", "up", "down" and the joint product "query+key+value"; "query" instead of the joint one in
        a last layer that computes first tokens alone, from hidden states without keys and values.
    biases: by the role of each linear module, float32 [n_out].
    unpacked: by role, the weights of key and value in such a last layer, float32 [hidden, hidden]; empty in others.
    attention_norm: the normalisation of the sum after attention.
    output_norm: that of the sum after the feed-forward network. Of a pre-norm layer it is what the next layer begins
        with, and of the last one what the encoder ends with.
    heads: of the attention.
    scale: factor on the attention scores.
    tanh: whether GELU is the approximation with tanh.
    pre_norm: whether a normalisation is only read by the block that follows, and its argument goes on beside it.
    input_norm: what a pre-norm layer begins with; None where it reads its input as it is.
    gated: whether the feed-forward network multiplies GELU with gates, which are the second half of what `up` gives.
    turns: rotary positions, float32 [positions, head_dim], as `rotate` reads them; None: there are none.
    window: a token sees only tokens at a distance of less than `window`; None: the whole text.
    """

    products: Mapping[str, Product]
    biases: Mapping[str, torch.Tensor]
    unpacked: Mapping[str, torch.Tensor]
    attention_norm: Norm
    output_norm: Norm
    heads: int
    scale: float
    tanh: bool
    pre_norm: bool = False
    input_norm: Norm | None = None
    gated: bool = False
    turns: torch.Tensor | None = None
    window: int | None = None

    @property
    def readers(self) -> tuple[str, ...]:
        """The roles of the modules that make queries, keys and values, in the order of their joint product."""
        return (JOINT,) if JOINT in self.biases else ROLES[:3]
