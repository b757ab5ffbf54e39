"""GELU (Hendrycks & Gimpel 2016) after a product, exact or with tanh, and its gradient, each in one pass."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F

from tunelet.kernels._gpu import gpu_kernels
from tunelet.kernels._native import native_for
from tunelet.kernels._quantise import Quantised, memory, quantise


@dataclass(frozen=True)
class Activated:
    """GELU(y * scale + bias), and what its gradient is computed from.

    y, scale, bias: the arguments of `activate`.
    out: the result [T, n] in the dtype of y; None where only bytes were asked for.
    quantised: the result as bytes; None where those were not asked for.
    """

    y: torch.Tensor
    scale: torch.Tensor | None
    bias: torch.Tensor
    out: torch.Tensor | None
    quantised: Quantised | None


def activate(
    y: torch.Tensor, *, scale: torch.Tensor | None, bias: torch.Tensor, tanh: bool, plain: bool, quantised: bool
) -> Activated:
    """GELU(y * scale + bias).

    Args:
        y: the product [T, n], contiguous, float32 or bfloat16.
        scale: factor of each row of y, float32 [T]; None for 1.
        bias: float32 [n].
        tanh: whether to use the approximation with tanh, as ALBERT does.
        plain: whether the result is wanted in the dtype of y.
        quantised: whether the result is wanted as bytes.
    """
    gpu = gpu_kernels(y, scale, quantised=quantised)
    if gpu is not None:
        written = torch.empty_like(y)
        gpu.activate(y, bias, written, tanh=tanh)
        return Activated(y, scale, bias, written, None)
    library = native_for(y)
    if library is None:
        return reference_activate(y, scale=scale, bias=bias, tanh=tanh, plain=plain, quantised=quantised)
    out = torch.empty_like(y) if plain else None
    result = Quantised.empty(*y.shape) if quantised else None
    library.call(
        "activate", y.dtype, y, scale, bias, out, *memory(result), y.shape[0],
        y.shape[1], tanh,
    )  # fmt: skip
    return Activated(y, scale, bias, out, result)


def reference_activate(
    y: torch.Tensor, *, scale: torch.Tensor | None, bias: torch.Tensor, tanh: bool, plain: bool, quantised: bool
) -> Activated:
    """The definition of `activate`."""
    out = F.gelu(_argument(y, scale, bias), approximate="tanh" if tanh else "none")
    return Activated(y, scale, bias, out.to(y.dtype) if plain else None, quantise(out) if quantised else None)


def activate_backward(
    gradient: torch.Tensor, activated: Activated, *, scale: torch.Tensor | None, tanh: bool, quantised: bool
) -> tuple[torch.Tensor, Quantised | None]:
    """The gradient of y * scale + bias: gradient * scale * GELU' [T, n], written over `gradient`.

    Args:
        gradient: gradient of the result, [T, n] contiguous.
        activated: what `activate` returned.
        scale: factor of each row of `gradient`, float32 [T]; None for 1.
        tanh: as in `activate`.
        quantised: whether the gradient is wanted as bytes as well.
    """
    gpu = gpu_kernels(gradient, scale, quantised=quantised)
    if gpu is not None:
        gpu.activate_backward(gradient, activated.y, activated.bias, gradient, tanh=tanh)
        return gradient, None
    library = native_for(gradient)
    if library is None:
        return reference_activate_backward(gradient, activated, scale=scale, tanh=tanh, quantised=quantised)
    result = Quantised.empty(*gradient.shape) if quantised else None
    library.call(
        "activate_backward", gradient.dtype, gradient, scale, activated.y, activated.scale, activated.bias,
        *memory(result), gradient.shape[0], gradient.shape[1], tanh,
    )  # fmt: skip
    return gradient, result


def reference_activate_backward(
    gradient: torch.Tensor, activated: Activated, *, scale: torch.Tensor | None, tanh: bool, quantised: bool
) -> tuple[torch.Tensor, Quantised | None]:
    """The definition of `activate_backward`."""
    incoming = gradient.float() if scale is None else gradient.float() * scale[:, None]
    x = _argument(activated.y, activated.scale, activated.bias)
    result = torch.ops.aten.gelu_backward(incoming, x, approximate="tanh" if tanh else "none")
    return result.to(gradient.dtype), quantise(result) if quantised else None


def _argument(y: torch.Tensor, scale: torch.Tensor | None, bias: torch.Tensor) -> torch.Tensor:
    return (y.float() if scale is None else y.float() * scale[:, None]) + bias
