"""Runs are compared on the same texts or not at all, by command and from Python."""

import json

import numpy as np
import pytest

import tunelet
from command_line import call, is_empty, refused
from tunelet.errors import DataError, RecipeError, RunError
from tunelet.run import RunGroup

GOOD = ["A wonderful film", "I loved every minute", "Funny, warm and clever", "A joy to watch", "Brilliant acting"]
BAD = ["A dreadful film", "I hated every minute", "Dull, cold and stupid", "A pain to watch", "Wooden acting"]
ROWS = [
    (f"{text}, number {n}.", label)
    for n in range(8)
    for label, texts in (("good", GOOD), ("bad", BAD))
    for text in texts
]
TEST = [
    (f"{text}, part {n}.", label) for n in range(6) for label, texts in (("good", GOOD), ("bad", BAD)) for text in texts
]
QUICK = {"training.epochs": 1, "evaluation.resamples": 200}


@pytest.fixture(scope="module")
def runs(tmp_path_factory, tiny_checkpoint):
    folder = tmp_path_factory.mktemp("compared")

    def train(architecture, name, test=TEST, **settings):
        return tunelet.train(
            ROWS,
            test=test,
            model=tiny_checkpoint(architecture),
            out=folder / name,
            quiet=True,
            settings=QUICK | settings,
        )

    return {
        "distilbert": train("distilbert", "one"),
        "albert": train("albert", "two"),
        "without baseline": train("bert", "three", **{"evaluation.baseline": False}),
        "turned": train("electra", "four", test=TEST[::-1]),
        "elsewhere": train("distilbert", "five", test=TEST[:30]),
    }


@pytest.fixture(scope="module")
def group(tmp_path_factory, tiny_checkpoint):
    folder = tmp_path_factory.mktemp("seeds") / "group"
    return tunelet.train_seeds(
        ROWS, (3, 4), test=TEST, model=tiny_checkpoint("distilbert"), out=folder, quiet=True, settings=QUICK
    )


def test_the_record_holds_models_and_all_pairs_with_the_baseline(runs):
    found = tunelet.compare([runs["distilbert"], runs["albert"]], resamples=200)
    assert [model["name"] for model in found.record["models"]] == [*found.names, "baseline"]
    assert len(found.pairs) == 3
    assert json.loads(json.dumps(found.record, allow_nan=False)) == found.record
    for model, run in zip(found.record["models"], (runs["distilbert"], runs["albert"]), strict=False):
        assert model["metrics"]["accuracy"] == pytest.approx(run.summary["accuracy"], abs=1e-12)
        assert model["trainable_parameters"] == run.summary["trainable_parameters"]
        assert model["latency_seconds"] > 0
    pair = found.pairs[0]
    assert pair.differences["accuracy"] == pytest.approx(
        runs["albert"].summary["accuracy"] - runs["distilbert"].summary["accuracy"], abs=1e-12
    )


def test_verdicts_begin_with_who_does_not_beat_the_baseline(runs):
    verdicts = tunelet.compare([runs["distilbert"], runs["albert"]], resamples=200).verdicts
    assert "baseline" in verdicts[0].lower()
    assert "baseline" not in verdicts[-1].lower()


def test_other_test_texts_are_refused_with_the_reason(runs):
    with pytest.raises(DataError, match=r"measured on different texts: .*60 test texts.*30 test texts"):
        tunelet.compare([runs["distilbert"], runs["elsewhere"]])


def test_fewer_than_two_or_the_same_twice_is_refused(runs):
    with pytest.raises(RunError, match="two runs or more"):
        tunelet.compare([runs["distilbert"]])
    with pytest.raises(RunError, match="named twice"):
        tunelet.compare([runs["distilbert"], runs["distilbert"].path])


def test_without_a_baseline_the_models_stand_alone(runs, tiny_checkpoint, tmp_path):
    other = tunelet.train(
        ROWS, test=TEST, model=tiny_checkpoint("roberta"), out=tmp_path / "run", quiet=True,
        settings=QUICK | {"evaluation.baseline": False},
    )  # fmt: skip
    found = tunelet.compare([runs["without baseline"], other], resamples=200)
    assert len(found.record["models"]) == 2
    assert other.evaluation["baseline"] is None
    assert not other.folder.baseline_predictions.exists()


def test_seeds_share_their_split_and_are_summed_up(group):
    assert [run.path.name for run in group.runs] == ["seed-3", "seed-4"]
    parts = [{name: part["sha256"] for name, part in run.data["parts"].items()} for run in group.runs]
    assert parts[0] == parts[1]
    accuracies = [run.summary["accuracy"] for run in group.runs]
    summary = group.summary
    assert summary["accuracies"] == accuracies
    assert summary["accuracy"] == pytest.approx(np.mean(accuracies))
    assert summary["accuracy_sd"] == pytest.approx(np.std(accuracies, ddof=1))
    low, high = summary["accuracy_ci"]
    assert low <= summary["accuracy"] <= high
    assert json.loads((group.path / "metrics.json").read_text()) == summary


def test_seeds_differ_in_head_and_order(group):
    one, other = (run.predictions.probabilities for run in group.runs)
    assert not np.allclose(one, other)


def test_a_folder_of_seeds_is_no_run_and_says_what_to_name(group):
    with pytest.raises(RunError, match=r"holds runs of 2 seeds; name one of them, such as .*seed-3"):
        tunelet.Classifier.load(group.path)


def test_seeds_go_on_where_they_stopped(group, tiny_checkpoint, tmp_path):
    arguments = {
        "test": TEST,
        "model": tiny_checkpoint("distilbert"),
        "out": tmp_path / "g",
        "quiet": True,
        "settings": QUICK,
    }
    tunelet.train_seeds(ROWS, (3, 4), **arguments)
    (tmp_path / "g" / "metrics.json").unlink()
    kept = (tmp_path / "g" / "seed-3" / "adapter" / "adapter_model.safetensors").stat().st_mtime_ns
    with pytest.raises(RunError, match="not all of its seeds"):
        RunGroup.load(tmp_path / "g")
    with pytest.raises(RunError, match="exists"):
        tunelet.train_seeds(ROWS, (3, 4), **arguments)
    again = tunelet.train_seeds(ROWS, (3, 4), resume=True, **arguments)
    assert (tmp_path / "g" / "seed-3" / "adapter" / "adapter_model.safetensors").stat().st_mtime_ns == kept
    assert again.summary["accuracies"] == group.summary["accuracies"]


@pytest.mark.parametrize("seeds", [(), (1,), (2, 2)])
def test_seeds_are_two_or_more_different_numbers(seeds, tmp_path):
    with pytest.raises(RecipeError, match="two or more different numbers"):
        tunelet.train_seeds(ROWS, seeds, out=tmp_path / "x")


def test_the_commands(runs, group, tmp_path, capsys):
    paths = [runs["distilbert"].path, runs["albert"].path]
    done = call(capsys, "compare", *paths, "--out", tmp_path / "out")
    assert done.status == 0, done
    assert "baseline" in done.stdout
    assert (tmp_path / "out" / "report.html").is_file()
    done = call(capsys, "compare", *paths, "--out", tmp_path / "out", "--json")
    assert json.loads(done.stdout)["n"] == 60
    done = call(capsys, "report", group.path, "--json")
    assert any(path.endswith("report.pdf") for path in json.loads(done.stdout)["files"])
    refused(call(capsys, "compare", paths[0]), "two runs or more")
    refused(call(capsys, "compare", paths[0], runs["elsewhere"].path), "different texts", "--test DATA")
    refused(call(capsys, "push", paths[0], "no-owner"), "OWNER/NAME")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--seeds", "1,x"), ("--seeds", "1,2,3")),
        (("--seeds", "1,2", "--seed", "3"), ("--seeds", "leave one of them out")),
        (("--track", "nowhere"), ("training.track", "tensorboard")),
        (("--set", "evaluation.threshold=f9"), ("evaluation.threshold", "precision:SHARE")),
    ],
)
def test_flags_that_cannot_be_followed_are_one_line(arguments, words, tmp_path, capsys):
    refused(call(capsys, "train", "sample", "--model", "minilm", "--out", tmp_path / "run", *arguments), *words)
    assert is_empty(tmp_path)
