"""All that is known before training starts: what was read, what was chosen and why, what it will take."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tunelet.data import Examples, Prepared, Reading, Tokens, unreadable
from tunelet.recipe import Recipe, TrainingSettings
from tunelet.run import Choices, DataRecord, SplitRecord, SplitTokens, TokensRecord

if TYPE_CHECKING:
    from tunelet.checkpoint import Checkpoint
    from tunelet.experiment._budget import Budget
    from tunelet.experiment._self_training import Drawn
    from tunelet.training import Estimate, Length


@dataclass(frozen=True)
class Plan:
    """What the first screen shows; every choice carries its reason.

    Attributes:
        recipe: fully resolved.
        reading, test_reading: what was read, None where no test data was named.
        prepared: the parts after dropping, limiting and splitting.
        tokens: tokens of each part that is there: "train", "validation", "test".
        max_length: tokens that a text may have.
        checkpoint: the pretrained model.
        choices: device, precision, execution, adapters and head, values as text.
        trained_parameters, total_parameters: counts.
        estimate: the time it will take.
        out: the run folder to be.
        resumed: whether an interrupted run goes on.
        budget: of time; None: there is none.
        unlabelled: texts without labels that students learn from; None: there are none.
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
    budget: "Budget | None" = None
    unlabelled: "Drawn | None" = None

    @property
    def warnings(self) -> tuple[str, ...]:
        """What somebody should look at: of the labels, and of texts that the tokenizer cannot read."""
        return self.prepared.warnings + unreadable(self.tokens["train"], self.checkpoint.name)

    @property
    def length(self) -> "Length | None":
        """Steps and epochs of the training on all training texts; None: the head is solved."""
        from tunelet.training import Length

        solved = self.recipe.adapter.method == "head"
        return None if solved else Length.of(self.recipe.training, self.tokens["train"].lengths)

    @property
    def fold_lengths(self) -> "list[Length]":
        """Of the trainings before that, one a fold."""
        from tunelet.training import Length

        if self.length is None:
            return []
        lengths, folds = self.tokens["train"].lengths, range(len(self.prepared.folds))
        return [Length.of(self.fold_settings(fold), np.delete(lengths, self.prepared.folds[fold])) for fold in folds]

    def fold_settings(self, fold: int) -> TrainingSettings:
        """Of the training on what a fold leaves, the folds counted from 0."""
        from tunelet.training import fold_settings

        return fold_settings(self.recipe.training, self.tokens["train"].lengths, self.prepared.folds[fold])

    @property
    def student_lengths(self) -> "list[Length]":
        """Of the students' trainings, one a fold and at last the one on all texts; none without unlabelled texts."""
        from tunelet.training import Mix

        if self.unlabelled is None:
            return []
        lengths, others = self.tokens["train"].lengths, self.unlabelled.tokens.lengths
        rests = [np.delete(lengths, held_out) for held_out in self.prepared.folds]
        return [Mix.of(self.recipe.training, each, others).length for each in (*rests, lengths)]

    @property
    def parts(self) -> dict[str, Examples]:
        """The parts that are there, by name."""
        prepared = self.prepared
        parts = {"train": prepared.train}
        if not prepared.folds:
            parts["validation"] = prepared.validation
        return parts if prepared.test is None else parts | {"test": prepared.test}


def splits_record(prepared: Prepared) -> dict[str, SplitRecord]:
    """What `data.json` says of the splits, by name: counts and fingerprints."""
    splits = {"train": prepared.train, "validation": prepared.validation, "test": prepared.test}
    return {
        name: SplitRecord(
            rows=len(texts),
            labels={label: texts.labels.count(label) for label in prepared.label_names},
            sha256=texts.fingerprint,
        )
        for name, texts in splits.items()
        if texts is not None
    }


def data_record(plan: Plan) -> DataRecord:
    """What `data.json` says of the data: sources, columns with reasons, counts, fingerprints, tokens."""
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
        notes=tuple(prepared.notes),
        warnings=plan.warnings,
        parts=splits_record(prepared),
        tokens=TokensRecord(
            max_length=plan.max_length,
            parts={
                name: SplitTokens(
                    tokens=found.total, cut=found.truncated, unknown_share=found.unknown / max(1, found.content)
                )
                for name, found in plan.tokens.items()
            },
        ),
        unlabelled=None if plan.unlabelled is None else plan.unlabelled.record,
    )
