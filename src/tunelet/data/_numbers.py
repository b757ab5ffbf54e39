"""Plain numbers as labels: they have no names, and how far an answer is from the number is all that counts."""

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from tunelet._words import counted
from tunelet.data._examples import Examples
from tunelet.data._label_space import LabelSpace, TaskName
from tunelet.data._labels import labels_of
from tunelet.data._raw import RawTable
from tunelet.data._shape import is_number
from tunelet.data._spellings import some
from tunelet.data._unit import Unit
from tunelet.errors import DataError

LARGEST = 1e30  # so that float32 holds what a model makes of it
_BANDS = 10  # of numbers, by which rows are drawn and split in proportion
_IN_A_BAND = 5  # rows, at least


class Numbers(LabelSpace):
    """One number a text: float64 [n]. It has no names."""

    task: ClassVar[TaskName] = "regression"
    continuous: ClassVar[bool] = True

    def read(
        self, table: RawTable, column: str, *, renamed: Mapping[str, str], missing: Collection[str]
    ) -> tuple[list[str | None], list[str]]:
        """As described in `LabelSpace`: each number in its shortest form. Raises DataError for what is none."""
        labels, notes = labels_of(table, column, renamed=renamed, missing=missing)
        words = sorted({label for label in labels if label is not None and not _is_finite(label)})
        if words:
            message = f"column {column!r} holds {some(words)}, expected numbers up to {LARGEST:g}"
            if all(_is_finite(word.replace(",", ".")) for word in words):
                raise DataError(message, "write them with a point, such as 3.5")
            raise DataError(message, "name another column: label='COL'; words that mean no number: data.missing_labels")
        return [None if label is None else written_number(float(label)) for label in labels], notes

    def parts(self, label: str) -> tuple[str, ...]:
        """A number has no names."""
        return ()

    def strata(self, labels: Sequence[str]) -> tuple[str, ...]:
        """The tenth of the numbers that each lies in, equal ones together: "1 to 2.5"."""
        numbers = _numbers(labels)
        if not len(numbers):
            return ()
        bands = max(1, min(_BANDS, len(numbers) // _IN_A_BAND))
        edges = np.unique(np.quantile(numbers, np.linspace(0, 1, bands + 1)[1:-1], method="higher"))
        band = np.searchsorted(edges, numbers, side="right")
        names = {at: _between(numbers[band == at]) for at in np.unique(band).tolist()}
        return tuple(names[at] for at in band.tolist())

    def encode(self, examples: Examples, source: str) -> NDArray[np.float64]:
        """As described in `LabelSpace`."""
        if not len(examples):
            raise DataError(f"{source}: no text is left to measure on", "pass data with numbers as labels")
        return _numbers(examples.labels)

    def decode(self, encoded: NDArray[Any]) -> list[str]:
        """As described in `LabelSpace`."""
        return [written_number(number) for number in encoded.tolist()]

    def unit(self, encoded: NDArray[Any]) -> Unit:
        """Their mean and deviation."""
        return Unit.of(encoded)

    def refuse_unlearnable(
        self,
        labels: Sequence[str],
        *,
        min_texts: int,
        measured_apart: bool,
    ) -> None:
        """Raises DataError where all numbers are the same."""
        if len(set(labels)) < 2:
            rows = counted(len(labels), "row")
            raise DataError(
                f"expected different numbers, found {labels[0]} in all {rows}", "name another column: label='COL'"
            )


def written_number(number: float) -> str:
    """The shortest form that is read back as the same number: 3, 3.5, 1e-05."""
    return repr(float(number)).removesuffix(".0")


def _between(numbers: NDArray[np.float64]) -> str:
    least, largest = (written_number(float(end)) for end in (numbers.min(), numbers.max()))
    return least if least == largest else f"{least} to {largest}"


def _numbers(labels: Sequence[str]) -> NDArray[np.float64]:
    return np.array([float(label) for label in labels], dtype=np.float64)


def _is_finite(label: str) -> bool:
    return is_number(label) and math.isfinite(float(label)) and abs(float(label)) <= LARGEST
