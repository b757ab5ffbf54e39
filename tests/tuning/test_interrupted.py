"""A search that is interrupted, or whose processes are killed, is the one that was not."""

import json
import os
import signal
from itertools import cycle

import pytest

from checkpoints import Killed, KillsBehind
from command_line import command, environment, run
from searches import SETTINGS, facts_of, texts
from tunelet.tuning import _trial, _tune

pytestmark = pytest.mark.slow


def test_interrupted_between_and_within_trials_the_search_is_that_of_one_session(search, monkeypatch, tmp_path):
    whole = search("whole", trials=5, pruner="median")

    taken = 0

    def killed(*arguments):
        nonlocal taken
        taken += 1
        if taken in (2, 5):
            raise Killed
        return ran(*arguments)

    ran = _tune.run_trial
    monkeypatch.setattr(_tune, "run_trial", killed)
    for resume in (False, True):
        with pytest.raises(Killed):
            search("parts", trials=5, pruner="median", resume=resume)
    parts = search("parts", trials=5, pruner="median", resume=True)
    assert facts_of(parts) == facts_of(whole)


@pytest.mark.parametrize("validation", [{}, {"data.validation": "cross-validation", "data.folds": 2}])
def test_interrupted_behind_every_evaluation_checkpoint_and_run_the_figures_are_the_same(search, validation):
    given = {"trials": 1, "pruner": "none", "settings": SETTINGS | validation}
    whole = search("whole", **given)

    kills_behind = KillsBehind((_trial._Watched, "note"), (_tune, "run_trial"))
    moments = cycle((1, 2))  # an evaluation is made again where the checkpoint behind it was not written
    kills, parts = 0, None
    while parts is None:
        try:
            with kills_behind.the(next(moments)):
                parts = search("parts", resume=kills > 0, **given)
        except Killed:
            kills += 1
    assert kills >= 3
    assert facts_of(parts) == facts_of(whole)


def test_killed_at_any_moment_it_goes_on_where_it_was(tiny_checkpoint, tmp_path):
    """SIGKILL, three times at moments that the clock decides, in a process of its own."""
    import subprocess
    import time

    lines = ["text,label", *(f'"{text}",{label}' for text, label in texts(60))]
    (tmp_path / "reviews.csv").write_text("\n".join(lines), encoding="utf-8")
    (tmp_path / "space.toml").write_text("[adapter]\nrank = [2, 4, 8]\n", encoding="utf-8")
    flags = [word for key, value in SETTINGS.items() for word in ("--set", f"{key}={str(value).lower()}")]
    given = ["tune", tmp_path / "reviews.csv", "--model", tiny_checkpoint("bert"), "--space", tmp_path / "space.toml",
             "--trials", "4", *flags]  # fmt: skip
    whole = run(*given, "--out", tmp_path / "whole", "--json")
    assert whole.status == 0, whole.stderr
    for number, wait in enumerate((0.1, 0.6, 1.1)):
        resume = ["--resume"] if (tmp_path / "parts" / "tunelet.json").is_file() else []
        process = subprocess.Popen(
            command(*given, "--out", tmp_path / "parts", *resume), env=environment(), stderr=subprocess.DEVNULL
        )
        begun = time.monotonic()
        while not (tmp_path / "parts" / "journal.log").is_file() and time.monotonic() - begun < 60:
            time.sleep(0.05)
        time.sleep(wait)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        assert number < 3
    again = run(*given, "--out", tmp_path / "parts", "--resume", "--json")
    assert again.status == 0, again.stderr
    ours, theirs = (
        [(trial["settings"], trial["state"], trial.get("figure")) for trial in json.loads(done.stdout)["trials"]]
        for done in (again, whole)
    )
    assert ours == theirs


def test_trials_on_two_workers_are_the_same_search_whatever_is_killed(search, tmp_path):
    from killer import Killer

    undisturbed = search("undisturbed", trials=5, workers=2)
    assert [trial.number for trial in undisturbed.facts.trials] == [0, 1, 2, 3, 4]
    with Killer(3, 4.0) as killer:
        killed = search("killed", trials=5, workers=2)
    assert killer.killed > 0
    assert facts_of(killed) == facts_of(undisturbed)
    longer = search("undisturbed", trials=6, workers=2, resume=True)
    assert facts_of(longer)["trials"][:5] == facts_of(undisturbed)["trials"]
