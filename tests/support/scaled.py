"""Functions that workers of tests call: each process imports them by their name."""

import os
import signal
import time
from pathlib import Path
from typing import Any

from tunelet.errors import DataError


def threads_and_square(number: int) -> tuple[int, int, str]:
    import torch

    return os.getpid(), number * number, f"{torch.get_num_threads()}"


def refuse(number: int) -> int:
    if number == 2:
        raise DataError("two is not allowed", "pass another number")
    return number


def fail(_: int) -> None:
    raise ZeroDivisionError("a fault of the program")


def die_once(job: tuple[str, int]) -> int:
    """Kill the own process at the first try, and answer at the second."""
    folder, number = job
    mark = Path(folder) / f"tried-{number}"
    with mark.open("a") as file:
        file.write("x")
    if mark.stat().st_size == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def die(_: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def wait_beside(folder: str) -> None:
    """Say who waits, and wait long."""
    (Path(folder) / str(os.getpid())).touch()
    time.sleep(600)
