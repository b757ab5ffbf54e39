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


@dataclass(frozen=True)
class DeviceSeqlens:
    """The lengths of n texts where a GPU reads them: no kernel waits for them, and a recorded graph of kernels can run
    again on other texts, once theirs are written over them.

    cu_seqlens: cumulated lengths, int32 [n + 1], on the device.
    positions: of each token in its text, int64 [T], on the device.
    longest: no text has more tokens.
    on_host: the lengths; None in a recorded graph, where only the device knows them.
    """

    cu_seqlens: torch.Tensor
    positions: torch.Tensor
    longest: int
    on_host: tuple[int, ...] | None = None

    @classmethod
    def of(cls, lengths: tuple[int, ...], positions: torch.Tensor) -> "DeviceSeqlens":
        """For texts with these numbers of tokens, on the device of their positions; no copy to it is waited for."""
        cu_seqlens = on_device(seqlens_of(lengths).cu_seqlens.to(torch.int32), positions.device)
        return cls(cu_seqlens, positions, max(lengths), lengths)

    def __len__(self) -> int:
        """The number of texts."""
        return len(self.cu_seqlens) - 1

    @property
    def first_tokens(self) -> torch.Tensor:
        """The row of each text's first token, int64 [n]."""
        return self.cu_seqlens[:-1].long()


Lengths = tuple[int, ...] | DeviceSeqlens
"""The tokens of each of n packed texts, on the host or on a GPU."""


def located(lengths: Lengths) -> Seqlens | DeviceSeqlens:
    """Where each text lies, as the kernels of the lengths' own device read it."""
    return lengths if isinstance(lengths, DeviceSeqlens) else seqlens_of(lengths)


def positions_of(lengths: Sequence[int]) -> torch.Tensor:
    """The position of each token in its text, int64 [T], of texts with these numbers of tokens."""
    counts = torch.tensor(lengths, dtype=torch.int64)
    total = int(counts.sum())
    return torch.arange(total) - torch.repeat_interleave(counts.cumsum(0) - counts, counts, output_size=total)


def on_host(lengths: Sequence[int] | DeviceSeqlens) -> tuple[int, ...]:
    """The tokens of each text, for what computes text by text. Raises ValueError in a recorded graph."""
    known = lengths.on_host if isinstance(lengths, DeviceSeqlens) else tuple(lengths)
    if known is None:
        raise ValueError("what is computed text by text cannot be recorded for texts of other lengths")
    return known


def on_device(values: torch.Tensor, device: torch.device) -> torch.Tensor:
    """A tensor of the host where the device reads it; the copy to a GPU is not waited for."""
    return values.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else values.to(device)


@functools.lru_cache(maxsize=4)  # all layers of a model ask for the same batch
def seqlens_of(lengths: tuple[int, ...]) -> Seqlens:
    """The arrangement of texts with these numbers of tokens."""
    with torch.inference_mode(False):  # tensors made in that mode could not be used in training
        sizes = torch.tensor(lengths, dtype=torch.int64)
        cu_seqlens = torch.cat([sizes.new_zeros(1), sizes.cumsum(0)])
        return Seqlens(cu_seqlens, torch.argsort(sizes, descending=True, stable=True).to(torch.int32))


def check_lengths(lengths: Sequence[int] | DeviceSeqlens, total: int) -> None:
    """Raise ValueError unless each length is at least 1 and they sum to `total` tokens.

    With other lengths the compiled kernels would read memory beyond the tensors. Those on a GPU are not waited for.
    """
    if isinstance(lengths, DeviceSeqlens):
        if len(lengths.positions) != total:
            raise ValueError(f"expected lengths of {total} tokens, found some of {len(lengths.positions)}")
    elif sum(lengths) != total or min(lengths, default=1) < 1:
        raise ValueError(f"expected lengths of at least 1 that sum to {total} tokens, found {tuple(lengths)}")


def text_slices(lengths: Sequence[int]) -> list[slice]:
    """The rows of each text."""
    ends = seqlens_of(tuple(lengths)).cu_seqlens.tolist()
    return [slice(begin, end) for begin, end in itertools.pairwise(ends)]
