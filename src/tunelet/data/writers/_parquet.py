"""Rows with further columns as a Parquet file, a group of rows at a time."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tunelet.data.readers.streams._chunk import Chunk, TableStream

if TYPE_CHECKING:
    import pyarrow as pa

Added = Mapping[str, type[str] | type[int] | type[float]]
"""The columns to add: name -> the kind of their values, any of which may be None."""

_GROUP_ROWS, _GROUP_BYTES = 2**16, 2**26  # of a group of rows, about


class _MixedError(Exception):
    """A column whose values are of no common type."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def write_parquet(
    path: Path,
    stream: TableStream,
    added: Added,
    rows: Callable[[], Iterator[tuple[Chunk, Mapping[str, Sequence[Any]]]]],
    shown: Callable[[object], str],
) -> None:
    """Write all rows with further columns; the arguments are those of `write_rows`.

    Args:
        path, stream, added, rows: as there.
        shown: a value as text, for columns whose values are of no common type.
    """
    import pyarrow as pa

    schema = stream.schema() or _inferred(stream)
    while True:
        try:
            _write(path, _with_added(schema, added), rows, shown)
        except _MixedError as mixed:
            schema = schema.set(schema.get_field_index(mixed.name), pa.field(mixed.name, pa.string()))
        else:
            return


def _write(path: Path, schema: "pa.Schema", rows: Any, shown: Callable[[object], str]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        group: list[pa.Table] = []
        for chunk, columns in rows():
            group.append(_table(schema, chunk, columns, shown))
            if sum(table.num_rows for table in group) >= _GROUP_ROWS or sum(t.nbytes for t in group) >= _GROUP_BYTES:
                writer.write_table(pa.concat_tables(group).unify_dictionaries())
                group.clear()
        if group:
            writer.write_table(pa.concat_tables(group).unify_dictionaries())


def _table(
    schema: "pa.Schema", chunk: Chunk, added: Mapping[str, Sequence[Any]], shown: Callable[[object], str]
) -> "pa.Table":
    import pyarrow as pa

    columns = []
    for field in schema:
        if field.name in added:
            columns.append(pa.chunked_array([pa.array(added[field.name], field.type)]))
        elif chunk.arrow is not None:
            columns.append(chunk.arrow.column(field.name))
        else:
            columns.append(pa.chunked_array([_array(chunk.column(field.name), field, shown)]))
    return pa.Table.from_arrays(columns, schema=schema)


def _array(values: Sequence[object], field: "pa.Field[Any]", shown: Callable[[object], str]) -> "pa.Array[Any]":
    import pyarrow as pa

    try:
        array: pa.Array[Any] = pa.array(values, field.type)
    except (pa.ArrowException, OverflowError, TypeError, ValueError):
        if not pa.types.is_string(field.type):
            raise _MixedError(field.name) from None
        array = pa.array([None if value is None else shown(value) for value in values], field.type)
    return array


def _inferred(stream: TableStream) -> "pa.Schema":
    """A type for each column that all its values have; that of texts where there is none."""
    import pyarrow as pa

    kinds: dict[str, Any] = dict.fromkeys(stream.columns, pa.null())
    mixed: set[str] = set()
    for chunk in stream.chunks():
        for name in kinds.keys() - mixed:
            try:
                values: Any = chunk.column(name)
                kind = pa.array(values).type
                both = [pa.schema([(name, kinds[name])]), pa.schema([(name, kind)])]
                kinds[name] = pa.unify_schemas(both, promote_options="permissive").field(0).type
            except (pa.ArrowException, OverflowError, TypeError, ValueError):
                mixed.add(name)
                kinds[name] = pa.string()
    return pa.schema([(name, kind if _can_be_written(kind) else pa.string()) for name, kind in kinds.items()])


def _can_be_written(kind: Any) -> bool:
    """Whether Parquet has the type: it knows no structure without fields, such as that of {}."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        pq.ParquetWriter(pa.BufferOutputStream(), pa.schema([("column", kind)])).close()
    except pa.ArrowNotImplementedError:
        return False
    return True


def _with_added(schema: "pa.Schema", added: Added) -> "pa.Schema":
    """With the added columns, also in the metadata of `datasets`, which refuses a file of a column not listed there."""
    import pyarrow as pa

    types = {str: pa.string(), int: pa.int64(), float: pa.float64()}
    names = {str: "string", int: "int64", float: "float64"}
    for name, kind in added.items():
        schema = schema.append(pa.field(name, types[kind]))
    metadata = dict(schema.metadata or {})
    try:
        record = json.loads(metadata[b"huggingface"])
        for name, kind in added.items():
            record["info"]["features"][name] = {"dtype": names[kind], "_type": "Value"}
    except (KeyError, TypeError, ValueError):
        return schema
    return schema.with_metadata(metadata | {b"huggingface": json.dumps(record).encode()})
