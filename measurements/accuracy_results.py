"""What was measured: one JSON line a trial, appended as soon as it is there, and what the lines come to.

A line is never changed. Where a trial was repeated, the last line counts and the others stay.
"""

import base64
import json
import math
import os
import statistics
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

Key = tuple[str, str, int, str]  # data, size, draw, method


@dataclass(frozen=True)
class Mean:
    """A mean over draws with its 95 % interval by Student's t; None with a single draw."""

    value: float
    interval: tuple[float, float] | None
    draws: int


@dataclass(frozen=True)
class Difference:
    """Of two methods on the same draws: the mean of the differences, its interval, and the paired t-test's p."""

    mean: Mean
    p: float | None


def read_lines(path: Path) -> list[dict[str, Any]]:
    """All trials in their order; what a run that was cut off left of its last line is left out."""
    if not path.exists():
        return []
    *whole, _ = path.read_text(encoding="utf-8").split("\n")
    return [json.loads(line) for line in whole if line]


def append_line(path: Path, line: dict[str, Any]) -> None:
    """One more trial, on disk before the next one starts."""
    with path.open("a+b") as file:
        end = file.tell()
        file.seek(0)
        kept = file.read().rfind(b"\n") + 1
        if kept != end:  # half a line
            file.truncate(kept)
        file.write(json.dumps(line, ensure_ascii=False, allow_nan=False).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def key_of(line: dict[str, Any]) -> Key:
    """What a trial is known by."""
    return line["data"], line["size"], line["draw"], line["method"]


def latest(lines: Iterable[dict[str, Any]]) -> dict[Key, dict[str, Any]]:
    """The line that counts of each trial."""
    return {key_of(line): line for line in lines}


def pack(right: np.ndarray) -> str:
    """Whether each test text was classified correctly, bool [m], as text of about m / 6 letters at most."""
    return base64.b85encode(zlib.compress(np.packbits(right).tobytes(), 9)).decode("ascii")


def unpack(packed: str, texts: int) -> np.ndarray:
    """What `pack` packed, bool [texts]."""
    bits = np.frombuffer(zlib.decompress(base64.b85decode(packed)), dtype=np.uint8)
    return np.unpackbits(bits, count=texts).astype(bool)


def measured(trials: dict[Key, dict[str, Any]], data: str, size: str, method: str, name: str) -> dict[int, float]:
    """A figure by draw, of the trials that did not fail."""
    return {
        line["draw"]: line[name]
        for line in trials.values()
        if (line["data"], line["size"], line["method"]) == (data, size, method) and "failure" not in line
    }


def mean(values: Sequence[float]) -> Mean:
    """Over draws."""
    value, interval = statistics.fmean(values), None
    if len(values) > 1:
        from scipy.stats import t

        half = float(t.ppf(0.975, len(values) - 1)) * statistics.stdev(values) / math.sqrt(len(values))
        interval = (value - half, value + half)
    return Mean(value, interval, len(values))


def difference(reference: dict[int, float], other: dict[int, float]) -> Difference | None:
    """Reference minus other, over the draws that both have; None where they share none."""
    common = sorted(reference.keys() & other.keys())
    if not common:
        return None
    gaps = [reference[draw] - other[draw] for draw in common]
    found, p = mean(gaps), None
    if len(gaps) > 1:
        from scipy.stats import t

        error = statistics.stdev(gaps) / math.sqrt(len(gaps))
        p = float(2 * t.sf(abs(found.value) / error, len(gaps) - 1)) if error else float(found.value == 0)
    return Difference(found, p)
