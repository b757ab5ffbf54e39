"""Where the passes over rows run that are written for GPUs."""

import functools
from types import ModuleType

import torch


def gpu_kernels(like: torch.Tensor) -> ModuleType | None:
    """The module with kernels for the device of a tensor; None on a CPU, and where this PyTorch has no Triton."""
    return _triton() if like.is_cuda else None


@functools.cache
def _triton() -> ModuleType | None:
    try:
        from tunelet.kernels import _triton
    except ImportError:
        return None
    return _triton
