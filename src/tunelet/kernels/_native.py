"""The compiled half of this room: native.cpp, built once a machine by the compiler that is there, loaded by ctypes.

Compiling takes some seconds, once; the result lies in the cache under a name that source, compiler, flags and processor
decide. Without a compiler everything runs in PyTorch.
"""

import ctypes
import functools
import hashlib
import os
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from tunelet._cache import cache_folder
from tunelet._choice import Choice
from tunelet.kernels._processor import features, forbidden_wide_vectors

_SOURCE = Path(__file__).with_name("native.cpp")
_FLAGS = (
    "-std=c++17", "-O3", "-march=native", "-funroll-loops", "-fopenmp", "-fPIC", "-shared",
    # sums in any order, so that loops become vectors; infinities and NaN keep their meaning
    "-fno-math-errno", "-fno-trapping-math", "-fno-signed-zeros", "-fassociative-math", "-freciprocal-math",
)  # fmt: skip
_WIDE = "-mprefer-vector-width=512"
_SECONDS = 120.0  # of compiling, at most


@dataclass(frozen=True)
class Library:
    """The loaded kernels and what it took to make them: seconds of compiling, 0 where they lay in the cache."""

    functions: ctypes.CDLL
    path: Path
    seconds: float

    def has(self, name: str) -> bool:
        """Whether this processor's build holds a function."""
        return hasattr(self.functions, name)

    def call(self, name: str, *arguments: Any) -> None:
        """Call a function: tensors become pointers, None a null pointer, int int64_t, `Int` int, float float."""
        getattr(self.functions, name)(*map(_argument, arguments))


class Int(int):
    """An argument of type int."""


def element(x: torch.Tensor) -> str:
    """How native functions name the element type: "float32" or "bfloat16"."""
    return str(x.dtype).removeprefix("torch.")


def threads() -> Int:
    """As many as PyTorch uses."""
    return Int(torch.get_num_threads())


_once = threading.Lock()  # a thread may compile while another loads the model
_switched_off = False


def native() -> Choice[Library | None]:
    """The compiled kernels, or None with the reason why everything runs in PyTorch. $TUNELET_NATIVE=0 asks for that."""
    if _switched_off:
        return Choice(None, "switched off")
    with _once:
        return build()


@contextmanager
def without_native() -> Iterator[None]:
    """Everything in PyTorch for a while: to measure and to test."""
    global _switched_off
    before, _switched_off = _switched_off, True
    try:
        yield
    finally:
        _switched_off = before


@functools.cache
def build() -> Choice[Library | None]:
    """`native`, found or compiled once a process."""
    if os.environ.get("TUNELET_NATIVE") == "0":
        return Choice(None, "switched off by TUNELET_NATIVE=0")
    compiler = next(filter(None, map(shutil.which, (os.environ.get("CXX") or "c++", "g++", "clang++"))), None)
    if compiler is None:
        return Choice(None, "no C++ compiler")
    flags = _flags()
    folder = cache_folder() / "native"
    path = folder / f"{_fingerprint(compiler, flags)}.so"
    seconds = 0.0
    if not path.is_file():
        begin = time.monotonic()
        problem = _compile(compiler, flags, path)
        if problem:
            return Choice(None, f"{Path(compiler).name} could not build the kernels: {problem}")
        seconds = time.monotonic() - begin
    try:
        library = Library(ctypes.CDLL(str(path)), path, seconds)
    except OSError as error:
        path.unlink(missing_ok=True)  # damaged: made again the next time
        return Choice(None, f"the compiled kernels could not be loaded ({error})")
    made = f"compiled in {seconds:.1f} s" if seconds else "compiled before"
    return Choice(library, f"{made} by {Path(compiler).name}")


def _flags() -> tuple[str, ...]:
    if forbidden_wide_vectors():
        return (*_FLAGS, "-mno-avx512f")
    return (*_FLAGS, _WIDE) if features().get("avx512_f") else _FLAGS


def _fingerprint(compiler: str, flags: tuple[str, ...]) -> str:
    try:
        version = subprocess.run([compiler, "--version"], capture_output=True, check=False).stdout
    except OSError:  # compiling will tell
        version = b""
    processor = repr(sorted(features().items()))
    parts = (_SOURCE.read_bytes(), version, repr(flags).encode(), processor.encode(), torch.__version__.encode())
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:32]


def _compile(compiler: str, flags: tuple[str, ...], path: Path) -> str:
    """Build into a temporary name and rename it. Returns what went wrong, "" where nothing did."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".build-", dir=path.parent) as folder:
            built = Path(folder) / path.name
            done = subprocess.run(
                [compiler, *flags, "-o", str(built), str(_SOURCE)],
                capture_output=True, text=True, check=False, timeout=_SECONDS,
            )  # fmt: skip
            if done.returncode:
                return next(iter(done.stderr.strip().splitlines()), f"status {done.returncode}")
            with built.open("rb") as file:
                os.fsync(file.fileno())  # half a library behind a whole name would kill the process that loads it
            built.rename(path)
    except subprocess.TimeoutExpired:
        return f"no end after {_SECONDS:.0f} s"
    except OSError as error:
        return str(error)
    return ""


def _argument(value: Any) -> Any:
    if value is None:
        return ctypes.c_void_p(0)
    if isinstance(value, torch.Tensor):
        return ctypes.c_void_p(value.data_ptr())
    if isinstance(value, Int):
        return ctypes.c_int(value)
    if isinstance(value, int):
        return ctypes.c_int64(value)
    return ctypes.c_float(value)
