"""Where the layers of an encoder keep their parts.

DistilBERT, BERT, ALBERT, RoBERTa and ELECTRA build their post-norm layers of the same eight parts under different
names; ModernBERT builds pre-norm layers. Here the parts are looked up by these names; whether the kernels then compute
what the model's own modules do is for a trial to show.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn
from transformers import PreTrainedModel

from tunelet.kernels import JOINT, ROLES, LowRank
from tunelet.model._lora_layer import LoraLinear
from tunelet.model._structure import Structure

# The names of the parts by architecture. A pre-norm layer has no output norm: the next layer begins with it.
_NAMES: tuple[dict[str, str], ...] = (
    {  # DistilBERT
        "query": "attention.q_lin", "key": "attention.k_lin", "value": "attention.v_lin", "out": "attention.out_lin",
        "attention_norm": "sa_layer_norm", "up": "ffn.lin1", "down": "ffn.lin2", "output_norm": "output_layer_norm",
    },
    {  # BERT, RoBERTa, ELECTRA
        "query": "attention.self.query", "key": "attention.self.key", "value": "attention.self.value",
        "out": "attention.output.dense", "attention_norm": "attention.output.LayerNorm", "up": "intermediate.dense",
        "down": "output.dense", "output_norm": "output.LayerNorm",
    },
    {  # ALBERT
        "query": "attention.query", "key": "attention.key", "value": "attention.value", "out": "attention.dense",
        "attention_norm": "attention.LayerNorm", "up": "ffn", "down": "ffn_output",
        "output_norm": "full_layer_layer_norm",
    },
    {  # ModernBERT
        "input_norm": "attn_norm", JOINT: "attn.Wqkv", "out": "attn.Wo", "attention_norm": "mlp_norm",
        "up": "mlp.Wi", "down": "mlp.Wo",
    },
)  # fmt: skip


class Unfit(Exception):  # noqa: N818  (an answer, not an error)
    """A model whose layers cannot be fused; the message is the reason."""


class LayerParts:
    """The parts of one layer. They are looked up at each access, for PEFT puts modules of its own in their place."""

    def __init__(self, layer: nn.Module) -> None:
        """Raise Unfit where a layer has no parts of known names."""
        self._layer: Any = layer
        names = next((names for names in _NAMES if _has_parts(layer, names)), None)
        if names is None:
            raise Unfit(f"{type(layer).__name__} is not a layer with parts of known names")
        self._names = names
        self._following: nn.Module | None = None

    def __getitem__(self, part: str) -> nn.Module:
        if part == "output_norm" and self.pre_norm:
            assert self._following is not None  # noqa: S101
            return self._following
        found: nn.Module = self._layer.get_submodule(self._names[part])
        return found

    @property
    def pre_norm(self) -> bool:
        """Whether the layer normalises what its blocks read."""
        return "input_norm" in self._names

    def is_followed_by(self, norm: nn.Module) -> None:
        """Tell a pre-norm layer the normalisation that comes after it. Raises Unfit for another kind of module."""
        if not isinstance(norm, nn.LayerNorm):
            raise Unfit(f"its layers are followed by {type(norm).__name__}")
        self._following = norm

    def linears(self) -> dict[str, nn.Module]:
        """The linear modules by role, PEFT's in the place of those with LoRA."""
        return {role: self[role] for role in (*ROLES[:3], JOINT, *ROLES[3:]) if role in self._names}

    @property
    def window(self) -> int | None:
        """A token sees only tokens at a distance of less than this; None: the whole text."""
        window: int | None = (
            getattr(self._layer.get_submodule("attn"), "sliding_window", None) if self.pre_norm else None
        )
        return window

    @property
    def attention_type(self) -> str | None:
        """The name by which the model tells its layers' rotary positions apart."""
        kind: str | None = getattr(self._layer, "attention_type", None)
        return kind

    @property
    def adapted(self) -> bool:
        """Whether any of them has an adapter."""
        return any(_has_adapter(module) for module in self.linears().values())

    def adapters(self) -> dict[str, LowRank]:
        """The adapters by role. Raises Unfit for other adapters than the kernels compute."""
        adapters = {}
        for role, module in self.linears().items():
            if not _has_adapter(module):
                continue
            low_rank = low_rank_of(module)
            if low_rank is None:
                raise Unfit("its adapter is not plain LoRA without dropout")
            adapters[role] = low_rank
        return adapters


def layers_of(model: PreTrainedModel, structure: Structure) -> list[LayerParts]:
    """The layers in the order of their application, one with shared weights as often as it is applied."""
    layers = [LayerParts(layer) for layer in _applied(model, structure)]
    if layers[0].pre_norm:
        final: Any = getattr(model.get_submodule(structure.stack), "final_norm", None)
        for layer, norm in zip(layers, [*(layer["input_norm"] for layer in layers[1:]), final], strict=True):
            layer.is_followed_by(norm)
    return layers


def base_linear(module: nn.Module) -> nn.Linear:
    """The frozen linear module inside one with LoRA, else the module itself."""
    return module.get_base_layer() if _has_adapter(module) else module  # type: ignore[operator, return-value]


def low_rank_of(module: nn.Module) -> LowRank | None:
    """The module's adapter, where it is plain LoRA without dropout."""
    low_rank = module.low_rank() if isinstance(module, LoraLinear) else None
    return None if low_rank is None else LowRank(*low_rank)


def weight_of(module: nn.Module, *, merged: bool) -> torch.Tensor:
    """W [n_out, n_in]; W + sBA in float32 where `merged` is set and the module has an adapter."""
    weight = base_linear(module).weight.detach()
    low_rank = low_rank_of(module) if merged else None
    return weight if low_rank is None else low_rank.merged(weight.float())


def _applied(model: PreTrainedModel, structure: Structure) -> list[nn.Module]:
    blocks = list(model.get_submodule(structure.blocks))
    layers = int(model.config.num_hidden_layers)
    if all(hasattr(block, "albert_layers") for block in blocks):
        groups = [blocks[int(i / (layers / len(blocks)))] for i in range(layers)]
        return [layer for group in groups for layer in group.albert_layers]
    if len(blocks) != layers:
        raise Unfit("its layers share weights in a way of their own")
    return blocks


def _has_parts(layer: nn.Module, names: Mapping[str, str]) -> bool:
    try:
        parts = {part: base_linear(layer.get_submodule(name)) for part, name in names.items()}
    except AttributeError:
        return False
    return all(isinstance(module, _kinds(part)) for part, module in parts.items())


def _kinds(part: str) -> tuple[type[nn.Module], ...]:
    if part == "input_norm":
        return (nn.LayerNorm, nn.Identity)  # ModernBERT's first layer reads what the embeddings have normalised
    return (nn.LayerNorm,) if part.endswith("norm") else (nn.Linear,)


def _has_adapter(module: nn.Module) -> bool:
    return hasattr(module, "get_base_layer")
