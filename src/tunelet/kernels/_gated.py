"""Gated GELU (GEGLU, Shazeer 2020) after a product, exact or with tanh, and its gradient, each in one pass."""

import torch
import torch.nn.functional as F

from tunelet.kernels._gelu import Activated
from tunelet.kernels._gpu import gpu_kernels
from tunelet.kernels._native import native_for
from tunelet.kernels._quantise import Quantised, memory, quantise


def activate_gated(
    y: torch.Tensor, *, scale: torch.Tensor | None, bias: torch.Tensor, tanh: bool, plain: bool, quantised: bool
) -> Activated:
    """GELU(u) * g, where y * scale + bias has the n numbers u of each row before its n gates g.

    Args:
        y: the product [T, 2n], contiguous, float32 or bfloat16.
        scale: factor of each row of y, float32 [T]; None for 1.
        bias: float32 [2n].
        tanh: whether to use the approximation with tanh.
        plain: whether the result [T, n] is wanted in the dtype of y.
        quantised: whether the result is wanted as bytes.
    """
    gpu = gpu_kernels(y, scale, quantised=quantised)
    if gpu is not None:
        written = y.new_empty(len(y), y.shape[1] // 2)
        gpu.activate(y, bias, written, tanh=tanh)
        return Activated(y, scale, bias, written, None)
    library = native_for(y)
    if library is None:
        return reference_activate_gated(y, scale=scale, bias=bias, tanh=tanh, plain=plain, quantised=quantised)
    rows, n = len(y), y.shape[1] // 2
    out = y.new_empty(rows, n) if plain else None
    result = Quantised.empty(rows, n) if quantised else None
    library.call("activate_gated", y.dtype, y, scale, bias, out, *memory(result), rows, n, tanh)
    return Activated(y, scale, bias, out, result)


def reference_activate_gated(
    y: torch.Tensor, *, scale: torch.Tensor | None, bias: torch.Tensor, tanh: bool, plain: bool, quantised: bool
) -> Activated:
    """The definition of `activate_gated`."""
    u, gate = _halves(y, scale, bias)
    out = F.gelu(u, approximate="tanh" if tanh else "none") * gate
    return Activated(y, scale, bias, out.to(y.dtype) if plain else None, quantise(out) if quantised else None)


def activate_gated_backward(
    gradient: torch.Tensor, activated: Activated, *, scale: torch.Tensor | None, tanh: bool, quantised: bool
) -> tuple[torch.Tensor, Quantised | None]:
    """The gradient of y * scale + bias, a new tensor [T, 2n], from gradient * scale of the result.

    Args:
        gradient: [T, n] contiguous.
        activated: what `activate_gated` returned.
        scale: factor of each row of `gradient`, float32 [T]; None for 1.
        tanh: as in `activate_gated`.
        quantised: whether the gradient is wanted as bytes as well.
    """
    gpu = gpu_kernels(gradient, scale, quantised=quantised)
    if gpu is not None:
        d_y = torch.empty_like(activated.y)
        gpu.activate_backward(gradient, activated.y, activated.bias, d_y, tanh=tanh)
        return d_y, None
    library = native_for(gradient)
    if library is None:
        return reference_activate_gated_backward(gradient, activated, scale=scale, tanh=tanh, quantised=quantised)
    rows, n = gradient.shape
    d_y = torch.empty_like(activated.y)
    result = Quantised.empty(rows, 2 * n) if quantised else None
    library.call(
        "activate_gated_backward", gradient.dtype, gradient, scale, activated.y, activated.scale, activated.bias,
        d_y, *memory(result), rows, n, tanh,
    )  # fmt: skip
    return d_y, result


def reference_activate_gated_backward(
    gradient: torch.Tensor, activated: Activated, *, scale: torch.Tensor | None, tanh: bool, quantised: bool
) -> tuple[torch.Tensor, Quantised | None]:
    """The definition of `activate_gated_backward`."""
    form = "tanh" if tanh else "none"
    incoming = gradient.float() if scale is None else gradient.float() * scale[:, None]
    u, gate = _halves(activated.y, activated.scale, activated.bias)
    d_u = torch.ops.aten.gelu_backward(incoming * gate, u, approximate=form)
    result = torch.cat([d_u, incoming * F.gelu(u, approximate=form)], dim=1)
    return result.to(gradient.dtype), quantise(result) if quantised else None


def _halves(y: torch.Tensor, scale: torch.Tensor | None, bias: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    u, gate = ((y.float() if scale is None else y.float() * scale[:, None]) + bias).chunk(2, dim=1)
    return u, gate
