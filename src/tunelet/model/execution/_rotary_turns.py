"""The rotary positions of a model as the kernels read them."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from tunelet.model.execution._layer_parts import LayerParts, Unfit

# Kinds whose angles are the same for texts of every length. "dynamic" and "longrope" change them for long ones.
_FIXED = ("default", "linear", "yarn", "llama3", "proportional")


def rotary_turns(stack: nn.Module, layers: Sequence[LayerParts], positions: int) -> dict[str, torch.Tensor]:
    """The table of each kind of layer, by its name: float32 [positions, head_dim], cosines before sines.

    Empty for a model whose embeddings know positions.

    Args:
        stack: the module with the layers, which makes the angles.
        layers: its layers.
        positions: as many as a text may have tokens.

    Raises:
        Unfit: angles depend on the text.
    """
    rotary: Any = getattr(stack, "rotary_emb", None)
    if rotary is None:
        return {}
    turns = {}
    for kind in {layer.attention_type for layer in layers}:
        if kind is None or not isinstance(rotary.rope_type, dict) or rotary.rope_type.get(kind) not in _FIXED:
            raise Unfit("its rotary positions are of another kind")
        with torch.no_grad():
            device = next(stack.parameters()).device
            both = rotary(torch.zeros(1, device=device), torch.arange(positions, device=device).unsqueeze(0), kind)
        turns[kind] = torch.cat([half[0, :, : half.shape[-1] // 2] for half in both], dim=1).float().contiguous()
    return turns
