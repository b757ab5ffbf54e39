"""Screens: nothing that a reader needs is cut, at any width, on a terminal or in a pipe."""

import io
import re
from pathlib import Path

import pytest
from rich.console import Console

import tunelet
from brief import BRIEF
from command_line import call
from tunelet._words import interval, number
from tunelet.console import metrics_screen, result_screen
from tunelet.evaluation import ClassMetrics, Confusion, Metrics

pytestmark = pytest.mark.slow

LONG = "Applications for a job, an apprenticeship or an internship"


def metrics(classes: int, *, long: bool) -> Metrics:
    """Metrics of so many classes, each taken for the next in as many texts as its number."""
    labels = [f"{LONG if long else 'kind'} {n}" for n in range(classes)]
    matrix = [
        [100 if column == row else row + 1 if column == (row + 1) % classes else 0 for column in range(classes)]
        for row in range(classes)
    ]
    names = ("accuracy", "precision", "recall", "f1", "f1_weighted", "f1_macro", "roc_auc", "average_precision")
    flat = {name: 0.1234 + n / 100 for n, name in enumerate((*names, "log_loss", "ece"))}
    per_class = tuple(
        ClassMetrics(
            label=label, n=sum(counts), predicted=100, precision=0.9012 - n / 1000, recall=0.8012 - n / 1000,
            recall_ci=(0.7034, 0.8956), f1=0.7012 - n / 1000, roc_auc=0.95, average_precision=0.9,
        )
        for n, (label, counts) in enumerate(zip(labels, matrix, strict=True))
    )  # fmt: skip
    return Metrics.model_validate({
        **flat,
        **{f"{name}_ci": (value - 0.05, value + 0.05) for name, value in flat.items() if name != "ece"},
        "ece_ci": None, "no_interval": {"ece": "every resample gives the same value"}, "positive": None,
        "n": sum(row.n for row in per_class), "per_class": per_class,
        "confusion": Confusion(labels=tuple(labels), matrix=tuple(map(tuple, matrix))),
    })  # fmt: skip


def screen(found: Metrics, width: int, *, terminal: bool) -> str:
    written = io.StringIO()
    console = Console(file=written, width=width, force_terminal=terminal, color_system=None)
    metrics_screen(console, found, "some texts", notes=["no text was called alarm"])
    return written.getvalue()


@pytest.mark.parametrize("terminal", [True, False], ids=["terminal", "pipe"])
@pytest.mark.parametrize("width", [30, 80, 200])
@pytest.mark.parametrize("long", [True, False], ids=["long names", "short names"])
@pytest.mark.parametrize("classes", [2, 6, 12, 25])
def test_no_number_and_no_name_is_cut(classes, long, width, terminal):
    found = metrics(classes, long=long)
    text = screen(found, width, terminal=terminal)
    assert "…" not in text
    for row in found.per_class:
        for key in ("precision", "recall", "f1"):
            assert re.search(rf"\b{re.escape(number(row.value(key)))}\b", text)
        assert interval(row.recall_ci) in text
    letters = re.sub(r"[\s│┃]", "", text)
    for name in (LONG.split()[0], "apprenticeship") if long else ("kind",):
        assert name in letters if width > 30 else name[:8] in letters
    if not terminal or width >= 80:
        assert max(len(line) for line in text.splitlines() if "│" in line) <= max(width, 80 if terminal else 400)


@pytest.mark.parametrize(("width", "matrix"), [(80, True), (40, False)])
def test_the_confusion_matrix_is_a_table_of_its_own_or_its_largest_entries(width, matrix):
    text = screen(metrics(6, long=False), width, terminal=True)
    assert ("confusion matrix" in text) is matrix
    assert ("kind 5 taken for kind 0: 6" in text) is not matrix
    by_class = text.split("by class")[1].split("confusion")[0]
    assert "kind 0 ┃ kind 1" not in by_class


def test_of_many_classes_the_worst_are_shown_with_the_way_to_all():
    text = screen(metrics(60, long=False), 80, terminal=True)
    table = text.split("by class")[-1].split("confusions")[0]
    assert "kind 59 " in table
    assert "kind 0 " not in table
    assert "30 of 60 classes" in text
    assert "50 more confusions" in text
    assert text.count("--json") == 2


def test_what_has_no_interval_says_why_and_notes_follow_the_metrics():
    text = screen(metrics(2, long=False), 80, terminal=False)
    (line,) = (line for line in text.splitlines() if line.endswith(": every resample gives the same value"))
    assert "no interval for calibration error (ECE)" in line
    assert all(len(row) <= 80 for row in text.splitlines() if row[:1] in "┏┡│└")
    assert text.index("log loss") < text.index("note: no text was called alarm") < text.index("by class")


@pytest.fixture(scope="module")
def run(tmp_path_factory, tiny_checkpoint) -> tunelet.Run:
    rows = [(f"a text {n} of kind {n % 3} and more words than can be read", f"k{n % 3}") for n in range(45)]
    return tunelet.train(
        [*rows, rows[0]], model=tiny_checkpoint("bert"), out=tmp_path_factory.mktemp("screens") / "run", epochs=1,
        settings={"evaluation.resamples": 100, "data.validation": "held-out", "data.max_length": 8}, quiet=True,
    )  # fmt: skip


def test_the_screen_of_a_run_breaks_no_line_that_is_to_be_copied(run):
    written = io.StringIO()
    result_screen(Console(file=written, width=40, force_terminal=True, color_system=None), run)
    lines = written.getvalue().splitlines()
    assert any(line.startswith("classify") and line.endswith('"your text"') for line in lines)
    assert any(line.startswith("page") and line.endswith(f"tunelet serve {run.path}") for line in lines)


SHORT = (
    "data",
    "texts",
    "dropped",
    "audit",
    "model",
    "pooling",
    "layers read",
    "validation",
    "time",
    "run folder",
    "note",
)


@pytest.mark.parametrize("verbose", [False, True])
def test_the_first_screen_is_short_unless_all_is_asked_for(capsys, in_folder: Path, tiny_checkpoint, verbose):
    rows = "".join(f"a text {n} of kind {n % 2} and more words than can be read,k{n % 2}\n" for n in range(30))
    (in_folder / "data.csv").write_text("text,label\n" + rows + rows.splitlines()[0] + "\n")
    done = call(
        capsys, "train", "data.csv", "--model", tiny_checkpoint("bert"), "--epochs", 1, "--out", "run",
        "--set", "evaluation.resamples=100",
        "--set", "data.validation=held-out", "--set", "data.max_length=8", "--set", "evaluation.baseline=false",
        *(["--verbose"] if verbose else []),
    )  # fmt: skip
    assert done.status == 0, done.stderr
    first = done.stderr.split("frozen encoder + logistic")[0].splitlines()[1:]
    names = [re.split(r"\s{2,}", line)[0] for line in first]
    assert set(SHORT) <= set(names)
    assert (set(names) <= {*SHORT, "warning"}) is not verbose
    assert ("attention" in names) is verbose
    assert "1 epochs" not in done.stderr
    assert any("longer than 8 tokens" in line for line in first)
    assert verbose or any("2 labels: 'k0', 'k1'" in line for line in first)
    assert tunelet.Run.load("run").environment.choices.execution.value == "packed"


def screens(run: tunelet.Run) -> dict[str, str]:
    """The lines of the last screen that have a name."""
    written = io.StringIO()
    result_screen(Console(file=written, width=80, color_system=None), run)
    lines = [line.split("  ", 1) for line in written.getvalue().splitlines() if "  " in line and "│" not in line]
    return {name: text.strip() for name, text in lines} | {"all": written.getvalue()}


SENTENCES = [(f"a text {n} of kind {n % 2} and more words", f"k{n % 2}") for n in range(40)]
FAST = {**BRIEF, "training.epochs": 1, "data.max_length": 16}


@pytest.mark.parametrize(
    ("settings", "time", "done"),
    [
        ({"data.folds": 3}, "3 folds and a training on all, 1 epoch (2 to 3 steps) each", "3 folds and one on all"),
        ({"data.validation": "held-out"}, "1 epoch (2 steps)", "1 epoch (2 steps)"),
        ({"adapter.method": "head"}, "a head that is solved", "the head was solved"),
    ],
    ids=["folds", "held out", "head"],
)
def test_both_screens_say_how_it_is_trained_and_measured(capsys, tmp_path, tiny_checkpoint, settings, time, done):
    run = tunelet.train(SENTENCES, model=tiny_checkpoint("bert"), out=tmp_path / "run", settings=FAST | settings)
    before, _, after = capsys.readouterr().err.partition("frozen encoder + logistic")
    (line,) = (line for line in before.splitlines() if line.startswith("time"))
    assert "the frozen encoder" in line
    assert line.endswith(time)
    assert done in after
    crossed = "data.validation" not in settings
    assert ("cross-validation in" in before) is crossed
    assert ("cross-validated text" in after) is crossed
    assert ("best epoch" in after) is (run.summary.kept == "adapter" and run.summary.folds == 0)


def test_what_is_kept_is_said_with_its_reason_and_no_baseline_is_the_model_itself(tmp_path, tiny_checkpoint):
    """A rate that destroys the encoder: the probe is kept."""
    run = tunelet.train(
        SENTENCES, model=tiny_checkpoint("bert"), out=tmp_path / "run", quiet=True,
        settings=FAST | {"training.learning_rate": 1.0, "data.folds": 2, "evaluation.errors": 0},
    )  # fmt: skip
    assert run.summary.kept == "probe"
    said = screens(run)
    assert "the probe" in said["kept"]
    assert run.evaluation.kept.reason in said["kept"]
    for candidate in run.evaluation.kept.candidates:
        assert f"{candidate.name} {candidate.accuracy:.4f}" in said["candidates"]
    assert said["candidates"].endswith("on 40 cross-validated texts")
    assert "TF-IDF" in said["baseline"]
    assert "probe" not in said
