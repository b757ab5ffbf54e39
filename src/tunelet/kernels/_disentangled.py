"""Disentangled attention (DeBERTa, He et al. 2021) over packed texts: scores of content with content, of content with
relative positions, and of relative positions with content.

The positions' products are formed for the 2L - 1 distances in a text of L tokens, and read as a matrix of L x L through
a view: in row i, what belongs to distance j - i lies one element further for each j, and one less for each i.
`reference_disentangled_attention` defines the values.
"""

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F

from tunelet.kernels._seqlens import check_lengths, text_slices


def disentangled_attention(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    pos_key: torch.Tensor | None,
    pos_query: torch.Tensor | None,
    buckets: torch.Tensor,
    lengths: Sequence[int],
    *,
    scale: float,
    dropout: float = 0.0,
) -> torch.Tensor:
    """softmax(scale * (q_i . k_j + q_i . pos_key[b(j - i)] + k_j . pos_query[b(j - i)])) v within each text.

    Args:
        query, key, value: [T, heads, head_dim], float32 or bfloat16.
        pos_key, pos_query: of each bucket of distances [buckets, heads, head_dim], like `query`; None: no such term.
        buckets: the bucket b of each distance from -(M - 1) to M - 1, int64 [2M - 1], for texts of at most M tokens.
        lengths: tokens of each text, in order; they sum to T.
        scale: factor on the scores.
        dropout: probability on the attention weights; 0 outside training.

    Returns:
        [T, heads, head_dim] in the dtype of `query`. Scores are added up in float32.
    """
    check_lengths(lengths, len(query))
    if dropout:
        return reference_disentangled_attention(
            query, key, value, pos_key, pos_query, buckets, lengths, scale=scale, dropout=dropout
        )
    output: torch.Tensor = _Disentangled.apply(  # type: ignore[no-untyped-call]
        query, key, value, pos_key, pos_query, buckets, tuple(lengths), scale
    )
    return output


def reference_disentangled_attention(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    pos_key: torch.Tensor | None,
    pos_query: torch.Tensor | None,
    buckets: torch.Tensor,
    lengths: Sequence[int],
    *,
    scale: float,
    dropout: float = 0.0,
) -> torch.Tensor:
    """The definition of `disentangled_attention`, differentiated by autograd."""
    outputs = []
    for q, k, v in zip(*(tensor.split(list(lengths)) for tensor in (query, key, value)), strict=True):
        steps = torch.arange(len(q), device=q.device)
        bucket = buckets[steps[None, :] - steps[:, None] + len(buckets) // 2]
        scores = torch.einsum("ihd,jhd->hij", q, k).float()
        if pos_key is not None:
            scores = scores + torch.einsum("ihd,ijhd->hij", q, pos_key[bucket]).float()
        if pos_query is not None:
            scores = scores + torch.einsum("jhd,ijhd->hij", k, pos_query[bucket]).float()
        weights = F.softmax(scores * scale, dim=-1).to(v.dtype)
        outputs.append(torch.einsum("hij,jhd->ihd", F.dropout(weights, dropout), v))
    return torch.cat(outputs)


def _skewed(by_distance: torch.Tensor) -> torch.Tensor:
    """A view [heads, L, L] of a contiguous [heads, L, 2L - 1]: element (i, j) is that of row i, distance j - i."""
    heads, length, width = by_distance.shape
    return by_distance.as_strided((heads, length, length), (length * width, width - 1, 1), length - 1)


class _Disentangled(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        pos_key: torch.Tensor | None,
        pos_query: torch.Tensor | None,
        buckets: torch.Tensor,
        lengths: tuple[int, ...],
        scale: float,
    ) -> torch.Tensor:
        output, kept = torch.empty_like(query, memory_format=torch.contiguous_format), []
        for rows in text_slices(lengths):
            q, k, v = (_by_head(tensor[rows]) for tensor in (query, key, value))
            scores = torch.bmm(q, k.transpose(1, 2)).float()
            to_keys, to_queries = _positions(pos_key, pos_query, buckets, q.shape[1])
            if to_keys is not None:
                scores += _skewed(torch.bmm(q, to_keys.transpose(1, 2)))
            if to_queries is not None:
                scores += _skewed(torch.bmm(k, to_queries.transpose(1, 2))).transpose(1, 2)
            weights = torch.softmax(scores.mul_(scale), dim=-1).to(query.dtype)
            output[rows].transpose(0, 1).copy_(torch.bmm(weights, v))
            kept.append(weights)
        if any(ctx.needs_input_grad):
            ctx.save_for_backward(query, key, value, pos_key, pos_query, buckets, *kept)
            ctx.lengths, ctx.scale = lengths, scale
        return output

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> Any:
        query, key, value, pos_key, pos_query, buckets, *kept = ctx.saved_tensors
        d_query, d_key, d_value = (torch.empty_like(t, memory_format=torch.contiguous_format) for t in (query,) * 3)
        # Sums over all texts. Without a term its sum stays empty.
        d_pos_key, d_pos_query = (
            torch.empty(0) if t is None else t.new_zeros(t.shape, dtype=torch.float32) for t in (pos_key, pos_query)
        )
        for rows, weights in zip(text_slices(ctx.lengths), kept, strict=True):
            d_output, q, k, v = (_by_head(tensor[rows]) for tensor in (gradient, query, key, value))
            d_value[rows].transpose(0, 1).copy_(torch.bmm(weights.transpose(1, 2), d_output))
            d_weights = torch.bmm(d_output, v.transpose(1, 2))
            d_scores = torch._softmax_backward_data(d_weights, weights, -1, weights.dtype).mul_(ctx.scale)
            d_q, d_k = torch.bmm(d_scores, k), torch.bmm(d_scores.transpose(1, 2), q)
            to_keys, to_queries = _positions(pos_key, pos_query, buckets, q.shape[1])
            own = _own_buckets(buckets, q.shape[1])
            if to_keys is not None:
                d_by_distance = _by_distance(d_scores)
                d_q.baddbmm_(d_by_distance, to_keys)
                d_pos_key.index_add_(0, own, torch.bmm(d_by_distance.transpose(1, 2), q).float().transpose(0, 1))
            if to_queries is not None:
                d_by_distance = _by_distance(d_scores.transpose(1, 2))
                d_k.baddbmm_(d_by_distance, to_queries)
                back = torch.bmm(d_by_distance.transpose(1, 2), k).float().transpose(0, 1)
                d_pos_query.index_add_(0, own.flip(0), back)
            d_query[rows].transpose(0, 1).copy_(d_q)
            d_key[rows].transpose(0, 1).copy_(d_k)
        positions = (d.to(query.dtype) if len(d) else None for d in (d_pos_key, d_pos_query))
        return d_query, d_key, d_value, *positions, None, None, None


def _by_head(rows: torch.Tensor) -> torch.Tensor:
    """[heads, L, head_dim] of [L, heads, head_dim], contiguous."""
    return rows.transpose(0, 1).contiguous()


def _own_buckets(buckets: torch.Tensor, length: int) -> torch.Tensor:
    """The buckets of the 2 L - 1 distances in a text of L tokens."""
    middle = len(buckets) // 2
    return buckets[middle - length + 1 : middle + length]


def _positions(
    pos_key: torch.Tensor | None, pos_query: torch.Tensor | None, buckets: torch.Tensor, length: int
) -> tuple[torch.Tensor | None, torch.Tensor | None]:
    """Both tables by distance, [heads, 2L - 1, head_dim]: of the key from the query, and of the query from the key."""
    own = _own_buckets(buckets, length)
    to_keys = None if pos_key is None else _by_head(pos_key[own])
    return to_keys, None if pos_query is None else _by_head(pos_query[own.flip(0)])


def _by_distance(d_scores: torch.Tensor) -> torch.Tensor:
    """What `_skewed` reads as `d_scores` [heads, L, L]; distances that do not occur in a row are zero."""
    heads, length, _ = d_scores.shape
    d_by_distance = d_scores.new_zeros(heads, length, 2 * length - 1)
    _skewed(d_by_distance).copy_(d_scores)
    return d_by_distance
