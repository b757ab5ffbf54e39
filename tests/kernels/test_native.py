"""The compiled library: made once, loaded again, and done without where it cannot be made."""

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch

from tensors import random_tensor
from tunelet.kernels import Library, features, native, packed_attention, without_native
from tunelet.kernels._native import build
from tunelet.kernels._quantise import quantise, reference_quantise

pytestmark = pytest.mark.slow

POINTWISE = ("quantise", "finish", "add_norm", "norm_backward", "activate", "activate_backward")
FIRST = ("attend_first", "attend_first_backward")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty cache, and a process that has not asked for the library yet."""
    monkeypatch.setenv("TUNELET_CACHE", str(tmp_path / "cache"))
    build.cache_clear()
    yield tmp_path / "cache"
    build.cache_clear()


@pytest.fixture
def filled(library: Library, cache: Path) -> Path:
    """The path of the library in a cache that holds it."""
    path = cache / "native" / library.path.name
    path.parent.mkdir(parents=True, mode=0o700)
    for name in (path.name, f"{path.name}.sha256"):
        shutil.copy(library.path.with_name(name), path.with_name(name))
    return path


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def script(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n")
    path.chmod(0o755)
    return path


def test_it_is_compiled_once_and_loaded_after_that(library, cache):
    made = native()
    assert made.value is not None
    assert made.value.seconds > 0
    assert made.reason.startswith(f"compiled in {made.value.seconds:.1f} s by ")
    path = made.value.path
    assert sorted(files(cache)) == [path, path.with_name(f"{path.name}.sha256")]
    assert [stat.S_IMODE(file.stat().st_mode) for file in (path, path.parent)] == [0o600, 0o700]
    build.cache_clear()
    loaded = native()
    assert loaded.value is not None
    assert (loaded.value.path, loaded.value.seconds) == (made.value.path, 0.0)
    assert loaded.reason.startswith("compiled before by ")


def test_it_holds_every_kernel_of_both_types(library):
    assert all(library.has(name, dtype) for name in POINTWISE + FIRST for dtype in (torch.float32, torch.bfloat16))
    there = features()
    multiplies_bfloat16 = any(there.get(name) for name in ("avx512_bf16", "bf16"))  # x86, ARM
    for name in ("attend", "attend_backward"):
        assert library.has(name, torch.float32)
        assert library.has(name, torch.bfloat16) == multiplies_bfloat16
    assert not library.has("no_such_kernel", torch.float32)


def test_it_can_be_switched_off_by_the_environment(cache, monkeypatch):
    monkeypatch.setenv("TUNELET_NATIVE", "0")
    assert native().value is None
    assert native().reason == "switched off by TUNELET_NATIVE=0"
    assert not cache.exists()


def test_it_can_be_switched_off_for_a_while(library):
    with without_native():
        with without_native():
            assert native().value is None
        assert native().value is None
    assert native().value is library


def test_threads_that_ask_at_once_get_one_library(filled):
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: native().value, range(8)))
    assert found[0] is not None
    assert len({id(library) for library in found}) == 1


def test_without_a_compiler_everything_runs_in_pytorch_and_the_reason_says_so(cache, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.delenv("CXX", raising=False)
    assert native().value is None
    assert native().reason == "no C++ compiler"
    inputs = torch.ones(5, 2, 16)
    torch.testing.assert_close(packed_attention(inputs, inputs, inputs, (2, 3), scale=0.25), inputs)
    assert not files(cache)


@pytest.mark.usefixtures("cache")
def test_on_windows_no_compiler_is_asked(monkeypatch):
    monkeypatch.setattr(sys, "platform", "win32")
    assert native().value is None
    assert native().reason == "not built on Windows"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["#!/bin/sh", "echo 'nothing works: here' >&2", "exit 1"], "nothing works: here"),
        (["#!/bin/sh", "exit 3"], "status 3"),
        (["#!/bin/sh", "exit 0"], "No such file"),  # and wrote nothing
        (["#!/bin/sh", 'while [ "$1" != -o ]; do shift; done; echo no library > "$2"'], "lacks quantise_float32"),
        (["no program at all"], "Exec format error"),
    ],
    ids=["tells why", "says nothing", "makes nothing", "makes no library", "is no program"],
)
def test_a_compiler_that_fails_is_told_and_leaves_no_file(cache, tmp_path, monkeypatch, lines, expected):
    monkeypatch.setenv("CXX", str(script(tmp_path / "failing", *lines)))
    found = native()
    assert found.value is None
    assert found.reason.startswith("failing could not build the kernels: ")
    assert expected in found.reason
    assert not files(cache)


def test_a_compiler_without_openmp_of_its_own_takes_that_of_pytorch(cache, tmp_path, monkeypatch):
    """As Apple's clang does, here by a script before the compiler; on a Mac it was never tried."""
    lines = (
        "#!/bin/bash",
        'if [ "$1" = --version ]; then echo clang; exit; fi',
        'case " $* " in *" -Xclang -fopenmp "*) ;; *" -fopenmp "*) echo "unsupported option -fopenmp"; exit 1;; esac',
        'given=(); for one in "$@"; do case "$one" in -Xclang|-lomp|-L*) ;; *) given+=("$one");; esac; done',
        f'exec {os.environ.get("CXX") or shutil.which("c++") or "g++"} "${{given[@]}}"',
    )
    monkeypatch.setenv("CXX", str(script(tmp_path / "clang", *lines)))
    found = native()
    assert found.value is not None, found.reason
    x = random_tensor(7, 40)
    assert torch.equal(quantise(x).bytes, reference_quantise(x).bytes)


def test_another_compiler_makes_a_library_of_its_own(filled, tmp_path, monkeypatch):
    lines = "#!/bin/sh", 'case "$1" in --version) echo another;; *) exit 9;; esac'
    monkeypatch.setenv("CXX", str(script(tmp_path / "another", *lines)))
    assert native().reason == "another could not build the kernels: status 9"
    assert filled.exists()


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="only Linux tells what a process has loaded")
def test_a_process_has_one_pool_of_threads(library, filled):
    code = """if True:
        from tunelet.kernels import native
        assert native().value is not None
        lines = open("/proc/self/maps").read().splitlines()
        print(*sorted({line.split()[-1] for line in lines if "gomp" in line or "iomp" in line or "libomp" in line}))
    """
    done = subprocess.run([sys.executable, "-c", code], env=os.environ, capture_output=True, text=True, check=True)
    assert len(done.stdout.split()) == 1, done.stdout


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_calls_change_no_setting_of_threads_and_give_the_same_bits(library, threads):
    x, before = random_tensor(7, 40), torch.get_num_threads()
    expected = quantise(x)
    try:
        torch.set_num_threads(threads)
        found = quantise(x)
        assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)
    assert torch.equal(found.bytes, expected.bytes)
    assert torch.equal(found.scale, expected.scale)
