"""Attention over packed texts: n texts lie in one row of T tokens, and no token sees another text.

On a CPU the backward of `scaled_dot_product_attention` is several times slower than plain products. Here attention is
computed text by text with a backward of its own: compiled, where this processor's build has it (tiles that stay in the
cache, weights computed again in the backward pass instead of kept), else as batched products on contiguous blocks.
On a GPU it is PyTorch's (`_gpu_attention.py`). `reference_attention` defines the values.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F

from tunelet._choice import Choice
from tunelet.kernels._gpu_attention import attention_on_gpu
from tunelet.kernels._native import Library, native
from tunelet.kernels._seqlens import DeviceSeqlens, Lengths, check_lengths, on_host, seqlens_of, text_slices
from tunelet.kernels._signatures import dtype_name


def packed_attention(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    lengths: Sequence[int] | DeviceSeqlens,
    *,
    scale: float,
    dropout: float = 0.0,
    window: int | None = None,
) -> torch.Tensor:
    """softmax(scale * q k^T) v within each text (Vaswani et al. 2017, eq. 1).

    Args:
        query: [T, heads, head_dim], float32 or bfloat16.
        key: like `query`.
        value: like `query`.
        lengths: tokens of each text, in order; they sum to T. On a GPU they may lie there.
        scale: factor on the scores, usually head_dim ** -0.5.
        dropout: probability on the attention weights; 0 outside training.
        window: a token sees only tokens at a distance of less than `window`; None: the whole text.

    Returns:
        [T, heads, head_dim] in the dtype of `query`. Sums run in float32; weights are rounded to it.
    """
    if dropout:
        return reference_attention(query, key, value, on_host(lengths), scale=scale, dropout=dropout, window=window)
    if query.is_cuda:
        return attention_on_gpu(query, key, value, lengths, scale, window)
    assert not isinstance(lengths, DeviceSeqlens)  # noqa: S101  (they are made on a GPU alone)
    output: torch.Tensor = _PackedAttention.apply(query, key, value, tuple(lengths), scale, window)  # type: ignore[no-untyped-call]
    return output


def reference_attention(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    lengths: Sequence[int],
    *,
    scale: float,
    dropout: float = 0.0,
    window: int | None = None,
) -> torch.Tensor:
    """The definition of `packed_attention`, differentiated by autograd."""
    outputs = []
    # split, not slices: its backward is one concatenation, a slice's fills [T, heads, head_dim] with zeros each time
    pieces = (tensor.split(list(lengths)) for tensor in (query, key, value))
    for q, k, v in zip(*pieces, strict=True):
        scores = torch.einsum("qhd,khd->hqk", q * scale, k)
        weights = F.softmax(_within(scores, window), dim=-1)
        if dropout:
            weights = F.dropout(weights, dropout)
        outputs.append(torch.einsum("hqk,khd->qhd", weights, v))
    return torch.cat(outputs)


@dataclass(frozen=True)
class Attended:
    """What the backward pass needs of the forward pass.

    query, key, value: the inputs [T, heads, head_dim].
    lengths: tokens of each text.
    scale: factor on the scores.
    log_sums: logarithm of the sum of a query's exponentiated scores, float32 [heads, T], where the compiled kernel
        ran: with it that kernel computes the weights again.
    weights: attention weights of each text [heads, length, length], where it did not run.
    window: as for `packed_attention`.
    graph: on a GPU the output of PyTorch's attention, which has a backward pass of its own.
    """

    query: torch.Tensor
    key: torch.Tensor
    value: torch.Tensor
    lengths: Lengths
    scale: float
    log_sums: torch.Tensor | None
    weights: tuple[torch.Tensor, ...]
    window: int | None
    graph: torch.Tensor | None = None


def attend(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    lengths: Lengths,
    *,
    scale: float,
    window: int | None = None,
    backward: bool,
) -> tuple[torch.Tensor, Attended]:
    """`packed_attention` without autograd: the output, and what `attend_backward` needs where `backward` is set."""
    total, heads, d = query.shape
    check_lengths(lengths, total)
    if isinstance(lengths, DeviceSeqlens):
        return _attend_on_gpu(query, key, value, lengths, scale, window, backward=backward)
    output = query.new_empty(total, heads, d)
    library = _attention_library(query, key, value)
    if library is not None:
        log_sums = torch.empty(heads, total) if backward else None
        seqlens = seqlens_of(lengths)
        library.call(
            "attend", query.dtype, query, key, value, query.stride(0), output, output.stride(0), log_sums,
            seqlens.cu_seqlens, seqlens.longest_first, len(lengths), total, heads, d, scale, window or 0,
        )  # fmt: skip
        return output, Attended(query, key, value, lengths, scale, log_sums, (), window)
    kept: list[torch.Tensor] = []
    for rows in text_slices(lengths):
        # [heads, length, d], contiguous: a product whose input is not would copy it
        q, k, v = (tensor[rows].transpose(0, 1).contiguous() for tensor in (query, key, value))
        weights = torch.softmax(_within(torch.bmm(q, k.transpose(1, 2)).mul_(scale), window), dim=-1)
        output[rows].transpose(0, 1).copy_(torch.bmm(weights, v))
        if backward:
            kept.append(weights)
    return output, Attended(query, key, value, lengths, scale, None, tuple(kept), window)


def attend_backward_joined(attended: Attended, gradient: torch.Tensor, *, query: bool, key: bool) -> torch.Tensor:
    """The gradients of query, key and value side by side, [T, 3, heads, head_dim].

    Args:
        attended: what `attend` returned beside the output.
        gradient: gradient of the output, [T, heads, head_dim] contiguous.
        query, key: whether these gradients are wanted; else what stands in their place means nothing.
    """
    if attended.graph is not None:
        inputs = (attended.query, attended.key, attended.value)
        return torch.stack(torch.autograd.grad(attended.graph, inputs, gradient), dim=1)
    joined = gradient.new_empty(len(gradient), 3, *gradient.shape[1:])
    d_query, d_key, d_value = joined.unbind(1)
    attend_backward(attended, gradient, d_query if query else None, d_key if key else None, d_value)
    return joined


def attend_backward(
    attended: Attended,
    gradient: torch.Tensor,
    d_query: torch.Tensor | None,
    d_key: torch.Tensor | None,
    d_value: torch.Tensor,
) -> None:
    """Compute the gradients of query, key and value on a CPU, or in float32.

    Args:
        attended: what `attend` returned beside the output.
        gradient: gradient of the output, [T, heads, head_dim] contiguous.
        d_query, d_key, d_value: views [T, heads, head_dim] to write into, all with the same stride of rows; None for
            a gradient that is not wanted.
    """
    query, key, value, lengths = attended.query, attended.key, attended.value, attended.lengths
    assert not isinstance(lengths, DeviceSeqlens)  # noqa: S101
    if attended.log_sums is not None:
        total, heads, d = query.shape
        seqlens = seqlens_of(lengths)
        library = native().value
        assert library is not None  # noqa: S101
        library.call(
            "attend_backward", query.dtype, query, key, value, query.stride(0), gradient, gradient.stride(0),
            attended.log_sums, d_query, d_key, d_value, d_value.stride(0), seqlens.cu_seqlens,
            seqlens.longest_first, len(lengths), total, heads, d, attended.scale, attended.window or 0,
        )  # fmt: skip
        return
    for rows, weights in zip(text_slices(lengths), attended.weights, strict=True):
        d_output, q, k, v = (t[rows].transpose(0, 1).contiguous() for t in (gradient, query, key, value))
        d_value[rows].transpose(0, 1).copy_(torch.bmm(weights.transpose(1, 2), d_output))
        d_weights = torch.bmm(d_output, v.transpose(1, 2))
        d_scores = torch._softmax_backward_data(d_weights, weights, -1, weights.dtype).mul_(attended.scale)
        if d_query is not None:
            d_query[rows].transpose(0, 1).copy_(torch.bmm(d_scores, k))
        if d_key is not None:
            d_key[rows].transpose(0, 1).copy_(torch.bmm(d_scores.transpose(1, 2), q))


def attention_kernel(device: torch.device, dtype: torch.dtype, head_dim: int) -> Choice[str]:
    """The kernel with which `packed_attention` computes tensors like these, without dropout."""
    if device.type == "cuda" and dtype != torch.float32:
        return Choice("varlen_attn", "PyTorch's attention over packed texts on CUDA")
    if device.type == "cuda":
        return Choice("sdpa", "in padded rows: PyTorch's attention over packed texts is for half precision")
    like = torch.empty(1, 1, head_dim, dtype=dtype, device=device)
    if has_native_attention(like, like, like):
        return Choice("compiled", native().reason)
    if device.type != "cpu":
        return Choice("batched products", "no kernel for this device and precision")
    if native().value is None:
        return Choice("batched products", native().reason)
    return Choice(
        "batched products", f"the compiled kernel has no build for {dtype_name(like.dtype)}, heads of {head_dim}, here"
    )


def has_native_attention(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor) -> bool:
    """Whether the compiled kernel computes the attention of these tensors."""
    return _attention_library(query, key, value) is not None


def _attention_library(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor) -> Library | None:
    """The compiled kernels, where attention is among them and can read these tensors; else None.

    It needs a head size that is a multiple of 16, contiguous rows, and one stride of rows for all three tensors. In
    bfloat16 that stride must be an even number of elements, because two are read at once.
    """
    library = native().value
    tensors = (query, key, value)
    fits = (
        library is not None
        and query.device.type == "cpu"
        and query.dtype in (torch.float32, torch.bfloat16)
        and query.shape[2] % 16 == 0
        and query.stride(0) * query.element_size() % 4 == 0
        and all(t.stride()[1:] == (query.shape[2], 1) and t.stride(0) == query.stride(0) for t in tensors)
        and library.has("attend", query.dtype)
    )
    return library if fits else None


class _PackedAttention(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        lengths: tuple[int, ...],
        scale: float,
        window: int | None,
    ) -> torch.Tensor:
        needed = any(ctx.needs_input_grad)
        output, attended = attend(query, key, value, lengths, scale=scale, window=window, backward=needed)
        if needed:
            ctx.log_sums = attended.log_sums is not None
            kept = (attended.log_sums,) if attended.log_sums is not None else attended.weights
            ctx.save_for_backward(query, key, value, *kept)
            ctx.lengths, ctx.scale, ctx.window = lengths, scale, window
        return output

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> Any:
        query, key, value, *kept = ctx.saved_tensors
        log_sums, weights = (kept[0], ()) if ctx.log_sums else (None, tuple(kept))
        attended = Attended(query, key, value, ctx.lengths, ctx.scale, log_sums, weights, ctx.window)
        gradients = [torch.empty_like(gradient, memory_format=torch.contiguous_format) for _ in range(3)]
        attend_backward(attended, gradient.contiguous(), *gradients)
        return *gradients, None, None, None


def _attend_on_gpu(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    seqlens: DeviceSeqlens,
    scale: float,
    window: int | None,
    *,
    backward: bool,
) -> tuple[torch.Tensor, Attended]:
    """`attend` on a GPU. The inputs that it notes are leaves of a graph of their own."""
    query, key, value = (tensor.detach().requires_grad_(backward) for tensor in (query, key, value))
    with torch.set_grad_enabled(backward):
        output = attention_on_gpu(query, key, value, seqlens, scale, window)
    kept = output if backward else None
    return output.detach(), Attended(query, key, value, seqlens, scale, None, (), window, kept)


def _within(scores: torch.Tensor, window: int | None) -> torch.Tensor:
    """Scores [heads, length, length], minus infinity where a key lies outside the query's window."""
    length = scores.shape[-1]
    if window is None or length <= window:
        return scores
    position = torch.arange(length, device=scores.device)
    return scores.masked_fill((position[:, None] - position[None, :]).abs() >= window, float("-inf"))
