"""Arms take turns: each is asked once a turn, one after the other; one that fails is written down and left out."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tunelet.bench.harness._results import ArmResult, Spread
from tunelet.bench.harness._worker import ArmFailed, Worker
from tunelet.errors import TuneletError

Say = Callable[[str], None]
Keep = Callable[[dict[str, Any]], None]
TURN_LIMIT = 600.0  # seconds: an arm that takes longer for one turn hangs, or is of no use here


def nothing(_: object) -> None:
    """The `Say` and the `Keep` of a caller who wants neither lines nor documents."""


def prefixed(say: Say, name: str) -> Say:
    """A `Say` that puts a name before each line."""
    return lambda line: say(f"{name}: {line}")


@dataclass
class Interruption:
    """Whether Ctrl-C was pressed."""

    pressed: bool = False

    def go_on(self) -> None:
        """Raise KeyboardInterrupt where it was."""
        if self.pressed:
            raise KeyboardInterrupt


@contextmanager
def until_interrupted() -> Iterator[Interruption]:
    """Do what is within until Ctrl-C is pressed, and then leave it, so that what was measured can be kept first."""
    interruption = Interruption()
    try:
        yield interruption
    except KeyboardInterrupt:
        interruption.pressed = True


class Arms:
    """The arms of one model.

    Args:
        say: called with each line of progress.
    """

    def __init__(self, say: Say) -> None:
        self._say = say
        self._running: dict[str, tuple[Worker, str, str]] = {}  # name -> worker, setting in words, precision
        self._first: dict[str, Any] = {}
        self._turns: dict[str, list[Any]] = {}
        self._failed: dict[str, ArmResult] = {}
        self._ceilings: list[Mapping[str, Mapping[str, float]]] = []

    def start(self, name: str, worker: Worker, setting: str, precision: str) -> None:
        """Take an arm in: its first report is the warm-up."""
        self._running[name] = (worker, setting, precision)
        first = self._ask(name)
        if first is not None:
            self._first[name] = first

    def adopt(self, name: str, worker: Worker, setting: str, precision: str, first: object) -> None:
        """Take in an arm that is warm, with the report of its warm-up."""
        self._running[name] = (worker, setting, precision)
        self._first[name] = first

    def miss(self, name: str, setting: str, precision: str, reason: str) -> None:
        """Note an arm that cannot be measured here."""
        self._failed[name] = ArmResult(name, setting, precision, failure=reason)
        self._say(f"{name}: {reason}")

    def skip(self, refused: Mapping[str, str], named: Sequence[str]) -> None:
        """Note tunelet's precisions that the machine has no instructions for; those that were named run all the same.

        Args:
            refused: precision -> why its products would run in reference code, a hundred times slower.
            named: the precisions that the user asked for; none: all.
        """
        for precision, reason in refused.items():
            if precision in named:
                self._say(f"tunelet {precision}: asked for, but slow here: {reason}")
            elif not named:
                self.miss(f"tunelet {precision}", f"{precision}, packed", precision, f"not measured: {reason}")

    def run(self, turns: int, measurer: Worker) -> None:
        """Let all take their turns, the machine's ceilings among them."""
        for turn in range(turns):
            self._say(f"turn {turn + 1} of {turns}")
            self._ceilings.append(measurer.ask())
            for name in list(self._running):
                done = self._ask(name)
                if done is not None:
                    self._turns.setdefault(name, []).append(done)
                    self._say(f"{name}: {done.rate:,.0f} tokens/s")

    def last(self, name: str) -> Any:
        """The latest report of an arm; None: it has failed, or had no turn."""
        return self._turns[name][-1] if name in self._running and name in self._turns else None

    @property
    def measured(self) -> tuple[str, ...]:
        """Names of the arms that have not failed."""
        return tuple(self._running)

    @property
    def ceilings(self) -> Sequence[Mapping[str, Mapping[str, float]]]:
        """Rates of the machine's matrix products, turn by turn."""
        return self._ceilings

    def results(
        self, mean_tokens: float, ideal: Mapping[str, float | None], compared_with: Sequence[str]
    ) -> list[ArmResult]:
        """A row for each arm, those that failed or had no turn before it was interrupted last.

        Args:
            mean_tokens: of the sample, by which tokens become reviews: so no arm gains by the texts it happened to get.
            ideal: precision -> seconds that a review takes at the ceiling.
            compared_with: names of the arms that all are compared with.
        """
        rates = {
            name: Spread.of([turn.rate for turn in self._turns[name]]) for name in self._running if name in self._turns
        }
        rows, missing = [], list(self._failed.values())
        for name, (worker, setting, precision) in self._running.items():
            if name not in rates:
                missing.append(ArmResult(name, setting, precision, failure="not measured: interrupted before its turn"))
                continue
            reviews = rates[name].scaled(1 / mean_tokens)
            least = ideal.get(precision)
            rows.append(
                ArmResult(
                    name=name,
                    setting=_how(setting, self._first[name].choices),
                    precision=precision,
                    choices=self._first[name].choices,
                    reviews_per_second=reviews,
                    tokens_per_second=rates[name],
                    times={
                        other: rates[name].median / rates[other].median for other in compared_with if other in rates
                    },
                    fraction_of_ceiling=None if least is None else reviews.median * least,
                    peak_memory_bytes=worker.memory.peak,
                    baseline_memory_bytes=worker.memory.baseline,
                    first_seconds=self._first[name].total_seconds,
                    turns=tuple(turn.record() for turn in self._turns[name]),
                )
            )
        return rows + missing

    def _ask(self, name: str) -> Any:
        worker, setting, precision = self._running[name]
        try:
            return worker.ask()
        except (ArmFailed, TuneletError) as failed:
            worker.close()
            del self._running[name]
            self.miss(name, setting, precision, str(failed))
            return None


def _how(setting: str, choices: Mapping[str, Mapping[str, str]]) -> str:
    """The setting in words: of tunelet its own choices, of others the one they were started with."""
    if not choices:
        return setting
    return ", ".join([choices["precision"]["value"], choices["execution"]["value"], f"in {choices['layers']['value']}"])
