"""The audit itself: every finding in its order, from parts of the data to a record and to findings by row."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from tunelet.audit._balance import balance
from tunelet.audit._boilerplate import boilerplate
from tunelet.audit._columns import columns
from tunelet.audit._copies import Alike, contradicting, copies_record, overlap, overlaps, repeats
from tunelet.audit._drawn import drawn
from tunelet.audit._giveaways import giveaways
from tunelet.audit._lengths import Measured, Reader, lengths
from tunelet.audit._markup import left_markup, markup
from tunelet.audit._part import Part, PartRecord
from tunelet.audit._record import AuditRecord
from tunelet.audit._rows import RowFindings
from tunelet.audit._suspects import Doubts, SuspectsRecord, suspects, why_not
from tunelet.data import UNFOLLOWED, Copies, Follower, LabelSpace, Reading, ordered

NO_TOKENIZER = "no model is at hand whose tokenizer could count tokens"


@dataclass(frozen=True, eq=False)
class Audited:
    """What an audit found.

    Attributes:
        record: all findings.
        rows: findings by row of the training part.
    """

    record: AuditRecord
    rows: RowFindings


def audit_parts(
    reading: Reading,
    parts: Mapping[str, Part],
    *,
    test_source: str | None = None,
    copies: Copies | None = None,
    reader: Reader | None = None,
    left_out: Mapping[str, str] = MappingProxyType({}),
    seed: int = 1,
    follow: Follower = UNFOLLOWED,
) -> Audited:
    """Look for everything that an audit looks for.

    Args:
        reading: of the training data: source, format and columns are said again in the record.
        parts: "train" always, "validation" and "test" where they are.
        test_source: what was named as test data.
        copies: what is alike among the texts of the parts, one part after the other; None: it is looked for.
        reader: tokenizer that counts tokens; None: words are counted.
        left_out: what the caller does not give to look at -> why.
        seed: of folds, and of what is drawn from many texts.
        follow: told how far the search for copies is, and what is looked for after it.
    """
    begun = time.monotonic()
    train = parts["train"]
    examples = train.examples
    unseen = {**left_out} if reader is not None else {**left_out, "tokens": NO_TOKENIZER}
    alike = Alike.of(parts, copies, follow)
    groups, same = alike.found.groups[alike.rows("train")], alike.found.same[alike.rows("train")]
    space = reading.labels.value
    if space.continuous:
        unseen["suspects"] = "labels are numbers, of which none is likelier than its neighbours"
    # Of numbers, which differ from text to text, the tenth that each lies in.
    classes = tuple(space.strata(examples.labels)) if space.continuous else examples.labels
    follow.stage("looking for suspected labels", 0)
    found, suspects_record = _suspects(train, groups, space, seed, unseen)
    follow.stage("looking for boilerplate, markup and giveaways", 0)
    firsts = np.sort(np.unique(same, return_index=True)[1])  # one of each distinct text
    distinct = examples.take(firsts)
    looked_at = replace(examples, labels=classes).take(firsts)
    looked_at = looked_at.take(drawn(distinct.texts, seed=seed))
    boilerplates, boilerplate_mark = boilerplate(distinct.texts)
    left, measured = left_markup(train), lengths(train, reader, seed=seed)
    record = AuditRecord(
        source=reading.source,
        format=reading.format,
        text_column=reading.text_column,
        label_column=reading.label_column,
        test_source=test_source,
        parts={name: _part_record(part, space) for name, part in parts.items()},
        balance=balance(space.held(classes) or classes),
        copies=copies_record(alike),
        overlaps=overlaps(alike),
        suspects=suspects_record,
        lengths=measured.lengths_record,
        vocabulary=measured.vocabulary_record,
        markup=markup(train, left),
        boilerplate=boilerplates,
        giveaways=() if space.continuous else giveaways(looked_at.texts, looked_at.labels),
        columns=columns(train.beside, classes, seed=seed),
        left_out=unseen,
        seconds=round(time.monotonic() - begun, 3),
    )
    marks = _marks(alike, parts) | {"markup left": left, "boilerplate": np.isin(same, same[firsts[boilerplate_mark]])}
    return Audited(record, _row_findings(train, groups, marks, found, measured))


def _suspects(
    train: Part, groups: NDArray[np.int64], space: LabelSpace, seed: int, left_out: dict[str, str]
) -> tuple[Doubts | None, SuspectsRecord | None]:
    """Suspected labels, or in `left_out` why they are not looked for."""
    if "suspects" in left_out:
        return None, None
    reason = why_not(train.examples.labels, space)
    if reason is None and len(np.unique(groups)) < 2:
        reason = "all texts are copies of one"
    if reason is not None:
        left_out["suspects"] = reason
        return None, None
    return suspects(train, groups, seed=seed, space=space)


def _part_record(part: Part, space: LabelSpace) -> PartRecord:
    labels = space.held(part.examples.labels)
    counts = dict.fromkeys(ordered(labels), 0)
    for label in labels:
        counts[label] += 1
    dropped_rows = dict(part.dropped_rows)
    return PartRecord(rows=len(part.examples), dropped=dict(part.dropped), dropped_rows=dropped_rows, labels=counts)


def _marks(alike: Alike, parts: Mapping[str, Part]) -> dict[str, NDArray[np.bool_]]:
    marks = {f"repeat, {kind}": mark for kind, mark in repeats(alike).items()}
    marks["contradicting labels"] = contradicting(alike)
    for other in ("test", "validation"):
        if other in parts:
            marks |= {f"in the {other} part, {kind}": mark for kind, mark in overlap(alike, "train", other).items()}
    return marks


def _row_findings(
    train: Part,
    groups: NDArray[np.int64],
    marks: dict[str, NDArray[np.bool_]],
    found: Doubts | None,
    measured: Measured,
) -> RowFindings:
    count = len(train.examples)
    _, first, place = np.unique(groups, return_index=True, return_inverse=True)
    earliest = first[place]
    same_as = np.where(earliest < np.arange(count), train.rows[earliest], -1)
    suggested: list[str | None] = [None] * count
    probabilities = np.full(count, np.nan)
    if found is not None:
        probabilities[found.rows] = found.probability
        suspected = np.zeros(count, dtype=bool)
        suspected[found.rows] = found.suspected
        marks = marks | {"suspected label": suspected}
        for at in np.flatnonzero(found.suspected).tolist():
            suggested[found.rows[at]] = found.suggested[at]
    covered = np.zeros(count, dtype=bool)
    covered[measured.badly_covered] = True
    lengths_of = np.full(count, -1)
    lengths_of[measured.rows] = measured.lengths
    marks = marks | {"badly covered by the vocabulary": covered}
    return RowFindings(train.rows, marks, same_as, suggested, probabilities, lengths_of)
