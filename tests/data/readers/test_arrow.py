"""Parquet files under limits, and tables of other libraries in memory."""

from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tunelet.data import FileSettings, read
from tunelet.errors import DataError

COLUMNS: dict[str, Any] = {"text": ["A good film", "A bad film", None], "label": ["good", "bad", "good"]}


def write(path: Path, table: pa.Table, **options: Any) -> Path:
    target = BytesIO()
    pq.write_table(table, target, **options)
    path.write_bytes(target.getvalue())
    return path


PLAIN = {"use_dictionary": False, "compression": "zstd"}
DIFFERENCES = {**PLAIN, "column_encoding": {"text": "DELTA_BYTE_ARRAY", "label": "PLAIN"}}


@pytest.mark.parametrize("options", [{}, PLAIN, DIFFERENCES], ids=["dictionary", "plain", "differences"])
def test_a_few_bytes_that_stand_for_many_texts_are_counted(tmp_path: Path, options: dict[str, Any]) -> None:
    table = pa.table({"text": ["long " * 10_000] * 400, "label": ["a", "b"] * 200})
    path = write(tmp_path / "a.parquet", table, **options)
    assert path.stat().st_size < 20_000
    with pytest.raises(DataError, match="max_bytes"):
        read(path, files=FileSettings(max_bytes=2_000_000))
    with pytest.raises(DataError, match=r"column 'text'.*max_cell"):
        read(path, files=FileSettings(max_cell=10_000))
    assert len(read(path).splits["train"]) == 400


def test_rows_that_take_no_room_on_disk_are_counted(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", pa.table({"text": pa.nulls(3_000_000, pa.string())}))
    assert path.stat().st_size < 100_000
    with pytest.raises(DataError, match="max_bytes"):
        read(path, files=FileSettings(max_bytes=100_000_000))


@pytest.mark.parametrize(
    "kind", [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string())]
)
def test_every_type_of_text_is_read(tmp_path: Path, kind: pa.DataType) -> None:
    table = pa.table({name: pa.array(values, pa.string()).cast(kind) for name, values in COLUMNS.items()})
    assert read(table).splits["train"].labels == ("good", "bad")
    try:
        path = write(tmp_path / "a.parquet", table)
    except pa.ArrowNotImplementedError:
        pytest.skip("this pyarrow writes no such Parquet file")
    assert read(path).splits["train"].texts == ("A good film", "A bad film")


def test_a_label_in_a_list_of_one_is_read_from_parquet_too(tmp_path: Path) -> None:
    table = pa.table({"text": ["a film", "b film"], "label": [["good"], ["bad"]], "vector": [[1.0], [2.0]]})
    assert read(write(tmp_path / "a.parquet", table)).splits["train"].labels == ("good", "bad")


class Exchanged:
    """Hands out a table by one interface alone."""

    def __init__(self, table: pa.Table) -> None:
        self.table = table


class ByStream(Exchanged):
    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.table.__arrow_c_stream__(requested_schema)


class ByProtocol(Exchanged):
    def __dataframe__(self, nan_as_null: bool = False, allow_copy: bool = True) -> object:
        return self.table.__dataframe__(nan_as_null, allow_copy)


class Broken(Exchanged):
    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        raise KeyError("lost")


@pytest.mark.parametrize("kind", [lambda table: table, ByStream, ByProtocol, lambda table: table.to_batches()[0]])
def test_tables_of_any_library_are_read_by_the_interfaces_that_they_share(kind: Any) -> None:
    reading = read(kind(pa.table(COLUMNS)))
    assert reading.splits["train"].labels == ("good", "bad")
    assert reading.dropped["train"] == {"empty text": 1}
    assert reading.splits["train"].ids == ("0", "1")


def test_polars_frames_are_read_and_lazy_ones_say_what_to_call() -> None:
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame({**COLUMNS, "id": [7, 8, 9]}).with_columns(polars.col("label").cast(polars.Categorical))
    reading = read(frame)
    assert reading.source == "polars DataFrame"
    assert (reading.splits["train"].labels, reading.splits["train"].ids) == (("good", "bad"), ("7", "8"))
    with pytest.raises(DataError, match=r"polars LazyFrame.*collect\(\)"):
        read(frame.lazy())
    with pytest.raises(DataError, match="polars Series, a single column"):
        read(frame["text"])


def test_a_table_that_cannot_be_handed_out_is_the_users_error() -> None:
    with pytest.raises(DataError, match="cannot be read as a table"):
        read(Broken(pa.table(COLUMNS)))
    with pytest.raises(DataError, match="is empty"):
        read(pa.table({"text": pa.array([], pa.string())}))


@pytest.mark.parametrize(
    ("index", "ids"),
    [
        (None, ("0", "1", "2")),
        ([0, 1, 2], ("0", "1", "2")),
        (["t7", "t8", "t9"], ("t7", "t8", "t9")),
        (pd.RangeIndex(5, 8), ("5", "6", "7")),
        ([7, 7, 8], ("0", "1", "2")),
        ([7.0, None, 8.0], ("0", "1", "2")),
        (pd.MultiIndex.from_tuples([("a", 1), ("a", 2), ("b", 1)]), ("a/1", "a/2", "b/1")),
        (pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-03"]), None),
    ],
)
def test_a_meaningful_index_gives_the_ids(index: Any, ids: tuple[str, ...] | None) -> None:
    frame = pd.DataFrame({"text": ["A good film", "A bad film", "Fine"], "label": ["x", "y", "x"]}, index=index)
    found = read(frame).splits["train"].ids
    assert found == ids or (ids is None and found[0].startswith("2024-01-01"))
    assert read(frame.assign(id=["a", "b", "c"])).splits["train"].ids == ("a", "b", "c")


def test_ids_of_a_filtered_frame_are_those_of_the_rows_kept() -> None:
    frame = pd.DataFrame({"text": ["a film", "", "b film", "c film"], "label": ["x", "y", "x", "y"]})
    assert read(frame[frame.text != ""]).splits["train"].ids == ("0", "2", "3")
