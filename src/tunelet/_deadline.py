"""A budget of time: how it is written, and how much of it is left."""

import re
import time
from collections.abc import Callable

from tunelet._words import duration, shown
from tunelet.errors import RecipeError

_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0}
_FORM = re.compile(r"(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m(?:in)?)?(?:(\d+(?:\.\d+)?)s?)?", re.ASCII | re.IGNORECASE)
_LEAST, _MOST = 1.0, 30 * 24 * 3600.0
_HINT = "for example budget='10m'; 90s, 1h30m and seconds as a plain number will do, too"


def parse_budget(budget: str | float) -> float:
    """Seconds, from `10m`, `90s`, `1h`, `1h30m` or a plain number of seconds. Raises RecipeError."""
    if isinstance(budget, str):
        match = _FORM.fullmatch("".join(budget.split()))
        parts = match.groups() if match else ()
        if not any(parts):
            raise RecipeError(f"budget: expected a time, found {shown(budget)}", _HINT)
        seconds = sum(float(part or 0) * unit for part, unit in zip(parts, _UNITS.values(), strict=True))
    else:
        seconds = float(budget)
    if not _LEAST <= seconds <= _MOST:  # NaN is refused, too
        raise RecipeError(f"budget: expected 1 second to 30 days, found {shown(budget)}", _HINT)
    return seconds


class Deadline:
    """The time that a command may take, from its start on, over all sessions of a run.

    Args:
        seconds: in all.
        clock: seconds that never go back.
    """

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.seconds, self.clock = seconds, clock
        self._begun, self._before = clock(), 0.0

    def __str__(self) -> str:
        return duration(self.seconds)

    @property
    def spent(self) -> float:
        """Seconds that were used, in this session and in those before it."""
        return self._before + self.clock() - self._begun

    @property
    def left(self) -> float:
        """Seconds that are left; below 0 once the budget is spent."""
        return self.seconds - self.spent

    def go_on(self, spent: float) -> None:
        """Count the seconds that earlier sessions of the run have used."""
        self._before = max(self._before, spent)
