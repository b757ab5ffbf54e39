"""The compiled half of this room: native/, built once on each machine by its own compiler and loaded with ctypes.

Compiling takes some seconds. The result is kept in the cache under a name made of source, compiler, flags and
processor. Without a compiler, or where it fails or nothing can be kept or loaded, everything runs in PyTorch.
"""

import ctypes
import functools
import hashlib
import os
import platform
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch

from tunelet._cache import cache_folder, own_temporary
from tunelet._choice import Choice
from tunelet.kernels._compiler import CompilerError, compile_library, version
from tunelet.kernels._processor import features, forbidden_wide_vectors
from tunelet.kernels._shelf import Shelf, ShelfError
from tunelet.kernels._signatures import REQUIRED, declare, dtype_name

_SOURCE = Path(__file__).parent / "native" / "exports.cpp"  # which includes the headers beside it
_FLAGS = (
    "-std=c++17", "-O3", "-funroll-loops", "-fPIC", "-shared",
    # sums in any order, so that loops become vectors; infinities and NaN keep their meaning
    "-fno-math-errno", "-fno-trapping-math", "-fno-signed-zeros", "-fassociative-math", "-freciprocal-math",
)  # fmt: skip
_ARM = {"bf16": "bf16", "dot": "dotprod"}  # PyTorch's name of an instruction set -> the compiler's
_TORCH = Path(torch.__file__).parent / "lib"
# Ways to OpenMP. Apple's clang brings none: there it is the one that PyTorch brings and runs its own threads with.
_OPENMP = (("-fopenmp",), ("-Xclang", "-fopenmp", f"-L{_TORCH}", f"-Wl,-rpath,{_TORCH}", "-lomp"))


@dataclass(frozen=True)
class Library:
    """The loaded kernels.

    functions: the library.
    path: its file.
    seconds: how long compiling took; 0 where the library was in the cache.
    """

    functions: ctypes.CDLL
    path: Path
    seconds: float

    def has(self, name: str, dtype: torch.dtype) -> bool:
        """Whether this processor's build holds a function for tensors of a dtype."""
        return hasattr(self.functions, f"{name}_{dtype_name(dtype)}")

    @property
    def byte_weight_bits(self) -> int:
        """Bits of the weights that the function `multiply_bytes` reads; 0 where there is none."""
        return int(self.functions.byte_weight_bits())

    def call(self, name: str, dtype: torch.dtype, *arguments: torch.Tensor | float | None) -> None:
        """Call a function for tensors of a dtype, with as many threads as PyTorch uses.

        Args:
            name, arguments: as `_signatures.py` declares them, without the number of threads, which is the last.
            dtype: of the elements, float32 or bfloat16.
        """
        getattr(self.functions, f"{name}_{dtype_name(dtype)}")(*arguments, torch.get_num_threads())


_once = threading.Lock()  # a thread may compile while another loads the model
_switched_off = False


def native() -> Choice[Library | None]:
    """The compiled kernels, or None with the reason why everything runs in PyTorch.

    The environment variable TUNELET_NATIVE=0 switches them off.
    """
    if _switched_off:
        return Choice(None, "switched off")
    with _once:
        return build()


def native_for(like: torch.Tensor) -> Library | None:
    """The compiled kernels, where there are any and they can read a tensor's memory."""
    return native().value if like.device.type == "cpu" else None


@contextmanager
def without_native() -> Iterator[None]:
    """Run everything within in PyTorch, to measure and to test."""
    global _switched_off
    before, _switched_off = _switched_off, True
    try:
        yield
    finally:
        _switched_off = before


@functools.cache
def build() -> Choice[Library | None]:
    """What `native` returns: loaded, or compiled and loaded, once in a process."""
    if os.environ.get("TUNELET_NATIVE") == "0":
        return Choice(None, "switched off by TUNELET_NATIVE=0")
    if sys.platform == "win32":  # a g++ may be there, but what it makes was never tried
        return Choice(None, "not built on Windows")
    compiler = next(filter(None, map(shutil.which, (os.environ.get("CXX") or "c++", "g++", "clang++"))), None)
    if compiler is None:
        return Choice(None, "no C++ compiler")
    flags = _flags()
    try:
        return _load(_Build(compiler, flags, _fingerprint(compiler, flags)))
    except CompilerError as error:
        return Choice(None, f"{Path(compiler).name} could not build the kernels: {error}")


class _Build:
    """The library to load: its bytes come from a shelf or the compiler, which runs once, whatever places are tried."""

    def __init__(self, compiler: str, flags: tuple[str, ...], name: str) -> None:
        self.compiler, self.name, self._flags = compiler, name, flags
        self.seconds = 0.0
        self._content = b""

    def kept_in(self, folder: Path) -> Path:
        """The library's path in a folder, where it is put unless it is there. Raises CompilerError, ShelfError."""
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
            content = self._compiled()
            if absent := _absent(content):
                raise CompilerError(f"the library lacks {absent}")
            self._content, self.seconds = content, time.monotonic() - begin
        return self._content

    def _compiled(self) -> bytes:
        """By the first way to OpenMP that the compiler knows. Raises the CompilerError of the first."""
        first: CompilerError | None = None
        for way in _OPENMP:
            try:
                return compile_library(self.compiler, (*self._flags, *way), _SOURCE)
            except CompilerError as error:
                first = first or error
        assert first is not None  # noqa: S101
        raise first


def _absent(content: bytes) -> str | None:
    """The first required function that a library lacks, None where it has all.

    The bytes are searched for the names, because a library once loaded could not be unloaded.
    """
    return next((name for name in REQUIRED if name.encode() + b"\0" not in content), None)


def _load(wanted: _Build) -> Choice[Library | None]:
    """The library, loaded from the cache, else from the user's own temporary folder, else from the process's memory.

    The cache may belong to others, or be on a disk from which nothing can be run (noexec).
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
            functions = ctypes.CDLL(str(path))
            declare(functions)
            library = Library(functions, path, wanted.seconds)
        except (ShelfError, OSError) as error:
            problems.append(str(error))
            continue
        made = f"compiled in {wanted.seconds:.1f} s" if wanted.seconds else "compiled before"
        elsewhere = f", not kept in the cache: {problems[0]}" if problems else ""
        return Choice(library, f"{made} by {Path(wanted.compiler).name}{elsewhere}")
    return Choice(None, f"the compiled kernels could not be loaded ({'; '.join(problems)})")


def _flags() -> tuple[str, ...]:
    there = features()
    if platform.machine().lower() in ("aarch64", "arm64"):  # where not every compiler knows "native"
        further = "".join(f"+{flag}" for name, flag in _ARM.items() if there.get(name))
        return (*_FLAGS, f"-march=armv8.2-a{further}" if further else "-march=armv8-a")
    if forbidden_wide_vectors():
        return (*_FLAGS, "-march=native", "-mno-avx512f")
    wide = ("-mprefer-vector-width=512",) if there.get("avx512_f") else ()
    return (*_FLAGS, "-march=native", *wide)


def _fingerprint(compiler: str, flags: tuple[str, ...]) -> str:
    """The library's file name. Raises CompilerError where the compiler does not answer."""
    processor = repr(sorted(features().items()))
    said = version(compiler)
    sources = (file.read_bytes() for file in sorted(_SOURCE.parent.iterdir()))
    parts = (*sources, said, repr((flags, _OPENMP)).encode(), processor.encode(), torch.__version__.encode())
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:32] + ".so"
