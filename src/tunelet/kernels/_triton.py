"""The passes over rows on a GPU, written in Triton: each reads and writes a row once, where PyTorch takes four to ten
passes. What they compute is defined beside the functions that call them.

This module is imported where a tensor lies on a GPU, for PyTorch brings Triton in its builds for these alone.
"""

import torch
import triton
import triton.language as tl

_ROWS, _COLUMNS = 32, 128  # of a tile of `finish`
_NUMBERS = 2048  # of an activation, for one program


@triton.jit
def _add_norm(y, bias, residual, weight, norm_bias, out, mean, inverse, n, epsilon, BLOCK: tl.constexpr):
    row, column = tl.program_id(0).to(tl.int64), tl.arange(0, BLOCK)
    inside, at = column < n, row * n + column
    total = tl.load(y + at, mask=inside, other=0.0).to(tl.float32)
    total += tl.load(bias + column, mask=inside, other=0.0)
    total += tl.load(residual + at, mask=inside, other=0.0).to(tl.float32)
    average = tl.sum(total, 0) / n
    centred = tl.where(inside, total - average, 0.0)
    scale = 1.0 / tl.sqrt(tl.sum(centred * centred, 0) / n + epsilon)
    result = centred * scale * tl.load(weight + column, mask=inside, other=0.0)
    result += tl.load(norm_bias + column, mask=inside, other=0.0)
    tl.store(y + at, total.to(y.dtype.element_ty), mask=inside)
    tl.store(out + at, result.to(out.dtype.element_ty), mask=inside)
    tl.store(mean + row, average)
    tl.store(inverse + row, scale)


def add_norm(
    y: torch.Tensor,
    residual: torch.Tensor,
    weight: torch.Tensor,
    norm_bias: torch.Tensor,
    epsilon: float,
    bias: torch.Tensor,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Of y + bias + residual [T, n], written over y: its normalisation, mean [T] and 1 / standard deviation [T]."""
    rows, n = y.shape
    out = torch.empty_like(y)
    mean, inverse = (torch.empty(rows, dtype=torch.float32, device=y.device) for _ in range(2))
    block = triton.next_power_of_2(n)
    _add_norm[(rows,)](
        y, bias, residual, weight, norm_bias, out, mean, inverse, n, epsilon, BLOCK=block, num_warps=_warps(block)
    )
    return out, mean, inverse


@triton.jit
def _norm_backward(
    gradient, residual, skip, total, mean, inverse, weight, n,
    HAS_RESIDUAL: tl.constexpr, HAS_SKIP: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    row, column = tl.program_id(0).to(tl.int64), tl.arange(0, BLOCK)
    inside, at = column < n, row * n + column
    incoming = tl.load(gradient + at, mask=inside, other=0.0).to(tl.float32)
    if HAS_RESIDUAL:
        incoming += tl.load(residual + at, mask=inside, other=0.0).to(tl.float32)
    scale = tl.load(inverse + row)
    x = (tl.load(total + at, mask=inside, other=0.0).to(tl.float32) - tl.load(mean + row)) * scale
    x = tl.where(inside, x, 0.0)
    g = incoming * tl.load(weight + column, mask=inside, other=0.0)
    result = (g - tl.sum(g, 0) / n - x * (tl.sum(g * x, 0) / n)) * scale
    if HAS_SKIP:
        result += tl.load(skip + at, mask=inside, other=0.0).to(tl.float32)
    tl.store(gradient + at, result.to(gradient.dtype.element_ty), mask=inside)


def norm_backward(
    gradient: torch.Tensor,
    residual: torch.Tensor | None,
    skip: torch.Tensor | None,
    total: torch.Tensor,
    mean: torch.Tensor,
    inverse: torch.Tensor,
    weight: torch.Tensor,
) -> None:
    """Write over the gradient of a normalisation's result, with what is added to it, that of its argument `total`."""
    rows, n = gradient.shape
    block = triton.next_power_of_2(n)
    _norm_backward[(rows,)](
        gradient, gradient if residual is None else residual, gradient if skip is None else skip,
        total, mean, inverse, weight, n,
        HAS_RESIDUAL=residual is not None, HAS_SKIP=skip is not None, BLOCK=block, num_warps=_warps(block),
    )  # fmt: skip


@triton.jit
def _gelu(x, TANH: tl.constexpr):
    if TANH:
        return x * tl.sigmoid(1.5957691216057308 * (x + 0.044715 * x * x * x))
    return 0.5 * x * (1.0 + tl.erf(x * 0.7071067811865476))


@triton.jit
def _gelu_slope(x, TANH: tl.constexpr):
    if TANH:
        s = tl.sigmoid(1.5957691216057308 * (x + 0.044715 * x * x * x))
        return s + x * s * (1.0 - s) * 1.5957691216057308 * (1.0 + 0.134145 * x * x)
    return 0.5 * (1.0 + tl.erf(x * 0.7071067811865476)) + x * tl.exp(-0.5 * x * x) * 0.3989422804014327


@triton.jit
def _activate(y, bias, out, size, n, TANH: tl.constexpr, GATED: tl.constexpr, BLOCK: tl.constexpr):
    at = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    inside = at < size
    column = at % n
    source = at + (at // n) * n if GATED else at
    x = tl.load(y + source, mask=inside, other=0.0).to(tl.float32) + tl.load(bias + column, mask=inside, other=0.0)
    result = _gelu(x, TANH)
    if GATED:
        gate = tl.load(y + source + n, mask=inside, other=0.0).to(tl.float32)
        result *= gate + tl.load(bias + n + column, mask=inside, other=0.0)
    tl.store(out + at, result.to(out.dtype.element_ty), mask=inside)


def activate(y: torch.Tensor, bias: torch.Tensor, out: torch.Tensor, *, tanh: bool) -> None:
    """Write GELU(y + bias) into out [T, n]; where y is [T, 2n], GELU of its first half times its second half."""
    size, n = out.numel(), out.shape[1]
    _activate[(triton.cdiv(size, _NUMBERS),)](
        y, bias, out, size, n, TANH=tanh, GATED=y.shape[1] == 2 * n, BLOCK=_NUMBERS
    )


@triton.jit
def _activate_backward(gradient, y, bias, d_y, size, n, TANH: tl.constexpr, GATED: tl.constexpr, BLOCK: tl.constexpr):
    at = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    inside = at < size
    column = at % n
    source = at + (at // n) * n if GATED else at
    incoming = tl.load(gradient + at, mask=inside, other=0.0).to(tl.float32)
    x = tl.load(y + source, mask=inside, other=0.0).to(tl.float32) + tl.load(bias + column, mask=inside, other=0.0)
    result = incoming * _gelu_slope(x, TANH)
    if GATED:
        gate = tl.load(y + source + n, mask=inside, other=0.0).to(tl.float32)
        result *= gate + tl.load(bias + n + column, mask=inside, other=0.0)
        tl.store(d_y + source + n, (incoming * _gelu(x, TANH)).to(d_y.dtype.element_ty), mask=inside)
    tl.store(d_y + source, result.to(d_y.dtype.element_ty), mask=inside)


def activate_backward(
    gradient: torch.Tensor, y: torch.Tensor, bias: torch.Tensor, d_y: torch.Tensor, *, tanh: bool
) -> None:
    """Write the gradient of y into d_y, which may be the gradient of the result itself where y is as wide."""
    size, n = gradient.numel(), gradient.shape[1]
    _activate_backward[(triton.cdiv(size, _NUMBERS),)](
        gradient, y, bias, d_y, size, n, TANH=tanh, GATED=y.shape[1] == 2 * n, BLOCK=_NUMBERS
    )


@triton.jit
def _finish(
    y, y_stride, bias, residual, low, low_stride, high, rows, n,
    RANK: tl.constexpr, HAS_BIAS: tl.constexpr, HAS_RESIDUAL: tl.constexpr, ROWS: tl.constexpr, COLUMNS: tl.constexpr,
):  # fmt: skip
    row = tl.program_id(0).to(tl.int64) * ROWS + tl.arange(0, ROWS)
    column = tl.program_id(1) * COLUMNS + tl.arange(0, COLUMNS)
    inside = (row < rows)[:, None] & (column < n)[None, :]
    at = row[:, None] * y_stride + column[None, :]
    total = tl.load(y + at, mask=inside, other=0.0).to(tl.float32)
    if HAS_BIAS:
        total += tl.load(bias + column, mask=column < n, other=0.0)[None, :]
    if HAS_RESIDUAL:
        total += tl.load(residual + row[:, None] * n + column[None, :], mask=inside, other=0.0).to(tl.float32)
    for k in range(RANK):
        factor = tl.load(low + row * low_stride + k, mask=row < rows, other=0.0)
        total += factor[:, None] * tl.load(high + k * n + column, mask=column < n, other=0.0)[None, :]
    tl.store(y + at, total.to(y.dtype.element_ty), mask=inside)


def finish(
    y: torch.Tensor,
    bias: torch.Tensor | None,
    residual: torch.Tensor | None,
    low: torch.Tensor | None,
    high: torch.Tensor | None,
) -> None:
    """Write y + bias + residual + low @ high over y [T, n], whose rows may lie in a wider matrix."""
    rows, n = y.shape
    grid = (triton.cdiv(rows, _ROWS), triton.cdiv(n, _COLUMNS))
    _finish[grid](
        y, y.stride(0), y if bias is None else bias, y if residual is None else residual,
        y if low is None else low, 0 if low is None else low.stride(0), y if high is None else high, rows, n,
        RANK=0 if low is None else low.shape[1], HAS_BIAS=bias is not None, HAS_RESIDUAL=residual is not None,
        ROWS=_ROWS, COLUMNS=_COLUMNS,
    )  # fmt: skip


@triton.jit
def _rotate(x, x_stride, turns, positions, heads, HALF: tl.constexpr, HEADS: tl.constexpr, SIGN: tl.constexpr):
    row = tl.program_id(0).to(tl.int64)
    head, pair = tl.arange(0, HEADS), tl.arange(0, HALF)
    table = turns + tl.load(positions + row).to(tl.int64) * (2 * HALF) + pair
    cosine, sine = tl.load(table)[None, :], SIGN * tl.load(table + HALF)[None, :]
    at, inside = x + row * x_stride + head[:, None] * (2 * HALF) + pair[None, :], (head < heads)[:, None]
    low = tl.load(at, mask=inside, other=0.0).to(tl.float32)
    high = tl.load(at + HALF, mask=inside, other=0.0).to(tl.float32)
    tl.store(at, (low * cosine - high * sine).to(x.dtype.element_ty), mask=inside)
    tl.store(at + HALF, (high * cosine + low * sine).to(x.dtype.element_ty), mask=inside)


def rotate(x: torch.Tensor, turns: torch.Tensor, positions: torch.Tensor, *, inverse: bool) -> None:
    """Turn x [T, heads, d], d a power of two, whose heads lie side by side in each row, by the positions [T]."""
    rows, heads, d = x.shape
    _rotate[(rows,)](
        x, x.stride(0), turns, positions, heads,
        HALF=d // 2, HEADS=triton.next_power_of_2(heads), SIGN=-1.0 if inverse else 1.0,
    )  # fmt: skip


def _warps(block: int) -> int:
    """Of one row: eight numbers a thread, and no more threads than a program may have."""
    return max(1, min(16, block // 256))
