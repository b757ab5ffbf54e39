"""Arrow tables, from Parquet files and from `datasets`; nested and binary columns are no texts and are left unread."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tunelet._words import first_line
from tunelet.data._raw import RawTable, repeated
from tunelet.data.readers._content import describe_binary
from tunelet.data.readers._settings import FileSettings
from tunelet.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa

_BATCH, _SMALL_BATCH = 4096, 256  # rows


def parse_parquet(content: bytearray, path: Path, names: Sequence[str], settings: FileSettings) -> RawTable:
    """A Parquet file; label names in the `huggingface` key of its schema are kept."""
    import pyarrow as pa

    if (form := describe_binary(content)) != "Parquet data":
        message = f"{path} should hold Parquet data by its name, found {form or 'something else'}"
        raise DataError(message, "correct its extension or write the file again")
    try:
        table = _read_parquet(content, path, settings)
    except (pa.ArrowException, OSError, ValueError) as error:
        message = f"{path} is no readable Parquet file ({first_line(error)})"
        raise DataError(message, "write or fetch the file again") from None
    if not table.num_rows:
        raise DataError(f"{path} holds no rows", "expected rows of texts and labels")
    return table_from_arrow(table, "Parquet", source=str(path))


def _read_parquet(content: bytearray, path: Path, settings: FileSettings) -> "pa.Table":
    """The table, piece by piece, for a few bytes can stand for a million equal texts.

    Texts stay dictionaries until their lengths are counted. Where a piece cannot be counted before it is decoded
    (nested columns, and texts that are stored as differences from one another), the pieces are small.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    # One thread: the caller's other work, if any, knows better how many cores are free.
    whole = pq.ParquetFile(pa.BufferReader(content))
    schema, metadata = whole.schema_arrow, whole.metadata
    settings.check_cells(path, metadata.num_rows, metadata.num_columns)
    groups = [metadata.row_group(group) for group in range(metadata.num_row_groups)]
    needed = sum(group.column(at).total_uncompressed_size for group in groups for at in range(group.num_columns))
    if needed > settings.max_bytes:
        raise settings.too_large(path, needed)
    texts = [field.name for field in schema if _is_text(field.type)]
    differences = {
        group.column(at).path_in_schema
        for group in groups
        for at in range(group.num_columns)
        if "DELTA_BYTE_ARRAY" in group.column(at).encodings
    }
    views = {field.name for field in schema if _is_view(field.type)}  # into which dictionaries cannot be cast
    encoded = [name for name in texts if name not in differences | views]
    small = len(encoded) < len(texts) or any(pa.types.is_nested(field.type) for field in schema)
    file = pq.ParquetFile(pa.BufferReader(content), read_dictionary=encoded)
    batches = []
    size = 0
    for batch in file.iter_batches(_SMALL_BATCH if small else _BATCH, use_threads=False):
        for name, column in zip(batch.schema.names, batch.columns, strict=True):
            size += _text_bytes(column, name, path, settings) if name in texts else column.nbytes
        if size > settings.max_bytes:
            raise settings.too_large(path)
        batches.append(batch.cast(schema))
    return pa.Table.from_batches(batches, schema)


def _text_bytes(column: Any, name: str, path: Path, settings: FileSettings) -> int:
    """Bytes of the texts in a column, which may be dictionary-encoded. Raises DataError for one that is too long."""
    import pyarrow as pa
    import pyarrow.compute as pc

    encoded = pa.types.is_dictionary(column.type)
    texts = column.dictionary if encoded else column
    sizes = pc.binary_length(texts.cast(pa.large_binary()))
    # A character takes at most four bytes: whether a text of fewer is too long is seen when it is read.
    if (pc.max(sizes).as_py() or 0) > 4 * settings.max_cell:
        length = (pc.max(sizes).as_py() or 0) // 4
        raise settings.cell_too_long(path, f"a value of column {name[:50]!r}", length, at_least=True)
    return pc.sum(pc.take(sizes, column.indices) if encoded else sizes).as_py() or 0


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
    columns: dict[str, list[object]] = {}
    for field in table.schema:
        if _readable(field.type):
            try:
                columns[field.name] = table.column(field.name).to_pylist()
            except UnicodeDecodeError as error:
                message = f"{source}: column {field.name!r} holds text that is not UTF-8 ({error.reason})"
                raise DataError(message, "write the file again from text in UTF-8") from None
    if class_names is None:
        class_names = _class_names(table.schema.metadata or {})
    return RawTable(columns, form, class_names=class_names, arrow=table)


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
