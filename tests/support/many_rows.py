"""A file of many rows, and a preparation of it that may be killed, in a process of its own."""

import csv
import multiprocessing
import os
import random
import signal
from multiprocessing.context import ForkServerProcess
from pathlib import Path

_CONTEXT = multiprocessing.get_context("forkserver")
LABELS = ("good", "bad")


def write_rows(path: Path, rows: int, *, words: int = 150) -> int:
    """A CSV file of texts of so many random words; returns the bytes of the texts."""
    draw = random.Random(rows)
    vocabulary = ["".join(draw.choices("abcdefghij", k=draw.randint(2, 9))) for _ in range(3000)]
    size = 0
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "text", "label", "shop"])
        for row in range(rows):
            text = " ".join(draw.choices(vocabulary, k=words))
            size += len(text)
            writer.writerow([f"{row:09}", text, LABELS[row % 2], f"shop {row % 5}"])
    return size


def start(source: Path, cache: Path, tokenizer: Path, log: Path, *, die_after: int | None) -> ForkServerProcess:
    """Read, split and tokenise in parts of 100 texts; each part that is encoded is a line of the log.

    Args:
        source: the file.
        cache: the folder of the cache.
        tokenizer: the folder of a checkpoint.
        log: what is appended to.
        die_after: parts after which the process kills itself; None: it does not.
    """
    process = _CONTEXT.Process(target=_prepare, args=(source, cache, tokenizer, log, die_after))
    process.start()
    return process


def _prepare(source: Path, cache: Path, tokenizer: Path, log: Path, die_after: int | None) -> None:
    import warnings

    warnings.simplefilter("ignore")
    os.environ["TUNELET_CACHE"] = str(cache)
    from tunelet.data import _encode, _store, _token_parts, prepare, read, tokenise
    from tunelet.data.readers import _large
    from tunelet.model import load_tokenizer

    _large.LARGE = _store.IN_MEMORY = -1
    _token_parts.PART = 100
    encode, parts = _encode.Encoder.encode, 0

    def logged(self, texts):  # type: ignore[no-untyped-def]
        nonlocal parts
        if parts == die_after:
            os.kill(os.getpid(), signal.SIGKILL)
        parts += 1
        with log.open("a", encoding="utf-8") as file:
            file.write(f"{len(texts)}\n")
        return encode(self, texts)

    _encode.Encoder.encode = logged  # type: ignore[method-assign]
    prepared = prepare(read(source), limit=None, balanced=False, validation_size=0.2, drop_duplicates=True, seed=1)
    tokenise(prepared.train.texts, load_tokenizer(tokenizer), max_length=32, cache=cache)
