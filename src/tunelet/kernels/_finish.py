"""What follows a product: the row scale of int8, the bias, the residual and the low-rank update, in one pass."""

import torch

from tunelet.kernels._native import Int, element, native, threads


def finish(
    y: torch.Tensor,
    *,
    scale: torch.Tensor | None = None,
    bias: torch.Tensor | None = None,
    residual: torch.Tensor | None = None,
    low: torch.Tensor | None = None,
    high: torch.Tensor | None = None,
) -> torch.Tensor:
    """y * scale + bias + residual + low @ high, written over y.

    Args:
        y: [T, n], rows contiguous, float32 or bfloat16; may be a view of some columns.
        scale: float32 [T].
        bias: float32 [n].
        residual: [T, n] in the dtype of y, contiguous.
        low: float32 [T, r], its rows contiguous.
        high: float32 [r, n], contiguous.
    """
    library = native().value
    if library is None:
        return y.copy_(reference_finish(y, scale=scale, bias=bias, residual=residual, low=low, high=high))
    library.call(
        f"finish_{element(y)}", y, y.stride(0), scale, bias, residual, low, 0 if low is None else low.stride(0), high,
        Int(0 if low is None else low.shape[1]), y.shape[0], Int(y.shape[1]), threads(),
    )  # fmt: skip
    return y


def reference_finish(
    y: torch.Tensor,
    *,
    scale: torch.Tensor | None = None,
    bias: torch.Tensor | None = None,
    residual: torch.Tensor | None = None,
    low: torch.Tensor | None = None,
    high: torch.Tensor | None = None,
) -> torch.Tensor:
    """The definition of `finish`."""
    result = y.float()
    if scale is not None:
        result = result * scale[:, None]
    if bias is not None:
        result = result + bias
    if residual is not None:
        result = result + residual
    if low is not None and high is not None:
        result = torch.addmm(result, low, high)
    return result.to(y.dtype)
