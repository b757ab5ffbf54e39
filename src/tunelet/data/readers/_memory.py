"""Data that is in memory already: pandas DataFrames, lists, and the data sets of `datasets`.

pandas and `datasets` are looked at only when the caller has imported them: an object of theirs cannot exist before.
"""

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from tunelet._words import first_line
from tunelet.data._raw import RawTable, columns_from_objects, repeated, split_of
from tunelet.data.readers._arrow import table_from_arrow
from tunelet.data.readers._folders import left_out_note
from tunelet.data.readers._settings import DEFAULTS, FileSettings
from tunelet.errors import DataError

_ACCEPTED = (
    "a path, a DataFrame or an Arrow table, a dict of columns, a list of (text, label) pairs, of dicts or of texts, "
    "a datasets.Dataset or a DatasetDict"
)


def read_memory(data: object, settings: FileSettings = DEFAULTS, *, labelled: bool) -> tuple[dict[str, RawTable], str]:
    """The splits of an object, and what it is ("DataFrame", "list of pairs", "dict of columns", "DatasetDict").

    Args:
        data: the object.
        settings: the limits, which are those of files.
        labelled: whether labels are needed.

    Raises:
        DataError: an object of another kind, an empty one, a list of mixed kinds, or one beyond the limits.
    """
    splits, form = _tables(data, settings, labelled=labelled)
    for table in splits.values():
        settings.check_table(f"the {form}", table.columns)
    return splits, form


def _tables(data: object, settings: FileSettings, *, labelled: bool) -> tuple[dict[str, RawTable], str]:
    pandas, datasets = sys.modules.get("pandas"), sys.modules.get("datasets")
    if pandas is not None and isinstance(data, pandas.DataFrame):
        return {"train": _from_frame(data, settings)}, "DataFrame"
    if datasets is not None and isinstance(data, datasets.Dataset):
        return {"train": _from_dataset(data)}, "Dataset"
    if datasets is not None and isinstance(data, datasets.DatasetDict):
        # The splits beyond train, validation and test (IMDb's "unsupervised") have no use here.
        splits = {split: _from_dataset(dataset) for name, dataset in data.items() if (split := split_of(str(name)))}
        if others := [str(name) for name in data if not split_of(str(name))]:
            splits = {split: replace(table, notes=(left_out_note(others),)) for split, table in splits.items()}
        if not splits:
            message = f"the DatasetDict holds {', '.join(map(str, data)) or 'no splits'}, expected a split 'train'"
            raise DataError(message, "pass one of its splits")
        return splits, "DatasetDict"
    if isinstance(data, list | tuple):
        table = _from_list(data, settings, labelled=labelled)
        return {"train": table}, table.format
    if isinstance(data, Mapping):
        return {"train": _from_dict(data)}, "dict of columns"
    if hasattr(data, "__next__"):
        raise DataError(f"data is of type {_type_of(data)}, which can be read only once", "pass list(data)")
    if getattr(data, "ndim", None) == 1 or type(data).__name__ in ("Series", "ChunkedArray"):
        message = f"data is of type {_type_of(data)}, a single column; expected texts and labels"
        raise DataError(message, 'pass both as a dict: {"text": texts, "label": labels}')
    if (columns := _from_arrow(data)) is not None:
        return {"train": columns}, columns.format
    if callable(getattr(data, "collect", None)):
        raise DataError(f"data is of type {_type_of(data)}, which is not computed yet", "pass data.collect()")
    raise DataError(f"data is of type {_type_of(data)}", f"expected {_ACCEPTED}")


def _from_arrow(data: Any) -> RawTable | None:
    """A table of any library that hands out its columns: by the Arrow PyCapsule interface, or by the dataframe
    interchange protocol. None for an object that has neither."""
    if not any(hasattr(type(data), name) for name in ("__arrow_c_stream__", "__dataframe__")):
        return None
    import pyarrow as pa

    form = _type_of(data)
    try:
        if isinstance(data, pa.Table):  # as it is: before version 25 pyarrow crashes where it hands out views of texts
            table = data
        elif hasattr(type(data), "__arrow_c_stream__"):
            table = pa.table(data)
        else:
            from pyarrow.interchange.from_dataframe import from_dataframe

            table = from_dataframe(data)
    except Exception as error:  # the other library's code runs here, and raises what it likes
        message = f"the {form} cannot be read as a table ({first_line(error)})"
        raise DataError(message, f"expected {_ACCEPTED}") from error
    if not table.num_rows:
        raise DataError(f"the {form} is empty", "expected rows of texts and labels")
    return table_from_arrow(table, form, source=f"the {form}")


def _type_of(data: object) -> str:
    """The name of its type with the library that it is from, such as "polars DataFrame"."""
    library = type(data).__module__.partition(".")[0].lstrip("_")
    return type(data).__name__ if library in ("builtins", "main") else f"{library} {type(data).__name__}"


def _from_frame(frame: Any, settings: FileSettings) -> RawTable:
    settings.check_cells("the DataFrame", *frame.shape)
    names = [str(name) for name in frame.columns]
    if twice := repeated(names):
        raise DataError(f"the DataFrame has two columns named {twice!r}", "rename one of them")
    if not len(frame):
        raise DataError("the DataFrame is empty", "expected rows of texts and labels")
    columns = {}
    for at, name in enumerate(names):
        column = frame.iloc[:, at]
        missing = column.isna().tolist()
        columns[name] = [None if gap else value for value, gap in zip(column.tolist(), missing, strict=True)]
    return RawTable(columns, "DataFrame", row_names=_row_names(frame.index))


def _row_names(index: Any) -> list[str]:
    """The names of rows in an index of pandas; none where it only counts them, or does not tell them apart."""
    if not index.is_unique or (index.nlevels == 1 and index.hasnans) or list(index) == list(range(len(index))):
        return []
    return ["/".join(map(str, name)) if isinstance(name, tuple) else str(name) for name in index]


def _from_dict(data: Mapping[Any, Any]) -> RawTable:
    if not data:
        raise DataError("the dict holds no columns", 'expected columns, such as {"text": texts, "label": labels}')
    columns = {str(name): _column(name, values) for name, values in data.items()}
    if twice := repeated(list(map(str, data))):
        raise DataError(f"the dict has two columns named {twice!r}", "rename one of them")
    if len({len(values) for values in columns.values()}) > 1:
        raise DataError("the columns of the dict differ in length", "give each as many values as there are texts")
    if not any(columns.values()):
        raise DataError("the dict is empty", "expected columns with texts and labels")
    return RawTable(columns, "dict of columns")


def _column(name: object, values: Any) -> list[object]:
    """The values of a column; a table in its place would give the names of its own columns."""
    table = hasattr(values, "columns") or hasattr(values, "column_names") or getattr(values, "ndim", 1) != 1
    if table or isinstance(values, str | bytes | Mapping) or not isinstance(values, Iterable):
        kind = "None" if values is None else type(values).__name__
        hint = 'pass columns: {"text": texts, "label": labels}; or, where the keys are texts, list(data.items())'
        raise DataError(f"column {str(name)[:60]!r} of the dict is {kind}, expected a list of values", hint)
    if hasattr(values, "isna"):  # pandas has several kinds of nothing
        return [None if gap else value for value, gap in zip(values, values.isna(), strict=True)]
    return list(values.to_pylist() if hasattr(values, "to_pylist") else values)


def _from_dataset(dataset: Any) -> RawTable:
    if not len(dataset):
        raise DataError("the Dataset is empty", "expected rows of texts and labels")
    class_names = {
        name: list(feature.names)
        for name, feature in dataset.features.items()
        if getattr(feature, "names", None) is not None
    }
    # Through "arrow" the order of a shuffled or filtered data set is kept.
    return table_from_arrow(dataset.with_format("arrow")[:], "Dataset", source="the Dataset", class_names=class_names)


def _from_list(rows: Sequence[object], settings: FileSettings, *, labelled: bool) -> RawTable:
    if not rows:
        raise DataError("the list is empty", f"expected {_ACCEPTED}")
    if isinstance(rows[0], Mapping):
        objects = [row for row in rows if isinstance(row, Mapping)]
        _refuse_mixed(rows, objects, "a dict")
        settings.check_cells("the list of dicts", len(objects), len({name for row in objects for name in row}))
        return RawTable(columns_from_objects(objects), "list of dicts")
    if isinstance(rows[0], str):
        texts = [row for row in rows if isinstance(row, str) or row is None]
        _refuse_mixed(rows, texts, "a text")
        if labelled:
            raise DataError("the list holds texts without labels", "pass (text, label) pairs")
        return RawTable({"text": texts}, "list of texts", roles={"text": "the texts of the list"})
    pairs = [row for row in rows if isinstance(row, list | tuple) and len(row) == 2]
    _refuse_mixed(rows, pairs, "a (text, label) pair")
    columns = {"text": [text for text, _ in pairs], "label": [label for _, label in pairs]}
    roles = {"text": "the first of each pair", "label": "the second of each pair"}
    return RawTable(columns, "list of pairs", roles=roles)


def _refuse_mixed(rows: Sequence[object], fitting: Sequence[object], expected: str) -> None:
    """`fitting` are the rows of the expected kind, in order: the first that differs is the first misfit."""
    if len(fitting) < len(rows):
        at = next((at for at, row in enumerate(fitting) if row is not rows[at]), len(fitting))
        misfit = rows[at]
        size = f" of {len(misfit)}" if isinstance(misfit, list | tuple) else ""
        message = f"element {at} of the list is a {type(misfit).__name__}{size}, expected {expected}"
        raise DataError(message, f"expected {_ACCEPTED}")
