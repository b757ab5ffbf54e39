"""Products with frozen weights, forward and for the gradient of the input: in floating point, or in int8.

A product never adds its bias: what follows it reads every element anyway. Nor does an int8 product apply the scale of
its input's rows: it comes back beside the values, for the same reason.
"""

import functools
from typing import Protocol

import torch

from tunelet.kernels._quantise import ZERO_POINT, Quantised, quantise

Scaled = tuple[torch.Tensor, torch.Tensor | None]  # values [T, n] and the factor of each row, None for 1


class Product(Protocol):
    """A frozen weight [n_out, n_in]."""

    quantised: bool  # whether it takes bytes

    def forward(self, x: torch.Tensor | None, x_bytes: Quantised | None = None) -> Scaled:
        """x [T, n_in] W^T."""

    def backward(self, gradient: torch.Tensor | None, gradient_bytes: Quantised | None = None) -> Scaled:
        """gradient [T, n_out] W: the gradient of x."""


class FloatProduct:
    """In the dtype of the weight: float32 or bfloat16.

    A frozen weight is laid out once as oneDNN's kernels read it, and once more transposed for the gradient: a tenth
    faster than plain products, which lay it out in each call. Elsewhere `torch.mm` multiplies.
    """

    quantised = False

    def __init__(self, weight: torch.Tensor, *, backward: bool = True) -> None:
        """Take a weight [n_out, n_in]; without `backward` it takes half the memory."""
        self._packed = weight.device.type == "cpu" and _packs(weight.dtype)
        self._forward = _pack(weight) if self._packed else weight
        self._backward: torch.Tensor | None = None
        if backward:
            self._backward = _pack(weight.t().contiguous()) if self._packed else weight.t()

    def forward(self, x: torch.Tensor | None, x_bytes: Quantised | None = None) -> Scaled:
        assert x is not None  # noqa: S101
        return self._multiply(x, self._forward), None

    def backward(self, gradient: torch.Tensor | None, gradient_bytes: Quantised | None = None) -> Scaled:
        assert gradient is not None  # noqa: S101
        assert self._backward is not None  # noqa: S101
        return self._multiply(gradient, self._backward), None

    def _multiply(self, x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        if self._packed:
            result: torch.Tensor = torch.ops.mkldnn._linear_pointwise(x, weight, None, "none", [], "")
            return result
        return torch.mm(x, weight.t())


class Int8Product:
    """Weights as int8 with a scale for each output channel, forward and transposed; activations as bytes by row."""

    quantised = True

    def __init__(self, weight: torch.Tensor, dtype: torch.dtype, *, backward: bool = True) -> None:
        """Quantise a float weight [n_out, n_in]; results come in `dtype`. Without `backward` in half the memory."""
        self._dtype = dtype
        self._forward = _Int8Weight(weight)
        self._backward = _Int8Weight(weight.t()) if backward else None

    def forward(self, x: torch.Tensor | None, x_bytes: Quantised | None = None) -> Scaled:
        return self._forward.multiply(x, x_bytes, self._dtype)

    def backward(self, gradient: torch.Tensor | None, gradient_bytes: Quantised | None = None) -> Scaled:
        assert self._backward is not None  # noqa: S101
        return self._backward.multiply(gradient, gradient_bytes, self._dtype)


class _Int8Weight:
    def __init__(self, weight: torch.Tensor) -> None:
        most = weight.abs().amax(dim=1).float().clamp_min(1e-12)
        rounded = torch.round(weight.float() / most[:, None] * 127).to(torch.int8).contiguous()  # as prepacking expects
        self._scale = most / 127
        self._zero_points = torch.zeros(len(most), dtype=torch.int64)
        self._packed = torch.ops.onednn.qlinear_prepack(rounded, None)

    def multiply(self, x: torch.Tensor | None, x_bytes: Quantised | None, dtype: torch.dtype) -> Scaled:
        if x_bytes is None:
            assert x is not None  # noqa: S101
            x_bytes = quantise(x)
        values = torch.ops.onednn.qlinear_pointwise(
            x_bytes.bytes, 1.0, ZERO_POINT, self._packed, self._scale, self._zero_points, None, 1.0, 0, dtype,
            "none", [], "",
        )  # fmt: skip
        return values, x_bytes.scale


_TYPICAL_ROWS = 4096  # tokens of a batch, for which oneDNN chooses the layout


def _pack(weight: torch.Tensor) -> torch.Tensor:
    packed: torch.Tensor = torch.ops.mkldnn._reorder_linear_weight(weight.detach(), _TYPICAL_ROWS)
    return packed


@functools.cache
def _packs(dtype: torch.dtype) -> bool:
    """Whether this build of PyTorch, on this processor, multiplies packed weights: found by trying."""
    if not torch.backends.mkldnn.is_available():
        return False
    try:
        weight = torch.eye(16, dtype=dtype)
        product = torch.ops.mkldnn._linear_pointwise(weight, _pack(weight), None, "none", [], "")
        return bool(torch.equal(product, weight))
    except (RuntimeError, AttributeError, NotImplementedError):
        return False
