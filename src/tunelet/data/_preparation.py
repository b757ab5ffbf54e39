"""The splits of an experiment while they are prepared: each step changes them, and counts or notes what it did."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from tunelet._words import counted
from tunelet.data._duplicates import among, normalise, repeats_and_conflicts
from tunelet.data._examples import Examples
from tunelet.data._folds import FoldLimits, folds
from tunelet.data._label_space import ONE_LABEL, LabelSpace
from tunelet.data._labels import ordered
from tunelet.data._near_duplicates import duplicate_groups
from tunelet.data._reading import Reading
from tunelet.data._sample import sample_rows
from tunelet.data._spellings import as_known, look, look_alikes, one_spelling, renamed_in_words, some
from tunelet.data._split import split
from tunelet.errors import DataError

_IN_TEST = "also in the test part"
_NEARLY_IN_TEST = "nearly the same as a text in the test part"


@dataclass
class Preparation:
    """The splits as they are after the latest step.

    Attributes:
        train, validation, test: labelled texts; None: there is no such split.
        dropped: reason -> rows. The reasons are keys of `data.json`, in which a split is called a part.
        notes: sentences about the split and the limit, for the screen.
        warnings: sentences about readings that may surprise, each with what to type for another.
        space: the shape of the labels, without their names.
    """

    train: Examples
    validation: Examples | None
    test: Examples | None
    dropped: Counter[str]
    notes: list[str]
    warnings: list[str]
    space: LabelSpace = ONE_LABEL

    @classmethod
    def of(cls, reading: Reading, test: Reading | None) -> Self:
        """The splits as they were read. Raises DataError where texts have no labels.

        Args:
            reading: the training data, which may have a validation and a test split of its own.
            test: test data given apart, which wins over these.
        """
        warnings = [*reading.notes, *(f"test data: {note}" for note in (test.notes if test else ()))]
        if test is None:
            measured, source = reading.splits.get("test"), "the source's own part"
        else:
            measured, source = test.splits[test.held_out()], test.source
        notes = [] if measured is None else [f"test: {source}, {counted(len(measured), 'row')}"]
        splits = reading.splits["train"], reading.splits.get("validation"), measured
        if any(examples is not None and len(examples.labels) != len(examples) for examples in splits):
            raise DataError("the texts have no labels, expected one for each", "name the column of labels: label='COL'")
        return cls(*splits, _dropped_by_reading(reading, test), notes, warnings, reading.labels.value)

    def agree_on_labels(self, *, join_labels: bool) -> None:
        """Join training labels that look alike, or warn of them; spell the other splits' labels as training does."""
        held = self.space.held(self.train.labels)
        if groups := look_alikes(held):
            counts = Counter(held)
            listed = "; ".join(", ".join(f"{name!r} ({counts[name]:,})" for name in group) for group in groups)
            if join_labels:
                self.warnings.append(f"labels joined, each group under its first: {listed}")
                self.train = replace(self.train, labels=self.space.renamed(self.train.labels, one_spelling(groups)))
            else:
                each = "each is a class of its own; --set data.join_labels=true makes those that look alike one"
                self.warnings.append(f"labels that look alike: {listed}: {each}")
        self.validation = self.validation and self._spelt_as_training(self.validation, "validation")
        self.test = self.test and self._spelt_as_training(self.test, "test")

    def drop_copies(self) -> None:
        """Keep one copy of a repeated training text, and none where the labels of its copies disagree."""
        repeats, conflicts = repeats_and_conflicts(_keys(self.train), self.train.labels)
        self.dropped["repeat of another row"] += int(repeats.sum())
        self.dropped["same text with contradicting labels"] += int(conflicts.sum())
        self.train = self.train.take(np.flatnonzero(~(repeats | conflicts)))

    def drop_leaks(self) -> None:
        """Keep no text for training or validation that is measured later, nor a near copy of one.

        Equal texts are counted apart from those that differ in punctuation, markup or a few words (`_near_duplicates`).
        """
        named = {"train": self.train, "validation": self.validation, "test": self.test}
        parts = {name: examples for name, examples in named.items() if examples is not None}
        if len(parts) == 1:
            return
        groups = _groups_of(parts)
        for name, measured in (("train", "test"), ("validation", "test"), ("train", "validation")):
            if name not in parts or measured not in parts:
                continue
            equal = among(_keys(parts[name]), _keys(parts[measured]))
            near = np.isin(groups[name], groups[measured]) & ~equal
            begin = "" if name == "train" else f"{name} text "
            self.dropped[f"{begin}also in the {measured} part"] += int(equal.sum())
            self.dropped[f"{begin}nearly the same as a text in the {measured} part"] += int(near.sum())
            rows = np.flatnonzero(~(equal | near))
            parts[name], groups[name] = parts[name].take(rows), groups[name][rows]
        self.train, self.validation = parts["train"], parts.get("validation")

    def drop_rare(self, min_texts: int) -> tuple[str, ...]:
        """Leave out, in all splits, the labels with fewer training texts than `min_texts`; returns these labels."""
        counts = Counter(self.space.held(self.train.labels))
        rare = tuple(name for name in ordered(tuple(counts)) if counts[name] < min_texts)
        if rare:
            what = "label" if len(rare) == 1 else "labels"
            self.warnings.append(
                f"{len(rare):,} {what} left out, with fewer than {counted(min_texts, 'text')} "
                f"(data.min_texts_per_label): {some(rare)}"
            )
        self.train = self._without_labels(self.train, rare, "")
        self.validation = self.validation and self._without_labels(self.validation, rare, " (validation part)")
        self.test = self.test and self._without_labels(self.test, rare, " (test part)")
        return rare

    def draw(self, limit: int | None, *, balanced: bool, seed: int) -> None:
        """Draw training rows at random, where there is a limit or classes are to be equally large."""
        if limit is None and not balanced:
            return
        whole = len(self.train)
        rows = sample_rows(
            self.space.stratified(self.train), limit=whole if limit is None else limit, balanced=balanced, seed=seed
        )
        kind = "equally many of each class" if balanced else "stratified"
        if len(rows) < whole:
            self.notes.append(f"rows: {len(rows):,} of {whole:,}, drawn at random, {kind}, seed {seed}")
        if limit is not None and len(rows) < limit:
            self.notes.append(f"rows: the limit of {limit:,} is not reached, {len(rows):,} is all there is ({kind})")
        self.train = self.train.take(rows)

    def hold_out(
        self, limits: FoldLimits | None, validation_size: float, seed: int
    ) -> tuple[tuple[np.ndarray, ...], Examples]:
        """Choose the validation texts, where the source has none.

        Args:
            limits: when to cross-validate; None: never.
            validation_size: share of the rows, where rows are held out.
            seed: of the choice.

        Returns:
            the rows of `train` that are held out in turn, int64 arrays (none where validation texts are others than
            training texts), and the validation texts.
        """
        rows = counted(len(self.train), "row")
        if self.validation is not None:
            self.notes.append(f"validation: the source's own part, {counted(len(self.validation), 'row')}")
            return (), self.validation
        count = 0 if limits is None else limits.count(self.train)
        if count > 1:
            held_out = folds(self.space.stratified(self.train), count=count, seed=seed)
            how = f"cross-validation in {len(held_out)} folds of all {rows}"
        else:
            kept, once = split(self.space.stratified(self.train), validation_size=validation_size, seed=seed)
            held_out = (once,)
            how = f"{len(once):,} of {rows}{', which are trained on in the end' if count else ''}"
        self.notes.append(f"validation: {how}, stratified, seed {seed}")
        validation = self.train.take(np.sort(np.concatenate(held_out)))
        if not count:
            self.train, held_out = self.train.take(kept), ()
        return held_out, validation

    def require_classes(self, min_texts: int = 0) -> None:
        """Raises DataError unless there are two classes or more, each of two training texts or more."""
        if not len(self.train) and (leaks := [why for why in (_IN_TEST, _NEARLY_IN_TEST) if self.dropped[why]]):
            message = f"no text is left to train on: all of them are {' or '.join(leaks)}"
            raise DataError(
                message, "pass other test data: test='DATA', or none, and a part is held back for validation"
            )
        if not len(self.train):
            raise _nothing_left(min_texts)
        counts = Counter(self.space.held(self.train.labels))
        another = "name another column: label='COL'"
        if len(counts) < 2:
            rows = counted(len(self.train), "row")
            found = f"one: {next(iter(counts))!r}" if counts else "none"
            message = f"expected at least two classes, found {found} in all {rows}"
            lower = "lower data.min_texts_per_label, " if min_texts else ""
            raise DataError(message, f"{lower}add texts of another class, or {another}")
        if lone := [name for name in ordered(tuple(counts)) if counts[name] == 1]:
            many = f"{len(lone):,} " if len(lone) > 12 else ""
            which = f"{many}class{'es' if len(lone) > 1 else ''} {some(lone)}"
            message = f"expected at least two texts of each class (train, validation), found one of {which}"
            leave = "leave such classes out with settings={'data.min_texts_per_label': 2}, "
            raise DataError(message, f"{leave if len(counts) - len(lone) > 1 else ''}add texts, or {another}")

    def require_known_labels(self, validation: Examples, label_names: tuple[str, ...]) -> None:
        """Raises DataError where a split to be measured is empty, or has a label that training never saw."""
        for name, examples in (("validation", validation), ("test", self.test)):
            if examples is None:
                continue
            if not len(examples):
                raise DataError(f"no text is left in the {name} part once leaks are dropped", "pass other data")
            unseen = [label for label in ordered(self.space.held(examples.labels)) if label not in label_names]
            if not unseen:
                continue
            message = f"the {name} part has labels that training never saw: {some(unseen)}; training has "
            looks = {look(label) for label in label_names}
            alike = any(look(label) in looks for label in unseen)  # each looks like several that are known
            join_them = "make those that look alike one: settings={'data.join_labels': True}"
            raise DataError(f"{message}{some(label_names)}", join_them if alike else "give both the same label names")

    def _spelt_as_training(self, examples: Examples, name: str) -> Examples:
        renamed = as_known(self.space.held(examples.labels), self.space.held(self.train.labels))
        if not renamed:
            return examples
        self.warnings.append(f"{name} part: {renamed_in_words(renamed)}")
        return replace(examples, labels=self.space.renamed(examples.labels, renamed))

    def _without_labels(self, examples: Examples, labels: tuple[str, ...], where: str) -> Examples:
        kept = self.space.without(examples, labels)
        self.dropped[f"label with too few texts{where}"] += len(examples) - len(kept)
        return kept


def _keys(examples: Examples) -> list[str]:
    return [normalise(text) for text in examples.texts]


def _groups_of(parts: Mapping[str, Examples]) -> dict[str, np.ndarray]:
    """The group of copies of each text, int64 [n] for each part; a group may have texts in several."""
    groups = duplicate_groups([text for examples in parts.values() for text in examples.texts])
    ends = np.cumsum([len(examples) for examples in parts.values()])
    return dict(zip(parts, np.split(groups, ends[:-1]), strict=True))


def _dropped_by_reading(reading: Reading, test: Reading | None) -> Counter[str]:
    """Reason -> rows that the readers left out, of the splits that are used."""
    by_split = {name: reasons for name, reasons in reading.dropped.items() if name != "test" or test is None}
    if test is not None:
        by_split["test"] = test.dropped.get(test.held_out(), {})
    dropped = Counter[str]()
    for name, reasons in by_split.items():
        for reason, rows in reasons.items():
            dropped[reason if name == "train" else f"{reason} ({name} part)"] += rows
    return dropped


def _nothing_left(min_texts: int) -> DataError:
    if min_texts:
        message = f"no label has {counted(min_texts, 'text')} once copies and leaks are dropped"
        return DataError(message, "lower data.min_texts_per_label, or add rows")
    message = "no text is left to train on once copies and leaks are dropped"
    return DataError(message, "add rows, or name the columns, if they were mixed up: text='COL' label='COL'")
