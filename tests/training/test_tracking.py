"""TensorBoard gets the lines of the history; a tracker that is not installed is told before anything is read."""

import importlib.util
import json

import pytest

import tunelet
from tunelet.errors import RecipeError
from tunelet.training import check_trackers

pytestmark = pytest.mark.slow


def test_tensorboard_gets_losses_and_validation_metrics(tmp_path, tiny_checkpoint):
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    rows = [(f"text {number} is {word}", word) for number in range(60) for word in ("good", "bad")]
    run = tunelet.train(
        rows, model=tiny_checkpoint("distilbert"), out=tmp_path / "run", quiet=True,
        settings={"training.track": ["tensorboard"],
            "data.validation": "held-out", "training.epochs": 2, "training.batch_size": 4},
    )  # fmt: skip
    history = [json.loads(line) for line in (run.path / "history.jsonl").read_text().splitlines()]
    events = accumulator.EventAccumulator(str(next((run.path / "tracking").rglob("events*")).parent))
    events.Reload()
    losses = [entry["loss"] for entry in history if "loss" in entry]
    assert [event.value for event in events.Scalars("train/loss")] == pytest.approx(losses)
    accuracies = [entry["validation"]["accuracy"] for entry in history if "validation" in entry]
    assert [event.value for event in events.Scalars("validation/accuracy")] == pytest.approx(accuracies)


def test_a_tracker_that_is_not_installed_is_named():
    missing = [name for name in ("wandb", "trackio", "mlflow") if importlib.util.find_spec(name) is None]
    if not missing:
        pytest.skip("all trackers are installed")
    with pytest.raises(RecipeError, match=f"{missing[0]} is not installed"):
        check_trackers(missing)
    check_trackers([])
