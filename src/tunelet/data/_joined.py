"""Several sequences of texts read as one, without a copy of any text."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, chain
from typing import overload


class Joined(Sequence[str]):
    """The texts of the first sequence, then those of the second, and so on."""

    def __init__(self, parts: Iterable[Sequence[str]]) -> None:
        """Take the sequences, of which none may change."""
        self._parts = tuple(parts)
        self._begins = [0, *accumulate(map(len, self._parts))]

    def __len__(self) -> int:
        return self._begins[-1]

    def __iter__(self) -> Iterator[str]:
        return chain.from_iterable(self._parts)

    @overload
    def __getitem__(self, at: int) -> str: ...

    @overload
    def __getitem__(self, at: slice) -> list[str]: ...

    def __getitem__(self, at: int | slice) -> str | list[str]:
        if isinstance(at, slice):
            return [self[row] for row in range(len(self))[at]]
        row = range(len(self))[at]  # counted from the end where it is below 0; refused where there is none
        part = bisect_right(self._begins, row) - 1
        return self._parts[part][row - self._begins[part]]
