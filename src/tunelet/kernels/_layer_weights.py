"""The weights of one encoder layer: frozen products, biases and norms, and the adapters."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch

from tunelet.kernels._norm import Norm
from tunelet.kernels._products import Product

# The linear modules of a layer; `up` and `down` are those of the feed-forward network.
ROLES = ("query", "key", "value", "out", "up", "down")


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
        a last layer that computes first tokens alone.
    biases: by role, float32 [n_out].
    unpacked: by role, the weights of key and value in such a last layer, float32 [hidden, hidden]; empty in others.
    attention_norm: the normalisation after attention.
    output_norm: the normalisation after the feed-forward network.
    heads: of the attention.
    scale: factor on the attention scores.
    tanh: whether GELU is the approximation with tanh.
    """

    products: Mapping[str, Product]
    biases: Mapping[str, torch.Tensor]
    unpacked: Mapping[str, torch.Tensor]
    attention_norm: Norm
    output_norm: Norm
    heads: int
    scale: float
    tanh: bool
