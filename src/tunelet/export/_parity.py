"""The gate: what an export gives for texts, beside what the run gives for them."""

import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from tunelet._words import counted, points
from tunelet.errors import ExportError
from tunelet.export._comparing import comparison_of
from tunelet.export._figure import figure_of
from tunelet.export._texts import Texts
from tunelet.run import ExportRecord, ParityRecord, Task

FLOAT32 = 1e-4  # of a probability
INT8 = 0.02  # share of the labels that may change
Result = TypeVar("Result")


def timed(computed: Callable[[], Result]) -> tuple[Result, float]:
    """A result, and the seconds that it took."""
    begin = time.perf_counter()
    result = computed()
    return result, time.perf_counter() - begin


def parity(
    texts: Texts,
    task: Task,
    reference: NDArray[np.float64],
    found: NDArray[np.float64],
    *,
    longer: NDArray[np.bool_],
    sizes: tuple[int, int],
    seconds: tuple[float, float],
    tolerance: float,
) -> ParityRecord:
    """How far the probabilities of an export are from those of its source.

    Args:
        texts: [n].
        task: the labels.
        reference, found: probabilities of the source and of the export, [n, labels].
        longer: the texts that are cut elsewhere by the export, bool [n].
        sizes: bytes of the weights of source and export.
        seconds: that both took for the texts.
        tolerance: that the export has to keep to.
    """
    n, differences = len(reference), np.abs(found - reference).max(axis=1)[~longer]
    comparison = comparison_of(task)
    shifts, same = comparison.shifts(reference, found)[~longer], comparison.same(reference, found)
    return ParityRecord(
        source=texts.source,
        texts=n,
        longer=int(longer.sum()),
        largest_difference=float(differences.max()) if len(differences) else None,
        largest_shift=float(shifts.max()) if len(shifts) else None,
        agreement=float(same.mean()),
        figure=None if texts.labels is None else figure_of(task, texts.labels, reference, found),
        bytes=sizes[1],
        reference_bytes=sizes[0],
        texts_per_second=n / seconds[1],
        reference_texts_per_second=n / seconds[0],
        tolerance=tolerance,
    )


def check_parity(record: ExportRecord, found: ParityRecord) -> None:
    """Raise ExportError where an export is farther from its source than is allowed."""
    if record.is_int8:
        changed = 1 - found.agreement
        if not changed <= found.tolerance:
            exact = record.form.removesuffix("-int8")
            raise ExportError(
                f"the int8 model gives another label to {points(changed)} of {counted(found.texts, 'text')}, "
                f"expected {points(found.tolerance)} at most",
                f"export in float32 with to={exact!r}, or allow more with tolerance={_above(changed)}",
            )
        return
    if found.largest_shift is None:
        raise ExportError(
            "every text of the check is too long for the model, and cut elsewhere by the library", "pass check='FILE'"
        )
    # Of texts that the model is sure of, a probability moves little whatever is wrong; at 0.5 it would move so far.
    possible = found.largest_shift / 4
    if not possible <= found.tolerance:
        raise ExportError(
            f"{comparison_of(record.task).differs} {possible:.2g}, expected {found.tolerance:g} at most",
            f"export to another form, or allow more with tolerance={_above(possible)}",
        )


def apart_in_words(record: ExportRecord) -> str:
    """How far an export is from its source at most, as a clause; empty where no text could tell."""
    found = record.parity
    if found is None or found.largest_difference is None or found.largest_shift is None:
        return ""
    return comparison_of(record.task).in_words(found.largest_difference, found.largest_shift)


def _above(value: float) -> str:
    """A short number above the value."""
    step = 10.0 ** (math.floor(math.log10(value)) - 1)
    return f"{math.ceil(value * 1.05 / step) * step:.2g}"


def size_of(paths: Sequence[Path]) -> int:
    """Bytes of files together."""
    return sum(path.stat().st_size for path in paths if path.is_file())
