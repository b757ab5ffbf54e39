"""Where each of the packed texts lies in the row of tokens."""

import functools
import itertools
from collections.abc import Sequence

import torch


@functools.lru_cache(maxsize=4)
def text_offsets(lengths: tuple[int, ...]) -> tuple[torch.Tensor, torch.Tensor]:
    """Where each text begins, int64 [n + 1], and the texts from long to short, int32 [n], so that no thread waits."""
    with torch.inference_mode(False):
        sizes = torch.tensor(lengths, dtype=torch.int64)
        offsets = torch.cat([sizes.new_zeros(1), sizes.cumsum(0)])
        return offsets, torch.argsort(sizes, descending=True, stable=True).to(torch.int32)


def check_lengths(lengths: Sequence[int], total: int) -> None:
    """Raises ValueError where the lengths of the texts are not those of their tokens: memory would be read beyond."""
    if sum(lengths) != total or min(lengths, default=1) < 1:
        raise ValueError(f"expected lengths of at least 1 that sum to {total} tokens, found {tuple(lengths)}")


def text_slices(lengths: Sequence[int]) -> list[slice]:
    """The rows of each text."""
    offsets = text_offsets(tuple(lengths))[0].tolist()
    return [slice(begin, end) for begin, end in itertools.pairwise(offsets)]
