"""Killed at any moment and resumed, a run ends in the same adapter, bit for bit, as one that was left alone."""

import json
import random
import time
from pathlib import Path

import pytest

from checkpoints import stopped_behind
from forked_runs import RECIPES, finish, start
from tunelet import train
from tunelet.errors import RunError
from tunelet.recipe import with_settings
from tunelet.training._checkpoint import _read, latest_checkpoint

pytestmark = pytest.mark.slow


def adapter(out: Path) -> bytes:
    return (out / "adapter" / "adapter_model.safetensors").read_bytes()


def result(out: Path) -> dict[str, object]:
    """Everything that must be the same; times may differ."""
    metrics = json.loads((out / "metrics.json").read_text())
    return {key: value for key, value in metrics.items() if key in ("accuracy", "log_loss", "roc_auc", "best_epoch")}


def losses(out: Path) -> list[tuple[object, object]]:
    lines = (out / "history.jsonl").read_text().splitlines()
    return [(entry["step"], entry.get("loss")) for entry in map(json.loads, lines)]


@pytest.fixture(scope="module", params=list(RECIPES))
def layers(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def encoder(tiny_checkpoint) -> Path:
    """A tiny encoder: what is killed here is the writing of files and the state of the loop, whatever the weights."""
    return tiny_checkpoint("bert")


@pytest.fixture(scope="module")
def undisturbed(encoder, layers, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("undisturbed") / "run"
    assert finish(start(encoder, out, layers)) == 0
    return out


def check_same(out: Path, undisturbed: Path) -> None:
    assert adapter(out) == adapter(undisturbed)
    assert result(out) == result(undisturbed)
    assert losses(out) == losses(undisturbed)
    assert not out.with_name(out.name + ".partial").exists()


def test_two_runs_with_one_seed_are_bit_identical(undisturbed, encoder, layers, tmp_path):
    assert finish(start(encoder, tmp_path / "again", layers)) == 0
    check_same(tmp_path / "again", undisturbed)


def test_killed_at_ten_moments_and_resumed_each_time(undisturbed, encoder, layers, tmp_path):
    out, partial = tmp_path / "run", tmp_path / "run.partial"
    moments = random.Random(4)
    killed = 0
    steps: list[int] = []
    while killed < 10:
        process = start(encoder, out, layers, resume=(partial / "recipe.toml").exists())
        before = newest(partial)
        # Killed a random moment after its first new checkpoint, or somewhere before it.
        early = moments.random() < 0.2
        deadline = time.monotonic() + (moments.uniform(0.5, 3.0) if early else 60)
        while time.monotonic() < deadline and newest(partial) == before and process.is_alive():
            time.sleep(0.002)
        # However fast the machine: three checkpoints at most, of 48, so that ten kills fit into the run.
        deadline = time.monotonic() + moments.uniform(0, 0.25)
        while time.monotonic() < deadline and newest(partial) < before + 3:
            time.sleep(0.002)
        if not process.is_alive():
            break
        process.kill()
        assert finish(process) == -9
        assert not out.exists()
        if not partial.exists():  # killed before the run had begun: nothing is there to resume
            continue
        killed += 1
        steps.append(newest(partial))
    assert killed == 10, f"the run ended after {killed} kills at steps {steps}"
    assert len(set(steps)) > 5
    assert finish(start(encoder, out, layers, resume=True)) == 0
    check_same(out, undisturbed)


@pytest.mark.parametrize(
    ("layers", "moment"),  # of one recipe each: a checkpoint is written in the same way whatever computed it
    [("kernels", "half written"), ("modules", "not renamed"), ("kernels", "not cleaned up")],
    indirect=["layers"],
)
def test_killed_during_a_checkpoint_and_resumed(undisturbed, encoder, layers, tmp_path, moment):
    out = tmp_path / "run"
    assert finish(start(encoder, out, layers, die=moment)) == -9
    assert finish(start(encoder, out, layers, resume=True)) == 0
    check_same(out, undisturbed)


def newest(partial: Path) -> int:
    names = [path.name for path in partial.glob("checkpoints/step-*.safetensors")]
    return max((int(name.split("-")[1]) for name in names), default=0)


def test_resuming_with_another_recipe_or_other_data_is_refused(encoder, tmp_path):
    out = tmp_path / "run"
    assert finish(start(encoder, out, "kernels", die="not renamed")) == -9
    longer = with_settings(RECIPES["kernels"], {"training.epochs": 7})
    with pytest.raises(RunError, match=r"started with another recipe: training.epochs was 6, now 7"):
        train("sample", model=encoder, recipe=longer, out=out, resume=True, quiet=True)
    other = [(f"{word} film number {n}", word) for n in range(60) for word in ("good", "bad")]
    with pytest.raises(RunError, match="started on other data"):
        train(other, model=encoder, recipe=RECIPES["kernels"], out=out, resume=True, quiet=True)
    with pytest.raises(RunError, match="holds an interrupted run"):
        train("sample", model=encoder, recipe=RECIPES["kernels"], out=out, quiet=True)


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="only Linux tells which files are in memory")
def test_a_checkpoint_that_was_read_is_not_kept_open(tiny_checkpoint, tmp_path):
    """Windows could not remove it when the next one is written."""
    rows = [
        (f"{words} {n}.", label) for n in range(8) for words, label in (("A joy to see", "good"), ("A pain", "bad"))
    ]
    settings = {"training.checkpoint_seconds": 0.001, "data.max_length": 16, "data.validation": "held-out"}
    with stopped_behind(2):
        train(rows, model=tiny_checkpoint("distilbert"), settings=settings, out=tmp_path / "run", quiet=True)
    path = latest_checkpoint(tmp_path / "run.partial" / "checkpoints")
    tensors, _ = _read(path)
    assert tensors
    assert path.name not in Path("/proc/self/maps").read_text()
