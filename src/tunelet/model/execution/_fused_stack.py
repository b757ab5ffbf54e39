"""The layer stack of a model run as fused layers (`kernels.FusedLayers`) instead of module by module.

The weights stay in the model's own modules, so saving, loading and merging need not know of this. What belongs to one
call comes as its arguments, and threads may predict with one model at the same time.
"""

import copy
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
from torch import nn
from transformers import PreTrainedModel
from transformers.modeling_outputs import BaseModelOutputWithPastAndCrossAttentions

from tunelet.kernels import FusedLayers, Pooling
from tunelet.model._structure import Structure
from tunelet.model.execution._fused_weights import FusedWeights
from tunelet.model.execution._layer_parts import Unfit, layers_of, low_rank_of
from tunelet.model.execution._rotary_turns import rotary_turns

_ACTIVATIONS = {"gelu": False, "gelu_new": True, "gelu_pytorch_tanh": True}  # name -> whether with tanh


class _Merged(threading.local):
    """The merged layers with which a thread predicts or explains, None where it trains; each thread's own, like
    inference mode, and with the dtype that they read."""

    layers: FusedLayers | None = None
    dtype: torch.dtype | None = None


class _WithMatrices(NamedTuple):
    """Merged layers, and copies of the A and B that are in them."""

    layers: FusedLayers
    matrices: list[torch.Tensor]


class FusedStack:
    """Runs the layer stack of one model as fused layers, once it is installed."""

    def __init__(self, model: PreTrainedModel, structure: Structure, pooling: Pooling | None) -> None:
        """Look up the parts of every layer.

        Args:
            model: with its adapter in place.
            structure: its parts.
            pooling: what the head reads of a text; None: its tokens.

        Raises:
            Unfit: the kernels do not compute such layers.
        """
        config = model.config
        names = ("hidden_act", "activation", "hidden_activation")
        activation = next(filter(None, (getattr(config, name, None) for name in names)), None)
        if activation not in _ACTIVATIONS:
            raise Unfit(f"its activation is {activation}")
        if getattr(config, "is_decoder", False) or getattr(config, "add_cross_attention", False):
            raise Unfit("it is a decoder")
        self.pooling = pooling
        self._tanh, self._heads = _ACTIVATIONS[activation], int(config.num_attention_heads)
        self._backbone: Any = model.get_submodule(structure.backbone)
        self._stack: Any = model.get_submodule(structure.stack)
        self._layers = layers_of(model, structure)
        for layer in self._layers:
            layer.adapters()
        self._turns = rotary_turns(self._stack, self._layers, int(config.max_position_embeddings))
        self._making = threading.RLock()  # one thread packs the weights, the others wait for them
        self._merged = _Merged()
        self._settled = False

    def install(self, precision: str, compute_dtype: torch.dtype) -> None:
        """Take the stack over, with frozen weights in `precision` and activations in `compute_dtype`."""
        self.compute_dtype = compute_dtype
        self._weights = self._weights_in(precision, compute_dtype)
        self._with_adapters: FusedLayers | None = None  # made when needed, as the merged ones are
        self._last_merged: _WithMatrices | None = None
        self._last_exact: _WithMatrices | None = None
        self._exact_front: tuple[Any, ...] | None = None
        self._stack.forward = self._forward_backbone if self._stack is self._backbone else self._forward

    def remove(self) -> None:
        """Give the stack back, and free the weights that were packed for it."""
        vars(self._stack).pop("forward", None)
        del self._weights, self._with_adapters, self._last_merged, self._last_exact, self._exact_front

    def settle(self) -> None:
        """Take the adapters as they are for good. Else they are compared before every prediction with those that were
        merged, which takes as long as a fifth of the layers' work on one short text."""
        self._settled = True

    @property
    def depth(self) -> int:
        """The number of layers, those with shared weights counted at each application."""
        return len(self._layers)

    @property
    def frozen_depth(self) -> int:
        """The number of layers under the lowest adapter."""
        return next((number for number, layer in enumerate(self._layers) if layer.adapted), self.depth)

    @property
    def layers(self) -> FusedLayers:
        """The layers with their adapters; inside `merged` those with merged weights."""
        if self._merged.layers is not None:
            return self._merged.layers
        with self._making:
            if self._with_adapters is None:
                self._with_adapters = self._weights.fused_layers(merged=False, backward=True)
            return self._with_adapters

    @contextmanager
    def merged(self) -> Iterator[None]:
        """Let this thread predict with W + sBA, formed once and kept until an adapter changes.

        Training gains nothing by it, except for key and value of a last layer that computes first tokens alone, which
        merges them itself: the gradients of A and B need x A^T anyway, and adding (x A^T) B^T to a product costs less
        than forming and packing a weight.
        """
        with self._making:
            self._last_merged = self._renewed(self._last_merged, self._weights, backward=False)
            layers = self._last_merged.layers
        with self._used(layers, self.compute_dtype):
            yield

    @contextmanager
    def differentiable(self) -> Iterator[None]:
        """Let this thread compute gradients of what the layers read, with merged weights and in float32 throughout.

        In bfloat16 a logit is rounded to two or three digits, and its small changes along a path would be lost. These
        weights are packed when they are first needed, beside the others, and kept as those of `merged` are.
        """
        with self._making:
            if self._exact_front is None:
                self._exact_front = self._front_in_float32()
            weights = self._weights_in("float32", torch.float32)
            self._last_exact = self._renewed(self._last_exact, weights, backward=True)
            layers = self._last_exact.layers
        with self._used(layers, torch.float32):
            yield

    @contextmanager
    def _used(self, layers: FusedLayers, dtype: torch.dtype) -> Iterator[None]:
        before = self._merged.layers, self._merged.dtype
        self._merged.layers, self._merged.dtype = layers, dtype
        try:
            yield
        finally:
            self._merged.layers, self._merged.dtype = before

    def frozen_forward(self, inputs: Mapping[str, Any]) -> torch.Tensor:
        """What the frozen layers make of a batch: hidden states of all tokens [T, hidden].

        Where all layers are frozen, it is what the head reads, [n, width].

        Args:
            inputs: the model's keyword arguments, as `Packing.inputs` makes them.
        """
        return self.layers.frozen_forward(self._embedded(inputs), inputs["lengths"], self.frozen_depth)

    def vectors(self, inputs: Mapping[str, Any]) -> torch.Tensor:
        """What the head reads of a batch, [n, width]; `inputs` as above."""
        return self.layers(self._embedded(inputs), inputs["lengths"])

    def vectors_by_layer(self, inputs: Mapping[str, Any]) -> torch.Tensor:
        """What a linear head would read after each layer, float32 [layers, n, width]; `inputs` as above."""
        return self.layers.vectors_by_layer(self._embedded(inputs), inputs["lengths"])

    def embedded(self, inputs: Mapping[str, Any]) -> torch.Tensor:
        """What the first layer reads [T, hidden] of word embeddings [1, T, m], in float32, inside `differentiable`.

        Args:
            inputs: "inputs_embeds", and whatever else `Packing.inputs` makes.
        """
        assert self._exact_front is not None  # noqa: S101
        embeddings, *further = self._exact_front
        hidden: torch.Tensor = embeddings(**{"input_ids": None} | self._read_by_embeddings(inputs))
        for module in further:
            hidden = module(hidden)
        return hidden[0]

    def _front_in_float32(self) -> tuple[Any, ...]:
        """Copies in float32 of what stands between word embeddings and the first layer, without the word embeddings."""
        words = self._backbone.get_input_embeddings()
        modules = (
            self._backbone.embeddings,
            getattr(self._backbone, "embeddings_project", None),
            getattr(self._stack, "embedding_hidden_mapping_in", None),
        )
        return tuple(copy.deepcopy(each, {id(words): nn.Identity()}).float() for each in modules if each is not None)

    def _embedded(self, inputs: Mapping[str, Any]) -> torch.Tensor:
        """What the first layer reads of a batch [T, hidden]: the model's embeddings, without its forward pass."""
        embeddings = self._backbone.embeddings(**self._read_by_embeddings(inputs))
        project = getattr(self._backbone, "embeddings_project", None)  # ELECTRA's small embeddings
        return self._before_layers(embeddings if project is None else project(embeddings))

    def _read_by_embeddings(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Those of the model's keyword arguments that its embeddings take; rotary positions are no part of them."""
        names = ("input_ids", "inputs_embeds", "token_type_ids", *(() if self._turns else ("position_ids",)))
        return {name: inputs[name] for name in names if inputs.get(name) is not None}

    def _before_layers(self, hidden_states: torch.Tensor) -> torch.Tensor:
        """What the first layer reads [T, hidden] of what the stack reads [1, T, m]."""
        mapping = getattr(self._stack, "embedding_hidden_mapping_in", None)  # ALBERT's small embeddings
        if mapping is not None:
            hidden_states = mapping(hidden_states)
        return hidden_states[0].to(self._merged.dtype or self.compute_dtype)

    def _forward(
        self,
        hidden_states: torch.Tensor | None,
        *_: Any,
        lengths: tuple[int, ...],
        captured: torch.Tensor | None = None,
        captured_depth: int | None = None,
        head_tokens: torch.Tensor | None = None,
        **__: Any,
    ) -> BaseModelOutputWithPastAndCrossAttentions:
        """The stack's forward pass, [n, 1, width] of n texts or tokens.

        Args:
            hidden_states: the embeddings [1, T, m]; not read where `captured` is given.
            lengths: tokens of each text.
            captured: what `frozen_forward` made of the batch; the layers above go on from it.
            captured_depth: the number of layers that made it; None: the frozen ones.
            head_tokens: where the head reads tokens, the positions among T of those that it is to read, int64 [n].
        """
        if captured is None:
            assert hidden_states is not None  # noqa: S101
            vectors = self.layers(self._before_layers(hidden_states), lengths)
        else:
            depth = self.frozen_depth if captured_depth is None else captured_depth
            vectors = self.layers(captured, lengths, first_layer=depth)
        vectors = vectors if head_tokens is None else vectors[head_tokens]
        return BaseModelOutputWithPastAndCrossAttentions(last_hidden_state=vectors.unsqueeze(1))

    def _forward_backbone(self, input_ids: torch.Tensor | None = None, **given: Any) -> Any:
        """The forward pass of a backbone that is its own stack, as ModernBERT's; further arguments as of `_forward`."""
        read = self._read_by_embeddings(given | {"input_ids": input_ids})
        hidden_states = self._backbone.embeddings(**read) if given.get("captured") is None else None
        return self._forward(hidden_states, **given)

    def _weights_in(self, precision: str, compute_dtype: torch.dtype) -> FusedWeights:
        return FusedWeights(
            self._layers,
            self.pooling,
            heads=self._heads,
            tanh=self._tanh,
            turns=self._turns,
            precision=precision,
            compute_dtype=compute_dtype,
        )

    def _renewed(self, last: _WithMatrices | None, weights: FusedWeights, *, backward: bool) -> _WithMatrices:
        """Merged layers for the adapters as they are: the last ones, where no adapter has changed since."""
        if last is not None and self._settled:
            return last
        adapters = self._adapter_matrices()
        if last is not None and _equal(last.matrices, adapters):
            return last
        copies = [matrix.clone() for matrix in adapters]
        return _WithMatrices(weights.fused_layers(merged=True, backward=backward), copies)

    def _adapter_matrices(self) -> list[torch.Tensor]:
        """A and B of every adapter. Their values are compared: a fused optimizer leaves `_version` as it was."""
        modules = (module for layer in self._layers for module in layer.linears().values())
        adapters = (low_rank_of(module) for module in modules)
        return [matrix.detach() for adapter in adapters if adapter is not None for matrix in (adapter.a, adapter.b)]


def _equal(known: list[torch.Tensor], matrices: list[torch.Tensor]) -> bool:
    return len(known) == len(matrices) and all(map(torch.equal, known, matrices))
