"""Where each of n packed texts lies among their T tokens."""

import functools
import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Seqlens:
    """The lengths of n texts as kernels read them.

    cu_seqlens: cumulated lengths, int64 [n + 1]: text i has the rows from cu_seqlens[i] to cu_seqlens[i + 1].
    longest_first: the numbers of the texts by falling length, int32 [n]. Threads take texts in this order, so that
        none of them begins a long one when the others are done.
    """

    cu_seqlens: torch.Tensor
    longest_first: torch.Tensor

    @property
    def first_tokens(self) -> torch.Tensor:
        """The row of each text's first token, int64 [n]."""
        return self.cu_seqlens[:-1]


@functools.lru_cache(maxsize=4)  # all layers of a model ask for the same batch
def seqlens_of(lengths: tuple[int, ...]) -> Seqlens:
    """The arrangement of texts with these numbers of tokens."""
    with torch.inference_mode(False):  # tensors made in that mode could not be used in training
        sizes = torch.tensor(lengths, dtype=torch.int64)
        cu_seqlens = torch.cat([sizes.new_zeros(1), sizes.cumsum(0)])
        return Seqlens(cu_seqlens, torch.argsort(sizes, descending=True, stable=True).to(torch.int32))


def check_lengths(lengths: Sequence[int], total: int) -> None:
    """Raise ValueError unless each length is at least 1 and they sum to `total` tokens.

    With other lengths the compiled kernels would read memory beyond the tensors.
    """
    if sum(lengths) != total or min(lengths, default=1) < 1:
        raise ValueError(f"expected lengths of at least 1 that sum to {total} tokens, found {tuple(lengths)}")


def text_slices(lengths: Sequence[int]) -> list[slice]:
    """The rows of each text."""
    ends = seqlens_of(tuple(lengths)).cu_seqlens.tolist()
    return [slice(begin, end) for begin, end in itertools.pairwise(ends)]
