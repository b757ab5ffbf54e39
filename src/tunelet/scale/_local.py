"""Workers on this machine: processes that are not forked from this one, for PyTorch's threads do not survive that.

On Linux they are forked from a server, which has imported the libraries and started no thread: so a worker begins, or a
dead one is replaced, within a tenth of a second, and all share the memory of the libraries. Elsewhere each is spawned.

Each has a pipe of its own, so that one that dies takes nobody along. A worker whose parent is gone ends as well: else
it would hold the folder that a second call wants to go on with.
"""

import multiprocessing
import os
import signal
import sys
import threading
import time
import traceback
from bisect import insort
from collections import deque
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

from tunelet.errors import RecipeError, RunError
from tunelet.scale._job import MOST_DEATHS, Answer, Job, Work, answered
from tunelet.scale._place import Place

_ENDING = 2.0  # seconds that a worker has to end by itself
_starting = threading.Lock()  # a spawned process takes its number of threads from the environment
_MEMORY = "if the memory was full, take fewer: workers=1"
_GUARD = "workers read the script once more: what asks for them has to stand under if __name__ == '__main__':"
_LIBRARIES = ["torch", "transformers.models.auto", "peft", "sklearn.linear_model", "scipy.stats", "pyarrow.parquet"]


class LocalWorkers:
    """Processes of this machine, the cores divided among them."""

    def __init__(self, place: Place) -> None:
        """Start none yet; that is left to the first jobs.

        Raises:
            RecipeError: a worker could not read the script that asks for it.
        """
        script = getattr(sys.modules["__main__"], "__file__", None)
        if script is not None and not Path(script).exists():
            raise RecipeError(f"workers read the script once more, and {script} is no file", "save it, or workers=1")
        self.count = place.workers
        self.cores = place.threads
        self._idle: list[_Process] = []  # the oldest first, so that the first jobs of each call find the same ones
        self._busy: dict[Any, tuple[_Process, int]] = {}  # by its pipe, whose class differs on Windows

    def map(self, work: Work, jobs: Sequence[Job]) -> Iterator[tuple[int, Any]]:
        """As described in `Workers`."""
        waiting, deaths = deque(range(len(jobs))), [0] * len(jobs)
        while self._busy or waiting:
            while len(self._busy) < self.count and waiting:
                number = waiting.popleft()
                process = self._idle.pop(0) if self._idle else _Process(self.cores)
                self._busy[process.pipe] = (process, number)
                process.give(work, jobs[number].argument)
            for pipe in wait(list(self._busy)):
                process, number = self._busy.pop(pipe)
                answer = process.take()
                if answer is None:
                    deaths[number] += 1
                    if deaths[number] >= MOST_DEATHS:
                        raise RunError(
                            f"{jobs[number].name}: {MOST_DEATHS} workers died at it, the last {process.death}",
                            _MEMORY if process.was_killed else _GUARD,
                        )
                    waiting.append(number)
                    continue
                insort(self._idle, process, key=lambda each: each.begun)
                yield number, answer.value()

    def end(self) -> None:
        """End all workers, those at work at once."""
        for process, _ in self._busy.values():
            process.kill()
        for process in self._idle:
            process.dismiss()
        self._busy.clear()
        self._idle.clear()


class _Process:
    """One worker."""

    def __init__(self, threads: int) -> None:
        self.begun = time.monotonic()
        context = _context()
        self.pipe, theirs = context.Pipe()
        with _starting:
            before = os.environ.get("OMP_NUM_THREADS")
            os.environ["OMP_NUM_THREADS"] = str(threads)
            try:
                self._process = context.Process(target=_serve, args=(theirs, threads, dict(os.environ)))
                self._process.start()
            finally:
                if before is None:
                    del os.environ["OMP_NUM_THREADS"]
                else:
                    os.environ["OMP_NUM_THREADS"] = before
        theirs.close()

    def give(self, work: Work, argument: Any) -> None:
        """Hand over a job; one that has just died is noticed when its answer is taken."""
        try:
            self.pipe.send((work, argument))
        except OSError:
            return

    def take(self) -> Answer | None:
        """The answer; None: it died. Raises RuntimeError with the trace of an error that is nobody's input's."""
        try:
            answer = self.pipe.recv()
        except (EOFError, OSError):
            self.kill()
            return None
        if isinstance(answer, str):
            raise RuntimeError(f"a worker failed:\n{answer}")
        assert isinstance(answer, Answer)  # noqa: S101
        return answer

    @property
    def death(self) -> str:
        """How it died, in words."""
        code = self._process.exitcode
        return f"by signal {-code}" if code is not None and code < 0 else f"with exit status {code}"

    @property
    def was_killed(self) -> bool:
        """Whether it died by a signal."""
        return (self._process.exitcode or 0) < 0

    def dismiss(self) -> None:
        """Let an idle one end."""
        self.pipe.close()
        self._process.join(_ENDING)
        self.kill()

    def kill(self) -> None:
        """End it now."""
        if self._process.is_alive():
            self._process.kill()
        self._process.join()
        self.pipe.close()


def _context() -> Any:
    """How processes are started."""
    if sys.platform != "linux":
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([name for name in _LIBRARIES if find_spec(name.partition(".")[0])])
    return context


def _serve(pipe: Any, threads: int, environment: dict[str, str]) -> None:
    """What a worker does, in the environment of the process that asked for it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is answered by the parent, which ends its workers
    threading.Thread(target=_watch, daemon=True).start()
    os.environ.clear()
    os.environ.update(environment)
    if "torch" in sys.modules:  # by the server, or the user's own script, which this process has read again
        sys.modules["torch"].set_num_threads(threads)
        threadpool_limits(threads)
    while True:
        try:
            work, argument = pipe.recv()
        except (EOFError, OSError):
            return
        try:
            answer: Answer | str = answered(work, argument)
        except BaseException:
            answer = traceback.format_exc()
        pipe.send(answer)


def _watch() -> None:
    """End this process when the one that asked for it is gone."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
