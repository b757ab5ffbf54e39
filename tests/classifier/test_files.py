"""A file comes back whole, in order and as it was, with the predictions beside it."""

import csv
import datetime
import gzip
import json
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

import tunelet
from brief import BRIEF
from tunelet import BaselineClassifier, Classifier, predict_file
from tunelet.errors import DataError

pytestmark = pytest.mark.slow

ADDED = ["predicted", "probability", "probability_bad", "probability_good"]


def cells(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file, delimiter="\t" if path.suffix == ".tsv" else ","))


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def predict(bakery_run, tmp_path):
    def run(content, name, output, **options):
        source = tmp_path / name
        if content is not None:
            source.write_bytes(content if isinstance(content, bytes) else content.encode())
        return predict_file(bakery_run, source, tmp_path / output, **options), tmp_path / output

    return run


TABLE = [
    ["ticket", "note", "amount", "remark"],
    ["007", "warm rye loaf", "1,50", 'he said "fine"'],
    ["008", "", "NA", "two\nlines"],
    ["009", "cold burnt roll", "", "a\rreturn; and, marks"],
    ["010", "   ", "1e5", "  blanks  "],
    ["011", "Zwölf 😀", "true", ""],
]


@pytest.mark.parametrize("output", ["out.csv", "out.tsv"])
def test_rows_columns_and_cells_stay_as_they_are(predict, tmp_path, bakery_run, output):
    with (tmp_path / "in.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows(TABLE)
    found, path = predict(None, "in.csv", output)
    rows = cells(path)
    assert [row[:4] for row in rows] == TABLE
    assert rows[0][4:] == ADDED
    assert [row[4:] for row in (rows[2], rows[4])] == [[""] * 4] * 2
    assert (found.rows, found.n, found.empty, found.unsure, found.part) == (5, 3, 2, 0, "train")
    assert found.text_column.value == "note"
    expected = Classifier.load(bakery_run).predict(["warm rye loaf", "cold burnt roll", "Zwölf 😀"])
    for row, entry in zip((rows[1], rows[3], rows[5]), expected, strict=True):
        assert row[4] == entry.label
        written = [float(value) for value in row[5:]]
        assert written == pytest.approx([entry.probability, *entry.probabilities.values()], abs=1e-6)


def test_names_that_the_file_has_already_get_a_number(predict):
    content = "Predicted,note,probability,probability_2\nx,warm rye loaf,y,z\n"
    found, path = predict(content, "in.csv", "out.csv")
    added = ["predicted_2", "probability_3", "probability_bad", "probability_good"]
    assert cells(path)[0] == ["Predicted", "note", "probability", "probability_2", *added]
    assert list(found.columns.items()) == list(zip(ADDED, added, strict=True))
    assert cells(path)[1][0:4] == ["x", "warm rye loaf", "y", "z"]


def test_json_values_stay_nested_and_typed(predict):
    rows = [
        {"id": 2**70, "note": "warm rye loaf", "tags": ["a", {"b": None}], "price": 1.5, "ok": True},
        {"id": 1, "note": None, "tags": [], "price": None, "ok": False},
        {"id": 0, "note": "cold burnt roll", "tags": {"deep": [1, 2]}, "price": 1e100, "ok": None},
    ]
    found, path = predict("".join(json.dumps(row) + "\n" for row in rows), "in.jsonl", "out.jsonl")
    written = lines(path)
    assert [{name: row[name] for name in rows[0]} for row in written] == rows
    assert written[1] | {"tags": 0} == rows[1] | {"tags": 0} | dict.fromkeys(ADDED)
    assert found.empty == 1
    _, path = predict(None, "in.jsonl", "out.csv")
    assert cells(path)[1][:5] == [str(2**70), "warm rye loaf", '["a", {"b": null}]', "1.5", "true"]
    _, path = predict(None, "in.jsonl", "out.parquet")
    assert pq.read_table(path).column("tags").to_pylist()[0] == '["a", {"b": null}]'  # no type fits all its values


def test_parquet_columns_keep_their_types_and_order(predict, tmp_path):
    table = pa.table(
        {
            "when": pa.array([datetime.date(2024, 2, 29), None, datetime.date(2025, 1, 1)]),
            "note": pa.array(["warm rye loaf", None, "cold burnt roll"], pa.large_string()),
            "price": pa.array([Decimal("1.50"), None, Decimal("2.25")], pa.decimal128(8, 2)),
            "tags": pa.array([["a"], [], None], pa.list_(pa.string())),
            "raw": pa.array([b"\x00\xff", None, b""], pa.binary()),
            "small": pa.array([1, None, 3], pa.int8()),
            "kind": pa.array(["x", "y", "x"]).dictionary_encode(),
        }
    )
    features = {name: {"dtype": "string", "_type": "Value"} for name in table.column_names}
    metadata = {b"huggingface": json.dumps({"info": {"features": features}}).encode(), b"mine": b"kept"}
    pq.write_table(table.replace_schema_metadata(metadata), tmp_path / "in.parquet")
    _, path = predict(None, "in.parquet", "out.parquet")
    written = pq.read_table(path)
    assert written.column_names == [*table.column_names, *ADDED]
    assert written.select(table.column_names).schema.types == table.schema.types
    assert written.select(table.column_names).to_pylist() == table.to_pylist()
    assert [column[1].as_py() for column in written.select(ADDED).columns] == [None] * 4
    assert written.schema.metadata[b"mine"] == b"kept"
    listed = json.loads(written.schema.metadata[b"huggingface"])["info"]["features"]
    assert list(listed) == written.column_names  # or `datasets` refuses the file
    _, path = predict(None, "in.parquet", "out.jsonl")
    assert lines(path)[0]["when"] == "2024-02-29"
    assert (lines(path)[0]["tags"], lines(path)[0]["raw"], lines(path)[0]["price"]) == (["a"], "AP8=", "1.50")


@pytest.mark.parametrize("output", ["out.csv.gz", "out.jsonl.zst", "OUT.CSV"])
def test_output_is_compressed_where_its_name_says_so(predict, output):
    _, path = predict("note\nwarm rye loaf\n", "in.csv", output)
    content = path.read_bytes()
    if output.endswith(".gz"):
        content = gzip.decompress(content)
    elif output.endswith(".zst"):
        content = zstandard.ZstdDecompressor().stream_reader(content).read()
    assert content.startswith((b"note,predicted", b'{"note": "warm rye loaf"'))
    assert content.endswith(b"\n")


def test_lines_of_a_text_file_stay_in_order(predict):
    found, path = predict("warm rye loaf\r\n\r\ncold burnt roll\n", "in.txt", "out.csv")
    assert [row[0] for row in cells(path)] == ["text", "warm rye loaf", "", "cold burnt roll"]
    assert (found.rows, found.n, found.empty) == (3, 2, 1)


def test_the_first_row_of_a_file_without_a_header_is_a_text(predict):
    found, path = predict("Great!\nStale again\nYum\n", "in.csv", "out.csv")
    assert [row[0] for row in cells(path)[1:]] == ["Great!", "Stale again", "Yum"]
    assert "Great!" in found.text_column.reason
    found, path = predict("Great!,a1\nYum,b2\n", "in2.csv", "out2.csv", text="Great!")
    assert found.n == 1
    assert not found.notes


def test_a_header_of_which_nothing_is_known_is_noted(predict):
    found, _ = predict("Remark here,A1\nwarm rye loaf of bread,B2\ncold and burnt rolls,C3\n", "in.csv", "out.csv")
    assert found.text_column.value == "Remark here"
    assert "'note'" in found.text_column.reason
    assert any("first row" in note for note in found.notes)
    found, _ = predict("ticket,note\n1,warm\n", "in2.csv", "out2.csv")
    assert not found.notes


def test_the_column_of_training_wins_over_a_better_name(predict):
    found, _ = predict("text,note\na long and varied text of somebody,warm rye loaf\n", "in.csv", "out.csv")
    assert (found.text_column.value, found.text_column.reason) == ("note", "the column that was trained on")
    found, _ = predict("id,text\n1,a long and varied text of somebody\n", "in2.csv", "out2.csv")
    assert found.text_column.value == "text"
    assert "none called 'note'" in found.text_column.reason


def test_the_part_is_named_where_there_are_several(bakery_run, tmp_path):
    folder = tmp_path / "parts"
    folder.mkdir()
    for part, text in (("train", "a"), ("validation", "b"), ("test", "c")):
        (folder / f"{part}.csv").write_text(f"note\n{text}\n")
    found = predict_file(bakery_run, folder, tmp_path / "out.csv")
    assert (found.part, set(found.parts)) == ("test", {"train", "validation", "test"})
    assert cells(tmp_path / "out.csv")[1][0] == "c"


def test_thresholds_and_doubts_reach_the_file(predict):
    content = "note\nwarm rye loaf\n\ncold burnt roll\n"
    _, path = predict(content, "in.csv", "all.csv", threshold=0.0)
    assert {row[1] for row in cells(path)[1:]} == {"good"}
    found, path = predict(content, "in.csv", "none.csv", min_confidence=1.0)
    assert found.unsure == found.n == 2
    assert all(row[1] == "" and float(row[2]) > 0 for row in cells(path)[1:])


def test_the_baseline_classifies_files(predict, bakery_run):
    _, path = predict("note\nwarm rye loaf\ncold burnt roll\n", "in.csv", "out.csv", baseline=True)
    rows = cells(path)[1:]
    assert [row[1] for row in rows] == ["good", "bad"]
    found = BaselineClassifier.load(bakery_run).probabilities(["warm rye loaf", "cold burnt roll"])
    np.testing.assert_array_equal(np.array([row[3:] for row in rows], dtype=float), found)


def test_markup_is_cleaned_once_as_in_training(predict, bakery_run):
    content = "note\nwarm &amp;lt;rye loaf&amp;gt; &amp;amp;\n<br>\n"
    found, path = predict(content, "in.csv", "out.csv")
    assert found.empty == 1  # nothing but markup
    assert cells(path)[2][0] == "<br>"
    (expected,) = Classifier.load(bakery_run).probabilities(["warm &amp;lt;rye loaf&amp;gt; &amp;amp;"])
    assert [float(value) for value in cells(path)[1][3:]] == pytest.approx(list(expected), abs=1e-6)
    twice = Classifier.load(bakery_run).probabilities(["warm &lt;rye loaf&gt; &amp;"])
    loss = tunelet.evaluate(bakery_run, [(cells(path)[1][0], "good"), ("x", "bad")], baseline=False).metrics
    both = -np.log([expected[1], Classifier.load(bakery_run).probabilities("x")[0, 0]]).mean()
    assert loss.values["log_loss"] == pytest.approx(both, abs=1e-6)
    assert list(expected) != pytest.approx(list(twice[0]), abs=1e-6)


@pytest.mark.parametrize("output", ["out", "out.xlsx", "out.parquet.gz", "out.zip", "out.csv.bz2", ".csv"])
def test_an_output_of_another_format_is_refused_with_one_that_works(predict, output):
    with pytest.raises(DataError, match="expected a name that ends in") as refused:
        predict("note\na\n", "in.csv", output)
    assert ".csv" in refused.value.hint


def test_nothing_is_written_over_nor_left_behind(predict, tmp_path):
    (tmp_path / "dangling.csv").symlink_to(tmp_path / "nowhere.csv")
    (tmp_path / "mine.csv").write_text("mine")
    for name in ("dangling.csv", "mine.csv"):
        with pytest.raises(DataError, match="exists already"):
            predict("note\na\n", "in.csv", name)
    with pytest.raises(DataError, match="are empty"):
        predict("note,other\n,a\n ,b\n", "in.csv", "new.csv")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dangling.csv", "in.csv", "mine.csv"]
    assert (tmp_path / "mine.csv").read_text() == "mine"


def test_columns_that_were_trained_together_are_read_together(tmp_path, tiny_checkpoint):
    rows = [{"title": f"{words} {n}", "body": f"number {n}", "label": words} for n in range(12) for words in ("a", "b")]
    settings = {
        "data.max_length": 16,
        "training.epochs": 1,
        **BRIEF,
        "data.validation": "held-out",
        "evaluation.baseline": False,
    }
    columns, model = ["title", "body"], tiny_checkpoint("distilbert")
    run = tunelet.train(rows, text=columns, model=model, settings=settings, out=tmp_path / "run", quiet=True)
    (tmp_path / "in.csv").write_text("body,id,title\nnumber 1,7,a 1\n,8,\nnumber 2,9,\n")
    found = predict_file(run, tmp_path / "in.csv", tmp_path / "out.csv")
    assert (found.n, found.empty, found.text_column.value) == (2, 1, "title + body")
    written = cells(tmp_path / "out.csv")
    assert [row[:3] for row in written] == [
        ["body", "id", "title"],
        ["number 1", "7", "a 1"],
        ["", "8", ""],
        ["number 2", "9", ""],
    ]
    expected = Classifier.load(run).probabilities([("a 1", "number 1"), ("", "number 2")])
    np.testing.assert_allclose(np.array([written[1][5:], written[3][5:]], dtype=float), expected, atol=1e-6)
    (tmp_path / "other.csv").write_text("title,id\na 1,7\n")
    with pytest.raises(DataError, match="no 'body'"):
        predict_file(run, tmp_path / "other.csv", tmp_path / "other-out.csv")
