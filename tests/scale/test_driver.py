"""The command itself is killed while its workers work: typed again it ends as if nothing had happened."""

import hashlib
import json
import random
import re
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from command_line import command, environment, run

pytestmark = pytest.mark.slow

QUICK = [
    "--limit", "60", "--epochs", "10", "--set", "evaluation.resamples=100", "--set", "evaluation.explained=0",
    "--set", "evaluation.baseline=false", "--set", "data.audit=false", "--set", "data.max_length=32",
    "--set", "training.probe=false", "--set", "training.checkpoint_seconds=0.1", "--set", "data.validation=held-out",
]  # fmt: skip
SAID = re.compile(r"about .* on 2 workers of \d+ cores? each, [\d.]+ core-hours")


def killed_amid(arguments: list[object], folder: Path, begun: str, seed: int) -> None:
    """Start a command, and kill it some time after a part of its work is there; its workers end, too."""
    process = subprocess.Popen(
        command(*arguments), env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        end = time.monotonic() + 120
        while not any(folder.glob(begun)):
            assert time.monotonic() < end
            assert process.poll() is None
            time.sleep(0.02)
        time.sleep(random.Random(seed).uniform(0, 3))
        children = psutil.Process(process.pid).children(recursive=True)
    finally:
        process.kill()
        process.wait()
    psutil.wait_procs(children, timeout=20)
    assert not any(child.is_running() and child.status() != psutil.STATUS_ZOMBIE for child in children)


def contents(folder: Path) -> dict[str, str]:
    names = ("adapter_model.safetensors", "predictions*", "*.csv")
    files = {path for name in names for path in folder.rglob(name)}
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_seeds(tiny_checkpoint, tmp_path):
    asked = ["train", "sample", "--model", tiny_checkpoint("bert"), "--seeds", "1,2", *QUICK]
    assert run(*asked, "--out", tmp_path / "whole").status == 0
    out = ["--workers", "2", "--out", tmp_path / "out"]
    killed_amid([*asked, *out], tmp_path / "out", "seed-*.partial/checkpoints", seed=1)
    killed_amid([*asked, *out, "--resume"], tmp_path / "out", "seed-*.partial/checkpoints", seed=2)
    again = run(*asked, *out, "--resume")
    assert again.status == 0, again.stderr
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")
    assert SAID.search(again.stderr)


def test_files(tiny_checkpoint, tmp_path):
    trained = run("train", "sample", "--model", tiny_checkpoint("bert"), *QUICK, "--out", tmp_path / "run")
    assert trained.status == 0, trained.stderr
    parts = tmp_path / "parts"
    parts.mkdir()
    for part in range(12):
        (parts / f"{part}.csv").write_text("text\n" + "".join(f"{part} and {row} films\n" for row in range(400)))
    asked = ["predict", tmp_path / "run", "--input", parts]
    assert run(*asked, "--output", tmp_path / "whole", "--workers", "1").status == 0
    killed_amid([*asked, "--output", tmp_path / "out", "--workers", "2"], tmp_path / "out.partial", "*.csv", seed=3)
    again = run(*asked, "--output", tmp_path / "out", "--workers", "2")
    assert again.status == 0, again.stderr
    assert SAID.search(again.stderr)
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")


def test_one_training_goes_on_with_another_number_of_workers(tiny_checkpoint, tmp_path):
    asked = ["train", "sample", "--model", tiny_checkpoint("bert"), *QUICK, "--epochs", "15"]
    assert run(*asked, "--out", tmp_path / "whole").status == 0
    out = ["--out", tmp_path / "out"]
    killed_amid([*asked, *out, "--workers", "2"], tmp_path / "out.partial", "checkpoints/step-*", seed=4)
    again = run(*asked, *out, "--resume")
    assert again.status == 0, again.stderr
    assert not SAID.search(again.stderr)  # it is one process now, whose plan says how long it takes
    one, two = (losses(tmp_path / name) for name in ("whole", "out"))
    assert len(one) > 3
    assert two == pytest.approx(one, abs=1e-5)


def losses(folder: Path) -> list[float]:
    lines = map(json.loads, (folder / "history.jsonl").read_text().splitlines())
    return [line["loss"] for line in lines if "loss" in line]
