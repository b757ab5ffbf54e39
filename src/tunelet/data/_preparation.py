"""The splits of an experiment while they are prepared: each step changes them, and counts or notes what it did."""

from collections import Counter
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from tunelet._words import counted
from tunelet.data._dropped import dropped_by_reading
from tunelet.data._duplicates import repeats_and_conflicts
from tunelet.data._examples import Examples
from tunelet.data._folds import FoldLimits
from tunelet.data._label_space import ONE_LABEL, LabelSpace
from tunelet.data._labels import ordered
from tunelet.data._leaks import near_copies, without_leaks
from tunelet.data._membership import Membership
from tunelet.data._raw import SPLITS
from tunelet.data._reading import Reading
from tunelet.data._sample import sample_rows
from tunelet.data._spellings import as_known, look, look_alikes, one_spelling, renamed_in_words, some
from tunelet.data._validating import BOUND, By, HeldOut, SplitFacts, hold_out
from tunelet.errors import DataError

_IN_TEST = "also in the test part"
_NEARLY_IN_TEST = "nearly the same as a text in the test part"
_GROUP_IN_TEST = "group also in the test part"


@dataclass
class Preparation:
    """The splits as they are after the latest step.

    Attributes:
        reading: of the training data.
        train, validation, test: labelled texts; None: there is no such split.
        saved: an earlier split that is made again; None: there is none.
        dropped: reason -> rows. The reasons are keys of `data.json`, in which a split is called a part.
        notes: sentences about the split and the limit, for the screen.
        warnings: sentences about readings that may surprise, each with what to type for another.
        space: the shape of the labels, without their names.
    """

    reading: Reading
    train: Examples
    validation: Examples | None
    test: Examples | None
    saved: Membership | None
    dropped: Counter[str]
    notes: list[str]
    warnings: list[str]
    space: LabelSpace = ONE_LABEL

    @classmethod
    def of(cls, reading: Reading, test: Reading | None, saved: Membership | None = None) -> Self:
        """The splits as they were read. Raises DataError where texts have no labels.

        Args:
            reading: the training data, which may have a validation and a test split of its own.
            test: test data given apart, which wins over these.
            saved: an earlier split to make again.
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
        if (column := reading.marks.get("group")) and any(part and not part.groups for part in splits[1:]):
            warnings.append(
                f"the validation or test data has no column {column!r}: "
                "whether its groups are also trained on is not known"
            )
        return cls(reading, *splits, saved, dropped_by_reading(reading, test), notes, warnings, reading.labels.value)

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
        train = self.train
        columns = [column for column in (train.times, train.groups, train.texts) if column]
        order = np.arange(len(train))
        if len(columns) > 1:  # the oldest copy is kept, wherever it stands
            order = np.array(sorted(range(len(train)), key=lambda row: [column[row] for column in columns]))
        keys, labels = train.keys[order].tolist(), [train.labels[row] for row in order]
        repeats, conflicts = repeats_and_conflicts(keys, labels)
        self.dropped["repeat of another row"] += int(repeats.sum())
        self.dropped["same text with contradicting labels"] += int(conflicts.sum())
        self.train = train.take(np.sort(order[~(repeats | conflicts)]))

    def recall(self) -> None:
        """Take out of training what validated or tested in the split that is made again. Raises DataError."""
        if self.saved is None:
            return
        source = self.saved.source
        if self.validation is not None:
            message = f"the data has a validation part of its own, and so has {source}"
            raise DataError(message, "leave out split_from=...")
        parts = self.saved.part_of(self.train)
        if not (parts >= 0).any():
            raise DataError(f"no text of the data is in the split of {source}", "leave out split_from=...")
        tested = np.flatnonzero(parts == SPLITS.index("test"))
        if len(tested) and self.test is None:
            self.test = self.train.take(tested)
            self.notes.append(f"test: that of {source}, {counted(len(tested), 'row')}")
        elif len(tested):
            self.dropped["test text of the run that split_from names"] += len(tested)
        if not self.saved.fold_count:
            validates = np.flatnonzero(parts == SPLITS.index("validation"))
            if not len(validates):
                message = f"no validation text of {source} is in the data"
                raise DataError(message, "pass its data, or leave out split_from=...")
            self.validation = self.train.take(validates)
        left = parts != SPLITS.index("test")
        if self.validation is not None:
            left &= parts != SPLITS.index("validation")
        self.train = self.train.take(np.flatnonzero(left))

    def drop_leaks(self) -> None:
        """Keep nothing for training or validation that is measured later, and bind near copies to each other."""
        named = {"train": self.train, "validation": self.validation, "test": self.test}
        kept, leaks = without_leaks({name: examples for name, examples in named.items() if examples is not None})
        self.train, self.validation = kept["train"], kept.get("validation")
        self.dropped.update(leaks)
        if self.train.near:
            self.notes.append(f"near copies: {counted(near_copies(self.train), 'row')}, which no split divides")

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
        """Draw training rows at random, where there is a limit or classes are to be equally large.

        Of a split that is made again, the rows that are in it are kept, and those that are new fill up the limit.
        """
        if limit is None and not balanced:
            return
        whole = len(self.train)
        if self.saved is not None:
            self._draw_new(whole if limit is None else limit, balanced=balanced, seed=seed)
            return
        rows = sample_rows(
            self.space.stratified(self.train), limit=whole if limit is None else limit, balanced=balanced, seed=seed
        )
        kind = "equally many of each class" if balanced else "stratified"
        if len(rows) < whole:
            self.notes.append(f"rows: {len(rows):,} of {whole:,}, drawn at random, {kind}, seed {seed}")
        if limit is not None and len(rows) < limit:
            self.notes.append(f"rows: the limit of {limit:,} is not reached, {len(rows):,} is all there is ({kind})")
        self.train = self.train.take(rows)

    def _draw_new(self, limit: int, *, balanced: bool, seed: int) -> None:
        assert self.saved is not None  # noqa: S101  (else nothing is new)
        known = self.saved.part_of(self.train) >= 0
        new = np.flatnonzero(~known)
        room = limit - int(known.sum()) - (0 if self.validation is None else len(self.validation))
        drawn = new[:0]
        others = self.space.stratified(self.train.take(new))
        if len(new) and room >= len(set(others.labels)):
            drawn = new[sample_rows(others, limit=room, balanced=balanced, seed=seed)]
        if len(drawn) < len(new):
            self.notes.append(
                f"rows: those of {self.saved.source}, and {len(drawn):,} of {counted(len(new), 'row')} that are new"
            )
        self.train = self.train.take(np.sort(np.concatenate([np.flatnonzero(known), drawn])))

    def hold_out(self, limits: FoldLimits | None, validation_size: float, seed: int) -> tuple[HeldOut, SplitFacts]:
        """Choose the validation texts, where the source has none; the arguments are those of `hold_out`.

        Returns:
            the training and validation texts, and how they were split.
        """
        saved, marks = self.saved, self.reading.marks
        if self.validation is None:
            found = hold_out(self.train, self.reading, limits, validation_size, seed, saved)
        else:
            whose = "the source's own part"
            if saved is not None:
                whose = f"that of {saved.source}"
            elif "split" in marks:
                whose = f"the rows that column {marks['split']!r} names"
            by: By = "run" if saved is not None else "column" if "split" in marks else "source"
            how = f"{whose}, {counted(len(self.validation), 'row')}"
            found = HeldOut(self.train, self.validation, (), by, how)
        self.train = found.train
        self.dropped[BOUND] += found.dropped
        self.notes.append(f"validation: {found.how}")
        self.warnings += found.warnings
        facts = SplitFacts(
            by=found.by,
            column=marks.get("split", ""),
            run=saved.source if saved is not None else "",
            group_column=marks.get("group", ""),
            groups=len({*found.train.groups, *found.validation.groups} - {""}),
            time_column=marks.get("time", ""),
            since=found.since,
        )
        return found, facts

    def require_classes(self, min_texts: int = 0) -> None:
        """Raises DataError unless there are two classes or more, each of two training texts or more."""
        if not len(self.train) and (
            leaks := [why for why in (_IN_TEST, _NEARLY_IN_TEST, _GROUP_IN_TEST) if self.dropped[why]]
        ):
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
        split_already = self.saved is not None and self.validation is not None
        if not split_already and (lone := [name for name in ordered(tuple(counts)) if counts[name] == 1]):
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


def _nothing_left(min_texts: int) -> DataError:
    if min_texts:
        message = f"no label has {counted(min_texts, 'text')} once copies and leaks are dropped"
        return DataError(message, "lower data.min_texts_per_label, or add rows")
    message = "no text is left to train on once copies and leaks are dropped"
    return DataError(message, "add rows, or name the columns, if they were mixed up: text='COL' label='COL'")
