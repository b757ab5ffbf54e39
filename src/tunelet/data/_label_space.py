"""The shape of labels, a class for each: how a row's label is written as one string, and what it is as numbers.

Texts keep one string as their label, whatever its shape, so that copies, contradictions, fingerprints and splits are
the same for all shapes. Of several labels a text the string is their sorted names, joined by the separator; "" is the
answer "none of them".
"""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray

from tunelet._words import counted
from tunelet.data._examples import Examples
from tunelet.data._label_indices import label_indices, refuse_unknown
from tunelet.data._labels import label_name, labels_of, ordered
from tunelet.data._raw import RawTable
from tunelet.data._shape import is_null, is_number
from tunelet.data._spellings import some
from tunelet.data._unicode import as_seen
from tunelet.data._unit import PLAIN, Unit
from tunelet.errors import DataError

TaskName = Literal["multiclass", "multilabel", "ordinal", "regression"]

SEPARATORS = (";", "|", ",")  # in the order in which they are tried
NONE_OF_THEM = ""  # the label of a text that has none of several possible ones


@dataclass(frozen=True)
class LabelSpace(ABC):
    """The labels that a text can have.

    Attributes:
        task: the shape's name in recipes.
        names: of the labels, in the order of the model's outputs; empty where they are not known yet.
        separator: what stands between several labels of a text; "" where a text has one.
    """

    task: ClassVar[TaskName]
    continuous: ClassVar[bool] = False  # whether any number is a label, so that labels have no names

    names: tuple[str, ...] = ()
    separator: str = ""

    @abstractmethod
    def read(
        self, table: RawTable, column: str, *, renamed: Mapping[str, str], missing: Collection[str]
    ) -> tuple[list[str | None], list[str]]:
        """The labels of a table [n], None where a row has none, and notes, as `labels_of` has them."""

    @abstractmethod
    def parts(self, label: str) -> tuple[str, ...]:
        """The names that a label consists of."""

    @abstractmethod
    def strata(self, labels: Sequence[str]) -> tuple[str, ...]:
        """For each row the group [n] whose share is kept when rows are drawn or split."""

    @abstractmethod
    def encode(self, examples: Examples, source: str) -> NDArray[Any]:
        """The labels as numbers, the rows first. Raises DataError for a label that is none of `names`.

        Args:
            examples: n labelled texts.
            source: how an error calls the data.
        """

    @abstractmethod
    def decode(self, encoded: NDArray[Any]) -> list[str]:
        """The labels [n] of what `encode` returns, or of predictions in the same form."""

    def unit(self, encoded: NDArray[Any]) -> Unit:
        """The unit of a model's outputs, from the labels of the training texts as `encode` gives them."""
        return PLAIN

    def refuse_unlearnable(self, labels: Sequence[str], *, min_texts: int, measured_apart: bool) -> None:
        """Raise DataError where these training labels leave nothing to learn, or a class nothing to measure it by.

        Args:
            labels: of the training texts, at least one.
            min_texts: labels with fewer texts are left out already.
            measured_apart: whether the validation texts are others, so that one text of a class is enough.
        """
        counts = Counter(self.held(labels))
        another = "name another column: label='COL'"
        if len(counts) < 2:
            rows = counted(len(labels), "row")
            found = f"one: {next(iter(counts))!r}" if counts else "none"
            message = f"expected at least two classes, found {found} in all {rows}"
            lower = "lower data.min_texts_per_label, " if min_texts else ""
            raise DataError(message, f"{lower}add texts of another class, or {another}")
        if not measured_apart and (lone := [name for name in ordered(tuple(counts)) if counts[name] == 1]):
            many = f"{len(lone):,} " if len(lone) > 12 else ""
            which = f"{many}class{'es' if len(lone) > 1 else ''} {some(lone)}"
            message = f"expected at least two texts of each class (train, validation), found one of {which}"
            leave = "leave such classes out with settings={'data.min_texts_per_label': 2}, "
            raise DataError(message, f"{leave if len(counts) - len(lone) > 1 else ''}add texts, or {another}")

    def of_parts(self, parts: Iterable[str]) -> str:
        """The label that consists of these names."""
        return self.separator.join(ordered(set(parts)))

    def held(self, labels: Iterable[str]) -> list[str]:
        """Every name that these labels consist of, once for each row that has it."""
        return [part for label in labels for part in self.parts(label)]

    def renamed(self, labels: Sequence[str], names: Mapping[str, str]) -> tuple[str, ...]:
        """The labels [n] with other names for some of their parts."""
        new = {label: self.of_parts(names.get(part, part) for part in self.parts(label)) for label in set(labels)}
        return tuple(new[label] for label in labels)

    def respelt(self, examples: Examples, names: Mapping[str, str]) -> Examples:
        """The texts with other names for some of the parts of their labels."""
        return replace(examples, labels=self.renamed(examples.labels, names))

    def with_names(self, labels: Iterable[str]) -> Self:
        """The same shape with the names that these labels consist of."""
        return replace(self, names=ordered(self.held(labels)))

    def named_by(self, examples: Examples) -> Self:
        """The same shape with the names that these texts have."""
        return self.with_names(examples.labels)

    def shares(
        self,
        table: RawTable,
        column: str,
        *,
        renamed: Mapping[str, str],
    ) -> Sequence[Mapping[str, float] | None] | None:
        """Of each row of a table the probability of every label, None where a row has none; None: labels are sure."""
        return None

    def targets(self, examples: Examples) -> NDArray[np.float32] | None:
        """The probability of each label that is to be learnt, float32 [n, names]; None: labels are sure."""
        return None

    def stratified(self, examples: Examples) -> Examples:
        """The texts with their strata in place of their labels, to be drawn or split by."""
        return examples.relabelled(self.strata(examples.labels))

    def lost_without(self, labels: Sequence[str], names: Collection[str]) -> NDArray[np.bool_]:
        """Which of n labels consist of these names alone, bool [n]."""
        gone = set(names)
        held = (self.parts(label) for label in labels)
        return np.fromiter((bool(parts) and gone.issuperset(parts) for parts in held), bool, len(labels))

    def without(self, examples: Examples, names: Collection[str]) -> Examples:
        """The texts without these names; a text that has no other is left out."""
        if not names:
            return examples
        kept = examples.take(np.flatnonzero(~self.lost_without(examples.labels, names)))
        labels = (self.of_parts(part for part in self.parts(label) if part not in names) for label in kept.labels)
        return kept.relabelled(tuple(labels))


class OneLabel(LabelSpace):
    """One label a text, of two or more: int64 [n], indices into the names."""

    task: ClassVar[TaskName] = "multiclass"

    def read(
        self, table: RawTable, column: str, *, renamed: Mapping[str, str], missing: Collection[str]
    ) -> tuple[list[str | None], list[str]]:
        """As described in `LabelSpace`."""
        return labels_of(table, column, renamed=renamed, missing=missing)

    def parts(self, label: str) -> tuple[str, ...]:
        """The label itself."""
        return (label,)

    def strata(self, labels: Sequence[str]) -> tuple[str, ...]:
        """The labels themselves."""
        return tuple(labels)

    def encode(self, examples: Examples, source: str) -> NDArray[np.int64]:
        """As described in `LabelSpace`."""
        return label_indices(examples, self.names, source)

    def decode(self, encoded: NDArray[Any]) -> list[str]:
        """As described in `LabelSpace`."""
        return [self.names[index] for index in encoded]


class Ratings(OneLabel):
    """One rating a text, a number, of two or more in order: int64 [n], ranks from 0."""

    task: ClassVar[TaskName] = "ordinal"

    def read(
        self, table: RawTable, column: str, *, renamed: Mapping[str, str], missing: Collection[str]
    ) -> tuple[list[str | None], list[str]]:
        """As described in `LabelSpace`. Raises DataError for a rating that is no number."""
        labels, notes = labels_of(table, column, renamed=renamed, missing=missing)
        words = sorted({label for label in labels if label is not None and not is_number(label)})
        if words:
            raise DataError(
                f"column {column!r} holds {some(words)}, expected numbers, which ratings in order are",
                "give words numbers with data.label_names (poor = '1'), or leave data.task out",
            )
        return labels, notes


class SeveralLabels(LabelSpace):
    """Any number of labels a text, also none: bool [n, names]."""

    task = "multilabel"

    def read(
        self, table: RawTable, column: str, *, renamed: Mapping[str, str], missing: Collection[str]
    ) -> tuple[list[str | None], list[str]]:
        """As described in `LabelSpace`: an empty list or text is "none of them", a missing value is no label."""
        class_names = table.class_names.get(column, ())
        absent = set() if class_names else {as_seen(word).casefold() for word in missing}
        new = {as_seen(name): as_seen(name_now) for name, name_now in renamed.items()}
        same: dict[str, str] = {}  # equal labels are one string in memory

        def label(value: object) -> str | None:
            row = several(value, self.separator)
            parts = None if row is None else [label_name(part, class_names) for part in row]
            if parts is None or _is_absent(parts, absent):
                return None
            whole = self.of_parts(new.get(name, name) for name in parts if name)
            return same.setdefault(whole, whole)

        labels = [label(value) for value in table.columns.get(column, [None] * len(table))]
        return labels, self._notes(labels)

    def _notes(self, labels: Sequence[str | None]) -> list[str]:
        without = labels.count(NONE_OF_THEM)
        if not without:
            return []
        have = "has an empty list of labels" if without == 1 else "have an empty list of labels"
        return [f"labels: {counted(without, 'row')} {have}, which is read as none of them"]

    def parts(self, label: str) -> tuple[str, ...]:
        """The names between the separators; of "" there are none."""
        return tuple(label.split(self.separator)) if label else ()

    def strata(self, labels: Sequence[str]) -> tuple[str, ...]:
        """The rarest label of each row, so that rare ones are shared out first; "" where a row has none."""
        counts = Counter(self.held(labels))
        return tuple(min(self.parts(label), key=lambda name: (counts[name], name), default="") for label in labels)

    def encode(self, examples: Examples, source: str) -> NDArray[np.bool_]:
        """As described in `LabelSpace`."""
        refuse_unknown(self.held(examples.labels), len(examples), self.names, source)
        index = {name: at for at, name in enumerate(self.names)}
        encoded = np.zeros((len(examples), len(self.names)), dtype=np.bool_)
        for row, label in enumerate(examples.labels):
            encoded[row, [index[part] for part in self.parts(label)]] = True
        return encoded

    def decode(self, encoded: NDArray[Any]) -> list[str]:
        """As described in `LabelSpace`."""
        rows = (zip(self.names, row, strict=True) for row in encoded.tolist())
        return [self.of_parts(name for name, has in row if has) for row in rows]


ONE_LABEL = OneLabel()


def several(value: object, separator: str) -> list[object] | None:
    """The raw labels of a row, of a list or of a string with separators; None: the row says nothing of its labels."""
    if hasattr(value, "tolist"):  # an array or a scalar of NumPy
        value = value.tolist()
    if isinstance(value, str):
        return list(value.split(separator)) if separator else [value]
    if isinstance(value, list | tuple | set | frozenset):
        return list(value)
    return None if is_null(value) else [value]


def _is_absent(parts: Sequence[str | None], absent: Collection[str]) -> bool:
    """Whether the only part is a word that stands for no label."""
    return len(parts) == 1 and parts[0] is not None and parts[0].casefold() in absent
