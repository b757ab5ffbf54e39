"""Random tensors to compare kernels on, and how near two results must be."""

import torch

from tunelet.kernels._quantise import Quantised


def random_tensor(*shape: int, dtype: torch.dtype = torch.float32, seed: int = 0, spread: float = 1.0) -> torch.Tensor:
    return (torch.randn(*shape, generator=torch.Generator().manual_seed(seed)) * spread).to(dtype)


def assert_near(found: torch.Tensor, expected: torch.Tensor, fraction: float | None = None) -> None:
    """The largest difference, compared with the largest value: float32 sums in another order, bfloat16 keeps 8 bits."""
    assert found.shape == expected.shape
    if fraction is None:
        fraction = 1e-2 if torch.bfloat16 in (found.dtype, expected.dtype) else 1e-5
    found, expected = found.detach().float(), expected.detach().float()
    assert found.isfinite().all()
    difference, largest = (found - expected).abs().max(), expected.abs().max()
    assert difference <= fraction * largest + 1e-7, f"{difference:.2e} of {largest:.2e}"


def assert_bytes_of(quantised: Quantised | None, expected: torch.Tensor) -> None:
    assert quantised is not None
    error = (quantised.dequantise() - expected).abs()
    assert (error <= 0.501 * quantised.scale[:, None] + 1e-6).all()  # half a level
