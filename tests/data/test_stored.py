"""A column in a file is the column that it was in memory, whatever is taken of it, and leaves nothing behind."""

import gc
import os
import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunelet.data import Examples, Joined, taken
from tunelet.data import _store as store
from tunelet.data import _stored as stored
from tunelet.data._store import Store, in_pieces, row_names, stored_texts
from tunelet.data._stored import Stored
from tunelet.errors import DataError

VALUES = st.one_of(
    st.text(max_size=5),
    st.sampled_from(["", "\ud800", "😀", "\0", "é" * 40]),
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.lists(st.integers(), max_size=2),
)


@pytest.fixture
def in_a_file(monkeypatch) -> None:
    """Every column goes into a file, and is read in small pieces."""
    monkeypatch.setattr(store, "IN_MEMORY", -1)
    monkeypatch.setattr(stored, "_READ_ROWS", 3)
    monkeypatch.setattr(stored, "_GAP", 4)


def column(values: list[Any], at_once: int = 4) -> Any:
    growing = Store(("other", "values"))
    for start in range(0, len(values), at_once):
        some = values[start : start + at_once]
        growing.add({"values": some, "other": ["between"] * len(some)})
    return growing.columns()["values"]


@given(values=st.lists(VALUES, max_size=30), data=st.data())
def test_values_of_any_kind_come_back_as_they_were(values: list[Any], data: st.DataObject) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "IN_MEMORY", -1)
        patch.setattr(stored, "_READ_ROWS", 3)
        patch.setattr(stored, "_GAP", 4)
        found = column(values)
        assert isinstance(found, Stored) or not values
        assert len(found) == len(values)
        assert list(map(repr, found)) == list(map(repr, values))
        if values:
            rows = data.draw(st.lists(st.integers(0, len(values) - 1), max_size=40))
            some = taken(found, np.array(rows, dtype=np.int64))
            assert list(map(repr, some)) == [repr(values[row]) for row in rows]
            assert [repr(some[at]) for at in range(len(rows))] == [repr(values[row]) for row in rows]
            assert list(map(repr, found[1:7:2])) == list(map(repr, values[1:7:2]))
            assert repr(found[-1]) == repr(values[-1])


@pytest.mark.usefixtures("in_a_file")
def test_a_column_in_a_file_equals_one_in_memory() -> None:
    found = stored_texts(["a", "", "ç"])
    assert isinstance(found, Stored)
    assert found == ("a", "", "ç")
    assert found != ("a", "", "c")
    assert found != ("a",)
    assert Examples(("0", "1", "2"), found, ()) == Examples(("0", "1", "2"), ("a", "", "ç"), ())
    assert pickle.loads(pickle.dumps(found)) == ("a", "", "ç")  # noqa: S301


def test_what_is_small_is_in_memory() -> None:
    assert stored_texts(["a", "b"]) == ("a", "b")
    assert isinstance(stored_texts(["a", "b"]), tuple)
    assert row_names(np.array([3, 5])) == ("3", "5")


@pytest.mark.usefixtures("in_a_file")
def test_names_of_rows_are_made_when_they_are_asked_for() -> None:
    names = row_names(np.arange(5))
    assert not isinstance(names, tuple)
    assert names == ("0", "1", "2", "3", "4")
    assert taken(names, np.array([4, 0])) == ("4", "0")
    assert names[1:3] == ("1", "2")


@pytest.mark.usefixtures("in_a_file")
def test_several_columns_are_one_behind_the_other() -> None:
    joined = Joined([stored_texts(["a", "b"]), (), ("c",)])
    assert (len(joined), list(joined), joined[2], joined[-3], joined[1:]) == (3, ["a", "b", "c"], "c", "a", ["b", "c"])
    with pytest.raises(IndexError):
        joined[3]


def test_pieces_hold_all_rows_and_no_more_characters_than_they_may(monkeypatch) -> None:
    monkeypatch.setattr(store, "_CHARACTERS", 10)
    columns = {"one": ["a" * 4, "b" * 4, "c" * 40, "d"], "two": [None, 1, "x", "y"]}
    pieces = list(in_pieces(columns))
    assert [len(piece["one"]) for piece in pieces] == [2, 1, 1]
    for name, values in columns.items():
        assert [value for piece in pieces for value in piece[name]] == values


@pytest.mark.usefixtures("in_a_file")
def test_a_column_leaves_no_file_and_no_open_handle(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("TUNELET_CACHE", str(tmp_path))
    gc.collect()
    handles = Path("/proc/self/fd")
    open_before = len(list(handles.iterdir())) if handles.is_dir() else None
    found = stored_texts(f"text {row}" for row in range(100))
    if os.name != "nt":
        assert list(tmp_path.iterdir()) == []
    assert found[99] == "text 99"
    del found
    gc.collect()
    if open_before is not None:
        assert len(list(handles.iterdir())) == open_before


@pytest.mark.usefixtures("in_a_file")
def test_threads_read_the_same_column(monkeypatch) -> None:
    texts = tuple(f"text {row} " + "x" * (row % 50) for row in range(500))
    for reads_with_pread in (True, False):
        if not reads_with_pread:
            monkeypatch.delattr(os, "pread", raising=False)
        found = stored_texts(texts)
        with ThreadPoolExecutor(4) as pool:
            assert all(pool.map(lambda _, found=found: found == texts, range(8)))


@pytest.mark.usefixtures("in_a_file")
def test_a_full_disk_is_said_with_the_place_and_what_to_do(monkeypatch) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    class Full:
        seek = staticmethod(lambda _: 0)
        write = staticmethod(full)
        close = staticmethod(lambda: None)

    monkeypatch.setattr(stored.tempfile, "TemporaryFile", lambda **_: Full())
    with pytest.raises(DataError, match="No space left") as error:
        stored_texts(["a text"])
    assert "TUNELET_CACHE" in error.value.hint
