"""Products with frozen weights in floating point, forward and for the gradient of the input; `_int8.py` has those of
bytes.

A product leaves two things to the pass over its rows that comes next, which reads every element anyway: adding the
bias, and in int8 multiplying each row by the scale of its input.
"""

import functools
from typing import NamedTuple, Protocol

import torch

from tunelet.kernels._quantise import Quantised

LINE = 16  # columns that lie together in a panel, as native/tiles.h has it


class Scaled(NamedTuple):
    """A matrix whose rows are still to be multiplied by a factor each.

    values: [T, n].
    scale: factor of each row, float32 [T]; None for 1.
    """

    values: torch.Tensor
    scale: torch.Tensor | None


class Panels(NamedTuple):
    """A weight as compiled kernels read it (native/tiles.h, native/bytes.h): panels of `LINE` columns.

    weights: float32 [n_out / LINE, n_in, LINE], or of bytes [n_out / LINE, n_in / 4, LINE, 4] as uint8.
    sums: of bytes, the sum of each output's weights, float32 [n_out]; else None.
    scale: of bytes, the scale of each output, float32 [n_out]; else None.
    """

    weights: torch.Tensor
    sums: torch.Tensor | None
    scale: torch.Tensor | None


class Product(Protocol):
    """Multiplication by a frozen weight W [n_out, n_in]."""

    quantised: bool  # whether it multiplies bytes: `x_bytes`, or where those are not given, `x` quantised

    @property
    def panels(self) -> Panels | None:
        """The weight as the kernel for few tokens reads it, made once; None: it reads no such weight."""

    def forward(self, x: torch.Tensor | None, x_bytes: Quantised | None = None) -> Scaled:
        """x W^T [T, n_out] of an input x [T, n_in]."""

    def backward(self, gradient: torch.Tensor | None, gradient_bytes: Quantised | None = None) -> Scaled:
        """The gradient of x, which is gradient W [T, n_in], from that of the output [T, n_out]."""


class FloatProduct:
    """A product in the dtype of the weight: float32 or bfloat16.

    On a CPU the weight is packed once in the layout that oneDNN's kernels read, and once more transposed for the
    gradient. A plain product would do that in each call and take a tenth longer. Elsewhere `torch.mm` multiplies.
    """

    quantised = False

    def __init__(self, weight: torch.Tensor, *, backward: bool = True) -> None:
        """Pack a weight [n_out, n_in]; half the memory is enough where no `backward` is to follow."""
        self._packed = weight.device.type == "cpu" and _packs(weight.dtype)
        self._forward = _pack(weight) if self._packed else weight
        self._backward: torch.Tensor | None = None
        if backward:
            self._backward = _pack(weight.t().contiguous()) if self._packed else weight.t()

    def forward(self, x: torch.Tensor | None, x_bytes: Quantised | None = None) -> Scaled:
        assert x is not None  # noqa: S101
        return Scaled(self._multiply(x, self._forward), None)

    def backward(self, gradient: torch.Tensor | None, gradient_bytes: Quantised | None = None) -> Scaled:
        assert gradient is not None  # noqa: S101
        assert self._backward is not None  # noqa: S101
        return Scaled(self._multiply(gradient, self._backward), None)

    @functools.cached_property
    def panels(self) -> Panels | None:
        outputs, inputs = self._forward.shape
        if outputs % LINE or self._forward.dtype != torch.float32 or self._forward.device.type != "cpu":
            return None
        weight = self._forward.to_dense() if self._packed else self._forward
        return Panels(weight.view(-1, LINE, inputs).transpose(1, 2).contiguous(), None, None)

    def _multiply(self, x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        if self._packed:
            result: torch.Tensor = torch.ops.mkldnn._linear_pointwise(x, weight, None, "none", [], "")
            return result
        return torch.mm(x, weight.t())


_TYPICAL_ROWS = 4096  # oneDNN chooses the layout of a packed weight for batches of so many tokens


def _pack(weight: torch.Tensor) -> torch.Tensor:
    packed: torch.Tensor = torch.ops.mkldnn._reorder_linear_weight(weight.detach(), _TYPICAL_ROWS)
    return packed


@functools.cache
def _packs(dtype: torch.dtype) -> bool:
    """Whether this build of PyTorch multiplies packed weights on this processor; a small product is tried."""
    if not torch.backends.mkldnn.is_available():
        return False
    try:
        weight = torch.eye(16, dtype=dtype)
        product = torch.ops.mkldnn._linear_pointwise(weight, _pack(weight), None, "none", [], "")
        return bool(torch.equal(product, weight))
    except (RuntimeError, AttributeError, NotImplementedError):
        return False
