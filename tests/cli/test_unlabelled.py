"""`train --unlabelled` as it is typed."""

import json
import shutil

import pytest

from command_line import QUICK, call, refused

pytestmark = pytest.mark.slow


def test_every_seed_learns_from_the_same_texts_and_the_screen_says_so(capsys, in_folder, tiny_checkpoint):
    rows = [f"text {n} is {('fine', 'poor')[n % 2]},{('good', 'bad')[n % 2]}" for n in range(30)]
    (in_folder / "data.csv").write_text("\n".join(["text,label", *rows]) + "\n")
    others = [f"line {n} is {('fine', 'poor')[n % 2]}" for n in range(400)]
    (in_folder / "others.txt").write_text("\n".join([*others, "text 3 is poor", others[0]]) + "\n")
    typed = (
        "train", "data.csv", "--seeds", "1,2", "--model", tiny_checkpoint("bert"), *QUICK, "--out", "seeds",
        "--set", "data.unlabelled_tokens=1000", "--set", "evaluation.baseline=false", "--set", "model.pooling=mean",
        "--set", "model.layers=3", "--unlabelled",
    )  # fmt: skip
    done = call(capsys, *typed, "others.txt")
    assert done.status == 0, done.stderr
    told = [json.loads((in_folder / "seeds" / f"seed-{seed}" / "data.json").read_text()) for seed in (1, 2)]
    first, second = (one["unlabelled"] for one in told)
    assert first == second
    assert first["source"] == "others.txt"
    assert (first["rows"], first["dropped"]) == (400, {"also a labelled text": 1, "repeated text": 1})
    assert 100 < first["used"]["rows"] < 400
    assert first["used"]["tokens"] <= 1000
    line = next(line for line in done.stderr.splitlines() if line.startswith("unlabelled"))
    assert "others.txt" in line
    assert "drawn from 400" in line
    assert "1 also a labelled text" in line
    time = next(line for line in done.stderr.splitlines() if line.startswith("time"))
    assert "student" in time
    candidates = next(line for line in done.stderr.splitlines() if line.startswith("candidates"))
    assert "adapter + unlabelled" in candidates
    shutil.rmtree(in_folder / "seeds" / "seed-2")
    (in_folder / "seeds" / "metrics.json").unlink()
    (in_folder / "fewer.txt").write_text("\n".join(others[5:]) + "\n")
    refused(call(capsys, *typed, "fewer.txt", "--resume"), "other settings than seed-1: data")


def test_what_cannot_be_combined_says_what_to_type(capsys):
    refused(call(capsys, "train", "sample", "--unlabelled", "sample", "--budget", "5m"), "leave out --budget")
    head = ("--set", "adapter.method=head")
    refused(call(capsys, "train", "sample", "--unlabelled", "sample", *head), "--set adapter.method=lora")
    refused(call(capsys, "train", "sample", "--unlabelled", "nowhere.txt"), "nowhere.txt")
