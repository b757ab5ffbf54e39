"""Rotary positions (RoFormer, Su et al. 2021): queries and keys are turned by angles that grow with their position, so
that a score depends on the distance of two tokens."""

import torch

from tunelet.kernels._gpu import gpu_kernels
from tunelet.kernels._native import native_for
from tunelet.kernels._seqlens import DeviceSeqlens, Lengths, check_lengths, on_host, seqlens_of


def rotate(x: torch.Tensor, turns: torch.Tensor, lengths: Lengths, *, inverse: bool = False) -> torch.Tensor:
    """Turn the pairs (j, j + d/2) of each head by the angles of the token's position in its text. Writes over x.

    Args:
        x: [T, heads, d], float32 or bfloat16, each row contiguous; it may be a view of some columns.
        turns: float32 [positions, d] contiguous: of each position d/2 cosines, then d/2 sines.
        lengths: tokens of each text; they sum to T, and none is larger than the number of positions.
        inverse: whether to turn back, as the gradient is.
    """
    check_lengths(lengths, len(x))
    gpu = gpu_kernels(x)
    if gpu is not None and isinstance(lengths, DeviceSeqlens):
        gpu.rotate(x, turns, lengths.positions, inverse=inverse)
        return x
    lengths = on_host(lengths)
    if max(lengths, default=0) > len(turns):
        raise ValueError(f"expected texts of at most {len(turns)} tokens, found one of {max(lengths)}")
    library = native_for(x)
    if library is None or x.stride()[1:] != (x.shape[2], 1):
        return x.copy_(reference_rotate(x, turns, lengths, inverse=inverse))
    library.call(
        "rotate", x.dtype, x, x.stride(0), turns, seqlens_of(lengths).cu_seqlens, len(lengths), x.shape[1], x.shape[2],
        inverse,
    )  # fmt: skip
    return x


def reference_rotate(
    x: torch.Tensor, turns: torch.Tensor, lengths: tuple[int, ...], *, inverse: bool = False
) -> torch.Tensor:
    """The definition of `rotate`, differentiated by autograd; it leaves x as it is."""
    own = torch.cat([turns[:length] for length in lengths])
    cosines, sines = own.unsqueeze(1).chunk(2, dim=-1)
    low, high = x.float().chunk(2, dim=-1)
    sines = -sines if inverse else sines
    return torch.cat([low * cosines - high * sines, high * cosines + low * sines], dim=-1).to(x.dtype)
