"""One file to one `RawTable`: the extension chooses the format, and a file that is not there is answered with its
nearest neighbour."""

import difflib
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from tunelet.data._following import UNFOLLOWED, Follower
from tunelet.data._raw import RawTable
from tunelet.data.readers._arrow import parse_parquet
from tunelet.data.readers._content import COMPRESSIONS, Content, read_content
from tunelet.data.readers._delimited import parse_csv, parse_lines, parse_tsv, parse_txt
from tunelet.data.readers._delimiter import read_as
from tunelet.data.readers._encoding import decode
from tunelet.data.readers._json import parse_json, parse_json_lines
from tunelet.data.readers._large import is_large, read_large
from tunelet.data.readers._settings import DEFAULTS, FileSettings
from tunelet.data.readers._spreadsheet import parse_spreadsheet
from tunelet.errors import DataError

# Extension -> what makes a table of the decoded text, or of the bytes, with the path for errors, the column names that
# the user gave, and the limits.
TextParser = Callable[[str, Path, Sequence[str], FileSettings], RawTable]
BytesParser = Callable[[bytearray, Path, Sequence[str], FileSettings], RawTable]
_TEXT_PARSERS: dict[str, TextParser] = {
    ".csv": parse_csv,
    ".tsv": parse_tsv,
    ".jsonl": parse_json_lines,
    ".ndjson": parse_json_lines,
    ".json": parse_json,
    ".txt": parse_txt,
}
_BYTES_PARSERS: dict[str, BytesParser] = {".parquet": parse_parquet, ".xlsx": parse_spreadsheet}
FORMATS = (*_TEXT_PARSERS, *_BYTES_PARSERS)


def format_of(name: str) -> str | None:
    """The extension that names the format, compression aside (".csv" for `reviews.csv.gz`), or None if unsupported.

    A zip archive whose name says nothing more (`reviews.zip`) is ".zip": what lies in it decides.
    """
    path = Path(name.lower())
    suffix = path.suffix
    if suffix in COMPRESSIONS and Path(path.stem).suffix in FORMATS:
        suffix = Path(path.stem).suffix
    return suffix if suffix in (*FORMATS, ".zip") else None


def read_file(
    path: Path,
    names: Sequence[str] = (),
    settings: FileSettings = DEFAULTS,
    *,
    labelled: bool = True,
    together: int = 0,
    follow: Follower = UNFOLLOWED,
) -> RawTable:
    """The table in a file.

    Args:
        path: one of `FORMATS`, also compressed (`COMPRESSIONS`).
        names: column names that the user gave; a first row that holds one of them is a header.
        settings: the encoding and the limits.
        labelled: whether labels are needed; without them, `.txt` holds a text in each line.
        together: bytes of all files that are read into one table with this one.
        follow: told how far the reading of a large file is.

    Raises:
        DataError: missing, unsupported, empty, binary, wrongly encoded, too large or broken.
    """
    check_file(path)
    try:
        if is_large(path, together=together, labelled=labelled):
            return read_large(path, names, settings, follow)
        content = read_content(path, settings, lambda name: Path(name.lower()).suffix in FORMATS)
        table = _parse(content, path, names, settings, labelled=labelled)
    except MemoryError:
        message = f"{path} needs more memory than there is"
        raise DataError(message, "split it, or take it to a machine with more memory") from None
    settings.check_table(path, table.columns)
    return replace(table, format=f"{table.format}, {content.compression}") if content.compression else table


def check_file(path: Path, *, any_name: bool = False) -> None:
    """Raises DataError where there is no such file, or, but for `any_name`, where its ending names no format."""
    try:
        is_file = path.is_file()
    except OSError as error:  # a name too long
        raise DataError(f"{path} cannot be read: {error.strerror}", "check the name") from None
    if not is_file:
        raise _missing(path)
    if not any_name and format_of(path.name) is None:
        kinds = f"{' '.join(FORMATS)} (or one of them with {' '.join(COMPRESSIONS)})"
        message = f"{path} is {path.suffix or 'a file without extension'}, expected {kinds}"
        raise DataError(message, "save the table as CSV, JSON lines or Parquet")


def _parse(content: Content, path: Path, names: Sequence[str], settings: FileSettings, *, labelled: bool) -> RawTable:
    extension = read_as(Path(content.name.lower()).suffix, settings)
    if not content.data[:4096].strip() and not content.data.strip():
        raise DataError(f"{path} is empty", "expected rows of texts and labels")
    if extension in _BYTES_PARSERS:
        return _BYTES_PARSERS[extension](content.data, path, names, settings)
    text = decode(content.data, path, encoding=settings.encoding, quoted_rows=extension == ".csv")
    content.data.clear()  # the two together would hold a large file twice
    parse = parse_lines if extension == ".txt" and not labelled else _TEXT_PARSERS[extension]
    return parse(text, path, names, settings)


def _missing(path: Path) -> DataError:
    try:
        there = path.exists()
        folder_there = path.parent.is_dir()
    except OSError as error:
        return DataError(f"{path} cannot be read: {error.strerror}", "check the path and its permissions")
    if there:
        return DataError(f"{path} is neither a file nor a folder", "pass a data file or a folder of texts")
    folder = path.parent
    if not folder_there:
        parts = path.parts
        hub = f", or type hub:{path} for a Hub data set" if len(parts) == 2 and not path.suffix else ""
        return DataError(f"there is no file {path}, nor its folder {folder}", f"check the path{hub}")
    try:
        names = sorted(entry.name for entry in folder.iterdir())
    except OSError:
        names = []
    near = difflib.get_close_matches(path.name, names, n=1, cutoff=0.6)
    if near:
        return DataError(f"there is no file {path}", f"did you mean {folder / near[0]}?")
    usable = [name for name in names if format_of(name)]
    listed = f"; there {'are' if len(usable) > 1 else 'is'} {', '.join(usable[:5])}" if usable else ""
    return DataError(f"there is no file {path}", f"check the name{listed}")
