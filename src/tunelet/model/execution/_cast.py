"""The dtypes of a model's modules: frozen weights in the dtype of the activations, all that is trained in float32."""

from typing import Any

import torch
from torch import nn
from transformers import PreTrainedModel

from tunelet.model._structure import Structure


def cast_backbone(model: PreTrainedModel, structure: Structure, dtype: torch.dtype) -> None:
    """Convert the frozen weights up to the end of the layers; trained weights, pooler and head stay float32.

    What pooler and head read is converted to float32 in front of them.
    """
    if dtype == torch.float32:
        return
    in_float32 = [model.get_submodule(name) for name in structure.head]
    for name, child in model.get_submodule(structure.backbone).named_children():
        if "pool" in name:
            in_float32.append(child)
        else:
            _cast_frozen(child, dtype)
    for module in in_float32:
        module.register_forward_pre_hook(_to_float32)


def _cast_frozen(module: nn.Module, dtype: torch.dtype) -> None:
    for name, parameter in module.named_parameters():
        if not parameter.requires_grad and "lora_" not in name and "modules_to_save" not in name:
            parameter.data = parameter.data.to(dtype)


def _to_float32(module: nn.Module, args: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(value.float() if isinstance(value, torch.Tensor) else value for value in args)
