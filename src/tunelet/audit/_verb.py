"""`tunelet.audit`: read labelled texts, look for what is wrong with them, and write the rows with what was found."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tunelet._arguments import checked
from tunelet._writing import write_atomically
from tunelet.audit._audit import Audited, audit_parts
from tunelet.audit._lengths import Reader
from tunelet.audit._record import AuditRecord
from tunelet.audit._rows import COLUMNS
from tunelet.audit._source import Source, read_source
from tunelet.checkpoint import find_checkpoint, package_folder
from tunelet.data import STANDARD, UNFOLLOWED, Chunk, Follower, WholeTable, free_names, output_form, write_rows
from tunelet.errors import DataError
from tunelet.recipe import DataSettings, resolve_recipe, with_settings

_READING = "data."  # settings that say how data is read begin so


@dataclass(frozen=True)
class Audit:
    """What is wrong with labelled texts.

    >>> audit = tunelet.audit("reviews.csv")
    >>> audit.record.copies.exact, audit.record.balance.labels
    (0, 2)

    Attributes:
        record: all findings; `record.to_dict()` is what `--json` prints.
        output: the file of rows with their findings; None: none was asked for.
        columns: the columns that were added there, under their names in the file.
    """

    record: AuditRecord
    output: str | None
    columns: Mapping[str, str]

    def to_dict(self) -> dict[str, Any]:
        """The record for JSON, with the file that was written."""
        return {**self.record.to_dict(), "output": self.output, "columns": dict(self.columns)}


@checked
def audit(
    data: Any,
    *,
    test: Any = None,
    model: str | Path | None = None,
    text: str | Sequence[str] | None = None,
    label: str | None = None,
    encoding: str | None = None,
    output: str | Path | None = None,
    settings: Mapping[str, Any] | None = None,
    follow: Follower | None = None,
) -> Audit:
    """Look for what is wrong with labelled texts, before anything is trained on them.

    Copies (equal, equal but for case, spaces, markup and punctuation, near ones) and contradicting labels among them;
    training texts that are also in the validation or test part; the balance of the labels, and labels that may be
    wrong; lengths, and what a limit on them loses; text that the vocabulary covers badly; remains of HTML; beginnings
    and ends that many texts share; words and columns that give the label away. Nothing is changed.

    >>> audit = tunelet.audit("reviews.csv", test="later.csv", output="audited.csv")
    >>> audit.record.overlaps[0].other, audit.columns["audit"]
    ('test', 'audit')

    Args:
        data: labelled texts in any form that `train` takes.
        test: test data likewise; None: the test split of `data`, if it has one.
        model: short name, Hub id or folder of a checkpoint whose tokenizer counts tokens; None: that of `minilm` where
            it is installed, else words are counted.
        text, label, encoding: as for `train`.
        output: .csv, .tsv, .jsonl or .parquet, which must not exist: all rows and columns of `data` in order (of
            several splits, of the training split), with the findings beside them.
        settings: how the data is read, by dotted key, such as {"data.clean_markup": False}.
        follow: told how far the work is, by its methods `stage(name, rows)` and `advance(rows)`; None: nobody is.

    Raises:
        TuneletError: data that cannot be read, no such model, a file that cannot be written.
    """
    place = None if output is None else _place(Path(output))
    follow = follow or UNFOLLOWED
    source = read_source(data, test, _settings(settings, text, label, encoding), follow)
    reader = _reader(model)
    found = audit_parts(source.reading, source.parts, test_source=source.test_source, reader=reader, follow=follow)
    columns = {} if place is None else _write(place, source, found)
    return Audit(found.record, None if place is None else str(place), columns)


def _settings(
    settings: Mapping[str, Any] | None, text: str | Sequence[str] | None, label: str | None, encoding: str | None
) -> DataSettings:
    changes = dict(settings or {})
    if other := next((key for key in changes if not key.startswith(_READING)), None):
        raise DataError(f"{other} is no setting of the data", "an audit takes those that begin with data.")
    named = {
        "data.text_column": text if text is None or isinstance(text, str) else list(text),
        "data.label_column": label,
        "data.encoding": encoding,
    }
    changes |= {key: value for key, value in named.items() if value is not None}
    return with_settings(resolve_recipe("quickstart"), changes).data


def _reader(model: str | Path | None) -> Reader | None:
    """The tokenizer of a model; None where none is named and none is at hand. Nothing is downloaded unasked."""
    if model is None and package_folder() is None:
        return None
    from tunelet.model import load_tokenizer

    # A tokenizer is all that is needed of the checkpoint: its weights may be missing.
    checkpoint = find_checkpoint("minilm" if model is None else str(model), random_weights=True)
    return Reader(checkpoint.name, load_tokenizer(checkpoint.path))


def _place(output: Path) -> Path:
    """The file to write, whose ending and absence are checked before any work is done."""
    if str(output) == STANDARD:
        raise DataError("an audit writes its rows into a file", "name one: output='audited.csv'")
    output_form(output, None, "")
    if os.path.lexists(output):
        raise DataError(f"{output} exists already", "name another file, or remove it: output='audited.csv'")
    return output


def _write(place: Path, source: Source, found: Audited) -> dict[str, str]:
    """Write all rows of the training part; returns added column -> its name in the file."""
    stream = source.table.stream or WholeTable(source.reading.source, source.table)
    names = free_names(stream.columns, COLUMNS)

    def rows() -> Iterator[tuple[Chunk, Mapping[str, Sequence[Any]]]]:
        for chunk in stream.chunks():
            values = found.rows.columns(chunk.start, chunk.rows)
            yield chunk, {name: values[own] for own, name in names.items()}

    added = {name: COLUMNS[own] for own, name in names.items()}
    form = output_form(place, None, "")
    write_atomically(place, lambda path: write_rows(path, form, stream, added, rows), "output")
    return names
