"""A linear module with LoRA (Hu et al. 2022) as one step of autograd, in the dtype of its frozen weight.

y = x W^T + b + s (x A^T) B^T. The backward pass computes the gradients of x, A and B alone. PEFT's own layer would
copy x to float32; this one does not.
"""

from typing import Any

import torch
import torch.nn.functional as F


def lora_linear(
    x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None, a: torch.Tensor, b: torch.Tensor, scale: float
) -> torch.Tensor:
    """The module's output [..., n_out] in the dtype of the weight.

    Args:
        x: [..., n_in], in the dtype of the weight.
        weight: [n_out, n_in], frozen.
        bias: [n_out], frozen.
        a: [r, n_in], float32.
        b: [n_out, r], float32.
        scale: factor s on the update.
    """
    output: torch.Tensor = _LinearWithLora.apply(x, weight, bias, a, b, scale)  # type: ignore[no-untyped-call]
    return output


def reference_lora_linear(
    x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None, a: torch.Tensor, b: torch.Tensor, scale: float
) -> torch.Tensor:
    """The definition of `lora_linear`, differentiated by autograd; the update in float32."""
    update = F.linear(F.linear(x.float(), a.float()), b.float()) * scale
    return (F.linear(x, weight, bias).float() + update).to(weight.dtype)


class _LinearWithLora(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        x: torch.Tensor,
        weight: torch.Tensor,
        bias: torch.Tensor | None,
        a: torch.Tensor,
        b: torch.Tensor,
        scale: float,
    ) -> torch.Tensor:
        rows = x.reshape(-1, x.shape[-1])
        low = torch.mm(rows, a.t().to(x.dtype))
        output = F.linear(rows, weight, bias)
        output.addmm_(low, (b * scale).t().to(x.dtype))
        ctx.save_for_backward(rows, weight, a, b, low)
        ctx.scale, ctx.shape = scale, x.shape
        return output.view(*x.shape[:-1], weight.shape[0])

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> Any:
        rows, weight, a, b, low = ctx.saved_tensors
        gradient = gradient.reshape(-1, gradient.shape[-1])
        d_low = torch.mm(gradient, (b * ctx.scale).to(gradient.dtype))
        d_a = torch.mm(d_low.t(), rows).to(a.dtype)
        d_b = (torch.mm(gradient.t(), low).float() * ctx.scale).to(b.dtype)
        d_x = None
        if ctx.needs_input_grad[0]:
            d_x = torch.mm(gradient, weight).addmm_(d_low, a.to(gradient.dtype)).view(ctx.shape)
        return d_x, None, None, d_a, d_b, None
