"""`predict_file` takes the forms of files that training takes."""

import csv
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tunelet import predict_file


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "sep=;\ntext;label\nwarm rye loaf;x\ntext;label\ncold burnt roll;y\n"),
        ("a.txt", "warm rye loaf\ncold burnt roll\n"),
        ("a.ndjson", '{"text": "warm rye loaf"}\n{"text": "cold burnt roll"}\n'),
    ],
)
def test_every_row_comes_back_and_a_repeated_header_is_counted(
    bakery_run, tmp_path: Path, name: str, content: str
) -> None:
    (tmp_path / name).write_text(content)
    found = predict_file(bakery_run, tmp_path / name, tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(newline="") as file:
        assert [row["text"] for row in csv.DictReader(file)] == ["warm rye loaf", "cold burnt roll"]
    left_out = [note for note in found.notes if "repeat of the header" in note]
    assert len(left_out) == content.count("sep=")


def test_what_is_beyond_numbers_stays_so_in_a_cell(bakery_run, tmp_path: Path) -> None:
    values = pa.array([float("inf"), float("-inf"), float("nan"), 1e300, None])
    pq.write_table(pa.table({"text": ["a"] * 5, "f": values}), tmp_path / "in.parquet")
    predict_file(bakery_run, tmp_path / "in.parquet", tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(newline="") as file:
        assert [row["f"] for row in csv.DictReader(file)] == ["inf", "-inf", "", "1e+300", ""]
