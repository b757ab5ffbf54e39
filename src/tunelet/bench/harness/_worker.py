"""Each arm lives in a process of its own and works when it is asked to.

So the arms can take turns (a slow minute of the machine hits all alike), each has its own peak of memory, and an arm
that fails or hangs ends alone. Who waits sleeps on a pipe and holds no processor. Workers are forked from a server that
has loaded the libraries and computed nothing, where the system has that; their memory after loading is the baseline.
"""

import multiprocessing
import os
import signal
import tempfile
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from tunelet._words import first_line
from tunelet.errors import TuneletError

if TYPE_CHECKING:
    from multiprocessing.connection import Connection


class ArmFailed(Exception):  # noqa: N818  (it is an outcome that is written down, not a fault)
    """An arm could not do its work; the message is one line for the table."""


class ArmTooSlow(ArmFailed):
    """An arm took longer than its limit."""


@dataclass(frozen=True)
class Memory:
    """Memory of one worker in bytes: its resident set after loading the libraries, and the largest so far.

    On a GPU the peak is the largest allocation there, and the baseline 0.
    """

    baseline: int
    peak: int


class Desk:
    """The worker's side: wait to be asked, work, report."""

    def __init__(self, connection: "Connection[Any, Any]", device: str) -> None:
        self._connection, self._device = connection, device
        self._baseline = resident_bytes() if device == "cpu" else 0

    def wait(self) -> bool:
        """Sleep until asked for the next turn; False: there is none, finish."""
        try:
            return bool(self._connection.recv())
        except EOFError:
            return False

    def report(self, result: object) -> None:
        """Hand over the result of the turn."""
        self._connection.send(("done", result, Memory(self._baseline, peak_bytes(self._device))))


class Worker:
    """The other side: start an arm, ask it for turns, end it.

    Args:
        job: a module-level function, called in the new process with a Desk and the arguments.
        arguments: picklable.
        device: where the arm computes, "cpu" or "cuda".
        limit: seconds that a turn may take, loading included; None: any.
    """

    def __init__(
        self, job: Callable[..., None], *arguments: object, device: str = "cpu", limit: float | None = None
    ) -> None:
        context = _context()
        self._connection, theirs = context.Pipe()
        handle, log = tempfile.mkstemp(prefix="tunelet-bench-", suffix=".log")
        os.close(handle)
        self._log = Path(log)
        self._process = context.Process(target=_serve, args=(theirs, log, device, job, arguments), daemon=True)
        self._process.start()
        theirs.close()
        self.memory = Memory(0, 0)
        self._limit = limit

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self._end()

    def ask(self, *, limit: float | None = None) -> Any:
        """One turn's result.

        Args:
            limit: seconds that this turn may take, where that is less than what the worker may take in general.

        Raises:
            ArmFailed: it failed or died.
            ArmTooSlow: the limit has passed; the worker is ended.
            TuneletError: the user's input is at fault.
        """
        with suppress(OSError):  # a worker that died has its say below
            self._connection.send(True)
        limit = min((seconds for seconds in (limit, self._limit) if seconds is not None), default=None)
        if not self._connection.poll(limit):
            self._end()
            raise ArmTooSlow(f"not done within {limit:.0f} s")
        try:
            kind, result, more = self._connection.recv()
        except (EOFError, OSError):
            self._process.join(5)
            raise ArmFailed(f"the process died (exit status {self._process.exitcode}){self._last_words()}") from None
        if kind == "refused":
            raise TuneletError(result, more)
        if kind == "failed":
            raise ArmFailed(result)
        self.memory = more
        return result

    def close(self) -> None:
        """Let it finish, and end it where it does not."""
        with suppress(OSError):
            self._connection.send(False)
        self._process.join(5)
        self._end()

    def _end(self) -> None:
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self._connection.close()
        self._log.unlink(missing_ok=True)

    def _last_words(self) -> str:
        if not self._log.exists():
            return ""
        lines = self._log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return f": {lines[-1][:200]}" if lines else ""


def run_once(job: Callable[..., None], *arguments: object, device: str = "cpu", limit: float | None = None) -> Any:
    """The result of a job that has one turn. Raises what `Worker.ask` raises."""
    with Worker(job, *arguments, device=device, limit=limit) as worker:
        return worker.ask()


def resident_bytes() -> int:
    """Resident set of this process now."""
    import psutil

    return int(psutil.Process().memory_info().rss)


def peak_bytes(device: str = "cpu") -> int:
    """Largest resident set of this process, or on a GPU its largest allocation."""
    if device == "cuda":
        import torch

        return int(torch.cuda.max_memory_allocated())
    from tunelet.run import peak_memory_bytes

    return peak_memory_bytes()


def _context() -> Any:
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tunelet.bench.harness._libraries"])
    return context


def _serve(
    connection: "Connection[Any, Any]", log: str, device: str, job: Callable[..., None], arguments: tuple[object, ...]
) -> None:
    """What runs in the new process. Its output goes to the log: stdout is the command's own."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is answered by the one that asks, which ends its workers
    with open(log, "w", encoding="utf-8") as file:  # noqa: PTH123
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    # tunelet sets this for itself where it loads models; the stock stack must not inherit it.
    os.environ.pop("ONEDNN_PRIMITIVE_CACHE_CAPACITY", None)
    import tunelet.bench.harness._libraries  # noqa: F401

    try:
        job(Desk(connection, device), *arguments)
    except TuneletError as error:
        connection.send(("refused", error.message, error.hint))
    except BaseException as error:
        traceback.print_exc()
        reason = first_line(error, without="no message")
        connection.send(("failed", f"{type(error).__name__}: {reason[:200]}", None))
    finally:
        connection.close()
