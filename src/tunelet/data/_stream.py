"""`streamed`: whatever a person names as data without labels, as rows that are gone through in chunks.

Files of CSV, TSV, JSON lines, Parquet and lines of text are read as they are gone through, however long they are.
Everything else (folders, spreadsheets, JSON, zip archives, data sets of the Hub) is read whole first.
"""

import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tunelet.data._objects import fetched, is_object, object_name
from tunelet.data._read import read_tables
from tunelet.data.readers._content import COMPRESSIONS, describe_binary
from tunelet.data.readers._files import check_file
from tunelet.data.readers._settings import DEFAULTS, FileSettings
from tunelet.data.readers.streams._chunk import TableStream
from tunelet.data.readers.streams._open import can_be_streamed, ending_of, open_stream
from tunelet.data.readers.streams._text import StreamedFile
from tunelet.data.readers.streams._whole import WholeTable
from tunelet.errors import DataError

STANDARD = "-"
"""What stands for standard input or output in the place of a file's name."""

_STDIN = "standard input"


@dataclass(frozen=True)
class Streamed:
    """One split of a source.

    Attributes:
        rows: its rows.
        form: how it is stored (".csv", ".jsonl", ...), "" for what is no file.
        part: "test", "validation" or "train".
        parts: all splits of the source.
    """

    rows: TableStream
    form: str
    part: str = "train"
    parts: tuple[str, ...] = ("train",)


@contextmanager
def streamed(
    data: str | Path, names: Sequence[str] = (), *, form: str | None = None, files: FileSettings = DEFAULTS
) -> Iterator[Streamed]:
    """The test split of a source, else its validation split, else what there is.

    Args:
        data: as for `read`, or the address of a file in a store of objects; "-" is standard input, which is read to
            its end into a temporary file first.
        names: columns that the source may have: a first row that holds one of them is a header.
        form: of a file whose name does not end in it: "csv", "tsv", "jsonl", "txt", "parquet", the first four also
            with ".gz", ".zst", ".xz" or ".bz2" behind; None: the ending, and of standard input what it begins like.
        files: the encoding of text files that are not UTF-8, and the limits on what is decoded.

    Raises:
        DataError: as `read`; a row that is broken is named.
    """
    if form is not None:
        ending_of(f"x.{form}", f"there is no format {form!r}")
    if str(data) == STANDARD:
        with _standard_input() as path:
            yield Streamed(*open_stream(path, _STDIN, f"x.{form or _form_of(path)}", names, files))
        return
    if is_object(str(data)):
        named = f"x.{form}" if form else object_name(str(data))
        ending_of(named, str(data))  # before anything is fetched
        with fetched(str(data)) as copy:
            yield Streamed(*open_stream(copy, str(data), named, names, files))
        return
    path = Path(data)
    if form is not None or _is_streamed(path, str(data)):
        path = path.expanduser()
        check_file(path, any_name=form is not None)
        yield Streamed(*open_stream(path, str(path), f"x.{form}" if form else path.name, names, files))
        return
    tables, source, _ = read_tables(data, names, labelled=False, files=files)
    part = next(split for split in ("test", "validation", *tables) if split in tables)
    suffixes = [suffix for suffix in path.suffixes if suffix.lower() not in COMPRESSIONS]
    yield Streamed(WholeTable(source, tables[part]), "".join(suffixes[-1:]).lower(), part, tuple(tables))


def _is_streamed(path: Path, data: str) -> bool:
    """Whether a name is that of a file to go through: no folder, no address, no data set of the Hub."""
    try:
        return can_be_streamed(path.name) and not (
            data.startswith("hub:") or "://" in data or path.expanduser().is_dir()
        )
    except (OSError, RuntimeError):  # no usable path, as whoever reads it will say
        return False


@contextmanager
def _standard_input() -> Iterator[Path]:
    """Standard input in a file of its own, for as long as it is needed: what cannot be read twice is kept."""
    stream = getattr(sys.stdin, "buffer", None)
    if stream is None:
        raise DataError(f"{_STDIN} cannot be read", "name a file")
    with tempfile.TemporaryDirectory(prefix="tunelet-") as folder:
        path = Path(folder) / "input"
        try:
            with path.open("wb") as file:
                shutil.copyfileobj(stream, file, 2**20)
        except OSError as error:
            message = f"{_STDIN} cannot be kept in {folder} while it is classified: {error.strerror}"
            raise DataError(message, "set TMPDIR to a folder with more space, or name a file") from None
        yield path


def _form_of(path: Path) -> str:
    """What standard input is by its first bytes: compressed or not, Parquet, JSON lines, else CSV."""
    with path.open("rb") as file:
        kind = describe_binary(file.read(16))
    if kind == "Parquet data":
        return "parquet"
    ending = next((ending for ending, name in COMPRESSIONS.items() if kind == f"{name} data"), "")
    pieces = StreamedFile(path, _STDIN, COMPRESSIONS.get(ending, "")).pieces()
    start = next((piece.strip(b"\xef\xbb\xbf \t\r\n") for piece in pieces if piece.strip()), b"")
    return f"{'jsonl' if start.startswith(b'{') else 'csv'}{ending}"
