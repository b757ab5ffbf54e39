"""Where the passes over rows run that are written for GPUs."""

import functools
from types import ModuleType

import torch


def gpu_kernels(like: torch.Tensor, scale: torch.Tensor | None = None, *, quantised: bool = False) -> ModuleType | None:
    """The module with kernels for the device of a tensor; None on a CPU, and where this PyTorch has no Triton.

    Args:
        like: a tensor on the device.
        scale: factor of its rows, which products of bytes leave; there are no such kernels.
        quantised: whether bytes are wanted, for which there are none either.
    """
    return _triton() if like.is_cuda and scale is None and not quantised else None


@functools.cache
def _triton() -> ModuleType | None:
    try:
        from tunelet.kernels import _triton
    except ImportError:
        return None
    return _triton
