"""Packed execution of encoders with disentangled attention (DeBERTa-v2, DeBERTa-v3), which have no attention function
that could be replaced: their layers run module by module, but for the attention.

Their models hand no further argument down to the layers. So the lengths of the texts travel in the place of the
attention mask, which is not needed.
"""

from typing import Any

import torch
from torch import nn
from transformers import PreTrainedModel
from transformers.modeling_outputs import BaseModelOutput

from tunelet._choice import Choice
from tunelet.kernels import disentangled_attention
from tunelet.model._structure import Structure
from tunelet.model.execution._packing import Packing

_PARTS = ("attention.self.query_proj", "attention.output", "intermediate", "output")


class DisentangledPacking(Packing):
    """Runs such a model packed, once it is installed."""

    def __init__(self, model: PreTrainedModel, structure: Structure) -> None:
        """Look up the parts. Raises AttributeError, TypeError or ValueError for a model that is built differently."""
        super().__init__(model, structure)
        self._backbone: Any = model.get_submodule(structure.backbone)
        if self.pooling is None or getattr(self._stack, "conv", None) is not None or self._backbone.z_steps > 1:
            raise ValueError("more than layers of attention")
        for layer in self._stack.layer:
            for part in _PARTS:
                layer.get_submodule(part)
            if not layer.attention.self.relative_attention:
                raise ValueError("no relative positions")
        self._buckets: torch.Tensor | None = None

    def install(self, model: PreTrainedModel) -> None:
        """Switch a model to packed execution."""
        self._backbone.forward = self._forward_packed

    def remove(self, model: PreTrainedModel) -> None:
        """Switch it back to padded execution."""
        vars(self._backbone).pop("forward", None)

    def attention(self, device: torch.device, dtype: torch.dtype, head_dim: int) -> Choice[str]:
        """The name of the kernel that computes the attention."""
        return Choice("batched products", "no kernel of its own for disentangled attention")

    def inputs(
        self, token_ids: torch.Tensor, lengths: tuple[int, ...], first_lengths: tuple[int, ...] | None = None
    ) -> dict[str, Any]:
        """The model's keyword arguments for a batch; the arguments are those of every packing."""
        return super().inputs(token_ids, lengths, first_lengths) | {"attention_mask": torch.tensor(lengths)}

    def _forward_packed(
        self,
        input_ids: torch.Tensor | None = None,
        *,
        attention_mask: torch.Tensor,
        token_type_ids: torch.Tensor | None = None,
        position_ids: torch.Tensor | None = None,
        inputs_embeds: torch.Tensor | None = None,
        **_: Any,
    ) -> BaseModelOutput:
        """The backbone's forward pass: of its result [1, T, hidden] what the head reads, [n, 1, width]."""
        lengths = tuple(attention_mask.tolist())
        embeddings = self._backbone.embeddings
        hidden: torch.Tensor = embeddings(input_ids, token_type_ids, position_ids, inputs_embeds=inputs_embeds)[0]
        relative, buckets = self._stack.get_rel_embedding(), self._buckets_for(max(lengths), hidden.device)
        for layer in self._stack.layer:
            context = _attended(layer.attention.self, hidden, relative, buckets, lengths)
            attended = layer.attention.output(context, hidden)
            hidden = layer.output(layer.intermediate(attended), attended)
        return BaseModelOutput(last_hidden_state=self._read_by_head(hidden, {"lengths": lengths}).unsqueeze(1))

    def _buckets_for(self, length: int, device: torch.device) -> torch.Tensor:
        """The rows of the table of relative positions by distance, int64 [2M - 1], for texts of at most M >= length."""
        known = self._buckets
        if known is None or len(known) < 2 * length - 1 or known.device != device:
            with torch.inference_mode(False):
                distances = self._stack.get_rel_pos(torch.empty(1, length, 1, device=device))[0]  # of a query to a key
                span = self._stack.layer[0].attention.self.pos_ebd_size
                known = torch.cat([distances[1:, 0].flip(0), distances[0]]) + span
                self._buckets = known = known.clamp(0, 2 * span - 1)
        return known


def _attended(
    attention: Any, hidden: torch.Tensor, relative: torch.Tensor, buckets: torch.Tensor, lengths: tuple[int, ...]
) -> torch.Tensor:
    """What the attention module gives of all tokens, [T, hidden]."""
    heads = attention.num_attention_heads
    query, key, value = (
        projection(hidden).unflatten(-1, (heads, -1))
        for projection in (attention.query_proj, attention.key_proj, attention.value_proj)
    )
    relative = attention.pos_dropout(relative[: 2 * attention.pos_ebd_size])
    kinds = [kind for kind in ("c2p", "p2c") if kind in attention.pos_att_type]
    positions: dict[str, torch.Tensor] = {}
    for kind in kinds:
        name = {"c2p": "key_proj", "p2c": "query_proj"}[kind]
        projection = getattr(attention, name if attention.share_att_key else f"pos_{name}")
        positions[kind] = projection(relative).unflatten(-1, (heads, -1))
    attended = disentangled_attention(
        query, key, value, positions.get("c2p"), positions.get("p2c"), buckets, lengths,
        scale=(query.shape[-1] * (1 + len(kinds))) ** -0.5, dropout=_dropout(attention),
    )  # fmt: skip
    return attended.flatten(1)


def _dropout(attention: Any) -> float:
    dropout: nn.Dropout = attention.dropout
    return float(dropout.p) if dropout.training else 0.0
