"""The ids in a tokenizer's files: a library makes room for the largest, and the embeddings have to hold it."""

import functools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tunelet._foreign import ForeignFileError, read_json_object, read_text
from tunelet.errors import ModelError

_LARGEST = 10**7  # ids; the largest vocabularies of encoders have some 500,000
_HINT = "put the checkpoint's own tokenizer files there"


def check_vocabulary(folder: Path, rows: int | None) -> None:
    """Raise ModelError where a tokenizer's file is no such file, or an id lies beyond the embeddings.

    Args:
        folder: of a checkpoint, or of a run's tokenizer.
        rows: how many rows the embeddings have; None: not known.
    """
    for name in _IDS:
        path = folder / name
        if path.exists() and not (name == "vocab.txt" and (folder / "tokenizer.json").exists()):
            status = path.stat()
            _check_file(path, rows, (status.st_size, status.st_mtime_ns))


@functools.lru_cache(maxsize=32)  # a large file takes a tenth of a second, and many runs have the same
def _check_file(path: Path, rows: int | None, stamp: tuple[int, int]) -> None:
    try:
        _check(path, _IDS[path.name](path), rows)
    except ForeignFileError as error:
        raise ModelError(f"{path}: no usable tokenizer ({error})", _HINT) from None


def _check(path: Path, ids: Iterator[Any], rows: int | None) -> None:
    limit = _LARGEST if rows is None else rows
    for number in ids:
        if type(number) is not int or number < 0:
            raise ForeignFileError(f"an id is no whole number from 0 on: {str(number)[:40]}")
        if number >= limit:
            beyond = f"{_LARGEST:,} ids at most" if rows is None else f"the model's vocabulary has {rows:,}"
            raise ModelError(f"{path} has the id {number:,}; {beyond}", _HINT)


def _of_tokenizer(path: Path) -> Iterator[Any]:
    content = read_json_object(path)
    model = content.get("model")
    vocabulary = model.get("vocab") if isinstance(model, dict) else None
    if isinstance(vocabulary, dict):
        yield from vocabulary.values()
    elif isinstance(vocabulary, list):
        yield len(vocabulary) - 1 if vocabulary else 0
    added = content.get("added_tokens") or []
    if not isinstance(added, list):
        raise ForeignFileError("`added_tokens` is no list")
    for token in added:
        yield token.get("id") if isinstance(token, dict) else token


def _of_mapping(path: Path) -> Iterator[Any]:
    yield from read_json_object(path).values()


def _of_lines(path: Path) -> Iterator[Any]:
    yield len(read_text(path).rstrip("\n").split("\n")) - 1


_IDS: dict[str, Callable[[Path], Iterator[Any]]] = {
    "tokenizer.json": _of_tokenizer,
    "vocab.json": _of_mapping,
    "added_tokens.json": _of_mapping,
    "vocab.txt": _of_lines,  # where there is no tokenizer.json
}
