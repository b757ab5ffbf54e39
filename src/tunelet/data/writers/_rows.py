"""Rows with further columns, written as they were read: every row and column in order, values as they were.

Between CSV, TSV and JSON lines of the same form a row is copied as it stands, with the new values at its end; Parquet
columns keep their types. Between formats values become what the other can hold: in a cell, whatever is no text is
written as JSON; in Parquet, a column of mixed kinds is written as texts.
"""

import csv
import gzip
import io
import json
import math
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from tunelet.data._stream import STANDARD
from tunelet.data.readers.streams._chunk import Chunk, TableStream
from tunelet.data.readers.streams._json import with_members
from tunelet.data.writers._parquet import Added, write_parquet
from tunelet.errors import DataError

FORMATS = (".csv", ".tsv", ".jsonl", ".ndjson", ".parquet")
COMPRESSIONS = (".gz", ".zst")

Rows = Callable[[], Iterator[tuple[Chunk, Mapping[str, Sequence[Any]]]]]
"""Goes through all rows anew: each chunk with the columns to add, by name; values of their kinds, and None."""


@dataclass(frozen=True)
class OutputForm:
    """How a file is written.

    Attributes:
        suffix: one of `FORMATS`.
        compression: one of `COMPRESSIONS`, or "".
    """

    suffix: str
    compression: str = ""

    @property
    def is_binary(self) -> bool:
        """Whether a terminal cannot show it."""
        return bool(self.compression) or self.suffix == ".parquet"


def output_form(output: Path, named: str | None, read: str) -> OutputForm:
    """The form of an output: the named one, the one that its name ends in, or for "-" that of the input.

    Args:
        output: its name.
        named: such as "csv" or "jsonl.gz"; None: none is.
        read: the ending of the input.

    Raises:
        DataError: there is no such form.
    """
    if named is not None:
        form = _form_of(Path(f"x.{named}"))
        if form is None:
            listed = ", ".join(suffix[1:] for suffix in FORMATS)
            message = f"expected one of {listed} as the format of the output, found {named!r}"
            raise DataError(message, "for example output_format='jsonl.gz'")
        return form
    if str(output) == STANDARD:
        return OutputForm(read if read in FORMATS else ".csv")
    form = _form_of(output)
    if form is None:
        ending = "".join(output.suffixes[-2:]) if output.suffix in COMPRESSIONS else output.suffix
        raise DataError(
            f"{output}: expected a name that ends in {', '.join(FORMATS)} (all but the last also with "
            f"{' or '.join(COMPRESSIONS)}), found {ending or 'no ending'!r}",
            f"for example output='{Path(output.stem).stem or 'predictions'}.csv'",
        )
    return form


def _form_of(path: Path) -> OutputForm | None:
    suffix, compression = path.suffix.lower(), ""
    if suffix in COMPRESSIONS:
        suffix, compression = Path(path.stem).suffix.lower(), suffix
    return OutputForm(suffix, compression) if suffix in FORMATS and (suffix != ".parquet" or not compression) else None


def write_rows(path: Path, form: OutputForm, stream: TableStream, added: Added, rows: Rows) -> None:
    """Write all rows of a source with further columns.

    Args:
        path: the file.
        form: how it is written.
        stream: the source.
        added: names of the columns to add, none of them a name of the source's, with the kind of their values.
        rows: the chunks of the source with these columns.
    """
    if form.suffix == ".parquet":
        write_parquet(path, stream, added, rows, shown=_cell)
        return
    with _text_file(path, form.compression) as file:
        if form.suffix in (".jsonl", ".ndjson"):
            for chunk, columns in rows():
                file.writelines(_objects(stream, chunk, columns))
        else:
            _write_cells(file, "\t" if form.suffix == ".tsv" else ",", stream, added, rows)


def _objects(stream: TableStream, chunk: Chunk, added: Mapping[str, Sequence[Any]]) -> Iterator[str]:
    members = (dict(zip(added, map(_plain, row), strict=True)) for row in zip(*added.values(), strict=True))
    if stream.form == "json":
        for line, new in zip(chunk.lines, members, strict=True):
            yield with_members(line, new) + "\n"
        return
    values = [chunk.column(name) for name in stream.columns]
    for row, new in zip(zip(*values, strict=True), members, strict=True):
        record = dict(zip(stream.columns, map(_plain, row), strict=True)) | new
        yield json.dumps(record, ensure_ascii=False, allow_nan=False) + "\n"


def _write_cells(file: TextIO, delimiter: str, stream: TableStream, added: Added, rows: Rows) -> None:
    written = _CellWriter(delimiter)
    same = stream.form == delimiter
    header = [stream.header, written(list(added))] if same and stream.header else [written([*stream.columns, *added])]
    file.write(delimiter.join(header) + "\n")
    for chunk, columns in rows():
        new = zip(*columns.values(), strict=True)
        if same:
            both = zip(chunk.lines, new, strict=True)
            file.writelines(f"{line}{delimiter}{written(row)}\n" for line, row in both)
        else:
            values = [chunk.column(name) for name in stream.columns]
            wider = zip(zip(*values, strict=True), new, strict=True)
            file.writelines(written([*old, *row]) + "\n" for old, row in wider)


class _CellWriter:
    """Writes a row of cells as a line without its end."""

    def __init__(self, delimiter: str) -> None:
        self._usual: Any = csv.writer(self, delimiter=delimiter, lineterminator="\n")
        self._quoted: Any = csv.writer(self, delimiter=delimiter, lineterminator="\n", quoting=csv.QUOTE_ALL)

    def write(self, line: str) -> str:
        """What `csv` calls with each row; its writers return what this returns. What ends a row is put in quotes."""
        return line.removesuffix("\n")

    def __call__(self, values: Sequence[object]) -> str:
        cells = [_cell(value) for value in values]
        # A lone carriage return ends a row, too, but Python before 3.13 does not quote it.
        line: str = (self._quoted if any("\r" in cell for cell in cells) else self._usual).writerow(cells)
        return line


def _cell(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return "" if math.isnan(value) else repr(float(value))
    plain = _plain(value)
    if isinstance(plain, str):
        return plain
    return "" if plain is None else json.dumps(plain, ensure_ascii=False)


def _plain(value: object) -> Any:
    """What JSON can hold: dates in ISO 8601, bytes in base64, NaN as null."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, bytes | bytearray):
        return b64encode(value).decode("ascii")
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


@contextmanager
def _text_file(path: Path, compression: str) -> Iterator[TextIO]:
    """UTF-8, line ends as they are written."""
    with path.open("wb") as raw:
        if compression == ".gz":
            with gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as packed, _text(packed) as file:
                yield file
        elif compression == ".zst":
            import zstandard

            with zstandard.ZstdCompressor().stream_writer(raw, closefd=False) as frame, _text(frame) as file:
                yield file
        else:
            with _text(raw) as file:
                yield file


def _text(raw: Any) -> TextIO:
    # Half a surrogate pair, which JSON can name and UTF-8 cannot write, becomes what JSON has for it.
    return io.TextIOWrapper(raw, encoding="utf-8", errors="backslashreplace", newline="")
