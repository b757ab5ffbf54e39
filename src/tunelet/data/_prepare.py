"""From what was read to what is trained on: labels agree, copies and leaks go, the rows are limited, split and checked.

What also occurs in the test split never stays in training or validation, and what occurs in a given validation split
never stays in training, whatever the settings: a figure that was measured on known texts is worth nothing.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np

from tunelet._words import counted
from tunelet.data._duplicates import among, normalise, repeats_and_conflicts
from tunelet.data._examples import Examples, Reading
from tunelet.data._folds import FoldLimits
from tunelet.data._folds import folds as cut_folds
from tunelet.data._labels import ordered
from tunelet.data._sample import sample_rows
from tunelet.data._spellings import as_known, join, look, look_alikes, some
from tunelet.data._split import split
from tunelet.errors import DataError


@dataclass(frozen=True)
class Prepared:
    """The three splits of an experiment.

    Attributes:
        train, validation, test: labelled texts; `test` is None when none was given. Where there are folds, `validation`
            are those texts of `train` that are in one of them, each predicted by a model that did not see it.
        label_names: the classes in the order of their indices.
        dropped: reason -> rows, all that reading and preparing left out; rows left out by a limit are not among them.
        notes: sentences about the split and the limit, for the screen.
        warnings: sentences about what is read otherwise than somebody might expect, each with what to type.
        left_out: labels with too few texts.
        folds: rows of `train` that are held out in turn, before one training on all of it: those of a cross-validation,
            or rows that are held out once; none: the validation texts are others.
    """

    train: Examples
    validation: Examples
    test: Examples | None
    label_names: tuple[str, ...]
    dropped: Mapping[str, int]
    notes: tuple[str, ...]
    warnings: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    folds: tuple[np.ndarray, ...] = ()

    @property
    def predicted_rows(self) -> np.ndarray:
        """Where there are folds, the rows of `train` that are `validation`, in its order."""
        return np.sort(np.concatenate(self.folds))


def prepare(
    reading: Reading,
    test: Reading | None = None,
    *,
    limit: int | None,
    balanced: bool,
    validation_size: float,
    drop_duplicates: bool,
    seed: int,
    join_labels: bool = False,
    min_texts: int = 0,
    folds: FoldLimits | None = None,
) -> Prepared:
    """Make the training, validation and test splits.

    Args:
        reading: the training data; validation and test splits of its own are used.
        test: test data given apart, which wins: its "test" split, else all of it.
        limit: rows to take for training and validation together (for training alone, where a validation split is
            given); None takes all.
        balanced: equally many rows of each class.
        validation_size: share of the rows for validation, between 0 and 1, where no such split is given.
        drop_duplicates: drop repeats within the training data, and every copy of a text with contradicting labels.
        seed: of the sampling and the split.
        join_labels: make labels that look alike one, under the commonest spelling.
        min_texts: leave out labels with fewer texts than this, in all splits.
        folds: when to cross-validate instead of holding rows out, where no validation split is given; None: never.

    Raises:
        DataError: a single class, a class with one example, a label to be measured that training never saw.
    """
    notes: list[str] = []
    warnings = [*reading.notes, *(f"test data: {note}" for note in (test.notes if test else ()))]
    dropped = Counter[str]()
    train, validation = reading.splits["train"], reading.splits.get("validation")
    test_examples = _held_out(reading, test, notes)
    _count_read(reading, test, dropped)
    _require_labels(train, validation, test_examples)

    train = _joined(train, join_labels=join_labels, notes=warnings)
    validation = validation and _matched(validation, train, "validation", warnings)
    test_examples = test_examples and _matched(test_examples, train, "test", warnings)
    train, repeated = _without_copies(train, drop_duplicates=drop_duplicates)
    dropped.update(repeated)
    if test_examples is not None:
        train = _without_leaks(train, test_examples, "also in the test part", dropped)
        if validation is not None:
            validation = _without_leaks(validation, test_examples, "validation text also in the test part", dropped)
    if validation is not None:
        train = _without_leaks(train, validation, "also in the validation part", dropped)
    rare = _rare(train, min_texts, warnings)
    train = _without_labels(train, rare, "", dropped)
    validation = validation and _without_labels(validation, rare, " (validation part)", dropped)
    test_examples = test_examples and _without_labels(test_examples, rare, " (test part)", dropped)
    if not len(train) and dropped["also in the test part"]:
        message = "no text is left to train on: all of them are also in the test part"
        raise DataError(message, "pass other test data: test='DATA', or none, and a part is held back for validation")
    _check_classes(train, min_texts)
    train = _limited(train, limit=limit, balanced=balanced, seed=seed, notes=notes)
    _check_classes(train)
    names = ordered(train.labels)
    cut: tuple[np.ndarray, ...] = ()
    if validation is None and folds is not None and (count := folds.count(train)):
        if count > 1:
            cut = cut_folds(train, count=count, seed=seed)
            how = f"cross-validation in {len(cut)} folds of all {counted(len(train), 'row')}"
        else:
            cut = (split(train, validation_size=validation_size, seed=seed)[1],)
            how = f"{len(cut[0]):,} of {counted(len(train), 'row')}, which are trained on in the end"
        validation = train.take(np.sort(np.concatenate(cut)))
        notes.append(f"validation: {how}, stratified, seed {seed}")
    elif validation is None:
        train_rows, validation_rows = split(train, validation_size=validation_size, seed=seed)
        notes.append(f"validation: {len(validation_rows):,} of {counted(len(train), 'row')}, stratified, seed {seed}")
        train, validation = train.take(train_rows), train.take(validation_rows)
    else:
        notes.append(f"validation: the source's own part, {counted(len(validation), 'row')}")
    for name, examples in (("validation", validation), ("test", test_examples)):
        if examples is not None:
            _check_measured(name, examples, names)
    left_out = {why: n for why, n in dropped.items() if n}
    return Prepared(train, validation, test_examples, names, left_out, tuple(notes), tuple(warnings), rare, cut)


def _held_out(reading: Reading, test: Reading | None, notes: list[str]) -> Examples | None:
    if test is None:
        examples, source = reading.splits.get("test"), "the source's own part"
    else:
        examples, source = test.splits[test.held_out()], test.source
    if examples is not None:
        notes.append(f"test: {source}, {counted(len(examples), 'row')}")
    return examples


def _count_read(reading: Reading, test: Reading | None, dropped: Counter[str]) -> None:
    by_split = {name: reasons for name, reasons in reading.dropped.items() if name != "test" or test is None}
    if test is not None:
        by_split["test"] = test.dropped.get(test.held_out(), {})
    for name, reasons in by_split.items():
        for reason, rows in reasons.items():
            dropped[reason if name == "train" else f"{reason} ({name} part)"] += rows


def _require_labels(*splits: Examples | None) -> None:
    if any(examples is not None and len(examples.labels) != len(examples) for examples in splits):
        raise DataError("the texts have no labels, expected one for each", "name the column of labels: label='COL'")


def _joined(train: Examples, *, join_labels: bool, notes: list[str]) -> Examples:
    groups = look_alikes(train.labels)
    if not groups:
        return train
    counts = Counter(train.labels)
    listed = "; ".join(", ".join(f"{name!r} ({counts[name]:,})" for name in group) for group in groups)
    if not join_labels:
        each = "each is a class of its own; --set data.join_labels=true makes those that look alike one"
        notes.append(f"labels that look alike: {listed}: {each}")
        return train
    notes.append(f"labels joined, each group under its first: {listed}")
    return replace(train, labels=join(train.labels, groups))


def _matched(examples: Examples, train: Examples, name: str, notes: list[str]) -> Examples:
    """A split to be measured in the spelling of the training labels."""
    labels, renamed = as_known(examples.labels, set(train.labels))
    if not renamed:
        return examples
    notes.append(f"{name} part: {renamed_in_words(renamed)}")
    return replace(examples, labels=labels)


def renamed_in_words(renamed: Mapping[str, str]) -> str:
    """A clause on labels that were read as one that training knows."""
    pairs = [f"{written!r} as {known!r}" for written, known in sorted(renamed.items())]
    more = f", and {len(pairs) - 12:,} more" if len(pairs) > 12 else ""
    return f"labels read as those of the training data that they look like: {', '.join(pairs[:12])}{more}"


def _rare(train: Examples, least: int, notes: list[str]) -> tuple[str, ...]:
    counts = Counter(train.labels)
    rare = [name for name in ordered(train.labels) if counts[name] < least]
    if rare:
        what = "label" if len(rare) == 1 else "labels"
        notes.append(
            f"{len(rare):,} {what} left out, with fewer than {counted(least, 'text')} "
            f"(data.min_texts_per_label): {some(rare)}"
        )
    return tuple(rare)


def _without_labels(examples: Examples, labels: Collection[str], where: str, dropped: Counter[str]) -> Examples:
    kept = examples.without_labels(labels)
    dropped[f"label with too few texts{where}"] += len(examples) - len(kept)
    return kept


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


def _check_classes(train: Examples, min_texts: int = 0) -> None:
    counts = Counter(train.labels)
    if not counts:
        if min_texts:
            message = f"no label has {counted(min_texts, 'text')} once copies and leaks are dropped"
            raise DataError(message, "lower data.min_texts_per_label, or add rows")
        message = "no text is left to train on once copies and leaks are dropped"
        raise DataError(message, "add rows, or name the columns, if they were mixed up: text='COL' label='COL'")
    if len(counts) == 1:
        message = (
            f"expected at least two classes, found one: {next(iter(counts))!r} in all {counted(len(train), 'row')}"
        )
        lower = "lower data.min_texts_per_label, " if min_texts else ""
        raise DataError(message, f"{lower}add texts of another class, or name another column: label='COL'")
    if lone := [name for name in ordered(train.labels) if counts[name] == 1]:
        many = f"{len(lone):,} " if len(lone) > 12 else ""
        which = f"{many}class{'es' if len(lone) > 1 else ''} {some(lone)}"
        message = f"expected at least two texts of each class (train, validation), found one of {which}"
        leave = (
            "leave such classes out with settings={'data.min_texts_per_label': 2}, "
            if len(counts) - len(lone) > 1
            else ""
        )
        raise DataError(message, f"{leave}add texts, or name another column: label='COL'")


def _check_measured(name: str, examples: Examples, names: tuple[str, ...]) -> None:
    if not len(examples):
        raise DataError(f"no text is left in the {name} part once leaks are dropped", "pass other data")
    unseen = [label for label in ordered(examples.labels) if label not in names]
    if unseen:
        message = f"the {name} part has labels that training never saw: {some(unseen)}; training has {some(names)}"
        looks = {look(label) for label in names}
        if any(look(label) in looks for label in unseen):  # each looks like several that are known
            raise DataError(message, "make those that look alike one: settings={'data.join_labels': True}")
        raise DataError(message, "give both the same label names")
