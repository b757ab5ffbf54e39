"""LoRA targets named by what they do (`qv`, `attention`, `all-linear`), whatever the modules are called."""

import re
from collections.abc import Sequence

from torch import nn
from transformers import PreTrainedModel

from tunelet._choice import Choice, nearest
from tunelet.errors import ModelError
from tunelet.model._structure import Structure

_ATTENTION = re.compile(r"att(entio)?n", re.IGNORECASE)
_QUERY = re.compile(r"^(w?q|query|to_?q)(_?(lin|linear|proj|projection))?$", re.IGNORECASE)
_VALUE = re.compile(r"^(w?v|value|to_?v)(_?(lin|linear|proj|projection))?$", re.IGNORECASE)
_FUSED = re.compile(r"^(w?qkv|query_key_value|in|c_attn|to_?qkv)(_?(lin|linear|proj|projection))?$", re.IGNORECASE)


def resolve_targets(
    model: PreTrainedModel, structure: Structure, targets: str | Sequence[str], layers: int = 0
) -> Choice[tuple[str, ...]]:
    """The linear modules that get LoRA, never the head's.

    Args:
        model: a sequence classification model without adapters.
        structure: its parts.
        targets: "qv", "attention", "all-linear", or endings of module names.
        layers: how many layers from the top; 0: all.

    Returns:
        Module name endings for PEFT's `target_modules` that select exactly the wanted modules, with the reason.

    Raises:
        ModelError: nothing fits; the hint lists the linear modules of a layer.
    """
    if layers:
        return _topmost(model, structure, resolve_targets(model, structure, targets), layers)
    if targets == "all-linear":
        return Choice(_endings(model, structure, structure.linears), "every linear module of the layers")
    if not isinstance(targets, str):
        return Choice(_endings(model, structure, _listed(structure, targets)), "as listed in the recipe")
    attention = [name for name in structure.linears if _in_attention(model, structure, name)]
    if not attention:
        raise ModelError(
            f"no attention module recognised in {type(model).__name__}",
            f"set adapter.targets to 'all-linear' or to some of {', '.join(_relative(structure, structure.linears))}",
        )
    if targets == "attention":
        return Choice(_endings(model, structure, attention), "every linear module of the attention")
    wanted = [name for name in attention if _is(_QUERY, name) or _is(_VALUE, name)]
    reason = "the query and value projections"
    if not wanted:
        wanted = [name for name in attention if _is(_FUSED, name) or _triples(model, name)]
        reason = "the fused query, key and value projection: this architecture has no separate ones"
    if not wanted:
        wanted = _first_and_third(attention)
        reason = "first and third linear module of the attention: by convention query and value"
    return Choice(_endings(model, structure, wanted), reason)


def _topmost(
    model: PreTrainedModel, structure: Structure, targets: Choice[tuple[str, ...]], layers: int
) -> Choice[tuple[str, ...]]:
    """Those of the target modules that are in the topmost layers, named in full."""
    blocks = len(model.get_submodule(structure.blocks))
    applied = int(getattr(model.config, "num_hidden_layers", blocks))
    if layers > applied:
        raise ModelError(f"adapter.layers is {layers}, but the model has {applied} layers", "set adapter.layers to 0")
    if blocks < applied:
        raise ModelError(
            f"adapter.layers is {layers}, but the layers of {type(model).__name__} share their weights",
            "set adapter.layers to 0",
        )
    first = blocks - layers
    chosen = tuple(
        name
        for name in structure.linears
        if any(name == ending or name.endswith(f".{ending}") for ending in targets.value)
        and int(name.removeprefix(f"{structure.blocks}.").partition(".")[0]) >= first
    )
    return Choice(chosen, f"{targets.reason}, in the last {layers} of {blocks} layers")


def _is(pattern: re.Pattern[str], name: str) -> bool:
    return bool(pattern.match(name.rpartition(".")[2]))


def _triples(model: PreTrainedModel, name: str) -> bool:
    module = model.get_submodule(name)
    return isinstance(module, nn.Linear) and module.out_features == 3 * module.in_features


def _in_attention(model: PreTrainedModel, structure: Structure, name: str) -> bool:
    """Whether an ancestor inside the block is called attention, by its own name or its class's."""
    parts = name.split(".")
    for end in range(structure.blocks.count(".") + 2, len(parts)):
        ancestor = model.get_submodule(".".join(parts[:end]))
        # A block's own class may be called "...AttentionLayer": only what lies below the list's item counts.
        if end > structure.blocks.count(".") + 2 and _ATTENTION.search(type(ancestor).__name__):
            return True
        if _ATTENTION.search(parts[end - 1]):
            return True
    return False


def _first_and_third(attention: list[str]) -> list[str]:
    by_parent: dict[str, list[str]] = {}
    for name in attention:
        by_parent.setdefault(name.rpartition(".")[0], []).append(name)
    return [names[i] for names in by_parent.values() for i in ((0, 2) if len(names) > 2 else range(len(names)))]


def _listed(structure: Structure, endings: Sequence[str]) -> list[str]:
    listed: list[str] = []
    for ending in endings:
        matches = [name for name in structure.linears if name == ending or name.endswith(f".{ending}")]
        if not matches:
            valid = sorted({name.rpartition(".")[2] for name in structure.linears})
            raise ModelError(
                f"adapter.targets: no linear module of the layers ends in {ending!r}", nearest(ending, valid)
            )
        listed += [name for name in matches if name not in listed]
    return listed


def _relative(structure: Structure, names: Sequence[str]) -> list[str]:
    """Names inside one block (without the block's number), each once."""
    inside = (re.sub(r"^\d+\.", "", name.removeprefix(f"{structure.blocks}.")) for name in names)
    return list(dict.fromkeys(inside))


def _endings(model: PreTrainedModel, structure: Structure, names: Sequence[str]) -> tuple[str, ...]:
    """Short endings where they select exactly these modules (a readable adapter_config.json), else the full names."""
    endings = _relative(structure, names)
    selected = {name for name, _ in model.named_modules() if any(name.endswith(f".{ending}") for ending in endings)}
    return tuple(endings) if selected == set(names) else tuple(names)
