"""The results of a benchmark: plain values that are written as JSON and shown as tables, the same names in both."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tunelet.bench.harness._flops import Work


@dataclass(frozen=True)
class Spread:
    """Median, smallest and largest of the turns."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """The spread of one value or more."""
        return cls(statistics.median(values), min(values), max(values))

    def scaled(self, factor: float) -> "Spread":
        """The same spread in another unit, each value times the factor."""
        return Spread(self.median * factor, self.low * factor, self.high * factor)


@dataclass(frozen=True)
class ArmResult:
    """One row of the table.

    Attributes:
        name: "stock", "best", "tunelet float32", ...
        setting: how it ran, in words.
        precision: whose ceiling it is held against.
        choices: what tunelet chose, by name: {"value": ..., "reason": ...}.
        reviews_per_second, tokens_per_second: over the turns; tokens are real ones, without padding. None: it failed.
        times: by the name of another arm, how many times its rate.
        fraction_of_ceiling: the time that the least work would take at the measured ceilings, over the time it took.
        peak_memory_bytes, baseline_memory_bytes: of its process, at most and after loading the libraries.
        first_seconds: the warm-up, which is not counted.
        turns: what was measured, turn by turn.
        agreement: of predictions with those of stock float32: `labels`, the share of texts with the same label, and
            `probability`, the largest difference of a probability.
        failure: why there are no rates.
    """

    name: str
    setting: str
    precision: str
    choices: Mapping[str, Any] = field(default_factory=dict)
    reviews_per_second: Spread | None = None
    tokens_per_second: Spread | None = None
    times: Mapping[str, float] = field(default_factory=dict)
    fraction_of_ceiling: float | None = None
    peak_memory_bytes: int | None = None
    baseline_memory_bytes: int | None = None
    first_seconds: float | None = None
    turns: tuple[Any, ...] = ()
    agreement: Mapping[str, float] | None = None
    failure: str | None = None


def ceilings(turns: Sequence[Mapping[str, Mapping[str, float]]]) -> dict[str, dict[str, Any]]:
    """By precision: each kernel's GFLOP/s as a `Spread` over the turns, and the highest of all as `gflops`.

    A ceiling is the highest rate ever reached: what slows the machine for a while does not lower it.
    """
    highest: dict[str, dict[str, Any]] = {}
    for precision in turns[0] if turns else ():
        kernels = {
            name: Spread.of([turn[precision][name] for turn in turns if name in turn.get(precision, {})])
            for name in turns[0][precision]
        }
        highest[precision] = {"gflops": max(spread.high for spread in kernels.values()), "kernels": kernels}
    return highest


def ideal_seconds(work: Work, measured: Mapping[str, Mapping[str, Any]]) -> dict[str, float]:
    """Seconds that the work takes at the ceilings, which are as `ceilings` gives them, by precision.

    In int8 only the products with frozen weights are int8; the rest counts at the best floating-point ceiling.
    """
    floating = (
        max((measured[name]["gflops"] for name in ("float32", "bfloat16") if name in measured), default=0.0) * 1e9
    )
    ideal = {}
    for precision, ceiling in measured.items():
        frozen = ceiling["gflops"] * 1e9
        rest = floating if precision == "int8" and floating else frozen
        ideal[precision] = work.frozen / frozen + (work.attention + work.adapter) / rest
    return ideal
