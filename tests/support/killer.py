"""Kills workers of a process while they work."""

import threading

import psutil


def workers_of(process: psutil.Process) -> list[psutil.Process]:
    """Spawned ones, and forks of a server, which this process started as well."""
    found = []
    for child in process.children():
        line = " ".join(child.cmdline())
        found += [child] if "spawn_main" in line else child.children() if "forkserver" in line else []
    return found


class Killer(threading.Thread):
    """Kills a worker of this process now and then."""

    def __init__(self, times: int, pause: float) -> None:
        super().__init__(daemon=True)
        self._times, self._pause = times, pause
        self.killed = 0
        self.over = threading.Event()

    def run(self) -> None:
        while self.killed < self._times and not self.over.wait(self._pause):
            if workers := workers_of(psutil.Process()):
                workers[self.killed % len(workers)].kill()
                self.killed += 1

    def __enter__(self) -> "Killer":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.join()
