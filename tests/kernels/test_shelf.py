"""Compiled code is loaded whole or not at all, from where nobody else can write; what is unfit is made again."""

import hashlib
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from tunelet import _cache
from tunelet.kernels import Library, _compiler, native
from tunelet.kernels._native import build

pytestmark = pytest.mark.slow

STRANGER = 65533
as_root = pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root gives files to another user")


@pytest.fixture
def place(library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A cache that holds the library, a temporary folder of the test's own, and a compiler that only copies."""
    cache = tmp_path / "cache" / "native"
    cache.mkdir(parents=True, mode=0o700)
    (tmp_path / "temporary").mkdir(mode=0o700)
    # Tests are many and a genuine compilation takes its time: this compiler answers with what was compiled before.
    made = shutil.copy(library.path, tmp_path / "made.so")
    compiler = tmp_path / "copying"
    compiler.write_text(
        f'#!/bin/sh\n[ "$1" = --version ] && exec echo copying\n'
        f'while [ "$1" != -o ]; do shift; done\ncp "{made}" "$2"; echo >> "{tmp_path}/compiled"\n'
    )
    compiler.chmod(0o755)
    monkeypatch.setenv("CXX", str(compiler))
    monkeypatch.setenv("TUNELET_CACHE", str(cache.parent))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    _cache.own_temporary.cache_clear()
    build.cache_clear()
    yield cache
    build.cache_clear()
    _cache.own_temporary.cache_clear()


def again() -> Library:
    build.cache_clear()
    found = native().value
    assert found is not None, native().reason
    assert found.has("quantise", torch.float32)
    return found


def compilations(place: Path) -> int:
    log = place.parents[1] / "compiled"
    return len(log.read_text().splitlines()) if log.exists() else 0


@pytest.mark.parametrize(
    "damage", ["cut", "emptied", "text", "a bit", "no digest", "other digest", "a folder", "a pipe"]
)
def test_what_is_not_the_library_that_was_written_is_made_again(place: Path, damage: str) -> None:
    path = again().path
    digest = path.with_name(f"{path.name}.sha256")
    content = path.read_bytes()
    path.unlink()
    if damage == "a folder":
        path.mkdir()
    elif damage == "a pipe":
        os.mkfifo(path)
    else:
        changed = {
            "cut": content[: len(content) // 2],
            "emptied": b"",
            "text": b"no library",
            "a bit": b"\x7e" + content[1:],
        }
        path.write_bytes(changed.get(damage, content))
    if damage == "no digest":
        digest.unlink()
    elif damage == "other digest":
        digest.write_text("0" * 64)
    found = again().path
    if damage == "a folder":  # nothing that tunelet made: it is left alone
        assert (path.is_dir(), found.is_relative_to(tempfile.gettempdir())) == (True, True)
        return
    assert (found, path.read_bytes()) == (path, content)
    assert compilations(place) == 2


def test_half_a_library_does_not_kill_the_next_command(place: Path) -> None:
    path = again().path
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(content[: len(content) // 2])
    code = "import torch; from tunelet.kernels import native; print(native().value.has('quantise', torch.float32))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "True\n"), done
    assert path.read_bytes() == content


def test_a_library_without_our_functions_is_made_again(place: Path) -> None:
    path = again().path
    other = next(
        Path(line.split()[-1]) for line in Path("/proc/self/maps").read_text().splitlines() if "libm.so" in line
    )
    path.unlink()  # what is loaded stays as it is
    path.write_bytes(other.read_bytes())
    path.with_name(f"{path.name}.sha256").write_text(hashlib.sha256(other.read_bytes()).hexdigest())
    assert again().path == path
    assert compilations(place) == 2


def test_the_folder_is_closed_to_others(place: Path) -> None:
    place.chmod(0o777)
    path = again().path
    assert path.parent == place
    assert stat.S_IMODE(place.stat().st_mode) == 0o700
    path.chmod(0o666)  # others may have written meanwhile
    assert again().path == path
    assert (compilations(place), stat.S_IMODE(path.stat().st_mode)) == (2, 0o600)


@as_root
@pytest.mark.parametrize("whose", ["file", "folder", "parent"])
def test_what_another_user_owns_is_not_loaded(place: Path, whose: str) -> None:
    path = again().path
    theirs = {"file": path, "folder": place, "parent": place.parent}[whose]
    os.chown(theirs, STRANGER, STRANGER)
    found = again()
    assert found.path.parent == (place if whose == "file" else Path(tempfile.gettempdir()) / "tunelet-0" / "native")
    assert found.path.stat().st_uid == 0
    assert compilations(place) == 2


def test_a_folder_that_others_can_replace_is_not_used(place: Path) -> None:
    place.parent.chmod(0o777)
    assert again().path.is_relative_to(tempfile.gettempdir())
    assert f"not kept in the cache: others may write to {place.parent}" in native().reason
    place.parent.chmod(0o1777)  # as /tmp: only owners rename there
    assert again().path.parent == place


def test_a_link_in_place_of_the_folder_or_the_library_is_not_followed(place: Path, tmp_path: Path) -> None:
    path = again().path
    elsewhere = path.rename(tmp_path / "elsewhere.so")
    path.symlink_to(elsewhere)
    assert again().path == path
    assert not path.is_symlink()
    place.rename(tmp_path / "moved")
    place.symlink_to(tmp_path / "moved")
    assert again().path.is_relative_to(tempfile.gettempdir())


def test_where_nothing_can_be_kept_the_library_is_loaded_from_memory(place: Path) -> None:
    shutil.rmtree(place.parent)
    place.parent.write_text("a file where a folder should be")
    temporary = _cache.own_temporary()
    (temporary / "native").write_text("here, too")
    assert str(again().path).startswith("/proc/self/fd/")
    assert "not kept in the cache: " in native().reason


@pytest.fixture
def noexec(place: Path) -> Iterator[Path]:
    """The cache on a disk from which nothing can be run."""
    mount, umount = shutil.which("mount"), shutil.which("umount")
    if mount is None or umount is None:
        pytest.skip("needs mount")
    options = ["-t", "tmpfs", "-o", "size=8m,noexec,mode=700", "tmpfs", str(place)]
    mounted = subprocess.run([mount, *options], capture_output=True, text=True, check=False)
    if mounted.returncode:
        pytest.skip(f"needs the right to mount a small disk: {mounted.stderr.strip()}")
    yield place
    subprocess.run([umount, "--lazy", str(place)], check=True)


def test_a_cache_from_which_nothing_can_be_run_is_survived(noexec: Path) -> None:
    library = again()
    assert not library.path.is_relative_to(noexec)
    assert "not kept in the cache: " in native().reason
    assert again().seconds == 0.0
    assert compilations(noexec) == 1


@pytest.mark.parametrize(
    ("lines", "clause"),
    [
        ("sleep 100", "asked for its --version, it came to no end"),
        ("exec yes", "asked for its --version, it printed without end"),
        ('[ "$1" = --version ] || sleep 100', "it came to no end"),
        ('[ "$1" = --version ] || exec yes', "it printed without end"),
        ('[ "$1" = --version ] || (sleep 100 & sleep 100)', "it came to no end"),
    ],
)
def test_a_compiler_that_hangs_or_floods_is_given_up_with_a_reason(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: str, clause: str
) -> None:
    monkeypatch.setattr(_compiler, "_VERSION_SECONDS", 0.5)
    monkeypatch.setattr(_compiler, "_COMPILE_SECONDS", 0.5)
    (tmp_path / "copying").write_text(f"#!/bin/sh\n{lines}\n")
    begin = time.monotonic()
    build.cache_clear()
    assert native().value is None
    assert native().reason.startswith(f"copying could not build the kernels: {clause}")
    assert time.monotonic() - begin < 60
    assert not list(place.iterdir())
    assert not [path for path in Path(tempfile.gettempdir()).rglob("*") if path.is_file()]


def test_what_a_killed_process_left_is_cleared_away(place: Path) -> None:
    old = _cache.own_temporary() / "build-old"
    new = _cache.own_temporary() / "build-new"
    for folder in (old, new):
        folder.mkdir()
        (folder / "native.so").write_bytes(b"half")
    os.utime(old, (0, 0))
    again()
    assert (old.exists(), new.exists()) == (False, True)


def test_a_user_without_a_home_has_a_cache(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    def nobody() -> Path:
        raise RuntimeError("Could not determine home directory.")

    for name in ("TUNELET_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "home", nobody)
    assert _cache.cache_folder() == Path(tempfile.gettempdir()) / f"tunelet-{os.geteuid()}"
    assert stat.S_IMODE(_cache.cache_folder().stat().st_mode) == 0o700


@as_root
def test_the_users_temporary_folder_is_never_another_users(place: Path) -> None:
    squatted = Path(tempfile.gettempdir()) / "tunelet-0"
    squatted.mkdir()
    os.chown(squatted, STRANGER, STRANGER)
    _cache.own_temporary.cache_clear()
    found = _cache.own_temporary()
    assert found != squatted
    assert (found.stat().st_uid, stat.S_IMODE(found.stat().st_mode)) == (0, 0o700)
    shutil.rmtree(found)
