"""The column of the labels: found among others, put into one form, and read split by split."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from tunelet._choice import Choice
from tunelet.data._columns import Columns, choose_columns, names_labels
from tunelet.data._label_space import LabelSpace
from tunelet.data._labels import never_renamed, refuse_continuous
from tunelet.data._raw import RawTable
from tunelet.data._recognition import ordered_note, recognise_labels
from tunelet.data._soft import is_pattern, pattern_of, with_pattern
from tunelet.data._written import with_written

Tables = Mapping[str, RawTable]
Known = Mapping[str, str | Sequence[str]]


def columns_and_tables(
    tables: Tables,
    *,
    text: str | Sequence[str] | None,
    label: str | None,
    labelled: bool,
    known: Known,
    apart: Collection[str],
) -> tuple[Columns, Tables]:
    """The columns of texts and labels, and the tables with one column of labels where several held a probability each.

    The arguments are those of `choose_columns`, and what is raised.
    """
    pattern, reason = _pattern(tables["train"], label, known, labelled=labelled)
    if pattern:
        tables = {split: with_pattern(table, pattern) for split, table in tables.items()}
    named = pattern if reason else label
    columns = choose_columns(tables["train"], text=text, label=named, labelled=labelled, known=known, apart=apart)
    return (replace(columns, label=Choice(pattern, reason)) if reason else columns), tables


def _pattern(table: RawTable, label: str | None, known: Known, *, labelled: bool) -> tuple[str, str]:
    """The pattern of the columns that hold a probability for each label, "" where none do, and why it was recognised.

    The reason is "" where the caller, or the run whose data this is, named the pattern.
    """
    for named in (label, known.get("label")):
        if is_pattern(named):
            return str(named), ""
    if not labelled or label is not None or known or names_labels(list(table.columns)):
        return "", ""
    found = pattern_of(table)
    return found, "the numbers in these columns sum to 1 in every row" if found else ""


@dataclass(frozen=True)
class LabelColumn:
    """The column of the labels.

    Attributes:
        name: of the column.
        shape: of the labels.
        asked: for the shape, as recipes name it; "auto": it was recognised.
        named: whether the user named the column.
        known: whether a run was trained on such a column: then a label is one that training knows, or none.
        renamed: new names for label values.
        missing: words that stand for no label.
    """

    name: str
    shape: Choice[LabelSpace]
    asked: str
    named: bool
    known: bool
    renamed: Mapping[str, str]
    missing: Collection[str]

    @classmethod
    def of(
        cls,
        tables: Tables,
        name: str,
        *,
        task: str,
        separator: str,
        named: bool,
        known: bool,
        renamed: Mapping[str, str],
        missing: Collection[str],
    ) -> "tuple[LabelColumn, Tables, list[str]]":
        """The column, the tables with lists in it where text says such, and notes."""
        read = {split: with_written(table, name) for split, table in tables.items()}
        notes = []
        if any(written for _, written in read.values()):
            tables = {split: table for split, (table, _) in read.items()}
            notes.append(f"labels: the text in column {name!r} is read as the lists or mappings that it says")
        train = tables["train"]
        shape = recognise_labels(
            train.columns.get(name, ()), task=task, separator=separator, class_names=train.class_names.get(name, ())
        )
        if shape.value.task == "multilabel" and task == "auto":
            notes.append(f"labels: several a text, {shape.reason}; where each is one label, --set data.task=multiclass")
        return cls(name, shape, task, named, known, renamed, missing), tables, notes

    def read(
        self, table: RawTable, split: str
    ) -> tuple[list[str | None], Sequence[Mapping[str, float] | None] | None, list[str]]:
        """The labels of a split [n], None where a row has none; their probabilities where they are soft; notes.

        Raises DataError for a training column that holds measurements and no labels.
        """
        space, name = self.shape.value, self.name
        labels, said = space.read(table, name, renamed=self.renamed, missing=self.missing)
        shares = space.shares(table, name, renamed=self.renamed)
        if split != "train":
            return labels, shares, [f"{split} part: {note}" for note in said]
        notes = []
        if not self.known and space.task != "multilabel":
            if not space.continuous:
                refuse_continuous(labels, name, declared=name in table.class_names, named=self.named)
            notes += never_renamed(table, name, self.renamed) if shares is None else []
            notes += ordered_note(labels, name) if self.asked == "auto" else []
        return labels, shares, notes + said
