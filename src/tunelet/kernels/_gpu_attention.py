"""Attention over packed texts on a GPU, by PyTorch's own kernels, differentiated by autograd.

In half precision that is `varlen_attn` (FlashAttention 2, Dao 2023), which reads the lengths on the GPU. For float32
there is none: the texts are put into rows of equal length.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F

from tunelet.kernels._seqlens import DeviceSeqlens, on_device, positions_of


def attention_on_gpu(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    lengths: Sequence[int] | DeviceSeqlens,
    scale: float,
    window: int | None,
) -> torch.Tensor:
    """`packed_attention` by PyTorch's kernels, differentiated by autograd."""
    seqlens = lengths
    if not isinstance(seqlens, DeviceSeqlens):
        seqlens = DeviceSeqlens.of(tuple(seqlens), on_device(positions_of(seqlens), query.device))
    if query.dtype == torch.float32:
        return _padded_attention(query, key, value, seqlens, scale, window)
    from torch.nn.attention.varlen import varlen_attn

    reach = (-1, -1) if window is None else (window - 1, window - 1)
    output = varlen_attn(
        query, key, value, seqlens.cu_seqlens, seqlens.cu_seqlens, seqlens.longest, seqlens.longest,
        scale=scale, window_size=reach,
    )  # fmt: skip
    assert isinstance(output, torch.Tensor)  # noqa: S101  (a pair where log-sums are asked for)
    return output


def _padded_attention(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    seqlens: DeviceSeqlens,
    scale: float,
    window: int | None,
) -> torch.Tensor:
    """The same in rows that are as long as the longest text."""
    texts, longest, device = len(seqlens), seqlens.longest, query.device
    counts, position = seqlens.cu_seqlens.diff().long(), torch.arange(longest, device=device)
    own = torch.repeat_interleave(torch.arange(texts, device=device), counts, output_size=len(query))
    place = own * longest + seqlens.positions  # of each token among those of the padded rows
    q, k, v = (
        tensor.new_zeros(texts * longest, *tensor.shape[1:])
        .index_copy(0, place, tensor)
        .unflatten(0, (texts, longest))
        .transpose(1, 2)
        for tensor in (query, key, value)
    )  # [n, heads, longest, head_dim]
    real = position < counts[:, None]
    seen = real[:, None, None, :] | ~real[:, None, :, None]  # no row sees nothing
    if window is not None:
        seen = seen & ((position[:, None] - position[None, :]).abs() < window)
    output = F.scaled_dot_product_attention(q, k, v, attn_mask=seen, scale=scale)
    return output.transpose(1, 2).flatten(0, 1).index_select(0, place)
