"""Progress of a run: a live bar with rate, loss and time left on a terminal, plain lines elsewhere; on stderr."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Self

from tunelet._words import duration

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

_PLAIN_SECONDS = 15.0  # between plain lines


class Progress:
    """Counts tokens of one stage at a time. Without a console it is silent."""

    def __init__(self, console: "Console | None") -> None:
        self._console = console
        self._bar: Bar | None = None
        self._task: TaskID | None = None
        self._stage = self._part = ""
        self._total = self._done = self._begun_with = 0
        self._loss: float | None = None
        self._started = self._last_line = 0.0

    def __enter__(self) -> Self:
        if self._console is not None and self._console.is_terminal:
            from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
            from rich.progress import Progress as Bar

            self._bar = Bar(
                TextColumn("{task.description}"),
                BarColumn(),
                TextColumn("{task.percentage:3.0f} %"),
                TextColumn("{task.fields[rate]}"),
                TextColumn("{task.fields[loss]}"),
                TimeRemainingColumn(),
                console=self._console,
                transient=True,
            )
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Stages and lines inside belong to this part of the work, and say so."""
        self._part = f"{name}, "
        try:
            yield
        finally:
            self._part = ""

    def stage(self, name: str, total: int, done: int = 0) -> None:
        """Begin a stage of `total` tokens, `done` of which were done before."""
        name = f"{self._part}{name}"
        self._stage, self._total, self._done, self._begun_with, self._loss = name, total, done, done, None
        self._started = self._last_line = time.monotonic()
        if self._bar is not None:
            if self._task is not None:
                self._bar.remove_task(self._task)
            self._task = self._bar.add_task(name, total=total, completed=done, rate="", loss="")

    def advance(self, tokens: int, loss: float | None = None) -> None:
        """Note that so many more tokens are done, with the present loss."""
        if self._console is None:
            return
        self._done += tokens
        self._loss = loss if loss is not None else self._loss
        now = time.monotonic()
        rate = (self._done - self._begun_with) / max(now - self._started, 1e-9)
        loss_text = "" if self._loss is None else f"loss {self._loss:.3f}"
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=self._done, rate=f"{rate:,.0f} tokens/s", loss=loss_text)
        elif now - self._last_line >= _PLAIN_SECONDS:
            self._last_line = now
            left = (self._total - self._done) / max(rate, 1e-9)
            parts = [
                f"{self._stage}: {100 * self._done / max(self._total, 1):.0f} %",
                f"{rate:,.0f} tokens/s",
                loss_text,
            ]
            self._print(", ".join([*filter(None, parts), f"{duration(left)} left"]))

    def say(self, line: str) -> None:
        """A line that stays."""
        self._print(f"{self._part}{line}")

    def _print(self, line: str) -> None:
        if self._console is not None:
            self._console.print(line, highlight=False, soft_wrap=True)
