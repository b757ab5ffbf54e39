"""Arrow tables, from Parquet files and from `datasets`; nested and binary columns are no texts and are left unread."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tunelet.data._raw import RawTable
from tunelet.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa


def parse_parquet(content: bytes, path: Path) -> RawTable:
    """A Parquet file; label names in the `huggingface` key of its schema are kept."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        # One thread: the caller's other work, if any, knows better how many cores are free.
        table = pq.read_table(pa.BufferReader(content), use_threads=False)
    except (pa.ArrowException, OSError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise DataError(f"{path} is no readable Parquet file ({reason})", "write or fetch the file again") from None
    if not table.num_rows:
        raise DataError(f"{path} holds no rows", "expected rows of texts and labels")
    return table_from_arrow(table, "Parquet", source=str(path))


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
    import pyarrow as pa

    def readable(kind: Any) -> bool:
        binary = pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind)
        return not (pa.types.is_nested(kind) or binary)

    if twice := next((name for name in table.column_names if table.column_names.count(name) > 1), None):
        raise DataError(f"{source} has two columns named {twice!r}", "rename one of them")
    columns: dict[str, list[object]] = {}
    for field in table.schema:
        if readable(field.type):
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
