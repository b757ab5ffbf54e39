"""Labels that may be wrong, by confident learning (Northcutt, Jiang and Chuang 2021) on out-of-fold probabilities.

A model trained on the other folds says how probable each label is. A label's threshold is its mean probability among
the texts that have it. A text counts as one of the likeliest label whose probability reaches its threshold; where that
is not the label it has, the label is suspected (an entry of the confident joint beside its diagonal). The likeliest
errors come first: where the probability of the given label lies farthest below the largest other.
"""

import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunelet._record import Record
from tunelet._words import counted
from tunelet.audit._drawn import drawn
from tunelet.audit._features import features
from tunelet.audit._part import ExampleRecord, Part
from tunelet.data import deal, groups_of, ordered

_FEWEST_TEXTS, _FEWEST_OF_A_LABEL, _MOST_LABELS = 50, 5, 200
_FOLDS, _FEW_FOLDS, _MANY = 5, 3, 20_000
_SHOWN = 20
_ROUNDING = 1e-9  # of a mean, which is not to decide
_MODEL = "logistic regression on TF-IDF of words and pairs of words"


class SuspectRecord(Record):
    """A text whose label may be wrong.

    Attributes:
        text: the text, with the label it has.
        suggested: the likelier label.
        probability: of the label that it has.
        suggested_probability: of the likelier one.
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
        accuracy: share of them whose likeliest label is the one they have.
        found: texts whose label is suspected.
        by_labels: given label -> likelier label -> suspected texts.
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
class Suspects:
    """What confident learning makes of n labels.

    Attributes:
        rows: of the texts among all, ascending int64 [n]; of very many texts some are drawn.
        suspected: whose label may be wrong, bool [n].
        likeliest: the label that a text is likelier to have, int64 [n]; of others the likeliest of all.
        margin: probability of the given label less that of the likeliest other one, float64 [n].
        probabilities: float64 [n, labels].
    """

    rows: NDArray[np.int64]
    suspected: NDArray[np.bool_]
    likeliest: NDArray[np.int64]
    margin: NDArray[np.float64]
    probabilities: NDArray[np.float64]

    @property
    def ranked(self) -> NDArray[np.int64]:
        """The rows, the likeliest errors first."""
        return self.rows[np.argsort(self.margin, kind="stable")]


def confident_learning(
    labels: NDArray[np.int64], probabilities: NDArray[np.float64], among: NDArray[np.int64] | None = None
) -> Suspects:
    """Which labels may be wrong.

    Args:
        labels: int64 [n]; every label has a text.
        probabilities: of models that had not seen the text, float64 [n, labels].
        among: the rows of these texts among all, ascending int64 [n]; None: they are all.
    """
    rows = np.arange(len(labels))
    counts = np.bincount(labels, minlength=probabilities.shape[1])
    own = probabilities[rows, labels]
    thresholds = np.bincount(labels, weights=own, minlength=len(counts)) / np.maximum(counts, 1)
    confident = np.where(probabilities >= thresholds - _ROUNDING, probabilities, -1.0)
    best = confident.argmax(axis=1)
    suspected = (confident[rows, best] >= 0) & (best != labels)
    others = probabilities.copy()
    others[rows, labels] = -1.0
    likeliest = np.where(suspected, best, probabilities.argmax(axis=1))
    return Suspects(rows if among is None else among, suspected, likeliest, own - others.max(axis=1), probabilities)


def why_not(labels: Sequence[str]) -> str | None:
    """Why suspected labels are not looked for; None: they are."""
    counts = Counter(labels)
    if len(counts) < 2:
        return "all texts have one label"
    if len(counts) > _MOST_LABELS:
        return f"{counted(len(counts), 'label')}, more than {_MOST_LABELS}"
    if len(labels) < _FEWEST_TEXTS:
        return f"{counted(len(labels), 'text')}, fewer than {_FEWEST_TEXTS}"
    rare = sum(count < _FEWEST_OF_A_LABEL for count in counts.values())
    if rare == len(counts):
        return f"no label has {_FEWEST_OF_A_LABEL} texts"
    return None


def suspects(part: Part, groups: NDArray[np.int64], *, seed: int) -> tuple[Suspects, SuspectsRecord]:
    """Models of the other folds judge each label; copies of a text share a fold.

    Args:
        part: n texts, for which `why_not` is None.
        groups: of copies, int64 [n].
        seed: of the folds.
    """
    rows = drawn(part.examples.texts, seed=seed)
    examples = part.examples.take(rows) if len(rows) < len(groups) else part.examples
    names = ordered(examples.labels)
    place = {name: at for at, name in enumerate(names)}
    labels = np.array([place[label] for label in examples.labels], dtype=np.int64)
    folds = deal(groups_of(groups[rows].tolist()), labels, count=_folds(len(labels)), seed=seed)
    probabilities = _out_of_fold(features(examples.texts), labels, len(names), folds, seed)
    found = confident_learning(labels, probabilities, rows)
    return found, _record(part, found, names, labels, len(folds))


def _folds(texts: int) -> int:
    return _FOLDS if texts <= _MANY else _FEW_FOLDS


def _out_of_fold(
    table: Any, labels: NDArray[np.int64], classes: int, folds: Sequence[NDArray[np.int64]], seed: int
) -> NDArray[np.float64]:
    """Probabilities of each text's labels by the model that has not seen it, float64 [n, classes]."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import SGDClassifier

    probabilities = np.zeros((len(labels), classes))
    for held_out in folds:
        rest = np.setdiff1d(np.arange(len(labels)), held_out)
        if not table.shape[1] or len(np.unique(labels[rest])) < 2:  # nothing to learn: all texts are alike
            probabilities[held_out] = np.bincount(labels[rest], minlength=classes) / len(rest)
            continue
        model = SGDClassifier(
            loss="log_loss", alpha=1 / (10 * len(rest)), average=True, max_iter=20, tol=1e-4, random_state=seed
        )
        with warnings.catch_warnings():  # stopped short of the optimum it still judges
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(table[rest], labels[rest])
        probabilities[np.ix_(held_out, model.classes_)] = model.predict_proba(table[held_out])
    return probabilities


def _record(part: Part, found: Suspects, names: Sequence[str], labels: NDArray[np.int64], folds: int) -> SuspectsRecord:
    ranked = [at for at in np.argsort(found.margin, kind="stable").tolist() if found.suspected[at]]
    by_labels: dict[str, Counter[str]] = {}
    for at in ranked:
        by_labels.setdefault(names[labels[at]], Counter())[names[found.likeliest[at]]] += 1
    return SuspectsRecord(
        model=_MODEL,
        folds=folds,
        texts=len(labels),
        accuracy=float((found.probabilities.argmax(axis=1) == labels).mean()),
        found=len(ranked),
        by_labels={given: dict(likelier.most_common()) for given, likelier in by_labels.items()},
        examples=tuple(
            SuspectRecord(
                text=part.example(int(found.rows[at])),
                suggested=names[found.likeliest[at]],
                probability=float(found.probabilities[at, labels[at]]),
                suggested_probability=float(found.probabilities[at, found.likeliest[at]]),
            )
            for at in ranked[:_SHOWN]
        ),
    )
