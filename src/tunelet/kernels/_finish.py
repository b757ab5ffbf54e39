"""What follows a matrix product: int8's row scale, bias, residual and low-rank update, in one pass over each row."""

import torch

from tunelet.kernels._gpu import gpu_kernels
from tunelet.kernels._native import native_for


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
        y: the product [T, n], float32 or bfloat16, each row contiguous; it may be a view of some columns.
        scale: factor of each row, float32 [T].
        bias: float32 [n].
        residual: [T, n] in the dtype of y, contiguous.
        low: input of the low-rank update, float32 [T, r], each row contiguous.
        high: second factor of the low-rank update, float32 [r, n], contiguous.
    """
    gpu = gpu_kernels(y, scale)
    if gpu is not None:
        gpu.finish(y, bias, residual, low, high)
        return y
    library = native_for(y)
    if library is None:
        return y.copy_(reference_finish(y, scale=scale, bias=bias, residual=residual, low=low, high=high))
    library.call(
        "finish", y.dtype, y, y.stride(0), scale, bias, residual, low, 0 if low is None else low.stride(0),
        high, 0 if low is None else low.shape[1], y.shape[0], y.shape[1],
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
