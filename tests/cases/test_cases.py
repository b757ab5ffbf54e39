"""Inputs of people's, as they lie at ../shared/cases with a README that says what each must give.

The behaviour behind each is tested in its room as well; this holds the whole commands, as they are typed there.
"""

import csv
import importlib.util
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from brief import BRIEF
from command_line import ROOT, Done, call, environment, refused

CASES = ROOT.parent / "shared" / "cases"
pytestmark = [pytest.mark.slow, pytest.mark.skipif(not CASES.is_dir(), reason="the cases are not at ../shared/cases")]
Q = (
    "--model", "minilm", "--set", "training.epochs=1", "--set", "evaluation.resamples=100",
    "--set", "data.validation=held-out", "--set", "evaluation.explained=0",
    "--set", "model.pooling=mean", "--set", "model.layers=2", "--set", "evaluation.baseline=false",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _there(monkeypatch):
    """Typed in the folder of the cases."""
    monkeypatch.chdir(CASES)


@pytest.fixture
def train(capsys, tmp_path):
    """`tunelet train ARGUMENTS Q`: the folder of the run, and how the command ended."""

    def run(*arguments: str) -> tuple[Path, Done]:
        folder = tmp_path / f"run-{len(list(tmp_path.iterdir()))}"
        return folder, call(capsys, "train", *arguments, *Q, "--out", folder)

    return run


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Path:
    """RUN: of `tunelet train bakery.csv Q`."""
    import tunelet

    folder = tmp_path_factory.mktemp("bakery") / "run"
    settings = {
        "training.epochs": 1,
        **BRIEF,
        "data.validation": "held-out",
        "model.pooling": "mean",
        "model.layers": 2,
        "evaluation.baseline": False,
    }
    tunelet.train(CASES / "bakery.csv", model="minilm", settings=settings, out=folder, quiet=True)
    return folder


def labels_of(folder: Path) -> list[str]:
    import tunelet

    return sorted(tunelet.Run(folder).label_names)


def flat(done: Done) -> str:
    """What a person read, line breaks of the screen aside."""
    return " ".join(f"{done.stdout} {done.stderr}".split())


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


PARAMETRIZED = ("labels_that_differ_", "unlabelled_rows_as_", "excel_sep_line_")
SCRIPTS = ["classifier_shared_by_threads", "classifier_given_a_table", "adapter_in_plain_transformers"]


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_ends_well(name, finished, monkeypatch):
    monkeypatch.setattr(sys, "argv", [name, str(finished)])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(f"{name}.py", run_name="__main__")
    assert not ended.value.code


def test_a_classifier_loaded_before_a_fork_answers(finished):
    # Threads that spin while they wait would take minutes on a machine that other tests keep busy.
    settings = environment(OMP_NUM_THREADS="2", OMP_WAIT_POLICY="passive")
    arguments = [sys.executable, "classifier_loaded_before_fork.py", str(finished)]
    done = subprocess.run(arguments, env=settings, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(importlib.util.find_spec("polars") is None, reason="polars is not installed")
def test_a_polars_frame_is_read(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["polars_frame"])
    runpy.run_path("polars_frame.py", run_name="__main__")


@pytest.mark.parametrize("name", ["letters_unknown_to_the_tokenizer", "emoji_only"])
def test_text_that_the_tokenizer_cannot_read_is_named(train, name):
    _, done = train(f"{name}.csv")
    assert done.status == 0
    assert "unknown" in flat(done)
    assert "100 %" in flat(done)


@pytest.mark.parametrize("how", ["in_case", "invisibly", "in_spaces_within"])
def test_labels_that_look_alike_are_one_or_named_with_the_setting(train, how):
    folder, done = train(f"labels_that_differ_{how}.csv")
    assert done.status == 0
    assert len(labels_of(folder)) == 2 or "data.join_labels=true" in flat(done)
    folder, done = train(f"labels_that_differ_{how}.csv", "--set", "data.join_labels=true")
    assert len(labels_of(folder)) == 2


@pytest.mark.parametrize("word", ["NULL", "hash_NA", "backslash_N"])
def test_rows_marked_as_unlabelled_are_no_class(train, word):
    folder, done = train(f"unlabelled_rows_as_{word}.csv")
    assert labels_of(folder) == ["bad", "good"]
    assert "data.missing_labels" in flat(done)
    folder, done = train(f"unlabelled_rows_as_{word}.csv", "--set", "data.missing_labels=[]")
    assert len(labels_of(folder)) == 3


def test_texts_without_a_header_are_all_classified(capsys, finished, tmp_path):
    output = tmp_path / "out.csv"
    done = call(capsys, "predict", finished, "--input", "texts_without_header.csv", "--output", output)
    assert done.status == 0
    assert "3 texts" in flat(done)
    assert len(output.read_text().splitlines()) == 4


def test_a_rare_class_that_is_never_predicted_is_named(train):
    unsolved = ("--set", "training.probe=false")  # a head that is solved would know it
    _, done = train("rare_class_3_percent.csv", *unsolved)
    assert "'alarm'" in flat(done)
    assert "training.class_weights=balanced" in flat(done)
    _, done = train("rare_class_3_percent.csv", *unsolved, "--set", "evaluation.positive=alarm")
    assert "recall of 'alarm'" in flat(done)


def test_six_classes_are_read_in_80_columns(train, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    folder, done = train("six_classes.csv")
    assert done.status == 0
    assert "…" not in done.stderr
    assert all(label in done.stderr for label in labels_of(folder))
    assert all(len(line) <= 80 for line in done.stderr.splitlines() if line.startswith(tuple("┏┡│└")))


def test_sixty_integers_are_classes_where_the_column_is_named(train):
    folder, done = train("sixty_integer_classes.csv", "--label", "category_id")
    assert done.status == 0
    assert len(labels_of(folder)) == 60


def test_booleans_of_two_programs_are_the_same_labels(train):
    _, done = train("booleans_by_pandas.csv", "--test", "booleans_by_excel.csv")
    assert done.status == 0


@pytest.mark.parametrize("delimiter", ["semicolon", "comma"])
def test_the_line_of_a_spreadsheet_tells_the_delimiter(train, capsys, finished, tmp_path, delimiter):
    name = f"excel_sep_line_{delimiter}.csv"
    folder, done = train(name)
    assert labels_of(folder) == ["bad", "good"]
    done = call(capsys, "predict", finished, "--input", name, "--output", tmp_path / "out.csv")
    assert done.status == 0
    assert len(rows_of(tmp_path / "out.csv")) == len(Path(name).read_text().splitlines()) - 2


@pytest.mark.parametrize(("name", "codec"), [("western_cp1252", "cp1252"), ("cyrillic_cp1251", "cp1251")])
def test_another_encoding_is_named_and_read(train, name, codec):
    _, done = train(f"{name}.csv")
    line = refused(done, f"--encoding {codec}")
    assert "iconv" not in line
    _, done = train(f"{name}.csv", "--encoding", codec)
    assert done.status == 0


def test_rows_without_a_text_keep_their_place(capsys, finished, tmp_path):
    output = tmp_path / "out.csv"
    done = call(capsys, "predict", finished, "--input", "some_rows_without_text.csv", "--output", output)
    assert done.status == 0
    rows, before = rows_of(output), rows_of(Path("some_rows_without_text.csv"))
    assert len(rows) == 5
    for row, original in zip(rows, before, strict=True):
        assert {name: row[name] for name in original} == original
        assert bool(row["predicted"]) == bool(original["text"].strip())


@pytest.mark.parametrize(
    "arguments",
    [
        ("one_text_is_a_number.jsonl",),
        ("bakery.csv.zip",),
        ("doccano_export.jsonl",),
        ("title_and_body.csv", "--text", "title", "--text", "text"),
        ("texts_without_extension",),
    ],
    ids=lambda arguments: arguments[0],
)
def test_it_trains(train, arguments):
    _, done = train(*arguments)
    assert done.status == 0, done.stderr


def test_a_class_with_one_text_is_refused_or_left_out(train):
    _, done = train("one_class_with_one_text.csv")
    refused(done, "data.min_texts_per_label")
    folder, done = train("one_class_with_one_text.csv", "--set", "data.min_texts_per_label=2")
    assert done.status == 0
    assert len(labels_of(folder)) == 2


def test_a_run_as_the_model_is_gone_on_from_or_answered_in_one_line(capsys, finished, tmp_path):
    done = call(capsys, "train", "bakery.csv", *Q[2:], "--model", finished, "--out", tmp_path / "next")
    if done.status:
        refused(done, "run")


def test_the_cases_are_all_here():
    """A case that nobody runs would pass for one that holds."""
    text = Path(__file__).read_text(encoding="utf-8")
    for path in CASES.iterdir():
        stem = path.name.split(".")[0]
        assert stem == "README" or stem in text or stem.startswith(PARAMETRIZED), path.name
