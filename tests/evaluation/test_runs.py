"""A run says what must be known before its figures, honours the positive label, and knows the texts it has seen."""

import json

import pytest

import tunelet
from brief import BRIEF
from command_line import call, is_empty, refused
from tunelet.errors import RecipeError
from tunelet.run import count_seen

pytestmark = pytest.mark.slow

ROUTINE, ALARM = "the line is quiet, round", "the pump is burning, round"
ROWS = [(f"{ALARM if n % 9 == 0 else ROUTINE} {n}", "alarm" if n % 9 == 0 else "routine") for n in range(90)]
TEST = [(f"{ALARM if n % 10 == 0 else ROUTINE} late {n}", "alarm" if n % 10 == 0 else "routine") for n in range(30)]
SETTINGS = {"training.epochs": 2, **BRIEF,
    "data.validation": "held-out", "evaluation.positive": "alarm",
    "training.probe": False,  # a head that is solved would know the alarms
            "training.learning_rate": 1e-6, "training.head_learning_rate": 1e-6}  # fmt: skip


@pytest.fixture(scope="module")
def run(tmp_path_factory, tiny_checkpoint):
    return tunelet.train(
        ROWS, model=tiny_checkpoint("distilbert"), out=tmp_path_factory.mktemp("runs") / "run", quiet=True,
        settings=SETTINGS | {"evaluation.baseline": False},
    )  # fmt: skip


def kinds(record):
    return {warning.kind: warning for warning in record.warnings}


def test_a_model_that_gives_one_label_only_says_so_in_its_record(run):
    found = kinds(run.summary)
    assert found["label_never_given"].labels == ("alarm",)
    assert "epoch_chosen_on_these_texts" in found
    assert run.summary.commonest.label == "routine"
    assert run.summary.positive == "alarm"
    assert run.summary.recall == 0.0
    assert run.summary.no_interval["precision"]


def test_screen_and_report_say_it_too_and_what_to_type(run, capsys, tmp_path):
    from rich.console import Console

    from tunelet.console import result_screen

    result_screen(Console(width=200), run)
    told = capsys.readouterr().out
    for words in ("No text was called 'alarm'", "training.class_weights=balanced", "--test DATA", "recall of 'alarm'"):
        assert words in told
    assert call(capsys, "report", run.path, "--out", tmp_path / "report").status == 0
    page = (tmp_path / "report" / "report.html").read_text()
    for words in ("No text was called", "very texts"):
        assert words in page


def test_evaluating_on_the_training_texts_counts_them(run, capsys, tmp_path):
    found = tunelet.evaluate(run, ROWS)
    assert found.trained_on["train"] + found.trained_on["validation"] == len(ROWS)
    assert "of the 90 texts were trained on" in found.warnings[0].message
    # Copies count, as they do where duplicates are dropped; new texts do not.
    mixed = [(text.upper() + "  ", label) for text, label in ROWS[:10]] + TEST
    again = tunelet.evaluate(run, mixed)
    assert sum(again.trained_on.values()) == 10
    fresh = tunelet.evaluate(run, TEST)
    assert fresh.trained_on == {"train": 0, "validation": 0}
    assert "trained_on_these_texts" not in kinds(fresh)
    file = tmp_path / "rows.jsonl"
    file.write_text("".join(json.dumps({"text": text, "label": label}) + "\n" for text, label in ROWS))
    assert "texts were trained on" in call(capsys, "evaluate", run.path, file).stdout


def test_fingerprints_are_no_texts(run):
    assert count_seen(run.folder.seen.read_bytes(), [text for text, _ in ROWS[:5]])
    written = run.folder.seen.read_bytes()
    assert b"pump" not in written
    assert b"quiet" not in written


def test_the_positive_label_is_honoured_by_evaluate_and_compare(run, tiny_checkpoint, tmp_path):
    assert tunelet.evaluate(run, TEST).metrics.positive == "alarm"
    other = tunelet.train(ROWS, model=tiny_checkpoint("bert"), out=tmp_path / "other", quiet=True, settings=SETTINGS)
    assert other.evaluation.threshold.positive == "alarm"
    assert other.evaluation.baseline.metrics.positive == "alarm"
    assert other.evaluation.curves[0].label == "alarm"
    found = tunelet.compare([run, other], resamples=50).record
    assert found.positive == "alarm"
    assert found.models[0].metrics.recall == run.summary.recall


def test_a_positive_label_that_is_none_is_refused_before_training(tiny_checkpoint, tmp_path, capsys):
    file = tmp_path / "rows.jsonl"
    file.write_text("".join(json.dumps({"text": text, "label": label}) + "\n" for text, label in ROWS))
    out = tmp_path / "out"
    out.mkdir()
    done = call(capsys, "train", file, "--model", tiny_checkpoint("distilbert"), "--out", out / "run",
                "--set", "evaluation.positive=alert")  # fmt: skip
    refused(done, "'alert' is none of the labels", "'alarm', 'routine'")
    assert is_empty(out)
    with pytest.raises(RecipeError, match="none of the labels"):
        tunelet.train(ROWS, model=tiny_checkpoint("distilbert"), out=out / "run", quiet=True,
                      settings={"evaluation.positive": 1})  # fmt: skip
