"""Where the layers of an encoder keep their parts.

DistilBERT, BERT, ALBERT, RoBERTa and ELECTRA build their post-norm layers of the same eight parts under different
names. Here the parts are looked up by these names; whether the kernels then compute what the model's own modules do
is for a trial to show.
"""

import torch
from torch import nn
from transformers import PreTrainedModel

from tunelet.kernels import ROLES, LowRank
from tunelet.model._lora_layer import LoraLinear
from tunelet.model._structure import Structure

# The names of the parts, by architecture, in the order of `_PARTS`.
_NAMES = (
    (  # DistilBERT
        "attention.q_lin", "attention.k_lin", "attention.v_lin", "attention.out_lin", "sa_layer_norm",
        "ffn.lin1", "ffn.lin2", "output_layer_norm",
    ),
    (  # BERT, RoBERTa, ELECTRA
        "attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense",
        "attention.output.LayerNorm", "intermediate.dense", "output.dense", "output.LayerNorm",
    ),
    (  # ALBERT
        "attention.query", "attention.key", "attention.value", "attention.dense", "attention.LayerNorm",
        "ffn", "ffn_output", "full_layer_layer_norm",
    ),
)  # fmt: skip
_PARTS = ("query", "key", "value", "out", "attention_norm", "up", "down", "output_norm")


class Unfit(Exception):  # noqa: N818  (an answer, not an error)
    """A model whose layers cannot be fused; the message is the reason."""


class LayerParts:
    """The parts of one layer. They are looked up at each access, for PEFT puts modules of its own in their place."""

    def __init__(self, layer: nn.Module) -> None:
        """Raise Unfit where a layer has no parts of known names."""
        self._layer = layer
        names = next((names for names in _NAMES if _has_parts(layer, names)), None)
        if names is None:
            raise Unfit(f"{type(layer).__name__} is not a post-norm layer with parts of known names")
        self._names = dict(zip(_PARTS, names, strict=True))

    def __getitem__(self, part: str) -> nn.Module:
        return self._layer.get_submodule(self._names[part])

    def linears(self) -> dict[str, nn.Module]:
        """The six linear modules by role, PEFT's in the place of those with LoRA."""
        return {role: self[role] for role in ROLES}

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
    return [LayerParts(layer) for layer in _applied(model, structure)]


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


def _has_parts(layer: nn.Module, names: tuple[str, ...]) -> bool:
    try:
        parts = [base_linear(layer.get_submodule(name)) for name in names]
    except AttributeError:
        return False
    kinds = [nn.LayerNorm if part.endswith("norm") else nn.Linear for part in _PARTS]
    return all(isinstance(part, kind) for part, kind in zip(parts, kinds, strict=True))


def _has_adapter(module: nn.Module) -> bool:
    return hasattr(module, "get_base_layer")
