"""PEFT's LoRA layer with this package's kernel inside; saving, loading, merging and every variant stay PEFT's own."""

from typing import Any

import torch
import torch.nn.functional as F
from peft.tuners.lora import Linear
from torch import nn

from tunelet.kernels import LowRank, lora_linear


class LoraLinear(Linear):  # type: ignore[misc]
    """A linear module with LoRA. PEFT computes what the kernel does not cover: dropout, DoRA, several adapters.

    Attributes:
        merged_weight: W + sBA in the dtype of W, while there are users of it; then predictions take that.
        merged_users: the number of threads that do.
    """

    merged_weight: torch.Tensor | None = None
    merged_users = 0

    def forward(self, x: torch.Tensor, *args: Any, **kwargs: Any) -> torch.Tensor:
        """The module's output [..., n_out] of an input [..., n_in]."""
        name = self.plain_adapter()
        if name is None or args or kwargs or x.dtype != self.base_layer.weight.dtype:
            result: torch.Tensor = super().forward(x, *args, **kwargs)
            return result
        base, merged = self.base_layer, self.merged_weight
        if merged is not None and not torch.is_grad_enabled():
            return F.linear(x, merged, base.bias)
        a, b = self.lora_A[name].weight, self.lora_B[name].weight
        return lora_linear(x, base.weight, base.bias, a, b, self.scaling[name])

    def low_rank(self) -> tuple[torch.Tensor, torch.Tensor, float] | None:
        """A [r, n_in], B [n_out, r] and the scale, where there is a plain adapter and no dropout is set; else None."""
        name = self.plain_adapter()
        if name is None or self._has_dropout(name):
            return None
        return self.lora_A[name].weight, self.lora_B[name].weight, float(self.scaling[name])

    @torch.no_grad()
    def merged_plain(self) -> torch.Tensor | None:
        """W + sBA [n_out, n_in], where there is a plain adapter; else None."""
        name = self.plain_adapter()
        if name is None:
            return None
        weight = self.base_layer.weight
        low_rank = LowRank(self.lora_A[name].weight, self.lora_B[name].weight, float(self.scaling[name]))
        return low_rank.merged(weight.float()).to(weight.dtype)

    def plain_adapter(self) -> str | None:
        """The name of the only active adapter, if it is plain LoRA on a frozen module and runs without dropout.

        None in all other cases.
        """
        active = [name for name in self.active_adapters if name in self.lora_A]
        if len(active) != 1 or self.disable_adapters or self.merged:
            return None
        name: str = active[0]
        frozen = not any(parameter.requires_grad for parameter in self.base_layer.parameters())
        plain = name not in self.lora_variant and not self.lora_bias[name] and frozen
        return name if plain and not (self.training and self._has_dropout(name)) else None

    def _has_dropout(self, name: str) -> bool:
        return isinstance(self.lora_dropout[name], nn.Dropout)
