"""A worker works when asked, keeps its output to itself, and its end is one line."""

import pytest

import bench_jobs
from tunelet.bench.harness._worker import ArmFailed, ArmTooSlow, Worker, run_once
from tunelet.errors import TuneletError

pytestmark = pytest.mark.slow


def test_it_works_turn_by_turn_and_says_nothing_on_stdout(capfd):
    with Worker(bench_jobs.count, 5) as worker:
        assert [worker.ask(), worker.ask()] == [5, 6]
        assert 0 < worker.memory.baseline <= worker.memory.peak
    assert capfd.readouterr().out == ""
    worker.close()  # again: nothing happens


def test_its_peak_of_memory_is_its_own():
    large, small = run_peak(210), run_peak(10)
    assert large - small == pytest.approx(200 * 2**20, rel=0.1)


def run_peak(mebibytes: int) -> int:
    with Worker(bench_jobs.take_memory, mebibytes) as worker:
        assert worker.ask() == 1
        return worker.memory.peak


def test_a_failure_is_its_first_line():
    with pytest.raises(ArmFailed, match=r"^ValueError: no such thing$"):
        run_once(bench_jobs.fail)


def test_a_process_that_dies_leaves_its_last_words():
    with pytest.raises(ArmFailed, match=r"the process died \(exit status 3\): last words"):
        run_once(bench_jobs.die)


def test_what_the_user_got_wrong_stays_the_users_error():
    with pytest.raises(TuneletError, match="found a toaster") as found:
        run_once(bench_jobs.refuse)
    assert found.value.hint == "name another"


def test_one_that_hangs_is_ended_at_its_own_limit_or_at_that_of_the_turn():
    with Worker(bench_jobs.hang, limit=0.3) as worker, pytest.raises(ArmTooSlow, match="not done within 0 s"):
        worker.ask(limit=100.0)
    with Worker(bench_jobs.hang) as worker, pytest.raises(ArmTooSlow, match=r"not done within 0 s|within"):
        worker.ask(limit=0.3)
