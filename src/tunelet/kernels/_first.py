"""Attention of each text's first token alone: what the last layer computes where the head reads no other token.

No keys and values are formed. A score q . (W_k x + b_k) equals (W_k^T q) . x plus a constant, and softmax drops the
constant. The weighted mean of the values W_v x + b_v equals W_v times the weighted mean of x, plus b_v. So each query
is multiplied by W_k ("carried"), compared with the hidden states themselves, and the mean of those ("seen") is
multiplied by W_v. These products have n rows instead of T (the absorption of DeepSeek-V2, 2024, section 2.1.2).
Tensors with one row for each text, not for each token, are float32. `reference_attend_first` defines the values.
"""

from collections.abc import Collection
from dataclasses import dataclass

import torch

from tunelet.kernels._attention import reference_attention
from tunelet.kernels._native import native_for
from tunelet.kernels._seqlens import check_lengths, seqlens_of, text_slices


@dataclass(frozen=True)
class FirstAttended:
    """What the backward pass needs of the forward pass.

    query: the queries times the scale, [heads, n, head_dim].
    key, value: the weights W_k and W_v, [heads, head_dim, hidden].
    hidden: hidden states of all tokens, [T, hidden].
    lengths: tokens of each text.
    scale: factor on the scores.
    carried: the scaled queries times W_k, [n, heads, hidden].
    seen: the mean of the hidden states under the attention weights, [n, heads, hidden].
    weights: attention weights [T * heads]: [heads, length] of the first text, then of the next.
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
    """Gradients of the four inputs of `attend_first`, in their shapes; None where one was not wanted."""

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
        The output without the bias of the values, float32 [n, heads, head_dim]; and what `attend_first_backward` needs.
    """
    check_lengths(lengths, len(hidden))
    _, heads, d = query.shape
    by_head = (query.float() * scale).transpose(0, 1).contiguous()
    key, value = key.unflatten(0, (heads, d)), value.unflatten(0, (heads, d))
    carried = torch.bmm(by_head, key).transpose(0, 1).contiguous()
    seen, weights = _see(carried, hidden, lengths)
    output = torch.bmm(seen.transpose(0, 1), value.transpose(1, 2)).transpose(0, 1)
    return output, FirstAttended(by_head, key, value, hidden, lengths, scale, carried, seen, weights)


def reference_attend_first(
    query: torch.Tensor,
    hidden: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    lengths: tuple[int, ...],
    *,
    scale: float,
) -> torch.Tensor:
    """The definition of `attend_first`, differentiated by autograd: keys and values formed, attention of all tokens."""
    firsts = seqlens_of(lengths).first_tokens
    keys, values = ((hidden @ weight.t()).unflatten(1, query.shape[1:]) for weight in (key, value))
    queries = torch.zeros_like(keys).index_copy(0, firsts, query)
    return reference_attention(queries, keys, values, lengths, scale=scale)[firsts]


def attend_first_backward(attended: FirstAttended, gradient: torch.Tensor, wanted: Collection[str]) -> FirstGradients:
    """The gradients of the inputs from that of the output.

    Args:
        attended: what `attend_first` returned beside the output.
        gradient: gradient of the output, [n, heads, head_dim].
        wanted: which gradients to compute, of "query", "hidden", "key" and "value".
    """
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
    """The mean of x under softmax(carried . x), [n, heads, hidden], and those weights, as `FirstAttended` has them."""
    texts, heads, width = carried.shape
    weights, seen = torch.empty(len(hidden) * heads), torch.empty_like(carried)
    library = native_for(hidden)
    if library is not None:
        library.call(
            "attend_first", hidden.dtype, carried, hidden, seen, weights, seqlens_of(lengths).cu_seqlens,
            texts, heads, width,
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
    """The gradients of `carried` and, where wanted, of the hidden states, from that of `seen`."""
    carried, hidden, weights, lengths = attended.carried, attended.hidden, attended.weights, attended.lengths
    texts, heads, width = carried.shape
    d_carried, d_hidden = torch.empty_like(carried), torch.empty_like(hidden) if wants_hidden else None
    library = native_for(hidden)
    if library is not None:
        library.call(
            "attend_first_backward", hidden.dtype, carried, hidden, d_seen, weights, torch.empty_like(weights),
            d_carried, d_hidden, seqlens_of(lengths).cu_seqlens, texts, heads, width,
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
