"""Labels that may be wrong, by confident learning on out-of-fold probabilities, for each shape of labels.

A model trained on the other folds says how probable each label is; `_confident` has what follows. Of several labels a
text each is judged by itself, whether it is given or not. Of ratings a neighbour is no error: only what lies two ranks
from the likeliest, and is expected to be off by a rank more, is suspected; what costs most comes first.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tunelet._record import Record
from tunelet._words import counted
from tunelet.audit._confident import confident_learning
from tunelet.audit._drawn import drawn
from tunelet.audit._features import features
from tunelet.audit._out_of_fold import out_of_fold
from tunelet.audit._part import ExampleRecord, Part
from tunelet.data import ONE_LABEL, Examples, LabelSpace, codes_of, deal, groups_of, ordered

_FEWEST_TEXTS, _FEWEST_OF_A_LABEL, _MOST_LABELS = 50, 5, 200
_FOLDS, _FEW_FOLDS, _MANY = 5, 3, 20_000
_SEVERAL_LABELS, _SEVERAL_TEXTS = 50, 20_000  # the most that are judged where a text may have several labels
_FAR, _COSTS = 2, 1.0  # ranks between a suspected rating and the likelier one, and how many more it is expected off
_SHOWN = 20
_MODEL = "logistic regression on TF-IDF of words and pairs of words"


class SuspectRecord(Record):
    """A text whose label may be wrong.

    Attributes:
        text: the text, with the label it has.
        suggested: the likelier label; of several labels a text all that it may rather have.
        probability: of the label that it has; of several that it has or lacks the doubtful one, as it does.
        suggested_probability: of the likelier one; of several that it does not.
    """

    text: ExampleRecord
    suggested: str
    probability: float
    suggested_probability: float


class SuspectsRecord(Record):
    """Labels that may be wrong, by confident learning on probabilities of models that had not seen the text.

    Attributes:
        model: what gave the probabilities.
        folds: how many models.
        texts: that were examined.
        accuracy: share of them whose likeliest label is the one they have; of several labels, share of all answers
            whether a text has a label.
        found: texts whose label is suspected.
        by_labels: given label -> likelier label -> suspected texts; of several labels, label -> "given" (and likelier
            not) or "missing" -> texts.
        examples: the likeliest errors first.
    """

    model: str
    folds: int
    texts: int
    accuracy: float
    found: int
    by_labels: Mapping[str, Mapping[str, int]]
    examples: tuple[SuspectRecord, ...]


@dataclass(frozen=True, eq=False)
class Doubts:
    """How doubtful the labels of n texts are.

    Attributes:
        rows: of the texts among all, ascending int64 [n]; of very many texts some are drawn.
        suspected: whose label may be wrong, bool [n].
        margin: the lower the likelier is an error, float64 [n].
        suggested: a likelier label [n]; what a text has where it is not suspected.
        probability: of what the text has, as `SuspectRecord` has it, float64 [n].
        suggested_probability: of what is likelier, float64 [n].
        accuracy, by_labels: as in `SuspectsRecord`.
    """

    rows: NDArray[np.int64]
    suspected: NDArray[np.bool_]
    margin: NDArray[np.float64]
    suggested: Sequence[str]
    probability: NDArray[np.float64]
    suggested_probability: NDArray[np.float64]
    accuracy: float
    by_labels: Mapping[str, Mapping[str, int]]

    @property
    def ranked(self) -> NDArray[np.int64]:
        """The rows, the likeliest errors first."""
        return self.rows[np.argsort(self.margin, kind="stable")]


def why_not(labels: Sequence[str], space: LabelSpace = ONE_LABEL) -> str | None:
    """Why suspected labels are not looked for; None: they are."""
    counts = Counter(space.held(labels))
    if len(counts) < 2:
        return "all texts have one label"
    if len(counts) > _MOST_LABELS and space.task != "multilabel":
        return f"{counted(len(counts), 'label')}, more than {_MOST_LABELS}"
    if len(labels) < _FEWEST_TEXTS:
        return f"{counted(len(labels), 'text')}, fewer than {_FEWEST_TEXTS}"
    if max(counts.values()) < _FEWEST_OF_A_LABEL:
        return f"no label has {_FEWEST_OF_A_LABEL} texts"
    return None


def suspects(
    part: Part, groups: NDArray[np.int64], *, seed: int, space: LabelSpace = ONE_LABEL
) -> tuple[Doubts, SuspectsRecord]:
    """Models of the other folds judge each label; copies of a text share a fold.

    Args:
        part: n texts, for which `why_not` is None.
        groups: of copies, int64 [n].
        seed: of the folds.
        space: the shape of the labels.
    """
    several = space.task == "multilabel"
    rows = drawn(part.examples.texts, most=_SEVERAL_TEXTS if several else None, seed=seed)
    examples = part.examples.take(rows) if len(rows) < len(groups) else part.examples
    count = _FEW_FOLDS if several or len(rows) > _MANY else _FOLDS
    strata = codes_of(space.strata(examples.labels))
    folds = deal(groups_of(groups[rows].tolist()), strata, count=count, seed=seed)
    judge = {"multilabel": _of_several, "ordinal": _of_ratings}.get(space.task, _of_one)
    found = judge(examples, rows, space, folds, seed)
    return found, _record(part, found, len(folds))


def _of_one(
    examples: Examples, rows: NDArray[np.int64], space: LabelSpace, folds: Sequence[NDArray[np.int64]], seed: int
) -> Doubts:
    """One label a text."""
    names, labels = _numbered(examples.labels)
    probabilities = out_of_fold(features(examples.texts), labels, len(names), folds, seed)
    found, here = confident_learning(labels, probabilities), np.arange(len(labels))
    return Doubts(
        rows=rows,
        suspected=found.suspected,
        margin=found.margin,
        suggested=[names[at] for at in found.likeliest.tolist()],
        probability=probabilities[here, labels],
        suggested_probability=probabilities[here, found.likeliest],
        accuracy=float((probabilities.argmax(axis=1) == labels).mean()),
        by_labels=_counts(names, labels[found.suspected], found.likeliest[found.suspected]),
    )


def _of_ratings(
    examples: Examples, rows: NDArray[np.int64], space: LabelSpace, folds: Sequence[NDArray[np.int64]], seed: int
) -> Doubts:
    """A rating a text: the likelier one is the median of the ranks' probabilities."""
    names, ranks = _numbered(examples.labels)
    probabilities = out_of_fold(features(examples.texts), ranks, len(names), folds, seed)
    here, every = np.arange(len(ranks)), np.arange(len(names))
    median = np.minimum((probabilities.cumsum(axis=1) < 0.5).sum(axis=1), len(names) - 1)
    far, least = (
        (np.abs(every - each[:, None]) * probabilities).sum(axis=1) for each in (ranks, median)
    )  # expected ranks between the rating, or the median, and the true one
    suspected = confident_learning(ranks, probabilities).suspected
    suspected &= (np.abs(median - ranks) >= _FAR) & (far - least >= _COSTS)
    likelier = np.where(suspected, median, ranks)
    return Doubts(
        rows=rows,
        suspected=suspected,
        margin=least - far,
        suggested=[names[at] for at in likelier.tolist()],
        probability=probabilities[here, ranks],
        suggested_probability=probabilities[here, likelier],
        accuracy=float((probabilities.argmax(axis=1) == ranks).mean()),
        by_labels=_counts(names, ranks[suspected], likelier[suspected]),
    )


def _of_several(
    examples: Examples, rows: NDArray[np.int64], space: LabelSpace, folds: Sequence[NDArray[np.int64]], seed: int
) -> Doubts:
    """Any number of labels a text, each judged by itself: the commonest ones, where there are very many.

    A rare label has low probabilities throughout, so that its threshold is reached by many texts that rightly lack it:
    here it is suspected only where the other answer is also the more probable one.
    """
    space = space.with_names(examples.labels)
    held = space.encode(examples, "the training texts")
    counts = held.sum(axis=0)
    judged = np.flatnonzero(np.minimum(counts, len(held) - counts) >= _FEWEST_OF_A_LABEL)
    judged = np.sort(judged[np.argsort(-counts[judged], kind="stable")[:_SEVERAL_LABELS]])
    table = features(examples.texts)
    own = np.ones((len(held), max(1, len(judged))))  # probability that a text has, or lacks, a label as it does
    doubted = np.zeros(held.shape, dtype=bool)
    for at, label in enumerate(judged.tolist()):
        given = held[:, label].astype(np.int64)
        probabilities = out_of_fold(table, given, 2, folds, seed)
        own[:, at] = probabilities[np.arange(len(given)), given]
        doubted[:, label] = confident_learning(given, probabilities).suspected & (own[:, at] < 0.5)
    least = own.min(axis=1)
    suspected = np.isin(np.arange(len(held)), np.nonzero(doubted)[0])
    by_labels = {
        name: {
            "given": int((doubted[:, label] & held[:, label]).sum()),
            "missing": int((doubted[:, label] & ~held[:, label]).sum()),
        }
        for label, name in enumerate(space.names)
        if doubted[:, label].any()
    }
    return Doubts(
        rows=rows,
        suspected=suspected,
        margin=2 * least - 1,
        suggested=space.decode(held ^ doubted),
        probability=least,
        suggested_probability=1 - least,
        accuracy=float((own > 0.5).mean()),
        by_labels=by_labels,
    )


def _numbered(labels: Sequence[str]) -> tuple[Sequence[str], NDArray[np.int64]]:
    """The labels in their order, and the place of each text's label among them, int64 [n]."""
    names = ordered(labels)
    place = {name: at for at, name in enumerate(names)}
    return names, np.array([place[label] for label in labels], dtype=np.int64)


def _counts(names: Sequence[str], given: NDArray[np.int64], likelier: NDArray[np.int64]) -> dict[str, dict[str, int]]:
    counts: dict[str, Counter[str]] = {}
    for one, other in zip(given.tolist(), likelier.tolist(), strict=True):
        counts.setdefault(names[one], Counter())[names[other]] += 1
    return {label: dict(others.most_common()) for label, others in counts.items()}


def _record(part: Part, found: Doubts, folds: int) -> SuspectsRecord:
    ranked = [at for at in np.argsort(found.margin, kind="stable").tolist() if found.suspected[at]]
    return SuspectsRecord(
        model=_MODEL,
        folds=folds,
        texts=len(found.rows),
        accuracy=found.accuracy,
        found=len(ranked),
        by_labels=found.by_labels,
        examples=tuple(
            SuspectRecord(
                text=part.example(int(found.rows[at])),
                suggested=found.suggested[at],
                probability=float(found.probability[at]),
                suggested_probability=float(found.suggested_probability[at]),
            )
            for at in ranked[:_SHOWN]
        ),
    )
