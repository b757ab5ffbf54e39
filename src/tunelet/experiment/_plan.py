"""The plan of a run, complete before training starts: data, choices with their reasons, and the expected time."""

from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tunelet._choice import Choice
from tunelet.data import Examples, Prepared, Reading, Tokens, unreadable
from tunelet.recipe import Recipe, TrainingSettings
from tunelet.run import Choices, DataRecord, DivisionRecord, NumbersRecord, SplitRecord, SplitTokens, TokensRecord
from tunelet.scale import HERE, Place

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tunelet.audit import AuditRecord
    from tunelet.checkpoint import Checkpoint
    from tunelet.experiment._budget import Budget
    from tunelet.experiment._self_training import Drawn
    from tunelet.training import Estimate, Length


@dataclass(frozen=True)
class Plan:
    """The plan that the first screen shows; every choice has its reason.

    Attributes:
        recipe: fully resolved.
        reading, test_reading: the training data and the test data as they were read; None: no test data was named.
        prepared: the splits after dropping and limiting rows.
        tokens: of each split that there is: "train", "validation", "test".
        max_length: tokens that a text may have.
        checkpoint: the pretrained model.
        choices: device, precision, execution, adapters and head, values as text.
        trained_parameters, total_parameters: counts.
        estimate: the expected time.
        out: the run folder.
        resumed: whether an interrupted run is continued.
        audit: what is wrong with the data; None: it was not asked for.
        budget: of time; None: there is none.
        unlabelled: texts without labels that students learn from; None: there are none.
        place: where the folds of a cross-validation are trained, or without folds the gradients are computed.
    """

    recipe: Recipe
    reading: Reading
    test_reading: Reading | None
    prepared: Prepared
    tokens: dict[str, Tokens]
    max_length: int
    checkpoint: "Checkpoint"
    choices: Choices
    trained_parameters: int
    total_parameters: int
    estimate: "Estimate"
    out: Path
    resumed: bool
    audit: "AuditRecord | None" = None
    budget: "Budget | None" = None
    unlabelled: "Drawn | None" = None
    place: Place = HERE

    @property
    def division(self) -> DivisionRecord:
        """How the rows were split."""
        return division_record(self.prepared)

    @property
    def parts(self) -> dict[str, SplitRecord]:
        """The splits as `data.json` has them, by name."""
        return splits_record(self.prepared)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences about the labels, and about texts that the tokenizer cannot read, that the user should see."""
        return self.prepared.warnings + unreadable(self.tokens["train"], self.checkpoint.name)

    @property
    def length(self) -> "Length | None":
        """Steps and epochs of the training on all training texts; None: the head is solved."""
        from tunelet.training import Length

        solved = self.recipe.adapter.method == "head"
        return None if solved else Length.of(self.recipe.training, self.tokens["train"].lengths)

    @property
    def fold_lengths(self) -> "list[Length]":
        """Steps and epochs of each fold's training, which come before the one on all training texts."""
        from tunelet.training import Length

        if self.length is None:
            return []
        lengths, folds = self.tokens["train"].lengths, range(len(self.prepared.folds))
        return [Length.of(self.fold_settings(fold), np.delete(lengths, self.prepared.folds[fold])) for fold in folds]

    def fold_settings(self, fold: int) -> TrainingSettings:
        """The settings of a fold's training on the other folds' texts; folds are counted from 0."""
        from tunelet.training import fold_settings

        return fold_settings(self.recipe.training, self.tokens["train"].lengths, self.prepared.folds[fold])

    @property
    def student_lengths(self) -> "list[Length]":
        """Steps and epochs of the students' trainings, one a fold and last the one on all texts; empty without them."""
        from tunelet.training import Mix

        if self.unlabelled is None:
            return []
        lengths, others = self.tokens["train"].lengths, self.unlabelled.tokens.lengths
        rests = [np.delete(lengths, held_out) for held_out in self.prepared.folds]
        return [Mix.of(self.recipe.training, each, others).length for each in (*rests, lengths)]

    def folds_of(self, split: str) -> "NDArray[np.int16] | None":
        """The fold that held out each text of a split, from 1, int16 [n]; None: there are no two folds of it."""
        return self.prepared.validation_folds if split == "validation" else None

    @property
    def splits(self) -> dict[str, Examples]:
        """The splits by name; "validation" is missing in a cross-validation, "test" where there are no test texts."""
        prepared = self.prepared
        splits = {"train": prepared.train}
        if not prepared.folds:
            splits["validation"] = prepared.validation
        return splits if prepared.test is None else splits | {"test": prepared.test}


def splits_record(prepared: Prepared) -> dict[str, SplitRecord]:
    """The splits as `data.json` has them, by name: counts and fingerprints."""
    splits = {"train": prepared.train, "validation": prepared.validation, "test": prepared.test}
    return {
        name: SplitRecord(
            rows=len(texts),
            labels=_counts(prepared, texts),
            sha256=texts.fingerprint,
            **_numbers(prepared, texts),
        )
        for name, texts in splits.items()
        if texts is not None
    }


def _counts(prepared: Prepared, texts: Examples) -> dict[str, int]:
    """Label -> texts that have it."""
    counts = Counter(prepared.space.held(texts.labels))
    return {label: counts[label] for label in prepared.label_names}


def _numbers(prepared: Prepared, texts: Examples) -> dict[str, NumbersRecord]:
    """The entry on labels that are numbers; labels with names have none."""
    if not prepared.space.continuous:
        return {}
    numbers = prepared.space.encode(texts, "the data")
    record = NumbersRecord(
        mean=float(numbers.mean()),
        deviation=float(numbers.std()),
        least=float(numbers.min()),
        median=float(np.median(numbers)),
        largest=float(numbers.max()),
        distinct=len(np.unique(numbers)),
    )
    return {"numbers": record}


def division_record(prepared: Prepared) -> DivisionRecord:
    """How the rows were split, as `data.json` and `metrics.json` have it."""
    return DivisionRecord(**asdict(prepared.split), folds=len(prepared.folds), sha256=prepared.membership.sha256)


def data_record(plan: Plan) -> DataRecord:
    """The content of `data.json`: sources, columns with reasons, counts, fingerprints, tokens."""
    reading, test_reading, prepared = plan.reading, plan.test_reading, plan.prepared
    return DataRecord(
        source=reading.source,
        format=reading.format,
        text_column=reading.text_column,
        text_columns=tuple(reading.text_columns),
        label_column=reading.label_column,
        test_source=test_reading.source if test_reading else None,
        label_names=tuple(prepared.label_names),
        labels_left_out=tuple(prepared.left_out),
        dropped=dict(prepared.dropped),
        dropped_rows=dict(prepared.dropped_rows),
        notes=tuple(prepared.notes),
        warnings=plan.warnings,
        parts=plan.parts,
        split=plan.division,
        tokens=TokensRecord(
            max_length=plan.max_length,
            parts={
                name: SplitTokens(
                    tokens=tokens.total,
                    cut=tokens.truncated,
                    unknown_share=tokens.unknown / max(1, tokens.content),
                    cut_tokens=tokens.cut,
                    windows=None if tokens.windows is None else int(tokens.windows.sum()),
                )
                for name, tokens in plan.tokens.items()
            },
        ),
        unlabelled=None if plan.unlabelled is None else plan.unlabelled.record,
        task=Choice(prepared.space.task, reading.labels.reason),
        separator=prepared.space.separator,
    )
