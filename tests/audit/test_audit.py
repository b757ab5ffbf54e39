"""`tunelet.audit` and the command: the whole record, rows with their findings beside them, and what is refused."""

import csv
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import tunelet
from command_line import call, refused
from tunelet._record import parse_record
from tunelet.audit import COLUMNS, AuditRecord
from tunelet.errors import TuneletError

LONG = " ".join(f"word{number}" for number in range(30))
ROWS = [
    ("1", LONG, "good", "x"),
    ("2", "", "bad", "y"),
    ("3", f"<p>{LONG.upper()}!</p>", "bad", "x"),
    ("4", "Another one, with a comma", "", "y"),
    ("5", "Quite dull", "bad", "y"),
]


@pytest.fixture
def data(in_folder):
    with (in_folder / "data.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("id", "text", "label", "audit"), *ROWS])
    return "data.csv"


def test_the_record_of_the_sample_is_json_and_reads_back():
    audit = tunelet.audit("sample")
    written = json.dumps(audit.record.to_dict())
    assert parse_record(written.encode(), AuditRecord) == audit.record
    assert audit.record.schema_version == 1
    assert set(audit.record.parts) == {"train", "test"}
    assert audit.record.suspects is not None
    assert audit.record.copies.exact == 0
    assert audit.output is None


def test_an_audit_is_the_same_each_time(data):
    once, again = tunelet.audit(data).record, tunelet.audit(data).record
    assert once.changed(seconds=0.0) == again.changed(seconds=0.0)


def test_rows_are_written_with_their_findings_beside_them(data):
    audit = tunelet.audit(data, output="out/audited.csv")
    with Path("out/audited.csv").open(newline="") as file:
        written = list(csv.DictReader(file))
    assert list(audit.columns) == list(COLUMNS)
    assert audit.columns["audit"] == "audit_2"  # the data has a column of that name
    assert list(written[0]) == ["id", "text", "label", "audit", *audit.columns.values()]
    assert [(row["id"], row["text"], row["label"], row["audit"]) for row in written] == ROWS
    assert [row["audit_2"] for row in written] == [
        "contradicting labels",
        "no text or no label",
        "repeat, normalised; contradicting labels",
        "no text or no label",
        "",
    ]
    assert [row["audit_same_as"] for row in written] == ["", "", "1", "", ""]


@pytest.mark.parametrize("ending", ["jsonl", "parquet", "tsv"])
def test_every_ending_keeps_rows_columns_and_order(data, ending):
    audit = tunelet.audit(data, output=f"audited.{ending}")
    assert len(tunelet.read(f"audited.{ending}").splits["train"]) == 3
    if ending == "parquet":
        table = pq.read_table("audited.parquet")
        assert table.column("id").to_pylist() == [row[0] for row in ROWS]
        assert table.schema.field(audit.columns["audit_same_as"]).type == "int64"
        assert table.column(audit.columns["audit_same_as"]).to_pylist() == [None, None, 1, None, None]


def test_a_file_that_is_there_is_left_alone_and_nothing_is_left_of_a_failure(data, in_folder):
    (in_folder / "there.csv").write_text("mine")
    with pytest.raises(TuneletError, match="exists already"):
        tunelet.audit(data, output="there.csv")
    with pytest.raises(TuneletError, match="ends in"):
        tunelet.audit(data, output="audited.docx")
    with pytest.raises(TuneletError):
        tunelet.audit("absent.csv", output="new/audited.csv")
    assert sorted(path.name for path in in_folder.iterdir()) == ["data.csv", "there.csv"]
    assert (in_folder / "there.csv").read_text() == "mine"


def test_test_data_is_read_by_the_columns_of_the_training_data(data, in_folder):
    (in_folder / "later.csv").write_text(f'label,text\ngood,"{LONG}."\nbad,new\n')
    audit = tunelet.audit(data, test="later.csv")
    (overlap,) = audit.record.overlaps
    assert audit.record.test_source == "later.csv"
    assert (overlap.exact, overlap.normalised, overlap.near) == (0, 2, 0)


def test_columns_that_predict_the_label_are_found_in_a_file(in_folder):
    lines = [f"text {row} of many,{'ab'[row % 2]},{row % 2 * 7}" for row in range(100)]
    (in_folder / "leak.csv").write_text("\n".join(["text,label,code", *lines]))
    (column,) = tunelet.audit("leak.csv").record.columns
    assert (column.name, column.predicts, column.accuracy) == ("code", True, 1.0)


def test_json_is_one_object_and_the_screen_says_what_was_found(data, capsys):
    done = call(capsys, "audit", data, "--json")
    assert done.status == 0
    found = json.loads(done.stdout)
    assert found["copies"]["normalised"] == 1
    assert (found["output"], found["columns"], found["schema_version"]) == (None, {}, 1)
    screen = call(capsys, "audit", data, "--output", "audited.csv").stdout
    for word in ("repeats", "contradictions", "balance", "lengths", "audited.csv", "train row 3"):
        assert word in screen


def test_what_is_no_setting_of_the_data_is_refused(data, capsys):
    refused(call(capsys, "audit", data, "--set", "training.epochs=3"), "training.epochs", "data.")
    refused(call(capsys, "audit", data, "--output", "-"), "--output")
