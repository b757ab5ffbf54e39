"""Residual and layer normalisation (Ba et al. 2016) after a product, and their gradient, each in one pass."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F

from tunelet.kernels._gpu import gpu_kernels
from tunelet.kernels._native import native_for
from tunelet.kernels._quantise import Quantised, memory, quantise


@dataclass(frozen=True)
class Norm:
    """A frozen layer normalisation: weight and bias float32 [n], epsilon."""

    weight: torch.Tensor
    bias: torch.Tensor
    epsilon: float


def normalise(x: torch.Tensor, norm: Norm) -> torch.Tensor:
    """LayerNorm(x) of x [T, n], in its dtype; without a gradient of our own."""
    return F.layer_norm(x.float(), norm.weight.shape, norm.weight, norm.bias, norm.epsilon).to(x.dtype)


@dataclass(frozen=True)
class Normed:
    """The result of `add_norm`, and what its gradient is computed from.

    sum: y * scale + bias + residual, [T, n].
    out: the same, normalised, [T, n].
    mean: of each row of `sum`, float32 [T].
    inverse: 1 / standard deviation of each row of `sum`, float32 [T].
    quantised: `out` as bytes, where those were asked for.
    """

    sum: torch.Tensor
    out: torch.Tensor
    mean: torch.Tensor
    inverse: torch.Tensor
    quantised: Quantised | None


def add_norm(
    y: torch.Tensor,
    residual: torch.Tensor,
    norm: Norm,
    *,
    scale: torch.Tensor | None,
    bias: torch.Tensor,
    quantised: bool,
) -> Normed:
    """LayerNorm(y * scale + bias + residual). Writes over y.

    Args:
        y: the product [T, n], contiguous, float32 or bfloat16.
        residual: [T, n] in the dtype of y, contiguous.
        norm: the normalisation of n features.
        scale: factor of each row of y, float32 [T]; None for 1.
        bias: float32 [n].
        quantised: whether the result is wanted as bytes as well.
    """
    gpu = gpu_kernels(y, scale, quantised=quantised)
    if gpu is not None:
        out, mean, inverse = gpu.add_norm(y, residual, norm.weight, norm.bias, norm.epsilon, bias)
        return Normed(y, out, mean, inverse, None)
    library = native_for(y)
    if library is None:
        return reference_add_norm(y, residual, norm, scale=scale, bias=bias, quantised=quantised)
    rows, n = y.shape
    out, mean, inverse = torch.empty_like(y), torch.empty(rows), torch.empty(rows)
    result = Quantised.empty(rows, n) if quantised else None
    library.call(
        "add_norm", y.dtype, y, scale, bias, residual, norm.weight, norm.bias, norm.epsilon, out, mean, inverse,
        *memory(result), rows, n,
    )  # fmt: skip
    return Normed(y, out, mean, inverse, result)


def reference_add_norm(
    y: torch.Tensor,
    residual: torch.Tensor,
    norm: Norm,
    *,
    scale: torch.Tensor | None,
    bias: torch.Tensor,
    quantised: bool,
) -> Normed:
    """The definition of `add_norm`."""
    total = (y.float() if scale is None else y.float() * scale[:, None]) + bias + residual
    mean, variance = total.mean(dim=1), total.var(dim=1, unbiased=False)
    out = F.layer_norm(total, (total.shape[1],), norm.weight, norm.bias, norm.epsilon)
    return Normed(
        sum=total.to(y.dtype),
        out=out.to(y.dtype),
        mean=mean,
        inverse=(variance + norm.epsilon).rsqrt(),
        quantised=quantise(out) if quantised else None,
    )


def norm_backward(
    gradient: torch.Tensor,
    normed: Normed,
    norm: Norm,
    *,
    scale: torch.Tensor | None = None,
    residual: torch.Tensor | None = None,
    skip: torch.Tensor | None = None,
    quantised: bool,
) -> tuple[torch.Tensor, Quantised | None]:
    """The gradient of `normed.sum` from that of `normed.out`, which is gradient * scale + residual.

    Args:
        gradient: [T, n] contiguous, float32 or bfloat16; the result is written over it.
        normed: what `add_norm` returned.
        norm: the normalisation.
        scale: factor of each row of `gradient`, float32 [T]; None for 1.
        residual: a second gradient of `normed.out`, [T, n] in the same dtype.
        skip: a gradient of `normed.sum` that comes past the normalisation, [T, n] in the same dtype; it is added.
        quantised: whether the result is wanted as bytes as well.
    """
    gpu = gpu_kernels(gradient, scale, quantised=quantised)
    if gpu is not None:
        gpu.norm_backward(gradient, residual, skip, normed.sum, normed.mean, normed.inverse, norm.weight)
        return gradient, None
    library = native_for(gradient)
    if library is None:
        return reference_norm_backward(
            gradient, normed, norm, scale=scale, residual=residual, skip=skip, quantised=quantised
        )
    rows, n = gradient.shape
    result = Quantised.empty(rows, n) if quantised else None
    library.call(
        "norm_backward", gradient.dtype, gradient, scale, residual, skip, normed.sum, normed.mean, normed.inverse,
        norm.weight, *memory(result), rows, n,
    )  # fmt: skip
    return gradient, result


def reference_norm_backward(
    gradient: torch.Tensor,
    normed: Normed,
    norm: Norm,
    *,
    scale: torch.Tensor | None = None,
    residual: torch.Tensor | None = None,
    skip: torch.Tensor | None = None,
    quantised: bool,
) -> tuple[torch.Tensor, Quantised | None]:
    """The definition of `norm_backward`."""
    incoming = gradient.float() if scale is None else gradient.float() * scale[:, None]
    if residual is not None:
        incoming = incoming + residual
    x = (normed.sum.float() - normed.mean[:, None]) * normed.inverse[:, None]
    g = incoming * norm.weight
    result = (g - g.mean(dim=1, keepdim=True) - x * (g * x).mean(dim=1, keepdim=True)) * normed.inverse[:, None]
    if skip is not None:
        result = result + skip
    return result.to(gradient.dtype), quantise(result) if quantised else None
