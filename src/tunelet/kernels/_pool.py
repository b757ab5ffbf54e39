"""One vector for each text from the hidden states of its tokens: their mean, or the first token and the mean."""

from typing import Literal

import torch

from tunelet.kernels._seqlens import Lengths, located

Pooling = Literal["first", "mean", "both"]


def pool(hidden: torch.Tensor, lengths: Lengths, pooling: Pooling) -> torch.Tensor:
    """The vectors of n texts: [n, hidden], for "both" [n, 2 hidden]; float32 but for "first", which rounds nothing.

    Args:
        hidden: hidden states of all tokens, [T, hidden].
        lengths: tokens of each of the n texts.
        pooling: which vectors.
    """
    cu_seqlens = located(lengths).cu_seqlens.to(hidden.device)
    if pooling == "first":
        return hidden.index_select(0, cu_seqlens[:-1])
    mean = torch.segment_reduce(hidden.float(), "mean", lengths=cu_seqlens.diff().long(), unsafe=True)
    return mean if pooling == "mean" else torch.cat([pool(hidden, lengths, "first").float(), mean], dim=1)


def pool_backward(
    gradient: torch.Tensor, lengths: Lengths, pooling: Pooling, dtype: torch.dtype, tokens: int
) -> torch.Tensor:
    """The gradient of the hidden states of T `tokens`, a new tensor [T, hidden] in `dtype`, from that of `pool`."""
    seqlens = located(lengths)
    sizes = seqlens.cu_seqlens.diff()
    width = gradient.shape[1] // (2 if pooling == "both" else 1)
    shares = (gradient[:, -width:] / sizes[:, None]).to(dtype)
    d_hidden = shares[torch.repeat_interleave(sizes, output_size=tokens)]
    if pooling == "both":
        d_hidden[seqlens.first_tokens] += gradient[:, :width].to(dtype)
    return d_hidden
