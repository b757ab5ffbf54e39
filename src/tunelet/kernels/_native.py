"""The compiled half of this room: native/, built once a machine by the compiler that is there, loaded by ctypes.

Compiling takes some seconds, once; the result lies in the cache under a name that source, compiler, flags and processor
decide. Without a compiler everything runs in PyTorch, and so it does where the compiler, or the disk, is unfit.
"""

import ctypes
import functools
import hashlib
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from tunelet._cache import cache_folder, own_temporary
from tunelet._choice import Choice
from tunelet.kernels._compiler import CompilerError, compile_library, version
from tunelet.kernels._processor import features, forbidden_wide_vectors
from tunelet.kernels._shelf import Shelf, ShelfError

_SOURCE = Path(__file__).parent / "native" / "exports.cpp"  # which includes the headers beside it
_FLAGS = (
    "-std=c++17", "-O3", "-march=native", "-funroll-loops", "-fopenmp", "-fPIC", "-shared",
    # sums in any order, so that loops become vectors; infinities and NaN keep their meaning
    "-fno-math-errno", "-fno-trapping-math", "-fno-signed-zeros", "-fassociative-math", "-freciprocal-math",
)  # fmt: skip
_WIDE = "-mprefer-vector-width=512"
# What every build holds; the attention of all tokens needs AVX-512.
_REQUIRED = tuple(
    f"{name}_{kind}"
    for kind in ("float32", "bfloat16")
    for name in (
        "quantise", "finish", "add_norm", "norm_backward", "activate", "activate_backward", "attend_first",
        "attend_first_backward",
    )
)  # fmt: skip


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
    try:
        return _load(_Build(compiler, flags, _fingerprint(compiler, flags)))
    except CompilerError as error:
        return Choice(None, f"{Path(compiler).name} could not build the kernels: {error}")


class _Build:
    """A library's bytes, from a shelf or from the compiler: they are made once, however many folders are tried."""

    def __init__(self, compiler: str, flags: tuple[str, ...], name: str) -> None:
        self.compiler, self.name, self._flags = compiler, name, flags
        self.seconds = 0.0
        self._content = b""

    def kept_in(self, folder: Path) -> Path:
        """Where the library lies in a folder, put there where it was not. Raises CompilerError, ShelfError."""
        shelf = Shelf(folder / "native")
        kept = shelf.find(self.name)
        if kept is not None and not _absent(kept):
            self._content = kept
        else:
            shelf.put(self.name, self._made())
        return shelf.path(self.name)

    def in_memory(self) -> Path:
        """The path of a file without a folder, for this process alone. Raises CompilerError, ShelfError."""
        if not hasattr(os, "memfd_create"):
            raise ShelfError("this system has no files in memory")
        handle = os.memfd_create(self.name)  # stays open: its number is its name
        with open(handle, "wb", closefd=False) as file:
            file.write(self._made())
        return Path(f"/proc/self/fd/{handle}")

    def _made(self) -> bytes:
        if not self._content:
            begin = time.monotonic()
            content = compile_library(self.compiler, self._flags, _SOURCE)
            if absent := _absent(content):
                raise CompilerError(f"the library lacks {absent}")
            self._content, self.seconds = content, time.monotonic() - begin
        return self._content


def _absent(content: bytes) -> str | None:
    """The first function that a library does not name. It is not loaded for that: loaded once, it would stay."""
    return next((name for name in _REQUIRED if name.encode() + b"\0" not in content), None)


def _load(wanted: _Build) -> Choice[Library | None]:
    """The library from the first place that will do: the cache, the user's own temporary folder, this process's memory.

    The cache may belong to others, or lie on a disk from which nothing can be run (noexec).
    """
    places: tuple[Callable[[], Path], ...] = (
        lambda: wanted.kept_in(cache_folder()),
        lambda: wanted.kept_in(own_temporary()),
        wanted.in_memory,
    )
    problems = []
    for place in places:
        try:
            path = place()
            library = Library(ctypes.CDLL(str(path)), path, wanted.seconds)
        except (ShelfError, OSError) as error:
            problems.append(str(error))
            continue
        made = f"compiled in {wanted.seconds:.1f} s" if wanted.seconds else "compiled before"
        elsewhere = f", not kept in the cache: {problems[0]}" if problems else ""
        return Choice(library, f"{made} by {Path(wanted.compiler).name}{elsewhere}")
    return Choice(None, f"the compiled kernels could not be loaded ({'; '.join(problems)})")


def _flags() -> tuple[str, ...]:
    if forbidden_wide_vectors():
        return (*_FLAGS, "-mno-avx512f")
    return (*_FLAGS, _WIDE) if features().get("avx512_f") else _FLAGS


def _fingerprint(compiler: str, flags: tuple[str, ...]) -> str:
    """The library's file name. Raises CompilerError where the compiler does not answer."""
    processor = repr(sorted(features().items()))
    said = version(compiler)
    sources = (file.read_bytes() for file in sorted(_SOURCE.parent.iterdir()))
    parts = (*sources, said, repr(flags).encode(), processor.encode(), torch.__version__.encode())
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:32] + ".so"


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
