"""Packed execution: n texts as one row of T tokens, without padding, through an unchanged Hugging Face model.

Three hooks make it so: a registered attention function that keeps texts apart (and a mask function that builds none),
position ids that restart at each text, and a gather after the layers, so that the head sees [n, 1, hidden].
The lengths of the texts travel with each call, as an argument that the model hands down to its layers: nothing about a
call is kept, so threads may share a model.
Whether a model can run so is found by trying: both paths on a few random texts, compared.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn
from transformers import AttentionInterface, AttentionMaskInterface, PreTrainedModel

from tunelet._choice import Choice
from tunelet.kernels import Pooling, packed_attention
from tunelet.model._fusion import Fusion, Unfit
from tunelet.model._pooled import PooledClassifier
from tunelet.model._structure import Structure

ATTENTION = "tunelet_packed"

_AGREEMENT = 1e-4  # largest difference of logits between the two paths, relative to the largest logit


def _attention(
    module: nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    *,
    lengths: Sequence[int],
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
    """Runs a sequence classification model packed. Made by `choose_packing`, or directly where it is known to fit."""

    def __init__(self, model: PreTrainedModel, structure: Structure) -> None:
        backbone = model.get_submodule(structure.backbone)
        embeddings = next((m for m in backbone.modules() if hasattr(m, "create_position_ids_from_input_ids")), None)
        # RoBERTa and its kin count positions from padding_idx + 1.
        self._first_position = embeddings.padding_idx + 1 if embeddings is not None else 0
        self._segments = has_segments(model.config)
        self.pooling = _pooling(model)
        self._stack = model.get_submodule(structure.stack)
        self._hook: Any = None
        self.fusion: Fusion | None = None  # where the layers run through the kernels, which gather too

    def install(self, model: PreTrainedModel) -> None:
        """Switch a model to packed execution."""
        self._padded_attention = model.config._attn_implementation
        model.set_attn_implementation(ATTENTION)
        self._hook = self._stack.register_forward_hook(self._gather, with_kwargs=True)

    def remove(self, model: PreTrainedModel) -> None:
        """Switch it back to padded execution."""
        self._hook.remove()
        model.set_attn_implementation(self._padded_attention)

    def inputs(
        self, token_ids: torch.Tensor, lengths: tuple[int, ...], first_lengths: tuple[int, ...] | None = None
    ) -> dict[str, Any]:
        """Keyword arguments of the model for token_ids [T] of texts with these lengths, and of their first segments."""
        positions = torch.cat([torch.arange(length, device=token_ids.device) for length in lengths])
        segments: dict[str, torch.Tensor] = {}
        if first_lengths is not None and self._segments:
            firsts = torch.tensor(first_lengths, device=token_ids.device)
            counts = torch.tensor(lengths, device=token_ids.device)
            ends = firsts.repeat_interleave(counts, output_size=len(token_ids))
            segments["token_type_ids"] = (positions >= ends).long().unsqueeze(0)
        return segments | {
            "input_ids": token_ids.unsqueeze(0),
            "position_ids": positions.unsqueeze(0) + self._first_position,
            "attention_mask": None,
            "lengths": lengths,
        }

    def first_inputs(self, lengths: tuple[int, ...], below: torch.Tensor) -> dict[str, Any]:
        """Keyword arguments where fused layers go on from `below`, what came out of the frozen ones.

        Token ids are not read then, and one stands for each text.
        """
        inputs = self.inputs(torch.zeros(len(lengths), dtype=torch.int64), (1,) * len(lengths))
        return inputs | {"lengths": lengths, "below": below}

    def _gather(self, module: nn.Module, args: Any, given: dict[str, Any], output: Any) -> Any:
        """Keep what the head reads: [1, T, hidden] -> [n, 1, hidden], n texts, or those tokens that are asked for."""
        if self.fusion is not None:
            return output
        hidden, kept = output[0][0], []
        if self.pooling is None:
            places = given.get("places")
            output.last_hidden_state = (hidden if places is None else hidden[places]).unsqueeze(1)
            return output
        if self.pooling != "mean":
            lengths = torch.tensor(given["lengths"], device=hidden.device)
            kept.append(hidden[lengths.cumsum(0) - lengths])
        if self.pooling != "first":
            kept.append(torch.stack([part.float().mean(dim=0) for part in hidden.split(list(given["lengths"]))]))
        output.last_hidden_state = torch.cat(kept, dim=-1).unsqueeze(1)
        return output


def _pooling(model: PreTrainedModel) -> Pooling | None:
    """What of a text the head reads; None: each of its tokens, to name the word that stands there."""
    if model.get_output_embeddings() is not None:
        return None
    if isinstance(model, PooledClassifier):
        return model.pooling
    return "mean" if getattr(model.config, "classifier_pooling", None) == "mean" else "first"


def has_segments(config: Any) -> bool:
    """Whether a model tells the two texts of a pair apart (BERT and ALBERT do, RoBERTa and DistilBERT do not)."""
    return int(getattr(config, "type_vocab_size", None) or 0) > 1


def padded_inputs(
    token_ids: torch.Tensor, lengths: Sequence[int], pad_token_id: int, first_lengths: Sequence[int] | None = None
) -> dict[str, torch.Tensor]:
    """The same texts as rows padded to the longest: input_ids and attention_mask [n, longest].

    Where lengths of first segments are given, token_type_ids besides.
    """
    pieces = token_ids.split(list(lengths))
    input_ids = nn.utils.rnn.pad_sequence(list(pieces), batch_first=True, padding_value=pad_token_id)
    positions = torch.arange(input_ids.shape[1], device=token_ids.device)
    mask = positions[None, :] < torch.tensor(list(lengths), device=token_ids.device)[:, None]
    segments: dict[str, torch.Tensor] = {}
    if first_lengths is not None:
        firsts = torch.tensor(list(first_lengths), device=token_ids.device)[:, None]
        segments["token_type_ids"] = (mask & (positions[None, :] >= firsts)).long()
    return {"input_ids": input_ids, "attention_mask": mask.long(), **segments}


def choose_packing(model: PreTrainedModel, structure: Structure, wanted: str) -> Choice[Packing | None]:
    """Packed where the model gives the same logits so, else padded (None).

    Args:
        model: in float32.
        structure: its parts.
        wanted: "auto", "packed" or "padded"; "packed" on a model that cannot is padded too, with the reason.
    """
    if wanted == "padded":
        return Choice(None, "asked for")
    name = type(model).__name__
    if not getattr(model, "_supports_attention_backend", False):
        return Choice(None, f"{name} computes its own attention, which cannot be replaced")
    packing = Packing(model, structure)
    try:
        difference = _disagreement(model, packing)
    except (TypeError, ValueError, RuntimeError, IndexError, AttributeError) as error:
        return Choice(None, f"{name} does not run packed ({type(error).__name__})")
    if not difference <= _AGREEMENT:
        return Choice(None, f"{name} gives other logits when packed (relative difference {difference:.0e})")
    return Choice(packing, f"{name} gives the same logits packed and padded (relative difference {difference:.0e})")


@torch.no_grad()
def _disagreement(model: PreTrainedModel, packing: Packing) -> float:
    """Largest difference between packed and padded logits of three random texts, relative to the largest logit."""
    token_ids, lengths = _random_texts(model)
    was_training = model.training
    model.eval()
    inputs = padded_inputs(token_ids, lengths, model.config.pad_token_id or 0)
    padded = model(**inputs).logits
    if packing.pooling is None:
        padded = padded[inputs["attention_mask"].bool()].unsqueeze(1)
    packing.install(model)
    try:
        packed = model(**packing.inputs(token_ids, lengths)).logits
    finally:
        packing.remove(model)
        model.train(was_training)
    return _difference(packed, padded)


def choose_fusion(model: PreTrainedModel, structure: Structure, packing: Packing | None) -> Choice[Fusion | None]:
    """Layers through the kernels where they give the logits of the model's own modules, else None.

    Args:
        model: in float32, on the CPU, its adapter in place.
        structure: its parts.
        packing: not installed.
    """
    if packing is None:
        return Choice(None, "not packed")
    if model.device.type != "cpu":
        return Choice(None, "the kernels of the layers are for CPUs; here attention alone is one")
    name = type(model).__name__
    try:
        fusion = Fusion(model, structure, packing.pooling)
        difference = _fused_disagreement(model, packing, fusion)
    except Unfit as reason:
        return Choice(None, str(reason))
    if not difference <= _AGREEMENT:
        return Choice(None, f"{name} gives other logits so (relative difference {difference:.0e})")
    return Choice(fusion, f"{name} gives the same logits so (relative difference {difference:.0e})")


@torch.no_grad()
def _fused_disagreement(model: PreTrainedModel, packing: Packing, fusion: Fusion) -> float:
    token_ids, lengths = _random_texts(model)
    was_training = model.training
    model.eval()
    packing.install(model)
    try:
        expected = model(**packing.inputs(token_ids, lengths)).logits
        fusion.install("float32", torch.float32)
        packing.fusion = fusion
        with fusion.merged():  # what a backward pass would need is never made
            found = model(**packing.inputs(token_ids, lengths)).logits
    finally:
        if packing.fusion is not None:
            packing.fusion = None
            fusion.remove()
        packing.remove(model)
        model.train(was_training)
    return _difference(found, expected)


def _random_texts(model: PreTrainedModel) -> tuple[torch.Tensor, tuple[int, ...]]:
    """Token ids of three texts, one of them longer than any local window."""
    generator = torch.Generator().manual_seed(0)  # a generator of its own: the run's random numbers are not touched
    longest = min(150, int(getattr(model.config, "max_position_embeddings", None) or 150) - 8)
    lengths = (5, longest, 9)
    pad = model.config.pad_token_id or 0
    token_ids = torch.randint(0, model.config.vocab_size, (sum(lengths),), generator=generator)
    token_ids[token_ids == pad] = pad + 1
    return token_ids.to(model.device), lengths


def _difference(found: torch.Tensor, expected: torch.Tensor) -> float:
    """The largest, relative to the largest logit."""
    if found.shape != expected.shape:
        return float("inf")
    return float((found - expected).abs().max() / expected.abs().max().clamp_min(1e-6))
