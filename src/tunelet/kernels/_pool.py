"""One vector for each text from the hidden states of its tokens: their mean, or the first token and the mean."""

from typing import Literal

import torch

from tunelet.kernels._seqlens import seqlens_of

Pooling = Literal["first", "mean", "both"]


def pool(hidden: torch.Tensor, lengths: tuple[int, ...], pooling: Pooling) -> torch.Tensor:
    """The vectors of n texts, float32: [n, hidden] for "mean", [n, 2 hidden] for "both".

    Args:
        hidden: hidden states of all tokens, [T, hidden].
        lengths: tokens of each of the n texts.
        pooling: "mean" or "both". "first" does not come here: then the last layer computes first tokens alone.
    """
    seqlens = seqlens_of(lengths)
    mean = torch.segment_reduce(hidden.float(), "mean", lengths=seqlens.cu_seqlens.diff(), unsafe=True)
    return mean if pooling == "mean" else torch.cat([hidden[seqlens.first_tokens].float(), mean], dim=1)


def pool_backward(
    gradient: torch.Tensor, lengths: tuple[int, ...], pooling: Pooling, dtype: torch.dtype
) -> torch.Tensor:
    """The gradient of the hidden states, a new tensor [T, hidden] in `dtype`, from that of the output of `pool`."""
    seqlens = seqlens_of(lengths)
    sizes = seqlens.cu_seqlens.diff()
    width = gradient.shape[1] // (2 if pooling == "both" else 1)
    shares = (gradient[:, -width:] / sizes[:, None]).to(dtype)
    d_hidden = shares[torch.repeat_interleave(sizes, output_size=sum(lengths))]
    if pooling == "both":
        d_hidden[seqlens.first_tokens] += gradient[:, :width].to(dtype)
    return d_hidden
