"""LoRA beside a frozen product: its update of the output, and its gradients."""

from collections.abc import Mapping, Sequence

import torch

from tunelet.kernels._finish import finish
from tunelet.kernels._layer_weights import LowRank
from tunelet.kernels._products import Scaled

Gradients = dict[tuple[str, str], torch.Tensor]  # (role, "a" or "b") -> gradient of that matrix, float32


def add_updates(
    adapters: Mapping[str, LowRank],
    biases: Mapping[str, torch.Tensor],
    roles: Sequence[str],
    product: Scaled,
    x: torch.Tensor,
    low: dict[str, torch.Tensor],
) -> None:
    """Add row scale, biases and low-rank updates to the joint product of several roles, in place.

    Args:
        adapters, biases: by role.
        roles: the roles, whose outputs are equally wide and side by side in the product.
        product: [T, n].
        x: the input [T, n_in].
        low: x A^T of each adapted role is put there.
    """
    adapted = [role for role in roles if role in adapters]
    if adapted:  # one product for all that read the same input
        joint = torch.cat([adapters[role].a for role in adapted]).to(x.dtype)
        lows = torch.mm(x, joint.t()).float().split([len(adapters[role].a) for role in adapted], dim=1)
        low.update(zip(adapted, lows, strict=True))
    outs = product.values.view(len(product.values), len(roles), -1).unbind(1)
    for role, out in zip(roles, outs, strict=True):
        high = _high(adapters[role]) if role in adapters else None
        finish(out, scale=product.scale, bias=biases[role], low=low.get(role), high=high)


def add_update(adapter: LowRank, product: Scaled, x: torch.Tensor) -> tuple[Scaled, torch.Tensor]:
    """A module's product with row scale and low-rank update, in place; and x A^T of the input x [T, n_in]."""
    low = torch.mm(x, adapter.a.t().to(x.dtype)).float()
    return Scaled(finish(product.values, scale=product.scale, low=low, high=_high(adapter)), None), low


def gradients_of(
    adapter: LowRank, d_out: torch.Tensor, x: torch.Tensor, low: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """The gradients of A and B, and d_out B s [T, r], all float32.

    The gradient of the whole weight, [n_out, n_in], is never formed.

    Args:
        adapter: of the module.
        d_out: gradient of its output [T, n_out].
        x: its input [T, n_in].
        low: x A^T, as the forward pass made it.
    """
    d_low = torch.mm(d_out, (adapter.b * adapter.scale).to(d_out.dtype))
    d_b = torch.mm(low.to(d_out.dtype).t(), d_out).t().float() * adapter.scale
    return torch.mm(d_low.t(), x).float(), d_b, d_low.float()


def _high(adapter: LowRank) -> torch.Tensor:
    """scale * B^T, [r, n_out] contiguous."""
    return (adapter.b.t() * adapter.scale).contiguous()
