"""What a reader must know before the figures: labels that are never predicted, a model no better than a constant.

Each warning has a key for programs, one sentence that states the fact, and what to type about it.
"""

import shlex
from collections.abc import Mapping, Sequence

import numpy as np

from tunelet._record import Record
from tunelet._words import counted, points
from tunelet.evaluation._metrics import Metrics

_FALLS = 0.01  # share of the loss by which it must fall in the last epoch
_NAMED = 5  # labels that a sentence lists


class FigureWarning(Record):
    """A warning about a run's figures.

    Attributes:
        kind: "label_never_given", "no_better_than_commonest", "loss_still_falling", "epoch_chosen_on_these_texts" or
            "trained_on_these_texts".
        message: one sentence that states the fact.
        hint: what to type, or to pass.
        labels: the labels that it is about.
    """

    kind: str
    message: str
    hint: str
    labels: tuple[str, ...]


class Commonest(Record):
    """The constant answer that is most often right: always the commonest label.

    Attributes:
        label: the commonest one.
        accuracy: share of the texts that have it.
        n: texts.
    """

    label: str
    accuracy: float
    n: int


def _warning(kind: str, message: str, hint: str, *labels: str) -> FigureWarning:
    return FigureWarning(kind=kind, message=message, hint=hint, labels=labels)


def commonest(metrics: Metrics) -> Commonest:
    """The commonest label of these texts, and the accuracy of always predicting it."""
    row = max(metrics.per_class, key=lambda row: row.n)
    return Commonest(label=row.label, accuracy=row.n / metrics.n, n=metrics.n)


def label_warnings(metrics: Metrics) -> list[FigureWarning]:
    """Warn of labels that are never predicted, and of an accuracy that a constant answer reaches."""
    n, right = metrics.n, int(np.trace(metrics.confusion.counts))
    never = [row for row in metrics.per_class if row.n and not row.predicted]
    predicted = [row for row in metrics.per_class if row.predicted]
    constant = commonest(metrics)
    rarest = min(never or [row for row in metrics.per_class if row.n], key=lambda row: row.n).label
    hint = (
        "train again with --set training.class_weights=balanced, or more epochs (--set training.epochs=N), or more "
        "texts of the rarer labels"
    )
    if metrics.positive != rarest:
        setting = shlex.quote(f"evaluation.positive={rarest}")
        hint += f"; --set {setting} shows the precision, recall and F1 of it"
    raised = []
    if never:
        listed = _listed([row.label for row in never])
        texts = sum(row.n for row in never)
        only = f": all are called {predicted[0].label!r}" if len(predicted) == 1 else ""
        message = f"No text was called {listed}, though {texts:,} of {n:,} are{only}."
        raised.append(_warning("label_never_given", message, hint, *(row.label for row in never)))
    if right <= round(constant.accuracy * n) and n > 1:
        message = (
            f"Calling every text {constant.label!r} would be right for {points(constant.accuracy)} of "
            f"{counted(n, 'text')}, the model is for {points(right / n)}."
        )
        raised.append(_warning("no_better_than_commonest", message, hint, constant.label))
    return raised


def training_warnings(losses_after: Mapping[int, float], *, reported_on_validation: bool) -> list[FigureWarning]:
    """Warn of a loss that was still falling, and of an epoch that was chosen on the texts that are reported on.

    Args:
        losses_after: epoch -> validation loss after it, of the epochs that ended with an evaluation.
        reported_on_validation: whether the epoch was chosen on the texts that are reported on.
    """
    losses = list(losses_after.values())
    raised = []
    epochs = max(losses_after, default=0)
    if len(losses) > 1 and losses[-1] < (1 - _FALLS) * min(losses[:-1]):
        raised.append(
            _warning(
                "loss_still_falling",
                f"The validation loss was still falling in the last of {counted(epochs, 'epoch')}, from "
                f"{losses[-2]:.4f} to {losses[-1]:.4f}: longer training may be better.",
                f"--set training.epochs={2 * epochs}",
            )
        )
    if reported_on_validation:
        raised.append(
            _warning(
                "epoch_chosen_on_these_texts",
                "There were no test texts: the epoch was chosen on the very texts that are reported on, which flatters "
                "the model a little.",
                "--test DATA",
            )
        )
    return raised


def seen_warning(n: int, trained: int, validated: int) -> FigureWarning | None:
    """Warn that a run is evaluated on texts that it knows from training; None where it knows none of them.

    Args:
        n: texts that it is evaluated on.
        trained: how many of them are among its training texts.
        validated: how many of them are among its validation texts, on which choices were made.
    """
    if not trained and not validated:
        return None
    known = [
        *([f"{trained:,} of the {counted(n, 'text')} were trained on"] if trained else []),
        *([f"{validated:,} of {n:,} were validation texts, on which choices were made"] if validated else []),
    ]
    return _warning(
        "trained_on_these_texts",
        f"{', and '.join(known)}: the figures are better than on new texts.",
        "pass data that the run has not seen",
    )


def _listed(labels: Sequence[str]) -> str:
    """Labels in a sentence: "'a', 'b' or 'c'"; of many the first five and the number of the others."""
    shown = [repr(label) for label in labels[:_NAMED]]
    if len(labels) > _NAMED:
        return f"{', '.join(shown)} or {len(labels) - _NAMED} others"
    return " or ".join([*([", ".join(shown[:-1])] if shown[:-1] else []), shown[-1]])
