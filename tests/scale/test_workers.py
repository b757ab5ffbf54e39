"""Jobs on processes of this machine: threads divided, errors handed on, dead workers replaced, none left behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from scaled import die, die_once, fail, refuse, threads_and_square
from tunelet.errors import DataError, RecipeError, RunError
from tunelet.scale import Job, Place, workers_at

pytestmark = pytest.mark.slow

SUPPORT = str(Path(__file__).parents[1] / "support")


def jobs(*arguments: object) -> list[Job]:
    return [Job(f"job {number}", argument) for number, argument in enumerate(arguments)]


def test_each_worker_does_one_job_at_a_time_with_threads_of_its_own(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "4")
    with workers_at(Place.of("local", 2)) as workers:
        assert workers.count == 2
        found = dict(workers.map(threads_and_square, jobs(*range(6))))
        again = [dict(workers.map(threads_and_square, jobs(7))) for _ in range(3)]
    assert [found[number][1] for number in range(6)] == [0, 1, 4, 9, 16, 25]
    processes = {process for process, _, _ in found.values()}
    assert len(processes) == 2
    assert os.getpid() not in processes
    assert {threads for _, _, threads in found.values()} == {"2"}
    assert {one[0][0] for one in again} == {found[0][0]}  # a process is kept, and has the first job of each call
    assert os.environ["OMP_NUM_THREADS"] == "4"
    assert not any(psutil.pid_exists(process) for process in processes)


def test_an_error_of_the_users_is_raised_here(monkeypatch):
    with workers_at(Place.of("local", 2)) as workers, pytest.raises(DataError, match="two is not allowed"):
        list(workers.map(refuse, jobs(1, 2, 3)))


def test_a_fault_of_the_program_is_no_error_of_the_users():
    with workers_at(Place.of("local", 2)) as workers, pytest.raises(RuntimeError, match="ZeroDivisionError"):
        list(workers.map(fail, jobs(1)))


def test_the_job_of_a_killed_worker_is_done_by_another_and_no_other_job_is_done_twice(tmp_path):
    with workers_at(Place.of("local", 2)) as workers:
        found = dict(workers.map(die_once, jobs(*((str(tmp_path), number) for number in range(4)))))
    assert found == {0: 0, 1: 1, 2: 2, 3: 3}
    assert {path.read_text() for path in tmp_path.iterdir()} == {"xx"}


def test_a_job_that_kills_its_workers_is_given_up():
    with workers_at(Place.of("local", 2)) as workers:
        with pytest.raises(RunError, match="job 0: 3 workers died at it, the last by signal 9") as caught:
            list(workers.map(die, jobs(None)))
        assert "workers=1" in caught.value.hint


def from_a_script(code, path=None):
    """How a script of a user's ends that asks for two workers; without a path it comes from standard input."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([SUPPORT, *sys.path])}
    if path is not None:
        path.write_text(code)
    arguments = [sys.executable, "-"] if path is None else [sys.executable, str(path)]
    return subprocess.run(arguments, input=code, env=environment, capture_output=True, text=True, timeout=120)


ASKS = """
from scaled import refuse
from tunelet.scale import Job, Place, workers_at
with workers_at(Place.of('local', 2)) as workers:
    list(workers.map(refuse, [Job('a', 1)]))
"""


def test_a_script_that_cannot_be_read_once_more_is_told_so(tmp_path):
    assert "<stdin> is no file; save it, or workers=1" in from_a_script(ASKS).stderr
    assert "has to stand under if __name__ == '__main__':" in from_a_script(ASKS, tmp_path / "bare.py").stderr


@pytest.mark.parametrize("way", ["SIGKILL", "SIGINT"])
def test_workers_end_with_their_parent(tmp_path, way):
    code = (
        "import sys\n"
        "from scaled import wait_beside\n"
        "from tunelet.scale import Job, Place, workers_at\n"
        "if __name__ == '__main__':\n"
        "    with workers_at(Place.of('local', 2)) as workers:\n"
        f"        list(workers.map(wait_beside, [Job('a', {str(tmp_path)!r}), Job('b', {str(tmp_path)!r})]))\n"
    )
    (tmp_path / "parent.py").write_text(code)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([SUPPORT, *sys.path])}
    parent = subprocess.Popen([sys.executable, str(tmp_path / "parent.py")], env=environment, stderr=subprocess.PIPE)
    try:
        waiting = until(lambda: [int(path.name) for path in tmp_path.iterdir() if path.name.isdigit()], 2)
        parent.send_signal(getattr(signal, way))
        parent.communicate(timeout=120)
    finally:
        parent.kill()
    until(lambda: [process for process in waiting if not psutil.pid_exists(process)], 2)


def until(what, number, seconds=60.0):
    end = time.monotonic() + seconds
    while len(found := what()) < number:
        assert time.monotonic() < end, found
        time.sleep(0.05)
    return found


@pytest.mark.parametrize(
    ("on", "workers", "said"),
    [
        ("locall", 2, "did you mean 'local'"),
        ("ray://", 2, "there is no place 'ray://'"),
        ("local", 0, "workers: expected at least 1, found 0"),
    ],
)
def test_a_place_that_there_is_not_is_refused(on, workers, said):
    with pytest.raises(RecipeError, match=said):
        Place.of(on, workers)


def test_one_worker_here_is_this_process():
    assert Place.of("local", None).is_here
    assert not Place.of("local", 2).is_here
    assert not Place.of("ray", 1).is_here
