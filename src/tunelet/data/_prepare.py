"""From what was read to what is trained on: copies and leaks are removed, the rows limited, split and checked.

What also occurs in the test part never stays in training or validation, and what occurs in a given validation part
never stays in training, whatever the settings: a figure that was measured on known texts is worth nothing.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from tunelet.data._duplicates import among, normalise, repeats_and_conflicts
from tunelet.data._examples import Examples, Reading
from tunelet.data._labels import ordered
from tunelet.data._sample import sample_rows
from tunelet.data._split import split
from tunelet.errors import DataError


@dataclass(frozen=True)
class Prepared:
    """The three parts of an experiment.

    Attributes:
        train, validation, test: labelled texts; `test` is None when none was given.
        label_names: the classes in the order of their indices.
        dropped: reason -> rows, all that reading and preparing left out; rows left out by a limit are not among them.
        notes: sentences about the split and the limit, for the screen.
    """

    train: Examples
    validation: Examples
    test: Examples | None
    label_names: tuple[str, ...]
    dropped: Mapping[str, int]
    notes: tuple[str, ...]


def prepare(
    reading: Reading,
    test: Reading | None = None,
    *,
    limit: int | None,
    balanced: bool,
    validation_size: float,
    drop_duplicates: bool,
    seed: int,
) -> Prepared:
    """Make the training, validation and test parts.

    Args:
        reading: the training data; validation and test parts of its own are used.
        test: test data given apart, which wins: its "test" part, else all of it.
        limit: rows to take for training and validation together (for training alone, where a validation part is
            given); None takes all.
        balanced: equally many rows of each class.
        validation_size: share of the rows for validation, between 0 and 1, where no such part is given.
        drop_duplicates: drop repeats within the training data, and every copy of a text with contradicting labels.
        seed: of the sampling and the split.

    Raises:
        DataError: a single class, a class with one example, a label to be measured that training never saw.
    """
    notes: list[str] = []
    dropped = Counter[str]()
    train, validation = reading.parts["train"], reading.parts.get("validation")
    test_part = _test_examples(reading, test, notes)
    _count_read(reading, test, dropped)
    _require_labels(train, validation, test_part)

    train, repeated = _without_copies(train, drop_duplicates=drop_duplicates)
    dropped.update(repeated)
    if test_part is not None:
        train = _without_leaks(train, test_part, "also in the test part", dropped)
        if validation is not None:
            validation = _without_leaks(validation, test_part, "validation text also in the test part", dropped)
    if validation is not None:
        train = _without_leaks(train, validation, "also in the validation part", dropped)
    _check_classes(train)
    train = _limited(train, limit=limit, balanced=balanced, seed=seed, notes=notes)
    _check_classes(train)
    names = ordered(train.labels)
    if validation is None:
        train_rows, validation_rows = split(train, validation_size=validation_size, seed=seed)
        notes.append(f"validation: {len(validation_rows):,} of {len(train):,} rows, stratified, seed {seed}")
        train, validation = train.take(train_rows), train.take(validation_rows)
    else:
        notes.append(f"validation: the source's own part, {len(validation):,} rows")
    for part, examples in (("validation", validation), ("test", test_part)):
        if examples is not None:
            _check_measured(part, examples, names)
    return Prepared(train, validation, test_part, names, {why: n for why, n in dropped.items() if n}, tuple(notes))


def _test_examples(reading: Reading, test: Reading | None, notes: list[str]) -> Examples | None:
    if test is None:
        found, source = reading.parts.get("test"), "the source's own part"
    else:
        found, source = test.parts[test.held_out()], test.source
    if found is not None:
        notes.append(f"test: {source}, {len(found):,} rows")
    return found


def _count_read(reading: Reading, test: Reading | None, dropped: Counter[str]) -> None:
    parts = {part: reasons for part, reasons in reading.dropped.items() if part != "test" or test is None}
    if test is not None:
        parts["test"] = test.dropped.get(test.held_out(), {})
    for part, reasons in parts.items():
        for reason, rows in reasons.items():
            dropped[reason if part == "train" else f"{reason} ({part} part)"] += rows


def _require_labels(*parts: Examples | None) -> None:
    if any(part is not None and len(part.labels) != len(part) for part in parts):
        raise DataError("the texts have no labels, expected one for each", "name the column of labels: --label COL")


def _without_copies(train: Examples, *, drop_duplicates: bool) -> tuple[Examples, dict[str, int]]:
    if not drop_duplicates:
        return train, {}
    repeats, conflicts = repeats_and_conflicts([normalise(text) for text in train.texts], train.labels)
    counts = {"repeat of another row": int(repeats.sum()), "same text with contradicting labels": int(conflicts.sum())}
    return train.take(np.flatnonzero(~(repeats | conflicts))), counts


def _without_leaks(examples: Examples, measured: Examples, reason: str, dropped: Counter[str]) -> Examples:
    leaks = among([normalise(text) for text in examples.texts], [normalise(text) for text in measured.texts])
    dropped[reason] += int(leaks.sum())
    return examples.take(np.flatnonzero(~leaks)) if leaks.any() else examples


def _limited(train: Examples, *, limit: int | None, balanced: bool, seed: int, notes: list[str]) -> Examples:
    if limit is None and not balanced:
        return train
    rows = sample_rows(train, limit=len(train) if limit is None else limit, balanced=balanced, seed=seed)
    kind = "equally many of each class" if balanced else "stratified"
    if len(rows) < len(train):
        notes.append(f"rows: {len(rows):,} of {len(train):,}, drawn at random, {kind}, seed {seed}")
    if limit is not None and len(rows) < limit:
        notes.append(f"rows: the limit of {limit:,} is not reached, {len(rows):,} is all there is ({kind})")
    return train.take(rows)


def _check_classes(train: Examples) -> None:
    counts = Counter(train.labels)
    if not counts:
        raise DataError("no text is left to train on once copies and leaks are dropped", "add rows, or pass other data")
    if len(counts) == 1:
        message = f"expected at least two classes, found one: {next(iter(counts))!r} in all {len(train):,} rows"
        raise DataError(message, "add texts of another class, or name another column: --label COL")
    if lone := [name for name in ordered(train.labels) if counts[name] == 1]:
        classes = "class" if len(lone) == 1 else "classes"
        listed = ", ".join(map(repr, lone[:5])) + (", ..." if len(lone) > 5 else "")
        message = f"expected at least two texts of each class (train, validation), found one of {classes} {listed}"
        raise DataError(message, "add texts, remove the class, or name another column: --label COL")


def _check_measured(part: str, examples: Examples, names: tuple[str, ...]) -> None:
    if not len(examples):
        raise DataError(f"no text is left in the {part} part once leaks are dropped", "pass other data")
    unseen = [name for name in ordered(examples.labels) if name not in names]
    if unseen:
        listed = ", ".join(map(repr, unseen[:5])) + (", ..." if len(unseen) > 5 else "")
        known = ", ".join(map(repr, names[:5])) + (", ..." if len(names) > 5 else "")
        message = f"the {part} part has labels that training never saw: {listed}; training has {known}"
        raise DataError(message, "give both the same label names")
