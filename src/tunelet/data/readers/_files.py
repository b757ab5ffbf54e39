"""One file to one `RawTable`: the extension chooses the format, and a file that is not there is answered with its
nearest neighbour."""

import difflib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tunelet.data._raw import RawTable
from tunelet.data.readers._arrow import parse_parquet
from tunelet.data.readers._decode import COMPRESSIONS, decode, describe_binary, read_bytes
from tunelet.data.readers._delimited import parse_csv, parse_tsv
from tunelet.data.readers._json import parse_json, parse_json_lines
from tunelet.errors import DataError

FORMATS = (".csv", ".tsv", ".jsonl", ".json", ".parquet")


def format_of(path: Path) -> str | None:
    """The extension that names the format, compression aside (".csv" for `reviews.csv.gz`), or None if unsupported."""
    suffix = path.suffix.lower()
    if suffix in COMPRESSIONS:
        suffix = Path(path.stem).suffix.lower()
    return suffix if suffix in FORMATS else None


def read_file(path: Path, names: Sequence[str] = ()) -> RawTable:
    """The table in a file.

    Args:
        path: `.csv`, `.tsv`, `.jsonl`, `.json` or `.parquet`, also with `.gz` or `.zst`.
        names: column names that the user gave; a first row that holds one of them is a header.

    Raises:
        DataError: missing, unsupported, empty, binary, wrongly encoded or broken.
    """
    if not path.is_file():
        raise _missing(path)
    extension = format_of(path)
    if extension is None:
        message = f"{path} is {path.suffix or 'a file without extension'}, expected {' '.join(FORMATS)} (or .gz, .zst)"
        raise DataError(message, "save the table as CSV, JSON lines or Parquet")
    content = read_bytes(path)
    if not content.strip():
        raise DataError(f"{path} is empty", "expected rows of texts and labels")
    if extension == ".parquet":
        if (found := describe_binary(content)) != "Parquet data":
            message = f"{path} should hold Parquet data by its name, found {found or 'something else'}"
            raise DataError(message, "correct its extension or write the file again")
        table = parse_parquet(content, path)
    else:
        text = decode(content, path, quoted_rows=extension == ".csv")
        del content  # the two together would hold a large file twice
        if extension == ".csv":
            table = parse_csv(text, path, names)
        elif extension == ".tsv":
            table = parse_tsv(text, path, names)
        else:
            table = (parse_json_lines if extension == ".jsonl" else parse_json)(text, path)
    compression = COMPRESSIONS.get(path.suffix.lower())
    return replace(table, format=f"{table.format}, {compression}") if compression else table


def _missing(path: Path) -> DataError:
    if path.exists():
        return DataError(f"{path} is neither a file nor a folder", "pass a data file or a folder of texts")
    folder = path.parent
    if not folder.is_dir():
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
    usable = [name for name in names if format_of(Path(name))]
    listed = f"; there {'are' if len(usable) > 1 else 'is'} {', '.join(usable[:5])}" if usable else ""
    return DataError(f"there is no file {path}", f"check the name{listed}")
