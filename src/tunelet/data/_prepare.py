"""From what was read to what is trained on: labels agree, copies and leaks go, the rows are limited, split and checked.

What also occurs in the test split never stays in training or validation, and what occurs in a given validation split
never stays in training, whatever the settings: a figure that was measured on known texts is worth nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from tunelet.data._examples import Examples
from tunelet.data._folds import FoldLimits
from tunelet.data._following import UNFOLLOWED, Follower
from tunelet.data._label_space import LabelSpace
from tunelet.data._membership import Membership, fold_numbers
from tunelet.data._near_duplicates import Copies
from tunelet.data._preparation import Preparation
from tunelet.data._reading import Reading
from tunelet.data._validating import SplitFacts


@dataclass(frozen=True)
class Prepared:
    """The three splits of an experiment.

    Attributes:
        train, validation, test: labelled texts; `test` is None when none was given. Where there are folds, `validation`
            are those texts of `train` that are in one of them, each predicted by a model that did not see it.
        space: the shape of the labels, and their names in the order of the model's outputs.
        dropped: reason -> rows that reading and preparing left out; those that a limit leaves out do not count.
        notes: sentences about the split and the limit, for the screen.
        warnings: sentences about readings that may surprise, each with what to type for another.
        left_out: labels with too few texts.
        folds: rows of `train` that are held out in turn, before one training on all of it: those of a cross-validation,
            or rows that are held out once; none: the validation texts are others.
        split: how the rows were split.
        dropped_rows: reason -> numbers of these rows in the source of their part, of the first thousand where there
            are more, as far as they are known.
        copies: among the texts of training, validation and test part as they were read, one part after the other.
    """

    train: Examples
    validation: Examples
    test: Examples | None
    space: LabelSpace
    dropped: Mapping[str, int]
    notes: tuple[str, ...]
    warnings: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    folds: tuple[np.ndarray, ...] = ()
    split: SplitFacts = field(default_factory=lambda: SplitFacts("source"))
    dropped_rows: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    copies: Copies | None = field(default=None, compare=False)

    @cached_property
    def membership(self) -> Membership:
        """The split by content, which can be made again."""
        parts = {"train": self.train}
        if not self.folds:
            parts["validation"] = self.validation
        return Membership.of(parts if self.test is None else parts | {"test": self.test}, self.folds)

    @property
    def validation_folds(self) -> np.ndarray | None:
        """The fold that held out each validation text, from 1, int16 [m]; None: there are no two folds."""
        return fold_numbers(len(self.train), self.folds)[self.predicted_rows] if len(self.folds) > 1 else None

    @property
    def label_names(self) -> tuple[str, ...]:
        """The labels in the order of the model's outputs."""
        return self.space.names

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
    saved: Membership | None = None,
    copies: Copies | None = None,
    follow: Follower = UNFOLLOWED,
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
        saved: an earlier split to make again, in the place of choosing validation texts; None: there is none.
        copies: what an earlier preparation of the same two found alike, so that it is not looked for again.
        follow: told how far the search for copies is.

    Raises:
        DataError: a single class, a class with one example, a label to be measured that training never saw.
    """
    work = Preparation.of(reading, test, saved, copies, follow)
    work.agree_on_labels(join_labels=join_labels)
    if drop_duplicates:
        work.drop_copies()
    work.recall()
    work.drop_leaks()
    left_out = work.drop_rare(min_texts)
    work.require_classes(min_texts)
    work.draw(limit, balanced=balanced, seed=seed)
    work.require_classes()
    space = work.space.named_by(work.train)
    held_out, facts = work.hold_out(folds, validation_size, seed)
    work.require_known_labels(held_out.validation, space.names)
    return Prepared(
        train=work.train,
        validation=held_out.validation,
        test=work.test,
        space=space,
        dropped=work.dropped.counts,
        notes=tuple(work.notes),
        warnings=tuple(work.warnings),
        left_out=left_out,
        folds=held_out.folds,
        split=facts,
        dropped_rows=work.dropped.numbers,
        copies=work.copies,
    )
