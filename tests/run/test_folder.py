"""A run folder is one process's at a time, never somebody else's, and found again by its own name."""

import multiprocessing
import os
import time
from pathlib import Path

import pytest

from tunelet._record import FileRecord
from tunelet.errors import RunError
from tunelet.run import RunFolder, default_folder, find_partial


def begin(path: Path) -> RunFolder:
    """A run that has begun: what it trains, and on what, is written down."""
    folder = RunFolder(path)
    folder.start()
    folder.begin(FileRecord(), FileRecord(), "")
    folder.release()
    return folder


def hold(path: Path, ready: "multiprocessing.synchronize.Event") -> None:
    folder = RunFolder(path)  # the name keeps the lock alive
    folder.start()
    ready.set()
    time.sleep(60)


def test_a_second_process_is_kept_out_until_the_first_dies(tmp_path):
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    first = context.Process(target=hold, args=(tmp_path / "run", ready))
    first.start()
    assert ready.wait(30)
    with pytest.raises(RunError, match="another tunelet is at work there"):
        RunFolder(tmp_path / "run").start()
    first.kill()
    first.join()
    RunFolder(tmp_path / "run").start()


def test_a_folder_of_somebody_elses_is_left_alone(tmp_path):
    (tmp_path / "run.partial").mkdir()
    (tmp_path / "run.partial" / "thesis.txt").write_text("years of work")
    with pytest.raises(RunError, match="is no run of tunelet"):
        RunFolder(tmp_path / "run").start()
    assert (tmp_path / "run.partial" / "thesis.txt").read_text() == "years of work"


def test_what_was_killed_before_it_had_begun_is_in_nobodys_way(tmp_path):
    folder = RunFolder(tmp_path / "run")
    folder.start()
    folder.write_record(folder.data, FileRecord())
    folder.release()
    RunFolder(tmp_path / "run").start()
    assert not folder.data.exists()


def test_an_interrupted_run_is_found_by_its_seed_and_its_last_work(in_folder):
    for name, age in (("r-m-seed1", 300), ("r-m-seed1-2", 100), ("r-m-seed10", 0)):
        folder = begin(Path("runs") / name)
        for path in (folder.path, *folder.path.iterdir()):
            os.utime(path, (time.time() - age,) * 2)
    Path("runs/r-m-seed1-3.partial").mkdir()  # never begun
    RunFolder(Path("runs/r-m-seed1-4")).start()  # killed before it had begun: its name is free again
    assert find_partial("r", "m", 1) == Path("runs/r-m-seed1-2")
    assert default_folder("r", "m", 1) == Path("runs/r-m-seed1-4")
    with pytest.raises(RunError, match="nothing to resume"):
        find_partial("r", "m", 2)


def test_a_taken_name_is_refused(tmp_path):
    begin(tmp_path / "run")
    with pytest.raises(RunError, match="holds an interrupted run; pass resume=True"):
        RunFolder(tmp_path / "run").start()
    (tmp_path / "other").mkdir()
    with pytest.raises(RunError, match="exists already"):
        RunFolder(tmp_path / "other").start()
