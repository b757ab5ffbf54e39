"""Files of any length: what other libraries read back, pipes, and what becomes of a job that does not end."""

import csv
import datetime
import io
import json
import sys
from decimal import Decimal
from pathlib import Path

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import tunelet
from tunelet import predict_file
from tunelet.classifier import _files, _partial, _scoring
from tunelet.errors import DataError

pytestmark = pytest.mark.slow

ADDED = ["predicted", "probability", "probability_bad", "probability_good"]
# Twenty columns beside the texts whose values other programs like to change.
ODD = {
    "code": ["007", "008", "009"],
    "quotes": ['he said "no"', '"', '""'],
    "lines": ["two\nlines", "two\r\nlines", "\n"],
    "comma": ["1,5", ",", ",,"],
    "blanks": [" a ", "  ", "\t"],
    "date": ["2024-02-30", "01/02/03", "1e5"],
    "number": ["1.10", "+1", "0x10"],
    "large": ["123456789012345678901234567890", "1E400", "-0"],
    "truth": ["true", "NO", "False"],
    "null": ["NULL", "NA", "nan"],
    "formula": ["=1+1", "@a", "-a"],
    "euro": ["€", "é", "e\u0301"],
    "face": ["\U0001f600", "\u200d", "\ufeff"],
    "markup": ["<b>", "&amp;", "</script>"],
    "json": ['{"a": 1}', "[1, 2]", '"a"'],
    "path": ["C:\\temp\\", "\\n", "\\"],
    "semicolon": [";", "a;b", "|"],
    "separator": ["\u2028", "\x0b", "\x1c"],
    "empty": ["", "", ""],
    "long": ["x" * 1000, "y", "z" * 5000],
}
NOTES = ["warm rye loaf", "", 'cold\n"burnt" roll, really']


def odd_csv(path: Path) -> list[list[str]]:
    """A table of these columns, the texts in the middle; what is empty stands in quotes or not, in turn."""
    table = dict(list(ODD.items())[:10]) | {"note": NOTES} | dict(list(ODD.items())[10:])
    rows = [list(table), *map(list, zip(*table.values(), strict=True))]
    written = io.StringIO(newline="")
    usual, quoted = csv.writer(written), csv.writer(written, quoting=csv.QUOTE_ALL)
    for at, row in enumerate(rows):
        (quoted if at % 2 else usual).writerow(row)
    path.write_bytes(written.getvalue().encode())
    return rows


def test_a_csv_file_of_odd_cells_is_read_back_by_csv_pandas_and_polars_as_it_was(bakery_run, tmp_path: Path) -> None:
    rows = odd_csv(tmp_path / "in.csv")
    found = predict_file(bakery_run, tmp_path / "in.csv", tmp_path / "out.csv", baseline=True)
    assert (found.rows, found.n, found.empty) == (3, 2, 1)
    with (tmp_path / "out.csv").open(newline="", encoding="utf-8") as file:
        written = list(csv.reader(file, strict=True))
    assert [row[:21] for row in written] == rows
    assert written[0][21:] == ADDED
    assert written[2][21:] == [""] * 4
    strings = {"dtype": str, "keep_default_na": False}
    before, after = (pd.read_csv(tmp_path / name, **strings) for name in ("in.csv", "out.csv"))
    pd.testing.assert_frame_equal(after[list(before)], before)
    # polars tells a cell of nothing from an empty one in quotes: both stay what they were.
    before, after = (pl.read_csv(tmp_path / name, infer_schema=False) for name in ("in.csv", "out.csv"))
    assert after.select(before.columns).equals(before)
    assert before["empty"].to_list() == ["", None, ""]


@pytest.mark.parametrize("output", ["out.tsv", "out.jsonl", "out.parquet", "out.csv.zst"])
def test_the_same_cells_reach_every_other_format(bakery_run, tmp_path: Path, output: str) -> None:
    rows = odd_csv(tmp_path / "in.csv")
    predict_file(bakery_run, tmp_path / "in.csv", tmp_path / output, baseline=True)
    path = tmp_path / output
    if output == "out.parquet":
        table = pq.read_table(path)
        assert table.schema.types[:21] == [pa.string()] * 21
        written = [list(row.values())[:21] for row in table.to_pylist()]
    elif output == "out.jsonl":
        written = [list(json.loads(line).values())[:21] for line in path.read_text(encoding="utf-8").split("\n")[:-1]]
    elif output == "out.tsv":
        with path.open(newline="", encoding="utf-8") as file:
            written = [row[:21] for row in csv.reader(file, delimiter="\t", strict=True)][1:]
    else:
        written = pd.read_csv(path, dtype=str, keep_default_na=False).iloc[:, :21].to_numpy().tolist()
    assert written == rows[1:]


def test_values_that_parquet_has_no_type_for_are_written_as_json(bakery_run, tmp_path: Path) -> None:
    rows = [{"note": f"warm loaf {number}", "meta": {}, "tags": [{}]} for number in range(3)]
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    predict_file(bakery_run, tmp_path / "in.jsonl", tmp_path / "out.parquet", baseline=True)
    found = pq.read_table(tmp_path / "out.parquet")
    assert found.column("meta").to_pylist() == ["{}"] * 3
    assert found.column("tags").to_pylist() == ["[{}]"] * 3


def test_lines_of_json_stay_as_they_were_written(bakery_run, tmp_path: Path) -> None:
    lines = [
        '{"note":"warm rye loaf","price":1.10,"big":123456789012345678901234567890,"tiny":1E-400}',
        '{ "note": "cold", "nested": {"b": [1, {"c": null}]}, "twice": 1, "twice": 2 }',
        '{"note": null, "half": "\\ud83d", "tag": "\\u003cb\\u003e", "Predicted": NaN}',
    ]
    (tmp_path / "in.jsonl").write_text("\n".join(lines))
    found = predict_file(bakery_run, tmp_path / "in.jsonl", tmp_path / "out.jsonl", baseline=True)
    assert found.columns["predicted"] == "predicted_2"
    for before, after in zip(lines, (tmp_path / "out.jsonl").read_text().splitlines(), strict=True):
        assert after.startswith(f"{before.rstrip('} ')}"[: len(before) - 4])
        assert list(json.loads(after))[-4:] == list(found.columns.values())
    predict_file(bakery_run, tmp_path / "in.jsonl", tmp_path / "out.csv", baseline=True)
    assert "\\ud83d" in (tmp_path / "out.csv").read_text(encoding="utf-8")  # which UTF-8 cannot write


def test_parquet_of_odd_types_is_the_same_but_for_what_is_added(
    bakery_run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tunelet.data.writers import _parquet

    count = 500
    columns = {
        "note": pa.array([f"warm rye loaf {n}" if n % 9 else None for n in range(count)], pa.string_view()),
        "when": pa.array([datetime.datetime(2024, 2, 29, 1, 2, 3, n) for n in range(count)], pa.timestamp("ns", "UTC")),
        "price": pa.array([Decimal(n).scaleb(-2) for n in range(count)], pa.decimal128(12, 2)),
        "kind": pa.array([f"kind {n // 100}" for n in range(count)]).dictionary_encode(),
        "deep": pa.array([{"a": [n, None], "b": {"c": str(n)}} for n in range(count)]),
        "map": pa.array([[(str(n), n)] for n in range(count)], pa.map_(pa.string(), pa.int32())),
        "raw": pa.array([bytes([n % 256]) for n in range(count)], pa.binary(1)),
        "half": pa.array([n / 3 for n in range(count)], pa.float32()),
        "unsigned": pa.array([2**64 - 1 - n for n in range(count)], pa.uint64()),
        "nothing": pa.nulls(count),
    }
    table = pa.table(columns).replace_schema_metadata({b"mine": b"kept"})
    pq.write_table(table, tmp_path / "in.parquet", row_group_size=170)
    monkeypatch.setattr(_parquet, "_GROUP_ROWS", 200)
    predict_file(bakery_run, tmp_path / "in.parquet", tmp_path / "out.parquet", baseline=True)
    before, after = pq.read_table(tmp_path / "in.parquet"), pq.read_table(tmp_path / "out.parquet")
    assert after.column_names == [*before.column_names, *ADDED]
    assert after.select(before.column_names).equals(before, check_metadata=True)
    assert after.schema.types[-4:] == [pa.string(), *[pa.float64()] * 3]
    assert [row["predicted"] is None for row in after.to_pylist()] == [n % 9 == 0 for n in range(count)]


def piped(monkeypatch: pytest.MonkeyPatch, content: bytes) -> io.BytesIO:
    """Standard input with this content, and what standard output gets."""
    got = io.BytesIO()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(got, write_through=True))
    return got


@pytest.mark.parametrize("form", ["csv", "jsonl", "jsonl.gz", "parquet"])
def test_standard_input_and_output_are_recognised_by_what_they_hold(
    bakery_run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    frame = pd.DataFrame({"id": ["1", "2"], "note": NOTES[::2]})
    path = tmp_path / f"in.{form}"
    if form == "csv":
        frame.to_csv(path, index=False)
    elif form == "parquet":
        frame.to_parquet(path)
    else:
        frame.to_json(path, orient="records", lines=True)
    got = piped(monkeypatch, path.read_bytes())
    done = predict_file(bakery_run, "-", "-", baseline=True)
    assert (done.output, done.n) == ("-", 2)
    predict_file(bakery_run, path, tmp_path / f"out.{form.removesuffix('.gz')}", baseline=True)
    assert got.getvalue() == (tmp_path / f"out.{form.removesuffix('.gz')}").read_bytes()
    got = piped(monkeypatch, path.read_bytes())
    predict_file(bakery_run, "-", "-", input_format=form, output_format="jsonl", baseline=True)
    assert [json.loads(line)["id"] for line in got.getvalue().splitlines()] == ["1", "2"]


def rows_of(path: Path, count: int, last: str = "") -> None:
    path.write_text("".join(f'{{"note": "warm rye loaf {n}"}}\n' for n in range(count)) + last)


@pytest.fixture
def _small_pieces(monkeypatch):
    monkeypatch.setattr(_scoring, "PIECE_CHARACTERS", 500)


@pytest.mark.usefixtures("_small_pieces")
def test_a_row_that_is_no_text_is_named_and_what_was_done_is_kept(bakery_run, tmp_path: Path) -> None:
    from tunelet.data.readers.streams import _chunk

    source, partial = tmp_path / "in.jsonl", tmp_path / "out.csv.partial"
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(_chunk, "CHUNK_ROWS", 50)
        rows_of(source, 60, '{"note": ["a", "list"]}\n')
        with pytest.raises(DataError, match="text 61") as refused:
            predict_file(bakery_run, source, tmp_path / "out.csv", baseline=True)
        assert str(partial) in refused.value.hint
        assert "50 texts" in refused.value.hint
        assert partial.exists()
        rows_of(source, 60, '{"note": broken}\n')
        with pytest.raises(DataError, match="row 61"):  # what cannot be read is found before anything is classified
            predict_file(bakery_run, source, tmp_path / "out.csv", baseline=True)
        assert partial.exists()
        rows_of(source, 61)
        done = predict_file(bakery_run, source, tmp_path / "out.csv", baseline=True)
    assert (done.n, done.resumed) == (61, 0)
    assert any("begun anew" in note for note in done.notes)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.jsonl", "out.csv"]


@pytest.mark.usefixtures("_small_pieces")
def test_an_interrupted_job_says_what_is_kept_and_goes_on(
    bakery_run, three_label_run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, output = tmp_path / "in.jsonl", tmp_path / "new" / "out.csv"
    rows_of(source, 100)
    done = 0

    def interrupted(self, record, original=_partial.Scores.add):
        nonlocal done
        if done + len(record.rows) > 40:
            raise KeyboardInterrupt
        done += len(record.rows)
        original(self, record)

    with monkeypatch.context() as patched:
        patched.setattr(_partial.Scores, "add", interrupted)
        with pytest.raises(KeyboardInterrupt, match=f"{done or '[0-9]+'} texts classified so far"):
            predict_file(bakery_run, source, output, baseline=True)
    kept = (tmp_path / "new" / "out.csv.partial").read_bytes()
    for torn in (kept[:-3], kept + b"\x05\0\0\0garbage", kept):  # a power cut, too, may leave half a record
        (tmp_path / "new" / "out.csv.partial").write_bytes(torn)
        again = predict_file(bakery_run, source, output, baseline=True)
        assert 0 < again.resumed <= done
        assert again.n == 100
        output.unlink()
    (tmp_path / "new" / "out.csv.partial").write_bytes(kept)
    other = predict_file(three_label_run, source, output, baseline=True)
    assert other.resumed == 0
    assert "the run changed" in other.notes[-1]
    output.unlink()
    (tmp_path / "new" / "out.csv.partial").write_bytes(kept)
    threshold = predict_file(bakery_run, source, output, baseline=True, threshold=0.9)
    assert threshold.resumed == done  # which label follows is decided as the output is written


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("in.tsv", 'id\tnote\n1\t"warm rye loaf"\n\t\n\n \t \n2\tcold roll\n'),
        ("in.tsv", 'id\tnote\n1\t"warm rye loaf\n\t\n\n \t \n2\tcold roll\n'),  # no mark closes: they are characters
        ("in.csv", "id,note\n1,warm rye loaf\n,\n\n , \n2,cold roll\n"),
    ],
)
def test_a_row_of_separators_alone_stays_without_a_label_and_is_counted(
    bakery_run, tmp_path: Path, name: str, content: str
) -> None:
    (tmp_path / name).write_text(content)
    done = predict_file(bakery_run, tmp_path / name, tmp_path / "out.jsonl", text="note", quiet=True)
    assert (done.rows, done.n, done.empty) == (4, 2, 2)
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [row["id"].strip() for row in rows] == ["1", "", "", "2"]
    assert [row["predicted"] is None for row in rows] == [False, True, True, False]


def test_what_tunelet_did_not_write_is_not_touched(bakery_run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows_of(tmp_path / "in.jsonl", 5)
    partial, output = tmp_path / "out.csv.partial", tmp_path / "out.csv"
    partial.write_text("mine")
    with pytest.raises(DataError, match="tunelet did not write it"):
        predict_file(bakery_run, tmp_path / "in.jsonl", output, baseline=True)
    assert partial.read_text() == "mine"
    partial.unlink()
    partial.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Exception, match="it is a link"):
        predict_file(bakery_run, tmp_path / "in.jsonl", output, baseline=True)
    assert not (tmp_path / "elsewhere").exists()
    partial.unlink()

    def another_was_quicker(*arguments, original=_files.score, **options):
        found = original(*arguments, **options)
        output.write_text("mine")
        return found

    with monkeypatch.context() as patched:
        patched.setattr(_files, "score", another_was_quicker)
        with pytest.raises(DataError, match="exists already"):
            predict_file(bakery_run, tmp_path / "in.jsonl", output, baseline=True)
    assert output.read_text() == "mine"
    assert partial.exists()  # and its texts need not be classified again
    output.unlink()
    assert predict_file(bakery_run, tmp_path / "in.jsonl", output, baseline=True).resumed == 5


def test_two_jobs_on_one_output_do_not_meet(bakery_run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows_of(tmp_path / "in.jsonl", 5)

    def predict() -> object:
        return predict_file(bakery_run, tmp_path / "in.jsonl", tmp_path / "out.csv", baseline=True)

    def meanwhile(*arguments, original=_files.score, **options):
        with pytest.raises(DataError, match="another process is at work"):
            predict()
        return original(*arguments, **options)

    monkeypatch.setattr(_files, "score", meanwhile)
    assert predict().n == 5


def test_chunks_and_pieces_change_no_row(bakery_run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tunelet.data.readers.streams import _chunk

    lines = [f"{n},{'warm rye loaf ' * (n % 7)}" if n % 5 else f"{n}," for n in range(200)]
    (tmp_path / "in.csv").write_text("\n".join(["id,note", *lines]))
    predict_file(bakery_run, tmp_path / "in.csv", tmp_path / "whole.csv", baseline=True)
    monkeypatch.setattr(_chunk, "CHUNK_ROWS", 13)
    monkeypatch.setattr(_scoring, "PIECE_CHARACTERS", 100)
    predict_file(bakery_run, tmp_path / "in.csv", tmp_path / "parts.csv", baseline=True)
    whole, parts = (pd.read_csv(tmp_path / name) for name in ("whole.csv", "parts.csv"))
    assert whole["id"].tolist() == list(range(200))
    pd.testing.assert_frame_equal(parts, whole, check_exact=False, atol=1e-12)


def test_an_export_classifies_files_as_its_run_does(bakery_run, tmp_path: Path) -> None:
    odd_csv(tmp_path / "in.csv")
    check = tmp_path / "check.csv"
    check.write_text("note\n" + "".join(f"{words} {n}\n" for n in range(10) for words in ("warm loaf", "cold roll")))
    tunelet.export(bakery_run, to="onnx", out=tmp_path / "onnx", check=check)
    of_run = predict_file(bakery_run, tmp_path / "in.csv", tmp_path / "run.csv")
    of_export = predict_file(tmp_path / "onnx", tmp_path / "in.csv", tmp_path / "export.csv")
    assert (of_export.n, of_export.run) == (of_run.n, str(tmp_path / "onnx"))
    run, export = (pd.read_csv(tmp_path / name) for name in ("run.csv", "export.csv"))
    assert export["predicted"].fillna("").tolist() == run["predicted"].fillna("").tolist()
    pd.testing.assert_frame_equal(
        export[ADDED[1:]], run[ADDED[1:]], check_exact=False, atol=0.01
    )  # a run may compute in bfloat16
    with pytest.raises(tunelet.TuneletError, match="holds no baseline"):
        predict_file(tmp_path / "onnx", tmp_path / "in.csv", tmp_path / "other.csv", baseline=True)
