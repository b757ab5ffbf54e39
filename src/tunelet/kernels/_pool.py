"""One vector a text from the hidden states of its tokens: their mean, or the first token and the mean behind it."""

from typing import Literal

import torch

from tunelet.kernels._texts import text_offsets

Pooling = Literal["first", "mean", "both"]


def pool(hidden: torch.Tensor, lengths: tuple[int, ...], pooling: Pooling) -> torch.Tensor:
    """float32 [n, hidden], of "both" [n, 2 hidden].

    Args:
        hidden: of all tokens, [T, hidden].
        lengths: tokens of each of the n texts.
        pooling: "mean" or "both"; for the sake of "first" alone the last layer computes no other token.
    """
    firsts = text_offsets(lengths)[0][:-1]
    mean = torch.segment_reduce(hidden.float(), "mean", lengths=_sizes(lengths), unsafe=True)
    return mean if pooling == "mean" else torch.cat([hidden[firsts].float(), mean], dim=1)


def pool_backward(
    gradient: torch.Tensor, lengths: tuple[int, ...], pooling: Pooling, dtype: torch.dtype
) -> torch.Tensor:
    """From the gradient of what `pool` gave to that of the hidden states, [T, hidden] in `dtype`, newly made."""
    sizes, firsts = _sizes(lengths), text_offsets(lengths)[0][:-1]
    width = gradient.shape[1] // (2 if pooling == "both" else 1)
    shares = (gradient[:, -width:] / sizes[:, None]).to(dtype)
    flowing = shares[torch.repeat_interleave(sizes, output_size=sum(lengths))]
    if pooling == "both":
        flowing[firsts] += gradient[:, :width].to(dtype)
    return flowing


def _sizes(lengths: tuple[int, ...]) -> torch.Tensor:
    return text_offsets(lengths)[0].diff()
