"""Attention of each text's first token alone: all that the last layer owes a head that reads nothing else.

A score q . (W_k x + b_k) is (W_k^T q) . x and a constant, which softmax drops; a weighted mean of values W_v x + b_v is
W_v times the weighted mean of x, and b_v. So a query is carried through W_k, looks at the hidden states themselves, and
what it has seen goes through W_v: n rows, where keys and values would be formed of all T tokens (the absorption of
DeepSeek-V2, 2024, section 2.1.2). Tensors with rows of texts, not of tokens, are float32.
"""

from collections.abc import Collection
from dataclasses import dataclass

import torch

from tunelet.kernels._native import Int, element, native, threads
from tunelet.kernels._texts import check_lengths, text_offsets, text_slices


@dataclass(frozen=True)
class FirstAttended:
    """What the backward pass needs.

    query: scaled, [heads, n, head_dim].
    key, value: weights [heads, head_dim, hidden].
    hidden: of all tokens, [T, hidden].
    carried, seen: the queries through W_k and what they saw, [n, heads, hidden].
    weights: of each text [heads, length], one text after another.
    """

    query: torch.Tensor
    key: torch.Tensor
    value: torch.Tensor
    hidden: torch.Tensor
    lengths: tuple[int, ...]
    scale: float
    carried: torch.Tensor
    seen: torch.Tensor
    weights: torch.Tensor


@dataclass(frozen=True)
class FirstGradients:
    """Gradients of what `attend_first` was given, laid out like it; None where one was not wanted."""

    query: torch.Tensor | None
    hidden: torch.Tensor | None
    key: torch.Tensor | None
    value: torch.Tensor | None


def attend_first(
    query: torch.Tensor,
    hidden: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    lengths: tuple[int, ...],
    *,
    scale: float,
) -> tuple[torch.Tensor, FirstAttended]:
    """softmax(scale * q (x W_k^T)^T) x W_v^T of one query for each text.

    Args:
        query: [n, heads, head_dim].
        hidden: x of all tokens, [T, hidden] contiguous, float32 or bfloat16.
        key, value: W_k and W_v, float32 [heads * head_dim, hidden].
        lengths: tokens of each of the n texts; they sum to T.
        scale: factor on the scores.

    Returns:
        float32 [n, heads, head_dim], without the bias of the values, and what `attend_first_backward` needs.
    """
    check_lengths(lengths, len(hidden))
    _, heads, d = query.shape
    by_head = (query.float() * scale).transpose(0, 1).contiguous()
    key, value = key.unflatten(0, (heads, d)), value.unflatten(0, (heads, d))
    carried = torch.bmm(by_head, key).transpose(0, 1).contiguous()
    seen, weights = _see(carried, hidden, lengths)
    output = torch.bmm(seen.transpose(0, 1), value.transpose(1, 2)).transpose(0, 1)
    return output, FirstAttended(by_head, key, value, hidden, lengths, scale, carried, seen, weights)


def attend_first_backward(attended: FirstAttended, gradient: torch.Tensor, wanted: Collection[str]) -> FirstGradients:
    """From the gradient of the output [n, heads, head_dim] to those of "query", "hidden", "key", "value" as wanted."""
    by_head = gradient.float().transpose(0, 1)
    d_query = d_hidden = d_key = d_value = None
    if "value" in wanted:
        d_value = torch.bmm(by_head.transpose(1, 2), attended.seen.transpose(0, 1)).flatten(0, 1)
    if not {"query", "hidden", "key"}.isdisjoint(wanted):
        d_seen = torch.bmm(by_head, attended.value).transpose(0, 1).contiguous()
        d_carried, d_hidden = _see_backward(attended, d_seen, "hidden" in wanted)
        d_carried = d_carried.transpose(0, 1)
        if "query" in wanted:
            d_query = torch.bmm(d_carried, attended.key.transpose(1, 2)).transpose(0, 1) * attended.scale
        if "key" in wanted:
            d_key = torch.bmm(attended.query.transpose(1, 2), d_carried).flatten(0, 1)
    return FirstGradients(d_query, d_hidden, d_key, d_value)


def _see(carried: torch.Tensor, hidden: torch.Tensor, lengths: tuple[int, ...]) -> tuple[torch.Tensor, torch.Tensor]:
    """softmax(carried . x) and the mean of x under it [n, heads, hidden]."""
    texts, heads, width = carried.shape
    weights, seen = torch.empty(len(hidden) * heads), torch.empty_like(carried)
    library = native().value
    if library is not None:
        library.call(
            f"attend_first_{element(hidden)}", carried, hidden, seen, weights, text_offsets(lengths)[0], Int(texts),
            Int(heads), Int(width), threads(),
        )  # fmt: skip
        return seen, weights
    for text, rows in enumerate(text_slices(lengths)):
        x = hidden[rows].float()
        own = torch.softmax(carried[text] @ x.t(), dim=-1)
        seen[text] = own @ x
        weights[rows.start * heads : rows.stop * heads] = own.flatten()
    return seen, weights


def _see_backward(
    attended: FirstAttended, d_seen: torch.Tensor, wants_hidden: bool
) -> tuple[torch.Tensor, torch.Tensor | None]:
    """The gradients of `carried` and of the hidden states."""
    carried, hidden, weights, lengths = attended.carried, attended.hidden, attended.weights, attended.lengths
    texts, heads, width = carried.shape
    d_carried, d_hidden = torch.empty_like(carried), torch.empty_like(hidden) if wants_hidden else None
    library = native().value
    if library is not None:
        library.call(
            f"attend_first_backward_{element(hidden)}", carried, hidden, d_seen, weights, torch.empty_like(weights),
            d_carried, d_hidden, text_offsets(lengths)[0], Int(texts), Int(heads), Int(width), threads(),
        )  # fmt: skip
        return d_carried, d_hidden
    for text, rows in enumerate(text_slices(lengths)):
        x = hidden[rows].float()
        own = weights[rows.start * heads : rows.stop * heads].view(heads, -1)
        d_own = d_seen[text] @ x.t()
        d_scores = own * (d_own - (own * d_own).sum(dim=1, keepdim=True))
        d_carried[text] = d_scores @ x
        if d_hidden is not None:
            d_hidden[rows] = (d_scores.t() @ carried[text] + own.t() @ d_seen[text]).to(hidden.dtype)
    return d_carried, d_hidden
