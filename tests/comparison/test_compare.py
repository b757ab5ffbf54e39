"""Runs are compared on the same texts or not at all, by command and from Python."""

import json
import shutil

import numpy as np
import pytest

import tunelet
from brief import BRIEF
from command_line import call, is_empty, refused
from tunelet._record import parse_record
from tunelet.comparison import ComparisonRecord
from tunelet.errors import DataError, RecipeError, RunError
from tunelet.report import comparison_document
from tunelet.run import RunGroup, rivals_of

pytestmark = pytest.mark.slow

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
QUICK = {
    **BRIEF,
    "training.epochs": 1,
    "evaluation.resamples": 200,
    "data.validation": "held-out",
    "model.layers": 3,
    "model.pooling": "mean",
}
SEEDS = QUICK | {"training.probe": False}  # solved heads are one head, whatever the seed


@pytest.fixture(scope="module")
def runs(tmp_path_factory, tiny_checkpoint):
    folder = tmp_path_factory.mktemp("compared")

    def train(architecture, name, rows=ROWS, test=TEST, **settings):
        return tunelet.train(
            rows,
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
        "fewer": train("electra", "TF-IDF", rows=ROWS[:40]),
        "elsewhere": train("distilbert", "five", test=TEST[:30]),
    }


@pytest.fixture(scope="module")
def group(tmp_path_factory, tiny_checkpoint):
    folder = tmp_path_factory.mktemp("seeds") / "group"
    return tunelet.train_seeds(
        ROWS, (3, 4), test=TEST, model=tiny_checkpoint("distilbert"), out=folder, quiet=True, settings=SEEDS
    )


def test_the_record_holds_models_and_all_pairs_with_the_baseline(runs):
    found = tunelet.compare([runs["distilbert"], runs["albert"]], resamples=200)
    probes = [f"probe of {name}" for name in found.names]
    beside = [found.record.models[row].probe for row in range(2)]
    assert [name for name in beside if name] == [
        name
        for name, run in zip(probes, (runs["distilbert"], runs["albert"]), strict=True)
        if "probe" in rivals_of(run)
    ]
    assert [model.name for model in found.record.models] == [*found.names, "TF-IDF", *filter(None, beside)]
    assert len(found.pairs) == 3 + len([name for name in beside if name])
    written = json.dumps(found.record.to_dict(), allow_nan=False).encode()
    assert parse_record(written, ComparisonRecord) == found.record
    for model, run in zip(found.record.models, (runs["distilbert"], runs["albert"]), strict=False):
        assert model.metrics.accuracy == pytest.approx(run.summary.accuracy, abs=1e-12)
        assert model.trainable_parameters == run.summary.trainable_parameters
        assert model.latency_seconds > 0
    pair = found.pairs[0]
    assert pair.differences["accuracy"] == pytest.approx(
        runs["albert"].summary.accuracy - runs["distilbert"].summary.accuracy, abs=1e-12
    )


def test_verdicts_begin_with_the_runs_and_end_with_who_does_not_beat_the_baseline(runs):
    verdicts = tunelet.compare([runs["distilbert"], runs["albert"]], resamples=200).verdicts
    assert "TF-IDF" not in verdicts[0]
    assert "probe" not in verdicts[0]
    assert any("does not beat the baseline TF-IDF" in told or "Use the baseline" in told for told in verdicts[1:])


def test_other_test_texts_are_refused_with_the_reason(runs):
    with pytest.raises(DataError, match=r"measured on different texts, .*60 test texts.*30 test texts"):
        tunelet.compare([runs["distilbert"], runs["elsewhere"]])


def test_the_same_texts_in_another_order_are_refused(runs):
    with pytest.raises(DataError, match="different texts, or in another order"):
        tunelet.compare([runs["distilbert"], runs["turned"]])


def test_each_model_is_compared_with_the_baseline_of_its_own_training_texts(runs):
    one = tunelet.compare([runs["distilbert"], runs["fewer"]], resamples=200)
    other = tunelet.compare([runs["fewer"], runs["distilbert"]], resamples=200)
    for found in (one, other):
        models = {model.name: model for model in found.record.models}
        assert sum(model.kind == "baseline" for model in models.values()) == 2
        for name in found.names:
            assert models[name].baseline == f"TF-IDF of {name}"
            for kind in ("baseline", "probe"):
                if (beside := models.get(getattr(models[name], kind))) is not None:
                    assert beside.kind == kind
                    assert beside.training_texts == models[name].training_texts
        assert len(found.pairs) == len(models) - 1  # the two, and each with its own baselines
    # Whoever stands first, each is told the same of its baseline.
    assert sorted(one.verdicts[1:]) == sorted(other.verdicts[1:])


def test_a_run_in_a_folder_called_as_the_baseline_is_keeps_its_predictions(
    runs, tmp_path, monkeypatch, tiny_checkpoint
):
    twin = tunelet.train(
        ROWS, test=TEST, model=tiny_checkpoint("electra"), out=tmp_path / "twin", quiet=True, settings=QUICK, seed=7
    )
    monkeypatch.chdir(runs["fewer"].path.parent)
    found = tunelet.compare(["TF-IDF", twin.path], resamples=200)
    assert found.names[0] == str(runs["fewer"].path.resolve())
    assert found.record.models[0].metrics.accuracy == pytest.approx(runs["fewer"].summary.accuracy)


def test_validation_texts_are_said_to_be_such(tiny_checkpoint, tmp_path):
    held_out = QUICK | {"data.validation": "held-out"}
    alone = [
        tunelet.train(ROWS, model=tiny_checkpoint(name), out=tmp_path / name, quiet=True, settings=held_out)
        for name in ("distilbert", "bert")
    ]
    assert tunelet.compare(alone, resamples=50).verdicts[-1].startswith("These are validation texts")
    # The same texts named as a test by one and as validation by the other are no common test.
    held = [ROWS[int(row)] for row in alone[0].predictions.ids]
    tested = tunelet.train(
        ROWS, test=held, model=tiny_checkpoint("bert"), out=tmp_path / "other", quiet=True, settings=QUICK
    )
    assert tested.data.parts["test"].sha256 == alone[0].data.parts["validation"].sha256
    with pytest.raises(DataError, match=r"validation texts of .* test texts of"):
        tunelet.compare([alone[0], tested])


@pytest.fixture(scope="module")
def crossed(tiny_checkpoint, tmp_path_factory):
    """Two runs without test texts, one of them a solved head: each text is answered by a model that did not see it.

    No texts may be kept, so TF-IDF is not added to either.
    """
    folder = tmp_path_factory.mktemp("crossed")
    settings = QUICK | {"data.validation": "cross-validation", "data.folds": 2, "evaluation.errors": 0}
    return [
        tunelet.train(
            ROWS, model=tiny_checkpoint("bert"), out=folder / method, quiet=True,
            settings=settings | {"adapter.method": method},
        )
        for method in ("lora", "head")
    ]  # fmt: skip


def test_cross_validated_texts_are_said_to_be_such_and_no_epoch_was_chosen_on_them(crossed):
    found = tunelet.compare(crossed, resamples=50)
    assert found.verdicts[-1].startswith("These are cross-validated texts")
    assert "epoch" not in found.verdicts[-1]
    document = comparison_document(found)
    assert "cross-validated texts" in document.subtitle
    limits = next(section for section in document.sections if section.heading == "Limits")
    assert not [block for block in limits.blocks if "epoch" in block.text]


def test_what_is_the_probe_itself_is_not_compared_with_it(crossed):
    trained, solved = crossed
    assert rivals_of(solved).keys() == {"baseline"}
    models = {model.name: model for model in tunelet.compare(crossed, resamples=50).record.models}
    assert models["head"].probe is None
    assert (models["lora"].probe == "probe") is ("probe" in rivals_of(trained))
    assert models["head"].baseline == models["lora"].baseline == "TF-IDF"


@pytest.mark.parametrize(
    ("file", "damage"),
    [
        ("predictions.parquet", lambda path: path.unlink()),
        ("predictions.parquet", lambda path: path.write_bytes(path.read_bytes()[:200])),
        ("baseline-predictions.parquet", lambda path: path.unlink()),
        ("metrics.json", lambda path: path.write_text("{}")),
        ("evaluation.json", lambda path: path.write_text("[1, 2")),
        ("environment.json", lambda path: path.unlink()),
        ("history.jsonl", lambda path: path.unlink()),
    ],
)
def test_a_damaged_run_is_one_line_and_leaves_nothing(runs, tmp_path, capsys, file, damage):
    broken = tmp_path / "broken"
    shutil.copytree(runs["distilbert"].path, broken)
    damage(broken / file)
    before = sorted(path.name for path in broken.iterdir())
    if file != "history.jsonl":  # comparisons do not read it
        refused(call(capsys, "compare", broken, runs["albert"].path, "--out", tmp_path / "out"), file, "damaged")
        assert not (tmp_path / "out").exists()
    if "predictions" not in file:  # nor reports these
        refused(call(capsys, "report", broken), file, "damaged")
        assert sorted(path.name for path in broken.iterdir()) == before


def test_a_comparison_of_other_runs_is_not_replaced(runs, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    one, other = [runs["distilbert"].path, runs["albert"].path], [runs["albert"].path, runs["fewer"].path]
    assert call(capsys, "compare", *one, "--out", "out").status == 0
    refused(call(capsys, "compare", *other, "--out", "out"), "holds a comparison of other runs")
    assert call(capsys, "compare", *one).status == 0
    names = [path.name for path in (tmp_path / "runs").iterdir()]
    assert len(names) == 1
    assert call(capsys, "compare", *one).status == 0
    assert [path.name for path in (tmp_path / "runs").iterdir()] == names
    shutil.copytree(runs["albert"].path, tmp_path / "two")
    assert call(capsys, "compare", one[0], "two").status == 0
    assert sorted(path.name for path in (tmp_path / "runs").iterdir()) == [names[0], f"{names[0]}-2"]


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
    assert len(found.record.models) == 2
    assert other.evaluation.baseline is None
    assert not other.folder.baseline_predictions.exists()


def test_seeds_share_their_split_and_are_summed_up(group):
    assert [run.path.name for run in group.runs] == ["seed-3", "seed-4"]
    parts = [{name: part.sha256 for name, part in run.data.parts.items()} for run in group.runs]
    assert parts[0] == parts[1]
    accuracies = [run.summary.accuracy for run in group.runs]
    summary = group.summary
    assert list(summary.accuracies) == accuracies
    assert summary.accuracy == pytest.approx(np.mean(accuracies))
    assert summary.accuracy_sd == pytest.approx(np.std(accuracies, ddof=1))
    low, high = summary.accuracy_ci
    assert low <= summary.accuracy <= high
    assert json.loads((group.path / "metrics.json").read_text()) == summary.to_dict()


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
        "settings": SEEDS,
    }
    shutil.copytree(group.path, tmp_path / "g")
    shutil.rmtree(tmp_path / "g" / "seed-4")
    (tmp_path / "g" / "metrics.json").unlink()
    kept = (tmp_path / "g" / "seed-3" / "adapter" / "adapter_model.safetensors").stat().st_mtime_ns
    with pytest.raises(RunError, match="not all of its seeds"):
        RunGroup.load(tmp_path / "g")
    with pytest.raises(RunError, match="exists"):
        tunelet.train_seeds(ROWS, (3, 4), **arguments)
    again = tunelet.train_seeds(ROWS, (3, 4), resume=True, **arguments)
    assert (tmp_path / "g" / "seed-3" / "adapter" / "adapter_model.safetensors").stat().st_mtime_ns == kept
    assert again.summary.accuracies == group.summary.accuracies


def test_going_on_with_other_settings_or_data_is_refused_before_anything_is_trained(group, tiny_checkpoint, tmp_path):
    folder = tmp_path / "g"
    shutil.copytree(group.path, folder)
    shutil.rmtree(folder / "seed-4")
    (folder / "metrics.json").unlink()
    arguments = {"test": TEST, "model": tiny_checkpoint("distilbert"), "out": folder, "quiet": True, "resume": True}
    longer = SEEDS | {"training.epochs": 2}
    with pytest.raises(RunError, match=r"seed-3 was started with another recipe: training.epochs was 1, now 2"):
        tunelet.train_seeds(ROWS, (3, 4), settings=longer, **arguments)
    assert sorted(path.name for path in folder.iterdir()) == ["seed-3", "tunelet.json"]
    with pytest.raises(RunError, match="seed-4 was trained with other settings than seed-3: data"):
        tunelet.train_seeds(ROWS[:-2], (3, 4), settings=SEEDS, **arguments)


@pytest.mark.parametrize("seeds", [(1, -2), (1, 2**40)])
def test_seeds_out_of_range_are_told_before_the_first_is_trained(seeds, tmp_path):
    with pytest.raises(RecipeError, match=r"training\.seed"):
        tunelet.train_seeds(ROWS, seeds, out=tmp_path / "x")
    assert is_empty(tmp_path)


def test_a_file_in_the_place_of_the_folder_is_told(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(RunError, match="is a file"):
        tunelet.train_seeds(ROWS, (1, 2), out=tmp_path / "notes.txt")


@pytest.mark.parametrize("seeds", [(), (1,), (2, 2)])
def test_seeds_are_two_or_more_different_numbers(seeds, tmp_path):
    with pytest.raises(RecipeError, match="two or more different seeds"):
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
    done = call(capsys, "report", runs["albert"].path, "--out", tmp_path / "elsewhere")
    assert (tmp_path / "elsewhere" / "report.pdf").is_file()
    assert not (runs["albert"].path / "report.pdf").exists()
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
