"""The cache of tokens is checked before it is used; what is damaged is made again, what cannot be is done without."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from encoders import minilm_folder
from tunelet import _array_cache
from tunelet.data import Tokens, _token_cache, tokenise
from tunelet.model import load_tokenizer

TEXTS = ["A short one.", "Another, rather longer than that.", ""]


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return load_tokenizer(minilm_folder())


@pytest.fixture
def entry(tokenizer: Any, tmp_path: Path) -> Path:
    """The folder of the one entry in the cache."""
    tokenise(TEXTS, tokenizer, max_length=16, cache=tmp_path)
    (folder,) = (tmp_path / "tokens").iterdir()
    return folder


def same(one: Tokens, other: Tokens) -> bool:
    return (
        np.array_equal(one.token_ids, other.token_ids)
        and np.array_equal(one.offsets, other.offsets)
        and (one.truncated, one.content, one.unknown) == (other.truncated, other.content, other.unknown)
    )


def flip(path: Path, at: int) -> None:
    content = bytearray(path.read_bytes())
    content[at % len(content)] ^= 4
    path.write_bytes(content)


DAMAGE: dict[str, Any] = {
    "emptied": lambda path: path.write_bytes(b""),
    "cut in half": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "zeros": lambda path: path.write_bytes(bytes(path.stat().st_size)),
    "a bit of the header": lambda path: flip(path, 20),
    "a bit of the content": lambda path: flip(path, -5),
    "missing": lambda path: path.unlink(),
    "a folder": lambda path: (path.unlink(), path.mkdir()),
    "a pipe": lambda path: (path.unlink(), os.mkfifo(path)),
    "a link to nowhere": lambda path: (path.unlink(), path.symlink_to("nowhere")),
}


@pytest.mark.parametrize("name", ["token_ids.npy", "offsets.npy", "counts.npy", "sha256.json"])
@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_entry_is_made_again(tokenizer: Any, entry: Path, name: str, damage: str) -> None:
    DAMAGE[damage](entry / name)
    whole = tokenise(TEXTS, tokenizer, max_length=16)
    assert same(tokenise(TEXTS, tokenizer, max_length=16, cache=entry.parent.parent), whole)
    healed = _token_cache.load(entry)
    assert healed is not None
    assert same(healed, whole)
    assert list(entry.parent.iterdir()) == [entry]  # nothing is left behind


@pytest.mark.parametrize("offsets", [[0, 6, 5, 15], [1, 6, 13, 15], [0, 6, 13, 14], [0]])
def test_offsets_that_do_not_fit_are_no_tokens_though_the_digest_is_theirs(tmp_path: Path, offsets: list[int]) -> None:
    ids = np.arange(15, dtype=np.int32)
    assert _token_cache.store(Tokens(ids, np.array(offsets), truncated=0), tmp_path / "entry")
    assert _token_cache.load(tmp_path / "entry") is None
    assert not (tmp_path / "entry").exists()


def test_every_file_and_folder_is_synced_before_it_gets_its_name(
    tokenizer: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    rename, sync = Path.rename, os.fsync

    def traced_sync(handle: int) -> None:
        order.append(Path(f"/proc/self/fd/{handle}").readlink().name)
        sync(handle)

    def traced_rename(path: Path, target: Path) -> Path:
        order.append("rename")
        return rename(path, target)

    monkeypatch.setattr(os, "fsync", traced_sync)
    monkeypatch.setattr(Path, "rename", traced_rename)
    tokenise(TEXTS, tokenizer, max_length=16, cache=tmp_path)
    assert {"token_ids.npy", "offsets.npy", "counts.npy", "sha256.json"} < set(order[: order.index("rename")])
    assert order[order.index("rename") + 1 :] == ["tokens"]


@pytest.mark.parametrize("refusal", ["mkdtemp", "save"])
def test_a_cache_that_cannot_be_written_is_done_without(
    tokenizer: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refusal: str
) -> None:
    def refused(*args: Any, **options: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(_array_cache.tempfile if refusal == "mkdtemp" else np, refusal, refused)
    assert same(tokenise(TEXTS, tokenizer, max_length=16, cache=tmp_path), tokenise(TEXTS, tokenizer, max_length=16))
    assert not list((tmp_path / "tokens").iterdir())


def test_what_a_killed_process_left_is_removed_when_it_is_old(tokenizer: Any, tmp_path: Path) -> None:
    old, new = tmp_path / "tokens" / ".unfinished-old", tmp_path / "tokens" / ".unfinished-new"
    for folder in (old, new):
        folder.mkdir(parents=True)
    os.utime(old, (1, 1))
    tokenise(TEXTS, tokenizer, max_length=16, cache=tmp_path)
    assert not old.exists()
    assert new.exists()


def test_several_processes_may_write_and_mend_the_same_entry(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib, numpy as np\n"
        "from tunelet.data import Tokens\n"
        "from tunelet.data._token_cache import load, store\n"
        "folder = pathlib.Path(sys.argv[1])\n"
        "ids = np.arange(3000, dtype=np.int32)\n"
        "for turn in range(30):\n"
        "    if turn % 3 == 2 and folder.exists():\n"
        "        try: (folder / 'counts.npy').write_bytes(b'')\n"
        "        except OSError: pass\n"
        "    found = load(folder)\n"
        "    if found is None: store(Tokens(ids, np.array([0, 1000, 3000]), truncated=7), folder)\n"
        "    else: assert found.truncated == 7 and found.token_ids[-1] == 2999\n"
    )
    running = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "entry")]) for _ in range(3)]
    assert [process.wait(timeout=60) for process in running] == [0, 0, 0]
    assert not list(tmp_path.glob(".unfinished-*"))
