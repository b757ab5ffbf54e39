"""The splits of an experiment while they are prepared: each step changes them, and counts or notes what it did."""

from collections import Counter
from dataclasses import dataclass
from typing import Self

import numpy as np

from tunelet._words import counted
from tunelet.data._dropped import Origin, dropped_by_reading
from tunelet.data._duplicates import repeats_and_conflicts
from tunelet.data._examples import Examples, oldest_first
from tunelet.data._folds import FoldLimits
from tunelet.data._following import UNFOLLOWED, Follower
from tunelet.data._joined import Joined
from tunelet.data._kept_copies import kept_copies
from tunelet.data._label_space import ONE_LABEL, LabelSpace
from tunelet.data._labels import ordered
from tunelet.data._leaks import PAIRS, REASONS, leaks, near_copies
from tunelet.data._membership import Membership
from tunelet.data._near_duplicates import Copies
from tunelet.data._parts import Parts
from tunelet.data._raw import SPLITS
from tunelet.data._reading import Reading
from tunelet.data._sample import sample_rows
from tunelet.data._spellings import as_known, look, look_alikes, one_spelling, renamed_in_words, some
from tunelet.data._validating import BOUND, By, HeldOut, SplitFacts, hold_out
from tunelet.errors import DataError


@dataclass
class Preparation(Parts):
    """The splits as they are after the latest step.

    Attributes:
        reading: of the training data.
        saved: an earlier split that is made again; None: there is none.
        notes: sentences about the split and the limit, for the screen.
        warnings: sentences about readings that may surprise, each with what to type for another.
        space: the shape of the labels, without their names.
    """

    reading: Reading
    saved: Membership | None
    notes: list[str]
    warnings: list[str]
    space: LabelSpace = ONE_LABEL

    @classmethod
    def of(
        cls,
        reading: Reading,
        test: Reading | None,
        saved: Membership | None = None,
        copies: Copies | None = None,
        follow: Follower = UNFOLLOWED,
    ) -> Self:
        """The splits as they were read. Raises DataError where texts have no labels.

        Args:
            reading: the training data, which may have a validation and a test split of its own.
            test: test data given apart, which wins over these.
            saved: an earlier split to make again.
            copies: what an earlier preparation of the same two found alike; None: it is looked for.
            follow: told how far that is.
        """
        warnings = [*reading.notes, *(f"test data: {note}" for note in (test.notes if test else ()))]
        read = {name: (reading, name) for name in SPLITS if name in reading.splits}
        source = "the source's own part"
        if test is not None:
            read["test"], source = (test, test.held_out()), test.source
        parts = {name: whole.splits[split] for name, (whole, split) in read.items()}
        notes = [f"test: {source}, {counted(len(parts['test']), 'row')}"] if "test" in parts else []
        if any(len(examples.labels) != len(examples) for examples in parts.values()):
            raise DataError("the texts have no labels, expected one for each", "name the column of labels: label='COL'")
        others = [examples for name, examples in parts.items() if name != "train"]
        if (column := reading.marks.get("group")) and any(not examples.groups for examples in others):
            warnings.append(
                f"the validation or test data has no column {column!r}: "
                "whether its groups are also trained on is not known"
            )
        if copies is None:
            texts = Joined(examples.texts for examples in parts.values())
            copies = kept_copies(texts, follow)
        begins = np.cumsum([0, *map(len, parts.values())])
        origins = {
            name: Origin(whole.numbers_of(split), copies.groups[begin:end])
            for (name, (whole, split)), begin, end in zip(read.items(), begins, begins[1:], strict=False)
        }
        dropped = dropped_by_reading(reading, test)
        return cls(parts, origins, copies, dropped, reading, saved, notes, warnings, reading.labels.value)

    def agree_on_labels(self, *, join_labels: bool) -> None:
        """Join training labels that look alike, or warn of them; spell the other splits' labels as training does."""
        held = self.space.held(self.train.labels)
        if groups := look_alikes(held):
            counts = Counter(held)
            listed = "; ".join(", ".join(f"{name!r} ({counts[name]:,})" for name in group) for group in groups)
            if join_labels:
                self.warnings.append(f"labels joined, each group under its first: {listed}")
                self.parts["train"] = self.space.respelt(self.train, one_spelling(groups))
            else:
                each = "each is a class of its own; --set data.join_labels=true makes those that look alike one"
                self.warnings.append(f"labels that look alike: {listed}: {each}")
        for name in self.parts:
            if name != "train":
                self._spell_as_training(name)

    def drop_copies(self) -> None:
        """Keep one copy of a repeated training text, and none where the labels of its copies disagree."""
        train = self.train
        order = oldest_first(train)
        repeats, conflicts = repeats_and_conflicts(train.keys[order], [train.labels[row] for row in order.tolist()])
        back = np.argsort(order)
        self.drop(
            "train",
            {"repeat of another row": repeats[back], "same text with contradicting labels": conflicts[back]},
        )

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
        tested, validates = (parts == SPLITS.index(name) for name in ("test", "validation"))
        if tested.any() and self.test is None:
            self.copy_from_training("test", tested)
            self.notes.append(f"test: that of {source}, {counted(int(tested.sum()), 'row')}")
        elif tested.any():
            reason = "test text of the run that split_from names"
            self.dropped.add(reason, int(tested.sum()), self.origins["train"].numbers[tested].tolist())
        if not self.saved.fold_count:
            if not validates.any():
                message = f"no validation text of {source} is in the data"
                raise DataError(message, "pass its data, or leave out split_from=...")
            self.copy_from_training("validation", validates)
        elsewhere = tested | validates if self.validation is not None else tested
        self.keep("train", ~elsewhere)

    def drop_leaks(self) -> None:
        """Keep nothing for training or validation that is measured later, and bind near copies to each other."""
        for name, measured in PAIRS:
            if name in self.parts and measured in self.parts:
                here, there = (self.parts[part] for part in (name, measured))
                self.drop(name, leaks(name, here, self.origins[name], measured, there, self.origins[measured]))
        bound = self.train.bound(tuple(self.origins["train"].copies.tolist()))
        if count := near_copies(bound):
            self.parts["train"] = bound
            self.notes.append(f"near copies: {counted(count, 'row')}, which no split divides")

    def drop_rare(self, min_texts: int) -> tuple[str, ...]:
        """Leave out, in all splits, the labels with fewer training texts than `min_texts`; returns these labels."""
        counts = Counter(self.space.held(self.train.labels))
        rare = tuple(name for name in ordered(tuple(counts)) if counts[name] < min_texts)
        if not rare:
            return rare
        what = "label" if len(rare) == 1 else "labels"
        self.warnings.append(
            f"{len(rare):,} {what} left out, with fewer than {counted(min_texts, 'text')} "
            f"(data.min_texts_per_label): {some(rare)}"
        )
        for name, examples in self.parts.items():
            where = "" if name == "train" else f" ({name} part)"
            lost = self.space.lost_without(examples.labels, rare)
            self.drop(name, {f"label with too few texts{where}": lost})
            self.parts[name] = self.space.without(self.parts[name], rare)
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
        self.take("train", rows)

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
        self.take("train", np.sort(np.concatenate([np.flatnonzero(known), drawn])))

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
        self.dropped.add(BOUND, len(found.bound), self.origins["train"].numbers[found.bound].tolist())
        self.parts["train"] = found.train
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
        in_test = [why for why in (reason.format("test") for reason in REASONS) if self.dropped[why]]
        if not len(self.train) and in_test:
            message = f"no text is left to train on: all of them are {' or '.join(in_test)}"
            raise DataError(
                message, "pass other test data: test='DATA', or none, and a part is held back for validation"
            )
        if not len(self.train):
            raise _nothing_left(min_texts)
        self.space.refuse_unlearnable(
            self.train.labels,
            min_texts=min_texts,
            measured_apart=self.saved is not None and self.validation is not None,
        )

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

    def _spell_as_training(self, name: str) -> None:
        examples = self.parts[name]
        renamed = as_known(self.space.held(examples.labels), self.space.held(self.train.labels))
        if renamed:
            self.warnings.append(f"{name} part: {renamed_in_words(renamed)}")
            self.parts[name] = self.space.respelt(examples, renamed)


def _nothing_left(min_texts: int) -> DataError:
    if min_texts:
        message = f"no label has {counted(min_texts, 'text')} once copies and leaks are dropped"
        return DataError(message, "lower data.min_texts_per_label, or add rows")
    message = "no text is left to train on once copies and leaks are dropped"
    return DataError(message, "add rows, or name the columns, if they were mixed up: text='COL' label='COL'")
