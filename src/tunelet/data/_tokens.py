"""Texts to token ids, once: cut to length, laid end to end, kept on disk under the fingerprint of what made them.

The ids lie in a memory-mapped file, so memory does not grow with the data set, and a second run starts at once.
"""

import hashlib
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

Truncation = Literal["head", "tail", "head+tail"]

_CHUNK = 2000  # texts tokenised at a time: enough to keep the threads busy, little to hold
_FORMAT = b"tokens-1"  # part of every fingerprint: change it when the meaning of the files changes


@dataclass(frozen=True)
class Tokens:
    """Token ids of n texts, special tokens included.

    token_ids: int32 [T], all texts end to end, usually memory-mapped.
    offsets: int64 [n + 1]; text i is token_ids[offsets[i]:offsets[i + 1]].
    truncated: how many texts were longer than allowed.
    """

    token_ids: np.ndarray
    offsets: np.ndarray
    truncated: int

    @property
    def lengths(self) -> np.ndarray:
        """Tokens of each text, int64 [n]."""
        return np.diff(self.offsets)

    @property
    def total(self) -> int:
        """Tokens of all texts, T."""
        return int(self.offsets[-1])

    def __len__(self) -> int:
        return len(self.offsets) - 1


def tokenise(
    texts: Sequence[str],
    tokenizer: "PreTrainedTokenizerBase",
    *,
    max_length: int,
    truncation: Truncation = "head+tail",
    cache: Path | None = None,
) -> Tokens:
    """Token ids of `texts`, from the cache where they were made before.

    Args:
        texts: n texts.
        tokenizer: of the model that will read them.
        max_length: most tokens of a text, special tokens included.
        truncation: which part of a longer text stays: its head, its tail, or a quarter from the head and the rest from
            the tail (Sun et al. 2019, section 5.3.1, found this best on IMDb).
        cache: folder of the cache; None keeps the result in memory. A cache that cannot be written is done without.
    """
    if cache is None:
        return _encode(texts, tokenizer, max_length, truncation)
    folder = cache / "tokens" / _fingerprint(texts, tokenizer, max_length, truncation)
    if not folder.is_dir():
        tokens = _encode(texts, tokenizer, max_length, truncation)
        if not _store(tokens, folder):
            return tokens
    try:
        return _read(folder)
    except (OSError, ValueError):  # damaged, as by a power cut: it can be made again
        shutil.rmtree(folder, ignore_errors=True)
        return _encode(texts, tokenizer, max_length, truncation)


def _encode(
    texts: Sequence[str], tokenizer: "PreTrainedTokenizerBase", max_length: int, truncation: Truncation
) -> Tokens:
    prefix, suffix = _special_tokens(tokenizer)
    room = max_length - len(prefix) - len(suffix)
    pieces: list[np.ndarray] = []
    lengths: list[int] = []
    truncated = 0
    for start in range(0, len(texts), _CHUNK):
        encoded = tokenizer(
            list(texts[start : start + _CHUNK]), add_special_tokens=False, return_attention_mask=False, verbose=False
        )
        for ids in encoded["input_ids"]:
            truncated += len(ids) > room
            kept = [*prefix, *_cut(ids, room, truncation), *suffix]
            pieces.append(np.asarray(kept, dtype=np.int32))
            lengths.append(len(kept))
    offsets = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]).astype(np.int64)
    token_ids = np.concatenate(pieces) if pieces else np.empty(0, dtype=np.int32)
    return Tokens(token_ids=token_ids, offsets=offsets, truncated=truncated)


def _cut(ids: list[int], room: int, truncation: Truncation) -> list[int]:
    if len(ids) <= room:
        return ids
    head = {"head": room, "tail": 0, "head+tail": room // 4}[truncation]
    return ids[:head] + ids[len(ids) - (room - head) :]


def _special_tokens(tokenizer: "PreTrainedTokenizerBase") -> tuple[list[int], list[int]]:
    """What the tokenizer puts before and after a text, found by looking at what it does to one."""
    bare = tokenizer("a", add_special_tokens=False)["input_ids"]
    full = tokenizer("a")["input_ids"]
    start = next((i for i in range(len(full) - len(bare) + 1) if full[i : i + len(bare)] == bare), 0)
    return full[:start], full[start + len(bare) :]


def _fingerprint(
    texts: Sequence[str], tokenizer: "PreTrainedTokenizerBase", max_length: int, truncation: Truncation
) -> str:
    digest = hashlib.sha256(_FORMAT)
    backend = getattr(tokenizer, "backend_tokenizer", None)
    digest.update((backend.to_str() if backend is not None else repr(sorted(tokenizer.get_vocab().items()))).encode())
    digest.update(repr((type(tokenizer).__name__, _special_tokens(tokenizer), max_length, truncation)).encode())
    for text in texts:
        data = text.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "little"))
        digest.update(data)
    return digest.hexdigest()[:32]


def _store(tokens: Tokens, folder: Path) -> bool:
    """Write to a temporary folder and rename it: a reader never sees half a cache. False where the disk refuses."""
    temporary = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=".tokens-", dir=folder.parent))
        np.save(temporary / "token_ids.npy", tokens.token_ids, allow_pickle=False)
        np.save(temporary / "offsets.npy", np.append(tokens.offsets, tokens.truncated), allow_pickle=False)
        temporary.rename(folder)
    except OSError:
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)
        return folder.is_dir()  # another process may have been first
    return True


def _read(folder: Path) -> Tokens:
    stored = np.load(folder / "offsets.npy", allow_pickle=False)
    token_ids = np.load(folder / "token_ids.npy", mmap_mode="r", allow_pickle=False)
    return Tokens(token_ids=token_ids, offsets=stored[:-1], truncated=int(stored[-1]))
