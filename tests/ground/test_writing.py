"""Files that are whole or not there, with the modes that the user wants, and no litter of those who were killed."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from tunelet.errors import DiskError
from tunelet.run import write_atomically

WRITES = """
import os, signal, sys
from pathlib import Path
from tunelet.run import write_atomically
def write(part):
    part.write_text("half of it")
    print(part.parent.name, flush=True)
    if sys.argv[2] == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    sys.stdin.read()
write_atomically(Path(sys.argv[1]), write)
"""


def writer(path: Path, how: str) -> "subprocess.Popen[str]":
    pipe = subprocess.PIPE
    process = subprocess.Popen([sys.executable, "-c", WRITES, str(path), how], stdin=pipe, stdout=pipe, text=True)
    assert process.stdout is not None
    assert process.stdout.readline().startswith(f".{path.name}.")
    return process


def test_the_next_write_removes_what_a_killed_one_left_but_not_what_another_is_writing(tmp_path: Path) -> None:
    (tmp_path / ".mine.tunelet-part").write_text("not of that form")
    with writer(tmp_path / "other.csv", "wait") as busy:
        with writer(tmp_path / "out.csv", "die") as dead:
            assert dead.wait(60) == -signal.SIGKILL
        assert len(list(tmp_path.iterdir())) == 3
        write_atomically(tmp_path / "out.csv", lambda part: part.write_text("whole"))
        assert len(list(tmp_path.iterdir())) == 3  # the dead one's went, out.csv came
        busy.communicate("", timeout=60)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".mine.tunelet-part", "other.csv", "out.csv"]
    assert (tmp_path / "other.csv").read_text() == "half of it"


@pytest.mark.parametrize("mask", [0o022, 0o077, 0o002])
def test_files_follow_the_umask_whoever_writes_them(tmp_path: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        write_atomically(tmp_path / "text", lambda part: part.write_text("x"))
        write_atomically(tmp_path / "weights", lambda part: save_file({"a": torch.zeros(2)}, part))
    finally:
        os.umask(before)
    assert {(tmp_path / name).stat().st_mode & 0o777 for name in ("text", "weights")} == {0o666 & ~mask}


def test_the_umask_of_the_process_is_never_touched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(mask: int) -> int:
        raise AssertionError("another thread would make files for everybody meanwhile")

    monkeypatch.setattr(os, "umask", refuse)
    threads = [
        threading.Thread(target=write_atomically, args=(tmp_path / str(n), lambda part: part.write_text("x")))
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(list(tmp_path.iterdir())) == 8


def test_threads_that_write_into_one_folder_never_sweep_what_another_writes(tmp_path: Path) -> None:
    errors: list[BaseException] = []

    def write(number: int) -> None:
        try:
            for turn in range(40):
                name = tmp_path / f"{number}-{turn}"
                if number % 2:
                    write_atomically(name, lambda part: part.write_text("x"))
                else:
                    write_atomically(name, lambda part: save_file({"a": torch.zeros(2)}, part))
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert len(list(tmp_path.iterdir())) == 8 * 40


def test_a_write_that_fails_leaves_neither_file_nor_new_folder(tmp_path: Path) -> None:
    def fail(part: Path) -> None:
        part.write_text("half")
        raise OSError(28, "No space left on device")

    with pytest.raises(DiskError, match="no space left"):
        write_atomically(tmp_path / "new" / "folder" / "out.csv", fail)
    assert not list(tmp_path.iterdir())


def test_any_refusal_of_the_system_is_a_line(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with pytest.raises(DiskError, match="cannot be written"):
        write_atomically(tmp_path / "out", lambda part: part.write_text("x"))
