"""On a Ray cluster of two nodes, processes of this machine, everything is as on this machine, whatever is killed."""

import importlib.util
import os
import sys
import threading
from pathlib import Path

import pytest

import tunelet
from scaled import die, die_once, refuse, threads_and_square
from tunelet.errors import DataError, RecipeError, RunError
from tunelet.scale import Job, Place, workers_at

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="the extra scale is not installed"),
    pytest.mark.filterwarnings("ignore"),  # Ray's own
]

SUPPORT = str(Path(__file__).parents[1] / "support")


@pytest.fixture(scope="module")
def cluster():
    """Two nodes with a core each; what is in PYTHONPATH is seen by their workers."""
    from ray.cluster_utils import Cluster

    before = {name: os.environ.get(name) for name in ("PYTHONPATH", "RAY_ADDRESS", "OMP_NUM_THREADS")}
    os.environ["PYTHONPATH"] = os.pathsep.join([SUPPORT, *filter(None, sys.path)])
    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    made.add_node(num_cpus=1)
    made.wait_for_nodes()
    os.environ["RAY_ADDRESS"] = made.address
    yield made
    made.shutdown()
    for name, value in before.items():
        os.environ.pop(name, None)
        if value is not None:
            os.environ[name] = value


def jobs(*arguments: object) -> list[Job]:
    return [Job(f"job {number}", argument) for number, argument in enumerate(arguments)]


def test_jobs_go_to_both_nodes(cluster):
    with workers_at(Place.of("ray", None)) as workers:
        assert workers.count == 2
        found = dict(workers.map(threads_and_square, jobs(*range(6))))
    assert [found[number][1] for number in range(6)] == [0, 1, 4, 9, 16, 25]
    assert {threads for _, _, threads in found.values()} == {"1"}


def test_errors_and_deaths_are_as_on_this_machine(cluster, tmp_path):
    with workers_at(Place.of("ray", None)) as workers:
        with pytest.raises(DataError, match="two is not allowed"):
            list(workers.map(refuse, jobs(1, 2, 3)))
        assert dict(workers.map(die_once, jobs(*((str(tmp_path), number) for number in range(2))))) == {0: 0, 1: 1}
        with pytest.raises(RunError, match="job 0: 3 workers died at it"):
            list(workers.map(die, jobs(None)))


def test_a_cluster_that_is_not_there_is_refused(monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")
    with pytest.raises(RecipeError, match="no Ray cluster at 127"), workers_at(Place.of("ray", 2)):
        pass


SHORT = {
    "evaluation.resamples": 100, "evaluation.explained": 0, "evaluation.baseline": False, "data.audit": False,
    "data.max_length": 32, "training.probe": False, "training.checkpoint_seconds": 0.1,
}  # fmt: skip
HELD_OUT = SHORT | {"data.validation": "held-out"}


def contents(run: tunelet.Run) -> list[bytes]:
    return [next(run.path.rglob(name)).read_bytes() for name in ("adapter_model.safetensors", "predictions*")]


def test_seeds_folds_and_files_are_the_same_while_a_node_is_killed(cluster, tiny_checkpoint, tmp_path):
    model = tiny_checkpoint("bert")
    given = {"model": model, "limit": 60, "quiet": True}
    here = tunelet.train_seeds("sample", (1, 2), epochs=12, settings=HELD_OUT, out=tmp_path / "here", **given)
    node = cluster.add_node(num_cpus=1)
    killing = threading.Timer(12, lambda: cluster.remove_node(node, allow_graceful=False))
    killing.start()
    there = tunelet.train_seeds(
        "sample", (1, 2), epochs=12, settings=HELD_OUT, out=tmp_path / "there", on="ray", **given
    )
    killing.join()
    assert [contents(run) for run in here.runs] == [contents(run) for run in there.runs]
    whole = tunelet.train("sample", epochs=1, folds=2, settings=SHORT, out=tmp_path / "whole", **given)
    folds = tunelet.train("sample", epochs=1, folds=2, settings=SHORT, out=tmp_path / "folds", on="ray", **given)
    assert contents(whole) == contents(folds)
    together = {"epochs": 1, "settings": HELD_OUT, "workers": 2, **given}
    one, two = (tunelet.train("sample", on=on, out=tmp_path / f"shared-{on}", **together) for on in ("local", "ray"))
    assert contents(one) == contents(two)
    parts = tmp_path / "parts"
    parts.mkdir()
    for name in ("a.csv", "b.csv", "c.csv"):
        (parts / name).write_text("text\n" + f"{name} is a film\n" * 40)
    one, two = (tunelet.predict_files(whole, parts, tmp_path / on, on=on, quiet=True).parts for on in ("local", "ray"))
    assert [part.sha256 for part in one] == [part.sha256 for part in two]
