"""How an encoder is built, read off its modules and never off the architecture's name.

Every Hugging Face encoder is a backbone (`base_model`) with a repeated block in a ModuleList, and a head beside the
backbone. The module that owns the list is the layer stack; what follows it (a pooler) and the head read its output.
"""

from dataclasses import dataclass

from torch import nn
from transformers import PreTrainedModel

from tunelet.errors import ModelError


@dataclass(frozen=True)
class Structure:
    """Dotted module names inside a sequence classification model.

    backbone: the pretrained encoder.
    blocks: the ModuleList that repeats the layer (once, where layers share their weights).
    stack: the module whose output holds the last hidden states; the backbone itself where no smaller one owns the list.
    linears: the linear modules inside the blocks.
    head: the modules with parameters beside the backbone.
    """

    backbone: str
    blocks: str
    stack: str
    linears: tuple[str, ...]
    head: tuple[str, ...]


def structure_of(model: PreTrainedModel) -> Structure:
    """The parts of a sequence classification model. Raises ModelError where no block is repeated."""
    backbone = model.base_model_prefix
    if not hasattr(model, backbone):
        raise ModelError(
            f"{type(model).__name__} keeps no backbone apart from its head", "choose an encoder, such as distilbert"
        )
    lists = [
        (f"{backbone}.{name}", module)
        for name, module in getattr(model, backbone).named_modules()
        if isinstance(module, nn.ModuleList)
    ]
    if not lists:
        raise ModelError(f"{type(model).__name__} has no repeated layer", "choose an encoder, such as distilbert")
    # Outer lists come first; the one that holds most linear weights is the stack of layers.
    blocks, _ = max(lists, key=lambda entry: sum(p.numel() for p in entry[1].parameters() if p.dim() == 2))
    linears = tuple(
        f"{blocks}.{name}"
        for name, module in model.get_submodule(blocks).named_modules()
        if isinstance(module, nn.Linear)
    )
    head = tuple(
        name for name, module in model.named_children() if name != backbone and any(True for _ in module.parameters())
    )
    return Structure(backbone=backbone, blocks=blocks, stack=blocks.rpartition(".")[0], linears=linears, head=head)
