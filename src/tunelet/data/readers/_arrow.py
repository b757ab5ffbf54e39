"""Arrow tables, from Parquet files and from `datasets`; nested and binary columns are no texts and are left unread."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tunelet._words import first_line
from tunelet.data._raw import RawTable, repeated
from tunelet.data._store import Store
from tunelet.data._stored import AT_ONCE
from tunelet.data.readers._content import describe_binary
from tunelet.data.readers._settings import FileSettings
from tunelet.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa

_BATCH, _SMALL_BATCH = 4096, 256  # rows
_BUFFER = 2**20  # bytes


def parse_parquet(content: bytearray, path: Path, names: Sequence[str], settings: FileSettings) -> RawTable:
    """A Parquet file; label names in the `huggingface` key of its schema are kept."""
    import pyarrow as pa

    check_parquet(content, path)
    try:
        table = _read_parquet(content, path, settings)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise broken_parquet(path, error) from None
    if not table.num_rows:
        raise DataError(f"{path} holds no rows", "expected rows of texts and labels")
    return table_from_arrow(table, "Parquet", source=str(path))


def check_parquet(start: bytes | bytearray, source: object) -> None:
    """Raises DataError where a file does not begin as Parquet does."""
    if (form := describe_binary(start)) != "Parquet data":
        message = f"{source} should hold Parquet data by its name, found {form or 'something else'}"
        raise DataError(message, "correct its extension or write the file again")


def broken_parquet(source: object, error: Exception) -> DataError:
    """The error for what pyarrow cannot read."""
    message = f"{source} is no readable Parquet file ({first_line(error)})"
    return DataError(message, "write or fetch the file again")


def _read_parquet(content: bytearray, path: Path, settings: FileSettings) -> "pa.Table":
    import pyarrow as pa
    import pyarrow.parquet as pq

    whole = pq.ParquetFile(pa.BufferReader(content))
    schema, metadata = whole.schema_arrow, whole.metadata
    settings.check_cells(path, metadata.num_rows, metadata.num_columns)
    if (needed := sum(column.total_uncompressed_size for column in _stored_columns(metadata))) > settings.max_bytes:
        raise settings.too_large(path, needed)
    batches = []
    size = 0
    opened = pa.BufferReader(content)
    for sizes, batch in parquet_batches(opened, path, settings, largest_dictionary=settings.max_bytes):
        size += int(sizes.sum())
        if size > settings.max_bytes:
            raise settings.too_large(path)
        batches.append(batch.cast(schema))
    return pa.Table.from_batches(batches, schema)


def parquet_batches(
    opened: Any, source: object, settings: FileSettings, *, largest_dictionary: int
) -> Iterator[tuple[NDArray[np.int64], "pa.RecordBatch"]]:
    """The rows of a Parquet file piece by piece, for a few bytes can stand for a million equal texts.

    Texts stay dictionaries until their lengths are counted. Where a piece cannot be counted before it is decoded
    (nested columns, and texts that are stored as differences from one another), the pieces are small.

    Args:
        opened: the file.
        source: its name.
        settings: the limits on a cell and on what is decoded at once.
        largest_dictionary: bytes; Arrow makes one dictionary of all texts of a group of rows, so that those of a group
            that holds more come in small pieces instead.

    Returns:
        bytes of each row once its texts are no dictionaries any more, int64 [rows], and the rows, to be cast to the
        schema of the file. Raises DataError, and what pyarrow raises.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    # Read through a buffer and not a whole group of rows at once.
    plain = pq.ParquetFile(opened, buffer_size=_BUFFER, pre_buffer=False)
    schema, columns = plain.schema_arrow, list(_stored_columns(plain.metadata))
    if (needed := max((column.total_uncompressed_size for column in columns), default=0)) > settings.max_bytes:
        raise settings.too_large(source, needed)
    texts = {field.name for field in schema if _is_text(field.type)}
    differences = {column.path_in_schema for column in columns if "DELTA_BYTE_ARRAY" in column.encodings}
    views = {field.name for field in schema if _is_view(field.type)}  # into which dictionaries cannot be cast
    encoded = sorted(texts - differences - views)
    nested = any(pa.types.is_nested(field.type) for field in schema)
    encoding = pq.ParquetFile(opened, read_dictionary=encoded, buffer_size=_BUFFER, pre_buffer=False)
    for at in range(plain.metadata.num_row_groups):
        group = list(_columns_of(plain.metadata.row_group(at)))
        held = sum(column.total_uncompressed_size for column in group if column.path_in_schema in encoded)
        small = nested or len(encoded) < len(texts) or held > largest_dictionary
        file = plain if held > largest_dictionary else encoding
        # One thread: the caller's other work, if any, knows better how many cores are free.
        for batch in file.iter_batches(_SMALL_BATCH if small else _BATCH, row_groups=[at], use_threads=False):
            yield _row_sizes(batch, texts, source, settings), batch


def _row_sizes(
    batch: "pa.RecordBatch", texts: Collection[str], source: object, settings: FileSettings
) -> NDArray[np.int64]:
    sizes = np.zeros(batch.num_rows, dtype=np.int64)
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        known = name in texts
        sizes += _text_bytes(column, name, source, settings) if known else -(-column.nbytes // batch.num_rows)
    return sizes


def _stored_columns(metadata: Any) -> Iterator[Any]:
    """What is said of each column in each group of rows."""
    for group in map(metadata.row_group, range(metadata.num_row_groups)):
        yield from _columns_of(group)


def _columns_of(group: Any) -> Iterator[Any]:
    yield from map(group.column, range(group.num_columns))


def _text_bytes(column: Any, name: str, source: object, settings: FileSettings) -> NDArray[np.int64]:
    """Bytes of each text in a column, which may be dictionary-encoded. Raises DataError for one that is too long."""
    import pyarrow as pa
    import pyarrow.compute as pc

    encoded = pa.types.is_dictionary(column.type)
    texts = column.dictionary if encoded else column
    sizes = pc.binary_length(texts.cast(pa.large_binary()))
    # A character takes at most four bytes: whether a text of fewer is too long is seen when it is read.
    if (pc.max(sizes).as_py() or 0) > 4 * settings.max_cell:
        length = (pc.max(sizes).as_py() or 0) // 4
        raise settings.cell_too_long(source, f"a value of column {name[:50]!r}", length, at_least=True)
    of_rows = pc.take(sizes, column.indices) if encoded else sizes
    bytes_of_rows: NDArray[np.int64] = pc.fill_null(of_rows, 0).to_numpy(zero_copy_only=False)
    return bytes_of_rows


def _is_text(kind: Any) -> bool:
    """Whether the values are texts or bytes, of any length."""
    import pyarrow as pa

    return pa.types.is_string(kind) or pa.types.is_large_string(kind) or _is_bytes(kind) or _is_view(kind)


def _is_view(kind: Any) -> bool:
    import pyarrow as pa

    return pa.types.is_string_view(kind) or pa.types.is_binary_view(kind)


def _is_bytes(kind: Any) -> bool:
    import pyarrow as pa

    return pa.types.is_binary(kind) or pa.types.is_large_binary(kind)


def _readable(kind: Any) -> bool:
    """Whether a column of this type can hold texts, labels or ids; a list of strings may be a list of one label."""
    import pyarrow as pa

    types = pa.types
    if types.is_list(kind) or types.is_large_list(kind):
        return types.is_string(kind.value_type) or types.is_large_string(kind.value_type)
    binary = _is_bytes(kind) or types.is_fixed_size_binary(kind) or types.is_binary_view(kind)
    return not (types.is_nested(kind) or binary)


def table_from_arrow(
    table: "pa.Table", form: str, *, source: str, class_names: Mapping[str, Sequence[str]] | None = None
) -> RawTable:
    """A `RawTable` of an Arrow table's plain columns.

    Args:
        table: any Arrow table.
        form: the format to show ("Parquet").
        source: its name, for errors.
        class_names: names of integer labels by column; read from the schema's `huggingface` key when not given.
    """
    if twice := repeated(table.column_names):
        raise DataError(f"{source} has two columns named {twice!r}", "rename one of them")
    store = Store(field.name for field in table.schema if _readable(field.type))
    for start in range(0, table.num_rows, AT_ONCE):
        rows = table.slice(start, AT_ONCE)
        store.add({name: values_of(rows, name, source) for name in store.names})
    columns = store.columns()
    if class_names is None:
        class_names = _class_names(table.schema.metadata or {})
    return RawTable(columns, form, class_names=class_names, arrow=table)


def values_of(table: "pa.Table", name: str, source: str) -> list[object]:
    """The values of a column; times for which Python has no type are texts.

    Raises DataError where the column holds text that is not UTF-8.
    """
    import pyarrow as pa

    values: list[object]
    try:
        values = table.column(name).to_pylist()
    except UnicodeDecodeError as error:
        message = f"{source}: column {name!r} holds text that is not UTF-8 ({error.reason})"
        raise DataError(message, "write the file again from text in UTF-8") from None
    except (ValueError, OverflowError, pa.ArrowException):  # nanoseconds, or years that no calendar has
        try:
            values = list(table.column(name).cast(pa.string()).to_pylist())
        except pa.ArrowException:
            values = list(table.column(name).cast(pa.int64()).to_pylist())
    return values


def _class_names(metadata: Mapping[bytes, bytes]) -> dict[str, list[str]]:
    """What `datasets` writes: {"info": {"features": {"label": {"names": [...], "_type": "ClassLabel"}}}}."""
    try:
        features = json.loads(metadata.get(b"huggingface", b"{}"))["info"]["features"]
        return {
            name: [str(label) for label in feature["names"]]
            for name, feature in features.items()
            if isinstance(feature, dict) and feature.get("_type") == "ClassLabel"
        }
    except (KeyError, TypeError, ValueError, AttributeError):
        return {}
