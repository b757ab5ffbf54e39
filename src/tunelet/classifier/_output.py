"""A table with its predictions, written as it was read: every row and column in order, values as they were.

CSV and TSV cells that were read from such a file come back verbatim, JSON values nested as they were, Parquet columns
with their types. Between formats values become what the other can hold: in a cell, whatever is no text is written as
JSON; in Parquet, a column of mixed kinds is written as texts.
"""

import csv
import gzip
import io
import json
import math
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from tunelet.data import RawTable
from tunelet.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa

FORMATS = (".csv", ".tsv", ".jsonl", ".ndjson", ".parquet")
COMPRESSIONS = (".gz", ".zst")


def check_output(path: Path) -> None:
    """Raises DataError unless the name ends as one of the formats does."""
    suffix, compression = _ending(path)
    if suffix not in FORMATS or (suffix == ".parquet" and compression):
        ending = f"{suffix}{compression}" or "no ending"
        raise DataError(
            f"{path}: expected a name that ends in {', '.join(FORMATS)} (all but the last also with "
            f"{' or '.join(COMPRESSIONS)}), found {ending!r}",
            f"for example output='{Path(path.stem).stem or 'predictions'}.csv'",
        )


def write_table(path: Path, name: Path, table: RawTable, added: Mapping[str, Sequence[object]]) -> None:
    """Write a table and further columns to `path`, in the format that `name` ends in.

    Args:
        path: the file.
        name: what it will be called.
        table: n rows.
        added: name -> n values, none of them a name of the table's; strings, floats and None.
    """
    suffix, compression = _ending(name)
    if suffix == ".parquet":
        _write_parquet(path, table, added)
        return
    columns = {column: _values(table, column) for column in _names(table)} | dict(added)
    with _text_file(path, compression) as file:
        if suffix in (".jsonl", ".ndjson"):
            for row in zip(*columns.values(), strict=True):
                record = {column: _plain(value) for column, value in zip(columns, row, strict=True)}
                file.write(json.dumps(record, ensure_ascii=False, allow_nan=False) + "\n")
        else:
            _write_cells(file, columns, "\t" if suffix == ".tsv" else ",")


def _ending(path: Path) -> tuple[str, str]:
    """The format's ending and the compression's, lower case."""
    suffix = path.suffix.lower()
    return (Path(path.stem).suffix.lower(), suffix) if suffix in COMPRESSIONS else (suffix, "")


def _names(table: RawTable) -> list[str]:
    return list(table.columns) if table.arrow is None else list(table.arrow.column_names)


def _values(table: RawTable, name: str) -> Sequence[object]:
    if name in table.columns or table.arrow is None:
        return table.columns[name]
    values: list[object] = table.arrow.column(name).to_pylist()  # a nested column, which no text is read from
    return values


def _write_cells(file: TextIO, columns: Mapping[str, Sequence[object]], delimiter: str) -> None:
    usual = csv.writer(file, delimiter=delimiter, lineterminator="\n")
    quoted = csv.writer(file, delimiter=delimiter, lineterminator="\n", quoting=csv.QUOTE_ALL)
    for row in ([*columns], *zip(*columns.values(), strict=True)):
        cells = [_cell(value) for value in row]
        # A lone carriage return ends a row, too, but Python before 3.13 does not quote it.
        (quoted if any("\r" in cell for cell in cells) else usual).writerow(cells)


def _cell(value: object) -> str:
    if isinstance(value, float) and math.isinf(value):
        return str(value)
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


def _write_parquet(path: Path, table: RawTable, added: Mapping[str, Sequence[object]]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    whole = table.arrow
    if whole is None:
        whole = pa.table({name: _arrow_column(table.columns[name]) for name in table.columns})
    for name, values in added.items():
        kind = pa.float64() if any(isinstance(value, float) for value in values) else pa.string()
        whole = whole.append_column(name, pa.array(values, kind))
    pq.write_table(_with_features(whole, added), path, compression="zstd")


def _arrow_column(values: Sequence[object]) -> "pa.Array[Any]":
    import pyarrow as pa

    try:
        return pa.array(values)
    except (pa.ArrowException, OverflowError, TypeError, ValueError):  # values of several kinds
        return pa.array([None if value is None else _cell(value) for value in values], pa.string())


def _with_features(table: "pa.Table", added: Mapping[str, Sequence[object]]) -> "pa.Table":
    """`datasets` lists the columns of a file in its metadata, and refuses one that it does not know."""
    metadata = dict(table.schema.metadata or {})
    try:
        record = json.loads(metadata[b"huggingface"])
        for name in added:
            kind = "string" if table.schema.field(name).type == "string" else "float64"
            record["info"]["features"][name] = {"dtype": kind, "_type": "Value"}
    except (KeyError, TypeError, ValueError):
        return table
    return table.replace_schema_metadata(metadata | {b"huggingface": json.dumps(record).encode()})


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
    return io.TextIOWrapper(raw, encoding="utf-8", newline="")
