"""Packed execution: n texts as one row of T tokens, without padding, through an unchanged Hugging Face model.

Three changes make a model do that. A registered attention function keeps texts apart, and a mask function builds no
masks. Position ids restart at each text. After the layers one vector for each text is gathered, so the head sees
[n, 1, hidden]. The lengths of the texts are an argument of the model's forward pass, which hands it down to its layers:
nothing about a call is kept, so threads may share a model.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import nn
from transformers import AttentionInterface, AttentionMaskInterface, PreTrainedModel

from tunelet._choice import Choice
from tunelet.kernels import (
    DeviceSeqlens,
    Lengths,
    Pooling,
    attention_kernel,
    on_device,
    packed_attention,
    pool,
    positions_of,
)
from tunelet.model._pooled import PooledClassifier
from tunelet.model._structure import Structure

ATTENTION = "tunelet_packed"


def _attention(
    module: nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    *,
    lengths: Lengths,
    scaling: float | None = None,
    dropout: float = 0.0,
    sliding_window: int | None = None,
    **_: Any,
) -> tuple[torch.Tensor, None]:
    scale = query.shape[-1] ** -0.5 if scaling is None else scaling
    query, key, value = (tensor[0].transpose(0, 1) for tensor in (query, key, value))  # [T, heads, head_dim]
    output = packed_attention(query, key, value, lengths, scale=scale, dropout=dropout, window=sliding_window)
    return output.unsqueeze(0), None


def _no_mask(*_: Any, **__: Any) -> None:
    return None


AttentionInterface.register(ATTENTION, _attention)
AttentionMaskInterface.register(ATTENTION, _no_mask)


class Packing:
    """Runs a model packed, once it is installed.

    Attributes:
        pooling: what the head reads of a text; None: each of its tokens, to name the word that stands there.
    """

    def __init__(self, model: PreTrainedModel, structure: Structure) -> None:
        backbone = model.get_submodule(structure.backbone)
        embeddings = next((m for m in backbone.modules() if hasattr(m, "create_position_ids_from_input_ids")), None)
        # RoBERTa and its kin count positions from padding_idx + 1.
        self._first_position = embeddings.padding_idx + 1 if embeddings is not None else 0
        self._segments = has_segments(model.config)
        self._stack: Any = model.get_submodule(structure.stack)
        self.pooling = _pooling_of(model)

    def install(self, model: PreTrainedModel) -> None:
        """Switch a model to packed execution."""
        self._padded_attention = model.config._attn_implementation
        model.set_attn_implementation(ATTENTION)
        self._module_by_module = self._stack.forward
        self._stack.forward = self._forward

    def remove(self, model: PreTrainedModel) -> None:
        """Switch it back to padded execution."""
        vars(self._stack).pop("forward", None)
        model.set_attn_implementation(self._padded_attention)

    def attention(self, device: torch.device, dtype: torch.dtype, head_dim: int) -> Choice[str]:
        """The name of the kernel that computes the attention of heads of this size."""
        return attention_kernel(device, dtype, head_dim)

    def inputs(
        self, token_ids: torch.Tensor, lengths: tuple[int, ...], first_lengths: tuple[int, ...] | None = None
    ) -> dict[str, Any]:
        """The model's keyword arguments for a batch.

        Args:
            token_ids: of all texts, int64 [T].
            lengths: tokens of each text.
            first_lengths: tokens of each text's first segment, where texts have two.
        """
        device = token_ids.device
        positions = on_device(positions_of(lengths), device)
        segments: dict[str, torch.Tensor] = {}
        if first_lengths is not None and self._segments:
            firsts, counts = torch.tensor(first_lengths), torch.tensor(lengths)
            ends = firsts.repeat_interleave(counts, output_size=len(token_ids))
            segments["token_type_ids"] = (positions >= on_device(ends, device)).long().unsqueeze(0)
        return segments | {
            "input_ids": token_ids.unsqueeze(0),
            "position_ids": positions.unsqueeze(0) + self._first_position,
            "attention_mask": None,
            "lengths": _lengths_on(lengths, positions),
        }

    def captured_inputs(self, lengths: tuple[int, ...], captured: torch.Tensor) -> dict[str, Any]:
        """The model's keyword arguments where fused layers go on from what `FusedStack.frozen_forward` captured.

        Token ids are not read then; one for each text stands in for them.
        """
        stand_ins = torch.zeros(len(lengths), dtype=torch.int64, device=captured.device)
        inputs = self.inputs(stand_ins, (1,) * len(lengths))
        return inputs | {
            "lengths": _lengths_on(lengths, on_device(positions_of(lengths), captured.device)),
            "captured": captured,
        }

    def _forward(self, *args: Any, **given: Any) -> Any:
        """The stack's own forward pass; of its result [1, T, hidden] only what the head reads is kept: [n, 1, width].

        Its argument `head_tokens` is that of `FusedStack`.
        """
        output = self._module_by_module(*args, **given)
        output.last_hidden_state = self._read_by_head(output[0][0], given).unsqueeze(1)
        return output

    def _read_by_head(self, hidden: torch.Tensor, given: Mapping[str, Any]) -> torch.Tensor:
        if self.pooling is None:
            head_tokens = given.get("head_tokens")
            return hidden if head_tokens is None else hidden[head_tokens]
        return pool(hidden, given["lengths"], self.pooling)


def _lengths_on(lengths: tuple[int, ...], positions: torch.Tensor) -> Lengths:
    """The lengths where the kernels for the device of the positions read them."""
    return DeviceSeqlens.of(lengths, positions) if positions.is_cuda else lengths


def has_segments(config: Any) -> bool:
    """Whether a model tells the two texts of a pair apart (BERT and ALBERT do, RoBERTa and DistilBERT do not)."""
    return int(getattr(config, "type_vocab_size", None) or 0) > 1


def padded_inputs(
    token_ids: torch.Tensor, lengths: Sequence[int], pad_token_id: int, first_lengths: Sequence[int] | None = None
) -> dict[str, torch.Tensor]:
    """The model's keyword arguments for a batch in padded rows: input_ids and attention_mask, int64 [n, longest].

    Args:
        token_ids: of all texts, int64 [T].
        lengths: tokens of each text.
        pad_token_id: fills the rows up.
        first_lengths: tokens of each text's first segment; with them token_type_ids are made, too.
    """
    rows = token_ids.split(list(lengths))
    input_ids = nn.utils.rnn.pad_sequence(list(rows), batch_first=True, padding_value=pad_token_id)
    positions = torch.arange(input_ids.shape[1], device=token_ids.device)
    mask = positions[None, :] < torch.tensor(list(lengths), device=token_ids.device)[:, None]
    segments: dict[str, torch.Tensor] = {}
    if first_lengths is not None:
        firsts = torch.tensor(list(first_lengths), device=token_ids.device)[:, None]
        segments["token_type_ids"] = (mask & (positions[None, :] >= firsts)).long()
    return {"input_ids": input_ids, "attention_mask": mask.long(), **segments}


def _pooling_of(model: PreTrainedModel) -> Pooling | None:
    if model.get_output_embeddings() is not None:
        return None
    if isinstance(model, PooledClassifier):
        return model.pooling
    return "mean" if getattr(model.config, "classifier_pooling", None) == "mean" else "first"
