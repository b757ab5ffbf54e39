"""Attention of each text's first token alone: all that the last layer owes a head that reads nothing else."""

from dataclasses import dataclass

import torch

from tunelet.kernels._native import Int, element, native, threads
from tunelet.kernels._texts import check_lengths, text_offsets, text_slices


@dataclass(frozen=True)
class FirstAttended:
    """What the backward pass needs; weights are float32, those of a text [heads, length] one after another."""

    query: torch.Tensor
    key: torch.Tensor
    value: torch.Tensor
    lengths: tuple[int, ...]
    scale: float
    weights: torch.Tensor


def attend_first(
    query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, lengths: tuple[int, ...], *, scale: float
) -> tuple[torch.Tensor, FirstAttended]:
    """softmax(scale * q k^T) v of one query for each text.

    Args:
        query: [n, heads, head_dim] contiguous.
        key, value: [T, heads, head_dim], rows contiguous and equally far apart.
        lengths: tokens of each of the n texts; they sum to T.
        scale: factor on the scores.

    Returns:
        [n, heads, head_dim] like `query`, and what `attend_first_backward` needs.
    """
    texts, heads, d = query.shape
    scale = float(scale)  # a native function would take a whole number for an integer
    check_lengths(lengths, len(key))
    weights = torch.empty(len(key) * heads)
    output = torch.empty_like(query)
    attended = FirstAttended(query, key, value, lengths, scale, weights)
    library = native().value
    if library is not None:
        library.call(
            f"attend_first_{element(query)}", query, key, value, key.stride(0), output, weights,
            text_offsets(lengths)[0], Int(texts), Int(heads), Int(d), scale, threads(),
        )  # fmt: skip
        return output, attended
    for text, rows in enumerate(text_slices(lengths)):
        q, k, v = query[text].float(), key[rows].float(), value[rows].float()
        own = torch.softmax(torch.einsum("hd,khd->hk", q * scale, k), dim=-1)
        output[text] = torch.einsum("hk,khd->hd", own, v)
        weights[rows.start * heads : rows.stop * heads] = own.flatten()
    return output, attended


def attend_first_backward(
    attended: FirstAttended,
    gradient: torch.Tensor,
    d_query: torch.Tensor,
    d_key: torch.Tensor | None,
    d_value: torch.Tensor,
) -> None:
    """Write the gradients of query [n, heads, head_dim], key and value [T, heads, head_dim] (laid out like `key`)."""
    query, key, value, lengths = attended.query, attended.key, attended.value, attended.lengths
    texts, heads, d = query.shape
    library = native().value
    if library is not None:
        library.call(
            f"attend_first_backward_{element(query)}", query, key, value, key.stride(0), gradient, attended.weights,
            d_query, d_key, d_value, text_offsets(lengths)[0], Int(texts), Int(heads), Int(d), attended.scale,
            threads(),
        )  # fmt: skip
        return
    for text, rows in enumerate(text_slices(lengths)):
        q, k, v, g = query[text].float(), key[rows].float(), value[rows].float(), gradient[text].float()
        own = attended.weights[rows.start * heads : rows.stop * heads].view(heads, -1)
        d_own = torch.einsum("hd,khd->hk", g, v)
        d_scores = own * (d_own - (own * d_own).sum(dim=1, keepdim=True)) * attended.scale
        d_query[text] = torch.einsum("hk,khd->hd", d_scores, k)
        if d_key is not None:
            d_key[rows] = torch.einsum("hk,hd->khd", d_scores, q).to(d_key.dtype)
        d_value[rows] = torch.einsum("hk,hd->khd", own, g).to(d_value.dtype)
