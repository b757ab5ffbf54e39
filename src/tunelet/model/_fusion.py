"""The layers of a post-norm encoder run by this package's kernels instead of module by module.

DistilBERT, BERT, ALBERT, RoBERTa and ELECTRA name the same eight parts of a layer differently. They are looked up here,
and whether the result is the model's own is found by trying. The weights stay where they are: saving, loading and
merging know nothing of this. What a call brings along comes as its arguments; threads may predict with one model.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn
from transformers import PreTrainedModel
from transformers.modeling_outputs import BaseModelOutputWithPastAndCrossAttentions

from tunelet.kernels import (
    ROLES,
    FloatProduct,
    FusedLayers,
    Int8Product,
    Layer,
    LayerWeights,
    LowRank,
    Norm,
    Pooling,
    Product,
)
from tunelet.model._lora_layer import LoraLinear
from tunelet.model._structure import Structure

# Where a layer keeps its parts, by architecture: query, key, value, out, first norm, up, down, second norm.
_PLACES = (
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
_ROLES = ("query", "key", "value", "out", "attention_norm", "up", "down", "output_norm")
_ACTIVATIONS = {"gelu": False, "gelu_new": True, "gelu_pytorch_tanh": True}  # name -> whether with tanh


class Unfit(Exception):  # noqa: N818  (an answer, not an error)
    """A model that the kernels do not cover; the message ends the sentence "not fused: ..."."""


class _Mode(threading.local):
    """The encoder that a thread predicts with, None where it trains; like torch's inference mode each thread's own."""

    encoder: FusedLayers | None = None


class Fusion:
    """Runs the layer stack of one model through `kernels.FusedLayers`."""

    def __init__(self, model: PreTrainedModel, structure: Structure, pooling: Pooling | None) -> None:
        """Look up the parts of every layer; `pooling` is what the head reads of a text, None: tokens. Raises Unfit."""
        self.pooling = pooling
        config = model.config
        activation = getattr(config, "hidden_act", None) or getattr(config, "activation", None)
        if activation not in _ACTIVATIONS:
            raise Unfit(f"its activation is {activation}")
        if getattr(config, "is_decoder", False) or getattr(config, "add_cross_attention", False):
            raise Unfit("it is a decoder")
        self._tanh = _ACTIVATIONS[activation]
        self._heads = int(config.num_attention_heads)
        self._stack = model.get_submodule(structure.stack)
        self._blocks = [_Block(block) for block in _blocks(model, structure)]
        for block in self._blocks:
            _adapters(block)
        self._mapping = getattr(self._stack, "embedding_hidden_mapping_in", None)  # ALBERT's small embeddings
        self._precision = "float32"
        self.element = torch.float32  # dtype of the activations
        self._products: dict[tuple[int, int, bool], Product] = {}
        self._making = threading.RLock()  # one thread lays out the weights, the others wait for them
        self._mode = _Mode()
        self._encoder: FusedLayers | None = None  # made when it is first needed: prediction needs another
        self._merged: tuple[list[torch.Tensor], FusedLayers] | None = None

    @property
    def depth(self) -> int:
        """How many layers are applied."""
        return len(self._blocks)

    def install(self, precision: str, element: torch.dtype) -> None:
        """Take over the stack, with weights in `precision` and activations in the dtype `element`."""
        self._precision, self.element = precision, element
        self._stack.forward = self._forward

    @property
    def encoder(self) -> FusedLayers:
        """The layers with their adapters, or merged inside `merged`."""
        if self._mode.encoder is not None:
            return self._mode.encoder
        with self._making:
            if self._encoder is None:
                self._encoder = self._make(merged=False)
            return self._encoder

    def remove(self) -> None:
        """Give the stack back, and let go of the weights that were laid out for it."""
        del self._stack.forward
        self._products.clear()
        self._encoder = self._merged = None

    @contextmanager
    def merged(self) -> Iterator[None]:
        """Let this thread run with W + sBA formed once, for batches without a gradient; kept until an adapter changes.

        In training this is no gain but for key and value of the last layer, which see to it themselves: the gradients
        of A and B need x A^T anyway, and adding (x A^T) B^T to a product costs less than forming and packing a weight.
        """
        before, self._mode.encoder = self._mode.encoder, self._merged_encoder()
        try:
            yield
        finally:
            self._mode.encoder = before

    def _merged_encoder(self) -> FusedLayers:
        adapters = self._adapter_tensors()
        with self._making:
            if self._merged is None or not _equal(self._merged[0], adapters):
                self._merged = ([tensor.clone() for tensor in adapters], self._make(merged=True))
            return self._merged[1]

    def _adapter_tensors(self) -> list[torch.Tensor]:
        """A and B of every adapter. Their values are compared: a fused optimiser leaves `_version` as it was."""
        modules = (module for block in self._blocks for module in block.linears().values())
        adapters = (module.low_rank() for module in modules if isinstance(module, LoraLinear))
        return [tensor.detach() for adapter in adapters if adapter is not None for tensor in adapter[:2]]

    @property
    def frozen(self) -> int:
        """How many layers lie below the lowest adapter."""
        adapted = (any(hasattr(m, "get_base_layer") for m in block.linears().values()) for block in self._blocks)
        return next((number for number, has in enumerate(adapted) if has), self.depth)

    def _embedded(self, hidden: torch.Tensor) -> torch.Tensor:
        """What the first layer reads [T, n], from the embeddings [1, T, m]."""
        if self._mapping is not None:
            hidden = self._mapping(hidden)
        return hidden[0].to(self.element)

    def _forward(
        self,
        hidden_states: torch.Tensor,
        *_: Any,
        lengths: tuple[int, ...],
        below: torch.Tensor | None = None,
        stopped: list[torch.Tensor] | None = None,
        by_layer: list[torch.Tensor] | None = None,
        places: torch.Tensor | None = None,
        **__: Any,
    ) -> BaseModelOutputWithPastAndCrossAttentions:
        """The stack's forward pass.

        Args:
            hidden_states: the embeddings [1, T, m].
            lengths: tokens of each text.
            below: hidden states behind the frozen layers, to go on from them.
            stopped: takes those hidden states, and the pass ends there.
            by_layer: takes the vectors of the texts after each layer.
            places: of all tokens, those whose hidden states the head reads, where it reads tokens.
        """
        if by_layer is not None:
            by_layer.append(self.encoder.vectors_by_layer(self._embedded(hidden_states), lengths))
            return BaseModelOutputWithPastAndCrossAttentions(last_hidden_state=by_layer[0][-1].unsqueeze(1))
        if stopped is not None:
            stopped.append(self.encoder.frozen_forward(self._embedded(hidden_states), lengths, self.frozen))
            vectors = stopped[0][:1]  # what follows reads something, and is not asked for the result
        elif below is not None:
            vectors = self.encoder(below, lengths, first_layer=self.frozen)
        else:
            vectors = self.encoder(self._embedded(hidden_states), lengths)
        vectors = vectors if places is None else vectors[places]
        return BaseModelOutputWithPastAndCrossAttentions(last_hidden_state=vectors.unsqueeze(1))

    def _make(self, *, merged: bool) -> FusedLayers:
        layers: list[Layer] = []
        made: dict[tuple[int, bool], Layer] = {}
        for number, block in enumerate(self._blocks):
            last = self.pooling == "first" and number == len(self._blocks) - 1  # alone computed for first tokens
            key = (id(block["query"]), last)  # shared weights are prepared once
            if key not in made:
                adapters = {} if merged else _adapters(block)
                made[key] = Layer(self._weights(block, last=last, merged=merged), adapters)
            layers.append(made[key])
        return FusedLayers(layers, self.pooling)

    def _weights(self, block: "_Block", *, last: bool, merged: bool) -> LayerWeights:
        linears = block.linears()
        joined = ("query",) if last else ("query", "key", "value")
        products = {"+".join(joined): self._product([linears[role] for role in joined], merged)}
        products |= {role: self._product([linears[role]], merged) for role in ("out", "up", "down")}
        return LayerWeights(
            products=products,
            biases={role: _bias(_base(module)) for role, module in linears.items()},
            unpacked={role: _weight(linears[role], merged).float() for role in ("key", "value")} if last else {},
            attention_norm=_norm(block["attention_norm"]),
            output_norm=_norm(block["output_norm"]),
            heads=self._heads,
            scale=(_base(linears["query"]).out_features // self._heads) ** -0.5,
            tanh=self._tanh,
        )

    def _product(self, modules: list[nn.Module], merged: bool) -> Product:
        """One product of modules that read the same input, made once; for prediction alone without its backward."""
        changed = merged and any(isinstance(module, LoraLinear) for module in modules)
        key = (id(modules[0]), len(modules))
        if not changed:
            for backward in (True, False) if merged else (True,):
                if (*key, backward) in self._products:
                    return self._products[*key, backward]
        weights = [_weight(module, merged) for module in modules]
        weight = torch.cat(weights) if len(weights) > 1 else weights[0]
        product: Product
        if self._precision == "int8":
            product = Int8Product(weight, self.element, backward=not merged)
        else:
            product = FloatProduct(weight.to(self.element), backward=not merged)
        if not changed:
            self._products[*key, not merged] = product
        return product


class _Block:
    """A layer and where its parts lie. They are looked up each time, for PEFT puts its own modules in their place."""

    def __init__(self, module: nn.Module) -> None:
        self._module = module
        self._places = next((dict(zip(_ROLES, places, strict=True)) for places in _PLACES if _fits(module, places)), {})
        if not self._places:
            raise Unfit(f"{type(module).__name__} is not a post-norm layer with parts of known names")

    def __getitem__(self, role: str) -> nn.Module:
        return self._module.get_submodule(self._places[role])

    def linears(self) -> dict[str, nn.Module]:
        return {role: self[role] for role in ROLES}


def _fits(module: nn.Module, places: tuple[str, ...]) -> bool:
    try:
        parts = [_base(module.get_submodule(place)) for place in places]
    except AttributeError:
        return False
    kinds = [nn.LayerNorm if role.endswith("norm") else nn.Linear for role in _ROLES]
    return all(isinstance(part, kind) for part, kind in zip(parts, kinds, strict=True))


def _blocks(model: PreTrainedModel, structure: Structure) -> list[nn.Module]:
    """The blocks in the order of their application."""
    blocks = list(model.get_submodule(structure.blocks))
    layers = int(model.config.num_hidden_layers)
    if all(hasattr(block, "albert_layers") for block in blocks):
        groups = [blocks[int(i / (layers / len(blocks)))] for i in range(layers)]
        return [layer for group in groups for layer in group.albert_layers]
    if len(blocks) != layers:
        raise Unfit("its layers share weights in a way of their own")
    return blocks


def _base(module: nn.Module) -> nn.Linear:
    return module.get_base_layer() if hasattr(module, "get_base_layer") else module  # type: ignore[operator, return-value]


def _bias(module: nn.Linear) -> torch.Tensor:
    bias: torch.Tensor | None = module.bias
    return torch.zeros(module.out_features) if bias is None else bias.detach().float()


def _norm(module: nn.Module) -> Norm:
    assert isinstance(module, nn.LayerNorm)  # noqa: S101
    return Norm(module.weight.detach().float(), module.bias.detach().float(), module.eps)


def _adapters(block: _Block) -> dict[str, LowRank]:
    """The adapted roles. Raises Unfit for what the kernels do not compute."""
    found = {}
    for role, module in block.linears().items():
        if not hasattr(module, "get_base_layer"):
            continue
        low_rank = module.low_rank() if isinstance(module, LoraLinear) else None
        if low_rank is None:
            raise Unfit("its adapter is not plain LoRA without dropout")
        found[role] = LowRank(*low_rank)
    return found


def _equal(known: list[torch.Tensor], tensors: list[torch.Tensor]) -> bool:
    return len(known) == len(tensors) and all(map(torch.equal, known, tensors))


def _weight(module: nn.Module, merged: bool) -> torch.Tensor:
    """W, or W + sBA in float32 where that is asked for and there is an adapter."""
    weight = _base(module).weight.detach()
    low_rank = module.low_rank() if merged and isinstance(module, LoraLinear) else None
    return weight if low_rank is None else LowRank(*low_rank).merged(weight.float())
