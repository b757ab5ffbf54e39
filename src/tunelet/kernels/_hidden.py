"""What goes from one layer to the next, its gradient, and what a layer keeps for its backward pass."""

from dataclasses import dataclass, field

import torch

from tunelet.kernels._attention import Attended
from tunelet.kernels._first import FirstAttended
from tunelet.kernels._gelu import Activated
from tunelet.kernels._norm import Normed
from tunelet.kernels._quantise import Quantised


@dataclass(frozen=True)
class Hidden:
    """The hidden states of T tokens between two layers.

    values: what the next layer's modules read, [T, hidden].
    quantised: the same as bytes, where the products multiply bytes.
    skip: what goes past the next layer's modules and is added to what they give: in post-norm layers `values`.
    """

    values: torch.Tensor
    quantised: Quantised | None
    skip: torch.Tensor


@dataclass(frozen=True)
class HiddenGradient:
    """The gradients of `values` and `skip`, [T, hidden]; None for a skip that is `values`, whose gradient has both."""

    values: torch.Tensor
    skip: torch.Tensor | None = None


@dataclass
class Kept:
    """What a layer's backward pass reads.

    attended: of the attention.
    attention_norm, activated, output_norm: of the steps with these names.
    inputs: input x of each adapted role, but for key and value in a layer that forms none.
    low: x A^T of the same roles.
    firsts: row of each text's first token, int64 [n], in a layer that computes those alone; None in others.
    """

    attended: Attended | FirstAttended
    attention_norm: Normed
    activated: Activated
    output_norm: Normed
    inputs: dict[str, torch.Tensor] = field(default_factory=dict)
    low: dict[str, torch.Tensor] = field(default_factory=dict)
    firsts: torch.Tensor | None = None
