"""Runs the C++ compiler, which may be any program: it may hang, print without end, fail, or write no file."""

import atexit
import os
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tunelet._cache import own_temporary

_VERSION_SECONDS = 10.0
_COMPILE_SECONDS = 120.0
_LARGEST_OUTPUT = 2**20  # bytes; of messages as of --version
_LARGEST_LIBRARY = 64 * 2**20  # bytes; a genuine one has some hundred thousand
_PREFIX = "build-"


class CompilerError(Exception):
    """The compiler wrote no library; the message says why."""


@dataclass(frozen=True)
class _Ended:
    status: int
    output: bytes


def version(compiler: str) -> bytes:
    """The compiler's answer to --version. Raises CompilerError where it does not answer in time."""
    try:
        return _run([compiler, "--version"], _VERSION_SECONDS).output
    except CompilerError as error:
        raise CompilerError(f"asked for its --version, {error}") from None


def compile_library(compiler: str, flags: tuple[str, ...], source: Path) -> bytes:
    """Compile a source file to a shared library and return its bytes. Raises CompilerError."""
    try:
        for left in own_temporary().glob(f"{_PREFIX}*"):  # left by a process that was killed
            if time.time() - left.stat().st_mtime > 10 * _COMPILE_SECONDS:
                shutil.rmtree(left, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix=_PREFIX, dir=own_temporary(), ignore_cleanup_errors=True) as folder:
            built = Path(folder) / "native.so"
            ended = _run([compiler, *flags, "-o", str(built), str(source)], _COMPILE_SECONDS)
            if ended.status:
                lines = ended.output.decode("utf-8", "replace").strip().splitlines()
                raise CompilerError(next(iter(lines), f"status {ended.status}"))
            if built.stat().st_size > _LARGEST_LIBRARY:
                raise CompilerError("the library is larger than can be")
            return built.read_bytes()
    except OSError as error:
        raise CompilerError(str(error)) from None


def _run(command: list[str], seconds: float) -> _Ended:
    """Run a program, for so many seconds and 1 MiB of output at most; it ends with the processes that it started."""
    try:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
        )
    except (OSError, ValueError) as error:
        raise CompilerError(f"it cannot be started: {getattr(error, 'strerror', None) or error}") from None
    atexit.register(_end, process)  # a thread that waits for it does not live to see its end
    try:
        output = _output(process, time.monotonic() + seconds)
        return _Ended(process.wait(timeout=seconds), output)
    except (TimeoutError, subprocess.TimeoutExpired):
        raise CompilerError(f"it came to no end within {seconds:g} s") from None
    finally:
        _end(process)
        atexit.unregister(_end)
        assert process.stdout is not None  # noqa: S101
        process.stdout.close()


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        if sys.platform == "win32":
            process.kill()
        else:
            with suppress(OSError):
                os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _output(process: subprocess.Popen[bytes], deadline: float) -> bytes:
    assert process.stdout is not None  # noqa: S101
    output = b""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while len(output) <= _LARGEST_OUTPUT:
            left = deadline - time.monotonic()
            if left <= 0 or not selector.select(left):
                raise TimeoutError
            piece = os.read(process.stdout.fileno(), 2**16)
            if not piece:
                return output
            output += piece
    raise CompilerError("it printed without end")
