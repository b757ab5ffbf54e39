"""Training and validation rows: by chance and stratified, or the newest; a unit of rows is always on one side."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tunelet.data._examples import Examples
from tunelet.data._groups import shuffled, units
from tunelet.data._labels import ordered
from tunelet.data._sample import apportion
from tunelet.errors import DataError

Rows = NDArray[np.int64]


def split(examples: Examples, *, validation_size: float, seed: int) -> tuple[Rows, Rows]:
    """Split into training and validation rows.

    Rows that belong together (`units`: copies of a text, rows of a group) move as one. Where each row is a unit the
    sizes are exact: `round(validation_size * n)` rows for validation, each class in proportion (to less than one row).
    Larger units are taken as they fit, so that the sizes are as near to these as chance and the units let them be.
    Each class of two units is on both sides wherever units of several classes allow it, and always in training.

    Args:
        examples: n labelled texts.
        validation_size: share of the rows, between 0 and 1.
        seed: the same seed gives the same texts for validation, in whatever order they come.

    Returns:
        training rows, ascending, int64 [n - m]; validation rows, ascending, int64 [m].
    """
    drawing = _Drawing(examples, _share(validation_size), seed)
    drawing.take_fitting()
    drawing.take_nearer()
    drawing.take_missing()
    return drawing.sides()


def newest(examples: Examples, *, validation_size: float) -> tuple[Rows, Rows, Rows]:
    """Split so that every validation text is newer than every training text.

    Texts of one moment are on one side: the cut lies between two moments, as near to the wanted size as it can. Older
    texts that belong together with a held-out one (`units`) are on neither side.

    Args:
        examples: n texts with times.
        validation_size: share of the rows, between 0 and 1.

    Returns:
        training rows, validation rows, and the rows that are on neither side, each ascending, int64.

    Raises:
        DataError: all texts are of one moment.
    """
    times = np.asarray(examples.times)
    in_order = np.sort(times)
    cuts = np.flatnonzero(in_order[1:] > in_order[:-1]) + 1
    if not len(cuts):
        raise DataError("all texts have the same time, so that none is newer", "name another column: time='COL'")
    wanted = len(times) - _held_out(_share(validation_size), len(times))
    held_out = times >= in_order[cuts[np.abs(cuts - wanted).argmin()]]
    bound = bound_to(examples, held_out)
    return np.flatnonzero(~held_out & ~bound), np.flatnonzero(held_out), np.flatnonzero(bound)


def bound_to(examples: Examples, held_out: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The rows that are not held out, but belong together (`units`) with one that is, bool [n]."""
    bound = np.zeros(len(examples), dtype=bool)
    for rows in units(examples):
        if len(rows) > 1 and held_out[rows].any():
            bound[rows] = True
    return bound & ~held_out


def _share(validation_size: float) -> float:
    if not 0 < validation_size < 1:
        raise DataError(
            f"the validation size is {validation_size}, expected a share between 0 and 1", "for example 0.2"
        )
    return validation_size


def _held_out(validation_size: float, n: int) -> int:
    return min(max(round(validation_size * n), 1), n - 1)


class _Drawing:
    """Units that go to validation one by one, until each class has its share of rows there."""

    def __init__(self, examples: Examples, validation_size: float, seed: int) -> None:
        names = ordered(examples.labels)
        index = {name: at for at, name in enumerate(names)}
        self._classes = [index[label] for label in examples.labels]
        self._units = units(examples)
        self._order = shuffled(self._units.least(examples.keys), seed)
        sizes, self._units_left = [0] * len(names), [0] * len(names)  # rows of a class; its units in training
        for rows in self._units:
            for name, count in self._counts(rows).items():
                sizes[name] += count
                self._units_left[name] += 1
        self._quotas = apportion(
            _held_out(validation_size, len(examples)),
            sizes,
            least=[min(1, left - 1) for left in self._units_left],
            most=[size - 1 for size in sizes],
        )
        self._short = list(self._quotas)  # rows of each class that validation still lacks; below 0: has too many
        self._room = sum(self._quotas)
        self._taken = np.zeros(len(self._units), dtype=bool)

    def take_fitting(self) -> None:
        """In random order, what fits and brings the classes nearer to their shares."""
        for unit in self._order:
            if self._room <= 0:
                return
            if self._units.sizes[unit] <= self._room and self._gain(unit) > 0:
                self._take(unit)

    def take_nearer(self) -> None:
        """Then the small before the large: what brings them nearer, though it be more than fits."""
        for unit in self._small_first() if self._room > 0 else ():
            if self._room > 0 and not self._taken[unit] and self._gain(unit) > 0:
                self._take(unit)

    def take_missing(self) -> None:
        """Last, for a class that validation lacks, its smallest unit."""
        for name, quota in enumerate(self._quotas):
            if quota >= 1 and self._short[name] == quota:
                having = (unit for unit in self._small_first() if name in self._counts(self._units[unit]))
                if (unit := next(filter(self._spared, having), None)) is not None:
                    self._take(unit)

    def sides(self) -> tuple[Rows, Rows]:
        """Training rows and validation rows."""
        held_out = np.zeros(len(self._classes), dtype=bool)
        held_out[[row for unit in np.flatnonzero(self._taken) for row in self._units[unit]]] = True
        return np.flatnonzero(~held_out), np.flatnonzero(held_out)

    def _counts(self, rows: Sequence[int]) -> dict[int, int]:
        """Rows of each class."""
        return {self._classes[rows[0]]: 1} if len(rows) == 1 else Counter(self._classes[row] for row in rows)

    def _small_first(self) -> Rows:
        order: Rows = self._order[np.argsort(self._units.sizes[self._order], kind="stable")]
        return order

    def _spared(self, unit: int) -> bool:
        """Whether training keeps another unit of each of its classes."""
        return all(self._units_left[name] > 1 for name in self._counts(self._units[unit]))

    def _gain(self, unit: int) -> int:
        """By how many rows the classes come nearer to their shares; 0 for what training cannot spare."""
        counts = self._counts(self._units[unit])
        if any(self._units_left[name] <= 1 for name in counts):
            return 0
        return sum(abs(self._short[name]) - abs(self._short[name] - count) for name, count in counts.items())

    def _take(self, unit: int) -> None:
        self._taken[unit] = True
        self._room -= int(self._units.sizes[unit])
        for name, count in self._counts(self._units[unit]).items():
            self._short[name] -= count
            self._units_left[name] -= 1
