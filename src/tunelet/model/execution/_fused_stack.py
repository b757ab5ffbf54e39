"""The layer stack of a model run as fused layers (`kernels.FusedLayers`) instead of module by module.

The weights stay in the model's own modules, so saving, loading and merging need not know of this. What belongs to one
call comes as its arguments, and threads may predict with one model at the same time.
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from transformers import PreTrainedModel
from transformers.modeling_outputs import BaseModelOutputWithPastAndCrossAttentions

from tunelet.kernels import FusedLayers, Pooling
from tunelet.model._structure import Structure
from tunelet.model.execution._fused_weights import FusedWeights
from tunelet.model.execution._layer_parts import Unfit, layers_of, low_rank_of

_ACTIVATIONS = {"gelu": False, "gelu_new": True, "gelu_pytorch_tanh": True}  # name -> whether with tanh


class _Merged(threading.local):
    """The merged layers with which a thread predicts, None where it trains; like inference mode each thread's own."""

    layers: FusedLayers | None = None


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
        activation = getattr(config, "hidden_act", None) or getattr(config, "activation", None)
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
        self._making = threading.RLock()  # one thread packs the weights, the others wait for them
        self._merged = _Merged()

    def install(self, precision: str, compute_dtype: torch.dtype) -> None:
        """Take the stack over, with frozen weights in `precision` and activations in `compute_dtype`."""
        self.compute_dtype = compute_dtype
        self._weights = FusedWeights(
            self._layers,
            self.pooling,
            heads=self._heads,
            tanh=self._tanh,
            precision=precision,
            compute_dtype=compute_dtype,
        )
        self._with_adapters: FusedLayers | None = None  # made when needed, as the merged ones are
        self._last_merged: tuple[list[torch.Tensor], FusedLayers] | None = None  # with the A and B that are in it
        self._stack.forward = self._forward

    def remove(self) -> None:
        """Give the stack back, and free the weights that were packed for it."""
        vars(self._stack).pop("forward", None)
        del self._weights, self._with_adapters, self._last_merged

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
                self._with_adapters = self._weights.fused_layers(merged=False)
            return self._with_adapters

    @contextmanager
    def merged(self) -> Iterator[None]:
        """Let this thread predict with W + sBA, formed once and kept until an adapter changes.

        Training gains nothing by it, except for key and value of a last layer that computes first tokens alone, which
        merges them itself: the gradients of A and B need x A^T anyway, and adding (x A^T) B^T to a product costs less
        than forming and packing a weight.
        """
        before, self._merged.layers = self._merged.layers, self._merged_layers()
        try:
            yield
        finally:
            self._merged.layers = before

    def frozen_forward(self, inputs: Mapping[str, Any]) -> torch.Tensor:
        """What the frozen layers make of a batch: hidden states of all tokens [T, hidden].

        Where all layers are frozen, it is what the head reads, [n, width].

        Args:
            inputs: the model's keyword arguments, as `Packing.inputs` makes them.
        """
        return self.layers.frozen_forward(self._embedded(inputs), inputs["lengths"], self.frozen_depth)

    def vectors_by_layer(self, inputs: Mapping[str, Any]) -> torch.Tensor:
        """What a linear head would read after each layer, float32 [layers, n, width]; `inputs` as above."""
        return self.layers.vectors_by_layer(self._embedded(inputs), inputs["lengths"])

    def _embedded(self, inputs: Mapping[str, Any]) -> torch.Tensor:
        """What the first layer reads of a batch [T, hidden]: the model's embeddings, without its forward pass."""
        names = ("input_ids", "token_type_ids", "position_ids")
        embeddings = self._backbone.embeddings(**{name: inputs[name] for name in names if name in inputs})
        project = getattr(self._backbone, "embeddings_project", None)  # ELECTRA's small embeddings
        return self._before_layers(embeddings if project is None else project(embeddings))

    def _before_layers(self, hidden_states: torch.Tensor) -> torch.Tensor:
        """What the first layer reads [T, hidden] of what the stack reads [1, T, m]."""
        mapping = getattr(self._stack, "embedding_hidden_mapping_in", None)  # ALBERT's small embeddings
        if mapping is not None:
            hidden_states = mapping(hidden_states)
        return hidden_states[0].to(self.compute_dtype)

    def _forward(
        self,
        hidden_states: torch.Tensor,
        *_: Any,
        lengths: tuple[int, ...],
        captured: torch.Tensor | None = None,
        head_tokens: torch.Tensor | None = None,
        **__: Any,
    ) -> BaseModelOutputWithPastAndCrossAttentions:
        """The stack's forward pass, [n, 1, width] of n texts or tokens.

        Args:
            hidden_states: the embeddings [1, T, m].
            lengths: tokens of each text.
            captured: what `frozen_forward` made of the batch; the layers above go on from it.
            head_tokens: where the head reads tokens, the positions among T of those that it is to read, int64 [n].
        """
        if captured is None:
            vectors = self.layers(self._before_layers(hidden_states), lengths)
        else:
            vectors = self.layers(captured, lengths, first_layer=self.frozen_depth)
        vectors = vectors if head_tokens is None else vectors[head_tokens]
        return BaseModelOutputWithPastAndCrossAttentions(last_hidden_state=vectors.unsqueeze(1))

    def _merged_layers(self) -> FusedLayers:
        adapters = self._adapter_matrices()
        with self._making:
            if self._last_merged is None or not _equal(self._last_merged[0], adapters):
                copies = [matrix.clone() for matrix in adapters]
                self._last_merged = copies, self._weights.fused_layers(merged=True)
            return self._last_merged[1]

    def _adapter_matrices(self) -> list[torch.Tensor]:
        """A and B of every adapter. Their values are compared: a fused optimizer leaves `_version` as it was."""
        modules = (module for layer in self._layers for module in layer.linears().values())
        adapters = (low_rank_of(module) for module in modules)
        return [matrix.detach() for adapter in adapters if adapter is not None for matrix in (adapter.a, adapter.b)]


def _equal(known: list[torch.Tensor], matrices: list[torch.Tensor]) -> bool:
    return len(known) == len(matrices) and all(map(torch.equal, known, matrices))
