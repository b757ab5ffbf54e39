"""Kills workers of this process while they work."""

import threading

import psutil


class Killer(threading.Thread):
    """Kills a worker of this process now and then."""

    def __init__(self, times: int, pause: float) -> None:
        super().__init__(daemon=True)
        self._times, self._pause = times, pause
        self.killed = 0
        self.over = threading.Event()

    def run(self) -> None:
        while self.killed < self._times and not self.over.wait(self._pause):
            children = [child for child in psutil.Process().children() if "spawn_main" in " ".join(child.cmdline())]
            if children:
                children[self.killed % len(children)].kill()
                self.killed += 1

    def __enter__(self) -> "Killer":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.join()
