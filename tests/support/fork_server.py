"""Commands in forks of a process that has the heavy libraries loaded: each starts in a tenth of the time.

What a test sees is a process of its own: its environment, folder, streams and exit status. What is loaded before the
fork reads no setting when it is imported, and no environment of Python's own may differ.
"""

import atexit
import contextlib
import gc
import importlib
import multiprocessing
import os
import runpy
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

# Read by the interpreter or by a library when it starts: with another value, a fork would not have seen it.
_AT_START = ("PYTHON", "LC_", "LANG", "OMP_", "MKL_", "KMP_", "MALLOC_", "LD_")
_OF_THE_HUB = ("HF_", "HUGGING", "TRANSFORMERS_")
LIBRARIES = (
    "torch", "torch._dynamo", "torch.distributed.tensor", "sklearn.linear_model", "sklearn.feature_extraction.text",
    "scipy.stats", "scipy.optimize", "pandas", "pyarrow.parquet", "pydantic", "typer", "rich.console",
)  # fmt: skip
HUB_LIBRARIES = ("transformers.models.auto", "peft")  # they read HF_HOME and the like when they are imported


@dataclass(frozen=True)
class Request:
    """What a fork is to run, and where.

    Attributes:
        arguments: those of `python`: `-m MODULE ...` or `-c CODE ...`.
        environment: all of it.
        folder: the working directory.
        stdout: file that takes what is written there.
        stderr: likewise.
    """

    arguments: tuple[str, ...]
    environment: dict[str, str]
    folder: str
    stdout: str
    stderr: str


class _Server:
    """One process that loaded the libraries, and forks for one request after the other."""

    def __init__(self, libraries: Sequence[str], environment: dict[str, str]) -> None:
        ours, theirs = multiprocessing.Pipe()
        code = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import fork_server; "
        code += f"fork_server.serve({theirs.fileno()}, {list(libraries)!r})"
        self._process = subprocess.Popen(
            [sys.executable, "-c", code],
            env=environment,
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        theirs.close()
        self._connection = ours

    def run(self, request: Request, timeout: float) -> int:
        """The exit status, negative for a signal, as `subprocess` has it."""
        self._connection.send(request)
        if not self._connection.poll(timeout):
            self.stop()
            raise subprocess.TimeoutExpired(request.arguments, timeout)
        status = self._connection.recv()
        assert isinstance(status, int)
        return status

    def stop(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._connection.close()


_servers: dict[tuple[str, ...], _Server] = {}
_lock = threading.Lock()


@atexit.register
def _stop_all() -> None:
    for server in _servers.values():
        server.stop()


def run(
    arguments: Sequence[str],
    environment: dict[str, str],
    usual: dict[str, str],
    *,
    folder: Path | None = None,
    timeout: float = 120,
    modules: Sequence[str] = (),
) -> "subprocess.CompletedProcess[str]":
    """`python ARGUMENTS`, as `subprocess.run` does it with captured output and an empty stdin.

    Args:
        arguments: `-m MODULE ...` or `-c CODE ...`.
        environment: all of it.
        usual: that which the server starts with; where the two differ in what is read at start, nothing is forked.
        folder: the working directory; None: this process's.
        timeout: seconds.
        modules: that are loaded as well before the fork.

    Raises:
        subprocess.TimeoutExpired: it did not end in time, and is no more.
    """
    differ = tuple(key for key in environment | usual if environment.get(key) != usual.get(key))
    if any(key.startswith(_AT_START) for key in differ) or not hasattr(os, "fork"):
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
    of_the_hub = any(key.startswith(_OF_THE_HUB) for key in differ)
    libraries = LIBRARIES if of_the_hub else (*LIBRARIES, *HUB_LIBRARIES, *modules)
    with _lock, tempfile.TemporaryDirectory() as streams:
        stdout, stderr = (Path(streams, name) for name in ("stdout", "stderr"))
        request = Request(tuple(arguments), environment, str(folder or Path.cwd()), str(stdout), str(stderr))
        if libraries not in _servers:
            _servers[libraries] = _Server(libraries, usual)
        try:
            status = _servers[libraries].run(request, timeout)
        except subprocess.TimeoutExpired:
            del _servers[libraries]
            raise
        return subprocess.CompletedProcess(list(arguments), status, stdout.read_text(), stderr.read_text())


def serve(descriptor: int, libraries: Sequence[str]) -> None:
    """What the server does until its pipe closes; in a fork it returns, once the request has been run."""
    for name in libraries:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()  # a fork's collections need not look at the libraries, nor copy their pages to do so
    connection = Connection(descriptor)
    while True:
        try:
            request = connection.recv()
        except EOFError:
            return
        pid = os.fork()
        if pid == 0:
            connection.close()
            _become(request)
            return
        connection.send(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


def _become(request: Request) -> None:
    os.environ.clear()
    os.environ.update(request.environment)
    os.chdir(request.folder)
    for descriptor, path in ((0, os.devnull), (1, request.stdout), (2, request.stderr)):
        opened = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND)
        os.dup2(opened, descriptor)
        os.close(opened)
    kind, what, *arguments = request.arguments
    if kind == "-m":
        sys.argv = [what, *arguments]
        sys.path[0] = request.folder
        runpy.run_module(what, run_name="__main__", alter_sys=True)
    else:
        sys.argv = ["-c", *arguments]
        sys.path[0] = ""
        program = Path(request.stdout).with_name("program.py")
        program.write_text(what)
        runpy.run_path(str(program), run_name="__main__")
