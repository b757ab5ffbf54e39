"""How a long job is followed on stderr: a live bar on a terminal, a plain line now and then elsewhere."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tunelet._words import duration

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

    from tunelet.training import Reporter

_PLAIN_SECONDS = 15.0  # between plain lines


@contextmanager
def progress(console: "Console", *, unit: str = "tokens") -> "Iterator[Reporter]":
    """The reporter for a console, which counts in some unit; it takes its bar away at the end."""
    if console.is_terminal:
        with _bars(console) as bars:
            yield _Bar(console, unit, bars)
    else:
        yield _Lines(console, unit)


def _bars(console: "Console") -> "Progress":
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:3.0f} %"),
        TextColumn("{task.fields[rate]}"),
        TextColumn("{task.fields[loss]}"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    )


class _Lines:
    """A plain line every `_PLAIN_SECONDS` seconds at most: stage, share done, rate, loss, time left."""

    def __init__(self, console: "Console", unit: str) -> None:
        self._console, self._unit = console, unit
        self._stage = self._part = self._loss = ""
        self._total = self._done = self._done_before = 0
        self._started = self._last_line = 0.0

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Put this name before the stages and lines inside."""
        self._part = f"{name}, "
        try:
            yield
        finally:
            self._part = ""

    def stage(self, name: str, total: int, done: int = 0) -> None:
        """Count from `done` to `total`."""
        self._stage, self._total, self._done, self._done_before = f"{self._part}{name}", total, done, done
        self._loss = ""
        self._started = self._last_line = time.monotonic()

    def advance(self, tokens: int, loss: float | None = None) -> None:
        """Count, and show the present state where it is time to."""
        self._done += tokens
        if loss is not None:
            self._loss = f"loss {loss:.3f}"
        self._show()

    def say(self, line: str) -> None:
        """Print a line, with the name of the part before it."""
        self._print(f"{self._part}{line}")

    def evaluated(self, epoch: int, values: Mapping[str, float]) -> None:
        """Show nothing: the training says it."""

    @property
    def _rate(self) -> float:
        """So many per second of this session since the stage began."""
        return (self._done - self._done_before) / max(time.monotonic() - self._started, 1e-9)

    def _show(self) -> None:
        now = time.monotonic()
        if now - self._last_line < _PLAIN_SECONDS:
            return
        self._last_line = now
        rate = self._rate
        left = (self._total - self._done) / max(rate, 1e-9)
        share = 100 * self._done / max(self._total, 1)
        facts = [f"{self._stage}: {share:.0f} %", f"{rate:,.0f} {self._unit}/s", self._loss, f"{duration(left)} left"]
        self._print(", ".join(filter(None, facts)))

    def _print(self, line: str) -> None:
        self._console.print(line, highlight=False, soft_wrap=True)


class _Bar(_Lines):
    """The same in one live line."""

    def __init__(self, console: "Console", unit: str, bars: "Progress") -> None:
        super().__init__(console, unit)
        self._bars = bars
        self._task: TaskID | None = None

    def stage(self, name: str, total: int, done: int = 0) -> None:
        """Take the bar of the stage before away, and draw a new one."""
        super().stage(name, total, done)
        if self._task is not None:
            self._bars.remove_task(self._task)
        self._task = self._bars.add_task(self._stage, total=total, completed=done, rate="", loss="")

    def _show(self) -> None:
        if self._task is not None:
            rate = f"{self._rate:,.0f} {self._unit}/s"
            self._bars.update(self._task, completed=self._done, rate=rate, loss=self._loss)
