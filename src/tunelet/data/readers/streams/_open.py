"""A file of any length by its ending: CSV, TSV, JSON lines, lines of text, also compressed, and Parquet."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tunelet.data.readers._content import COMPRESSIONS
from tunelet.data.readers._decompression import DECODERS
from tunelet.data.readers._delimiter import read_as
from tunelet.data.readers._settings import FileSettings
from tunelet.data.readers.streams._arrow import ParquetStream
from tunelet.data.readers.streams._chunk import TableStream
from tunelet.data.readers.streams._delimited import DelimitedStream
from tunelet.data.readers.streams._json import JsonLinesStream
from tunelet.data.readers.streams._lines import LinesStream
from tunelet.data.readers.streams._text import StreamedFile, StreamedText
from tunelet.errors import DataError

_TEXT_FORMATS = (".csv", ".tsv", ".jsonl", ".ndjson", ".txt")


def open_stream(
    path: Path, source: str, name: str, names: Sequence[str], settings: FileSettings
) -> tuple[TableStream, str]:
    """The rows of a file, read by the ending of `name`, and the ending of its format.

    Args:
        path: the file.
        source: what to call it in errors.
        name: what its ending is taken from.
        names: columns that the source may have: a first row that holds one of them is a header.
        settings: the encoding of text files that are not UTF-8, and the limits on what is decoded.

    Raises:
        DataError: a file that is no such table; a row that is broken is named.
    """
    form, compression = ending_of(name, source)
    file = StreamedFile(path, source, compression)
    if not any(piece.strip() for piece in file.pieces()):
        raise DataError(f"{source} is empty", "expected rows of texts and labels")
    if form == ".parquet":
        return ParquetStream(file, settings), form
    kind = read_as(form, settings)
    text = StreamedText(file, settings, quoted_rows=kind == ".csv")
    rows: TableStream
    if kind == ".csv":
        rows = DelimitedStream.of_csv(text, names)
    elif kind == ".tsv":
        rows = DelimitedStream.of_tsv(text, names)
    elif kind == ".txt":
        rows = LinesStream(text)
    else:
        rows = JsonLinesStream(text)
    if compression:
        rows.head = replace(rows.head, format=f"{rows.head.format}, {compression}")
    return rows, form


def can_be_streamed(name: str) -> bool:
    """Whether a file of this name is gone through in chunks."""
    path = Path(name.lower())
    if COMPRESSIONS.get(path.suffix, "") in DECODERS:
        return Path(path.stem).suffix in _TEXT_FORMATS
    return path.suffix in (*_TEXT_FORMATS, ".parquet")


def ending_of(name: str, source: str) -> tuple[str, str]:
    """The format's ending and the compression. Raises DataError where it cannot be gone through in chunks."""
    if not can_be_streamed(name):
        raise DataError(f"{source}: expected csv, tsv, jsonl, txt or parquet", "for example input_format='csv.gz'")
    path = Path(name.lower())
    compression = COMPRESSIONS.get(path.suffix, "")
    return (Path(path.stem).suffix, compression) if compression else (path.suffix, "")
