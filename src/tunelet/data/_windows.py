"""Windows of a long text: how many there are, and where each begins and ends.

All windows of a text are equally long, give or take a token, and there are no more of them than its tokens need. So a
text that is a little too long becomes two windows of half its length, and not a full one and a remnant whose logits
would count as much.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tunelet.errors import RecipeError

if TYPE_CHECKING:
    from tunelet.recipe import DataSettings


@dataclass(frozen=True)
class Windows:
    """How texts that are too long are read all the same: in windows, whose logits the model pools.

    Attributes:
        overlap: what two neighbours have in common: below 1 a share of the tokens that a window has room for, else
            tokens.
        most: windows of a text; what lies beyond them is cut.
    """

    overlap: float
    most: int

    @classmethod
    def of(cls, settings: "DataSettings") -> "Windows | None":
        """Those of a recipe; None where it reads one part of each text."""
        if settings.truncation != "windows":
            return None
        return cls(settings.window_overlap, settings.max_windows)

    def shared(self, room: int) -> int:
        """Tokens that two neighbours have in common. Raises RecipeError where they are more than half of a window.

        Args:
            room: tokens of a text that a window has room for, special tokens not among them.
        """
        shared = int(self.overlap * room) if self.overlap < 1 else int(self.overlap)
        if shared > room // 2:
            raise RecipeError(
                f"data.window_overlap = {self.overlap:g} is more than half of a window, which has room for "
                f"{room:,} tokens of a text",
                f"take {room // 2:,} or fewer, or longer windows: data.max_length",
            )
        return shared

    def capacity(self, room: int) -> int:
        """Tokens of a text that all its windows together have room for."""
        return room + (self.most - 1) * (room - self.shared(room))

    def bounds(self, tokens: int, room: int) -> list[tuple[int, int]]:
        """Begin and end of each window of a text of so many tokens, at most `capacity`; one at least.

        Each token is in one of them or more, and each has `shared` tokens in common with the next.
        """
        shared = self.shared(room)
        count = 1 if tokens <= room else -(-(tokens - shared) // (room - shared))
        bounds, begin = [], 0
        for length in even(tokens + (count - 1) * shared, count):
            bounds.append((begin, begin + length))
            begin += length - shared
        return bounds


def even(total: int, count: int) -> Sequence[int]:
    """So many parts of a total, in whole numbers, the first of them larger by one where it does not come out even.

    It is how the lengths of a text's windows follow from its tokens, special ones included, and their number.
    """
    length, larger = divmod(total, count)
    return [length + 1] * larger + [length] * (count - larger)
