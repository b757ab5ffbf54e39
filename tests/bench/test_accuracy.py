"""Measuring accuracy: draws, methods on a tiny encoder, a file that goes on where it stopped, the page made of it."""

import importlib
import io
import json
import re
import tarfile
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import ttest_rel

from command_line import ROOT
from tunelet.bench.harness._worker import run_once
from tunelet.recipe import resolve_recipe, with_settings

pytestmark = pytest.mark.slow

TEXTS = ("a warm and funny film", "dull from end to end") * 8
LINE = {
    "data": "trec", "size": "8", "draw": 1, "method": "tfidf", "n": 48, "letters": 480, "test_letters": 100,
    "accuracy": 0.5, "f1_macro": 0.5, "log_loss": 1.0, "ece": 0.1, "train_seconds": 6.0, "predict_seconds": 1.0,
    "chosen": {}, "test": 10, "right": "", "machine": "a machine", "threads": 2, "shared": False,
    "versions": {"tunelet": "1", "torch": "2"}, "commit": "abc", "dirty": False, "date": "2026-01-01",
}  # fmt: skip


@pytest.fixture
def bench(monkeypatch):
    """The scripts of bench/ as modules, by name."""
    monkeypatch.syspath_prepend(str(ROOT / "measurements"))
    return importlib.import_module


@pytest.fixture
def task(bench, tiny_checkpoint):
    labels = np.array([1, 0] * 8)
    test = tuple(f"{text} by far" for text in TEXTS[:4])
    folder = tiny_checkpoint("bert")
    return bench("accuracy_data").Task(("bad", "good"), TEXTS, labels, test, labels[:4], 1, folder)


def write_lines(path: Path, *lines: dict) -> Path:
    path.write_text("".join(json.dumps(LINE | line) + "\n" for line in lines))
    return path


def test_a_draw_has_as_many_texts_of_each_class_and_no_test_text(bench):
    draw = bench("accuracy_data").draw
    first, second = (draw("sample", "16", seed, Path()) for seed in (1, 2))
    assert set(Counter(first.labels.tolist()).values()) == {16}
    assert first.test_texts == second.test_texts
    assert first.texts != second.texts
    assert not set(first.texts) & set(first.test_texts)
    assert draw("sample", "16", 1, Path()).texts == first.texts


def test_a_draw_of_many_texts_keeps_the_shares_of_the_classes(bench, monkeypatch, tmp_path):
    data = bench("accuracy_data")
    for part, number in (("train", 300), ("test", 30)):
        rows = "".join(f"{part} {row},{'rare' if row % 10 == 0 else 'common'}\n" for row in range(number))
        (tmp_path / f"{part}.csv").write_text("text,label\n" + rows + "test 1,rare\n")
    monkeypatch.setitem(data.SOURCES, "made up", data.Source("made up", tmp_path, "csv", ("200",)))
    drawn = data.draw("made up", "200", 1, Path())
    names = [drawn.label_names[label] for label in drawn.labels]
    assert Counter(names) == {"common": 180, "rare": 20}
    assert "test 1" not in drawn.texts  # it is a test text


def checked(outcome):
    assert outcome.probabilities.shape == (4, 2)
    assert outcome.probabilities.sum(1) == pytest.approx(1, abs=1e-5)
    assert outcome.train_seconds > 0
    assert outcome.predict_seconds > 0
    return outcome


@pytest.mark.filterwarnings("ignore")  # of the rivals' libraries
@pytest.mark.parametrize("method", ["stock", "full"])
def test_trainer_takes_the_setting_that_is_best_on_training_texts_held_out(bench, task, monkeypatch, method):
    trainer = bench("accuracy_trainer")
    monkeypatch.setattr(trainer, "longest", lambda _: 3)
    chosen = checked(bench("accuracy_methods").methods()[method](task)).chosen
    assert (chosen["known"], chosen["held_out"]) == (12, 4)
    tried = chosen["tried"]
    assert len(tried) == len(trainer.LORA if method == "stock" else trainer.FULL) + 1
    assert [one["epochs"] for one in tried] == [3] * (len(tried) - 1) + [1]
    best = min(tried, key=lambda one: (-one["accuracy"], one["log_loss"]))
    assert {name: chosen[name] for name in ("targets", "rate", "epochs")}.items() <= best.items()


@pytest.mark.parametrize("method", ["tfidf", "probe"])
def test_a_regression_chooses_its_strength_by_cross_validation(bench, task, method):
    outcome = checked(bench("accuracy_methods").methods()[method](task))
    assert outcome.chosen["C"] > 0
    assert (outcome.probabilities.argmax(1) == task.test_labels).all()  # two sentences tell the classes apart


def test_setfit_takes_the_steps_that_its_library_takes_by_default(bench, task):
    sampler = pytest.importorskip("setfit.sampler", reason="the extra bench is not installed")
    labels = np.array([0] * 3 + [1] * 5 + [2] * 4)
    pairs = sampler.ContrastiveDataset(list(map(str, labels)), labels.tolist(), False)
    assert bench("accuracy_setfit").default_steps(labels) == -(-len(pairs) // 16)
    outcome = run_once(bench("accuracy_methods").work, "setfit", task)
    assert checked(outcome).chosen == {
        "steps": bench("accuracy_setfit").default_steps(task.labels),
        "texts": 16,
        "batch": 16,
    }


def test_tunelet_is_measured_through_its_api_on_every_test_text(bench, task):
    texts = tuple(f"{text}, {number} times" for number, text in enumerate(task.texts))  # it drops copies
    test = tuple(f"{text} ({number})" for number, text in enumerate(task.test_texts))
    distinct = replace(task, texts=texts, test_texts=test)
    short = with_settings(
        resolve_recipe("quickstart"), {"training.min_steps": 1, "training.max_steps": 1, "evaluation.resamples": 100}
    )
    assert "epochs" in checked(bench("accuracy_methods").tunelet(distinct, short)).chosen


def test_a_run_that_was_cut_off_goes_on_where_it_stopped(bench, monkeypatch, tmp_path, capsys, tiny_checkpoint):
    accuracy = bench("accuracy")
    monkeypatch.setattr(bench("accuracy_page"), "DOCS", tmp_path)
    out = tmp_path / "found.jsonl"
    trials = accuracy.trials(["sample"], ["8"], ["tfidf"], draws=2)
    accuracy.run(trials, out, tiny_checkpoint("bert"), shared=True)
    first, second = out.read_text().splitlines()
    out.write_text(first + "\n" + second[:100])  # the power went
    capsys.readouterr()
    command = ["accuracy.py", "--data", "sample", "--sizes", "8", "--methods", "tfidf", "--draws", "2"]
    monkeypatch.setattr("sys.argv", [*command, "--plan", "--out", str(out)])
    accuracy.main()
    assert "1 trials of 2 are missing" in capsys.readouterr().out
    accuracy.run(trials[1:], out, tiny_checkpoint("bert"), shared=True)
    kept, again = out.read_text().splitlines()
    assert kept == first
    same = ("data", "size", "draw", "method", "n", "accuracy", "log_loss", "right")
    assert {name: json.loads(again)[name] for name in same} == {name: json.loads(second)[name] for name in same}


def test_which_texts_were_right_is_kept_with_each_trial(bench, tmp_path, tiny_checkpoint):
    results = bench("accuracy_results")
    right = np.random.default_rng(1).random(1_421) < 0.8
    assert (results.unpack(results.pack(right), len(right)) == right).all()
    accuracy, methods = bench("accuracy"), bench("accuracy_methods")
    labels = np.array([0, 1, 1])
    found = accuracy.scores(methods.Outcome(np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7]]), 1.0, 1.0), labels)
    assert results.unpack(found["right"], 3).tolist() == [True, False, True]
    assert found["accuracy"] == pytest.approx(2 / 3, abs=1e-6)


def test_a_failure_is_a_result_with_its_reason(bench, tmp_path):
    accuracy = bench("accuracy")
    line = accuracy.measure(accuracy.Trial("sample", "8", 1, "probe"), tmp_path / "nowhere", {"shared": True})
    assert "nowhere" in line["failure"]
    assert "accuracy" not in line


def test_time_is_expected_from_what_was_measured(bench):
    accuracy = bench("accuracy")
    trial = accuracy.Trial("sample", "8", 1, "tfidf")
    drawn = bench("accuracy_data").draw("sample", "8", 1, Path())
    letters, asked = sum(map(len, drawn.texts)), sum(map(len, drawn.test_texts))
    assert accuracy.expected_seconds(trial, [LINE | {"data": "sample"}]) == 7
    known = [LINE | {"letters": many, "test_letters": asked, "train_seconds": many / 100} for many in (1_000, 3_000)]
    assert accuracy.expected_seconds(trial, known) == pytest.approx(letters / 100 + 1)  # 1 s to predict


def test_setfit_is_expected_to_take_no_longer_once_its_steps_are_bounded(bench):
    work_of = bench("accuracy").work_of
    few, bounded, many = (work_of("setfit", "sample", n, 100 * n) for n in (32, 1_000, 4_000))
    assert few < bounded == many


def test_differences_are_tested_in_pairs_of_draws(bench):
    results = bench("accuracy_results")
    ours, theirs = {1: 0.80, 2: 0.84, 3: 0.79, 4: 0.9}, {1: 0.78, 2: 0.80, 3: 0.78, 5: 0.1}
    found = results.difference(ours, theirs)
    assert found.mean.draws == 3
    assert found.p == pytest.approx(ttest_rel([0.80, 0.84, 0.79], [0.78, 0.80, 0.78]).pvalue)
    low, high = found.mean.interval
    assert (low <= 0 <= high) == (found.p >= 0.05)
    assert results.difference({1: 0.8}, {2: 0.8}) is None


def test_the_page_shows_means_differences_and_failures_of_the_latest_trials(bench, tmp_path):
    page = bench("accuracy_page")
    path = write_lines(
        tmp_path / "found.jsonl",
        {"accuracy": 0.1},  # measured again below
        *({"draw": draw, "accuracy": value} for draw, value in ((1, 0.5), (2, 0.6))),
        *({"draw": draw, "accuracy": value, "method": "quickstart"} for draw, value in ((1, 0.7), (2, 0.78))),
        {"method": "setfit", "failure": "out of luck"},
        {"method": "probe", "shared": True, "size": "all", "n": 5452},
    )
    text = page.write_up(path)
    assert "every trial made: 7" in text
    rows = [line for line in text.splitlines() if line.startswith("| 8 a class, 48 |")]
    assert rows[0] == "| 8 a class, 48 | 0.740 ± 0.508 | 0.550 ± 0.635 |  |  |"
    assert rows[1] == "| 8 a class, 48 | +0.190, p 0.033 |  |  |"
    assert rows[-1] == "| 8 a class, 48 | 0.10 | 0.10 |  |  |"  # minutes
    assert "- trec, 8, draw 1, SetFit: out of luck" in text
    assert "1 trials ran beside other work" in text
    for table in [block.splitlines() for block in text.split("\n\n") if block.startswith("| ")]:
        assert len({line.count("|") for line in table}) == 1


def test_figures_say_in_words_what_they_show(bench, tmp_path):
    page, results = bench("accuracy_page"), bench("accuracy_results")
    methods = [{"method": method, "size": "all", "n": 5452} for method in ("quickstart", "probe")]
    path = write_lines(tmp_path / "found.jsonl", {}, *methods)
    page.write(path, tmp_path)
    labels, frontier = (
        (tmp_path / "pictures" / f"{name}.svg").read_text() for name in (page.LABELS_FIGURE, page.FRONTIER_FIGURE)
    )
    assert "trec, TF-IDF: 0.500 at 48 texts" in labels
    assert "trec, probe: 0.500 at 0.1 min" in frontier
    assert "TF-IDF" not in re.search("<desc>.*</desc>", frontier).group()
    shared = results.latest([LINE | method | {"shared": True} for method in methods])
    assert [figure.name for figure in page.figures(page.Found(shared))] == [page.LABELS_FIGURE]


def test_the_committed_page_is_made_of_the_committed_trials(bench):
    page = bench("accuracy_page")
    assert (ROOT / "docs" / "accuracy.md").read_text(encoding="utf-8") == page.write_up(
        ROOT / "measurements/accuracy.jsonl"
    )
    found = page.Found(
        bench("accuracy_results").latest(bench("accuracy_results").read_lines(ROOT / "measurements/accuracy.jsonl"))
    )
    for figure in page.figures(found):
        drawn = (ROOT / "docs" / "pictures" / f"{figure.name}.svg").read_text(encoding="utf-8")
        assert f"<desc>{figure.alternative}</desc>" in drawn


def test_sentences_are_labelled_by_the_sign_of_their_rating(bench, tmp_path):
    own: Any = bench("own_sets")
    rated = "".join(f"{row}\t{(row % 3 - 1) * 1.5}\tsentence {row}, good\n" for row in range(6_000))

    def archive(name: str, content: bytes) -> bytes:
        made = io.BytesIO()
        with tarfile.open(fileobj=made, mode="w:gz") as file:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            file.addfile(member, io.BytesIO(content))
        return made.getvalue()

    own.write_sentences(archive(own._WITHIN, archive(own._RATINGS, rated.encode())), tmp_path)
    counts = {}
    for part in ("train", "test"):
        header, *rows = (tmp_path / f"{part}.csv").read_text().splitlines()
        assert header == "text,label"
        assert all(row.endswith(("negative", "positive")) for row in rows)
        counts[part] = len(rows)
        number = int(re.search(r"sentence (\d+)", rows[0]).group(1))
        assert rows[0].endswith("negative" if number % 3 == 0 else "positive")
    assert counts == {"train": 2_000, "test": 2_000}  # a third was rated 0
