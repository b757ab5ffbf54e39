"""Which texts validate: the source's own part, those of an earlier run, the newest, or some that are drawn."""

import datetime
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tunelet._words import counted
from tunelet.data._examples import Examples
from tunelet.data._folds import FoldLimits, folds
from tunelet.data._groups import units
from tunelet.data._labels import ordered
from tunelet.data._membership import Membership
from tunelet.data._reading import Reading
from tunelet.data._spellings import some
from tunelet.data._split import bound_to, newest, split
from tunelet.errors import DataError

_IN_THE_END = ", which are trained on in the end"

By = Literal["source", "column", "run", "time", "chance"]
BOUND = "copy or group of a held-out text"


@dataclass(frozen=True)
class SplitFacts:
    """How the rows were split.

    Attributes:
        by: what decided which texts validate: a part of the source's own, a column, an earlier run, time, or chance.
        column: the column that named the parts; "" without one.
        run: the run whose split was taken over, as the user named it; "" without one.
        group_column: the column of what no split divides; "" without one.
        groups: number of the groups of the training and validation texts.
        time_column: the column of the times; "" without one.
        since: the earliest validation text, as a date or number; "" where time did not decide.
    """

    by: By
    column: str = ""
    run: str = ""
    group_column: str = ""
    groups: int = 0
    time_column: str = ""
    since: str = ""


@dataclass(frozen=True, eq=False)
class HeldOut:
    """The outcome of the choice.

    Attributes:
        train, validation: the texts; where there are folds, `validation` are those of `train` that are in one.
        folds: rows of `train` that are held out in turn; none: the validation texts are others.
        by, since: as in `SplitFacts`.
        how: a clause for the screen.
        bound: the rows that are on neither side, since they belong together with a held-out one, int64.
        warnings: sentences on what the choice costs.
    """

    train: Examples
    validation: Examples
    folds: tuple[NDArray[np.int64], ...]
    by: By = "chance"
    how: str = ""
    since: str = ""
    bound: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    warnings: tuple[str, ...] = ()


def hold_out(
    train: Examples,
    reading: Reading,
    limits: FoldLimits | None,
    validation_size: float,
    seed: int,
    saved: Membership | None,
) -> HeldOut:
    """Choose validation texts among the training texts.

    Args:
        train: what they are chosen from.
        reading: of the data, with the columns that were read.
        limits: when to cross-validate; None: never.
        validation_size: share of the rows, where rows are held out.
        seed: of the choice.
        saved: an earlier split with folds; None: there is none.

    Raises:
        DataError: no text can be held out without its copies, its group or its class being lost to training.
    """
    if saved is not None:
        return _as_before(train, reading, saved, seed)
    count = 0 if limits is None else limits.count(train)
    if train.times:
        return _newest(train, reading, validation_size, for_good=not count)
    grouped = f", no group of {reading.marks['group']!r} on two sides" if train.groups else ""
    strata = reading.labels.value.stratified(train)
    if count > 1:
        held_out = folds(strata, count=count, seed=seed)
        how = f"cross-validation in {len(held_out)} folds of all {counted(len(train), 'row')}"
    else:
        held_out = (split(strata, validation_size=validation_size, seed=seed)[1],)
        if not len(held_out[0]):
            raise _nothing_to_hold_out(train, reading)
        how = f"{len(held_out[0]):,} of {counted(len(train), 'row')}{'' if not count else _IN_THE_END}"
    found = _of_rows(train, held_out, for_good=not count)
    warnings = _learnt_from_one(train, reading) if count > 1 and train.groups else ()
    return replace(found, by="chance", how=f"{how}, stratified{grouped}, seed {seed}", warnings=warnings)


def _newest(train: Examples, reading: Reading, validation_size: float, *, for_good: bool) -> HeldOut:
    """The newest texts, held out once."""
    column = reading.marks["time"]
    kept, held_out, bound = newest(train, validation_size=validation_size)
    space = reading.labels.value
    learnable = set(space.held([train.labels[row] for row in kept]))
    if lost := [name for name in ordered(space.held(train.labels)) if name not in learnable]:
        which = f"label{'s' * (len(lost) > 1)} {some(lost)}"
        raise DataError(
            f"no text of {which} is older than the newest {counted(len(held_out), 'row')}, the validation part",
            "hold out fewer with settings={'data.validation_size': 0.1}, or leave out time=...",
        )
    since = _shown_time(min(train.times[row] for row in held_out), dates=reading.time_kind == "dates")
    rows = np.sort(np.concatenate([kept, held_out]))
    how = f"the newest {len(held_out):,} of {counted(len(train), 'row')}, from {since} on (column {column!r})"
    found = _of_rows(train.take(rows), (np.searchsorted(rows, held_out),), for_good=for_good)
    how += "" if for_good else _IN_THE_END
    return replace(found, by="time", how=how, since=since, bound=bound)


def _as_before(train: Examples, reading: Reading, saved: Membership, seed: int) -> HeldOut:
    """The folds of an earlier split; a text that is new is dealt to one of several, and of a single one learnt from."""
    given = saved.fold_of(train)
    new = int((saved.part_of(train) < 0).sum())
    also = f"; {counted(new, 'row')} {'is' if new == 1 else 'are'} new" if new else ""
    if saved.fold_count > 1:
        strata = reading.labels.value.stratified(train)
        held_out = folds(strata, count=saved.fold_count, seed=seed, given=given)
        how = f"cross-validation in the {len(held_out)} folds of {saved.source}{also}"
        return replace(_of_rows(train, held_out, for_good=False), by="run", how=how)
    once = given == 0
    bound = bound_to(train, once)
    if not once.any():
        raise DataError(
            f"no text that {saved.source} held out is in the data", "pass its data, or leave out split_from=..."
        )
    rows = np.flatnonzero(~bound)
    found = _of_rows(train.take(rows), (np.flatnonzero(once[rows]),), for_good=False)
    how = f"{int(once.sum()):,} of {counted(len(train), 'row')}, those of {saved.source}{_IN_THE_END}{also}"
    return replace(found, by="run", how=how, bound=np.flatnonzero(bound))


def _of_rows(train: Examples, held_out: tuple[NDArray[np.int64], ...], *, for_good: bool) -> HeldOut:
    """The outcome where these rows are held out in turn, or once and for good."""
    rows = np.sort(np.concatenate(held_out))
    validation = train.take(rows)
    if not for_good:
        return HeldOut(train, validation, held_out)
    return HeldOut(train.take(np.setdiff1d(np.arange(len(train)), rows)), validation, ())


def _nothing_to_hold_out(train: Examples, reading: Reading) -> DataError:
    count = len(units(train))
    what = f"{counted(count, 'group')} of column {reading.marks['group']!r}" if train.groups else ""
    message = f"no row can be held out of {what or counted(count, 'distinct text')}: the rest would lack a label"
    advice = "leave out group=..., or add" if train.groups else "add"
    return DataError(message, f"{advice} rows, so that each label is in two of them or more")


def _learnt_from_one(train: Examples, reading: Reading) -> tuple[str, ...]:
    """A warning of labels all of whose texts are in one group."""
    space = reading.labels.value
    having = Counter(name for rows in units(train) for name in set(space.held([train.labels[row] for row in rows])))
    lone = [name for name in ordered(tuple(having)) if having[name] == 1]
    if not lone:
        return ()
    which = f"label{'s' * (len(lone) > 1)} {some(lone)} {'are each' if len(lone) > 1 else 'is'}"
    model = "a model that never saw the label"
    return (
        f"{which} in one group of {reading.marks['group']!r} only: the fold that holds it out is answered by {model}",
    )


def _shown_time(time: float, *, dates: bool) -> str:
    """As a date, with a clock where it is not midnight, or as the number that it is."""
    if not dates:
        return f"{time:.15g}"
    moment = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=time)
    return moment.date().isoformat() if moment.time() == datetime.time() else moment.isoformat(" ", "seconds")
