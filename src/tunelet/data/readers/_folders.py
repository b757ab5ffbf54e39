"""Folders: texts sorted into one folder per label (as `aclImdb` is laid out), or a data file per part.

aclImdb/train/pos/0_9.txt, aclImdb/test/neg/...   a part, a label, a text (Maas et al., ACL 2011)
train/pos/0_9.txt, train/neg/...                  one part of it
train.csv, validation.jsonl.gz, test.parquet      data files; also shards: train-00000-of-00002.parquet
"""

import os
import re
from collections.abc import Sequence
from pathlib import Path

from tunelet.data._raw import RawTable, concatenate, part_of
from tunelet.data.readers._decode import decode
from tunelet.data.readers._files import format_of, read_file
from tunelet.errors import DataError

_UNLABELLED = "unsup"  # aclImdb/train/unsup holds reviews without a rating
_SHARD = re.compile(r"-\d{5}-of-\d{5}$")
_GIVEN = {"text": "the content of each text file", "label": "the name of the folder that a text lies in"}


def read_folder(folder: Path, names: Sequence[str] = (), *, labelled: bool = True) -> tuple[dict[str, RawTable], str]:
    """The parts in a folder, and the layout found.

    Args:
        folder: the folder.
        names: column names that the user gave, for data files.
        labelled: whether labels are needed; without them a folder of `.txt` files alone will do.

    Raises:
        DataError: nothing readable in it, or two files for one part.
    """
    subfolders = [Path(entry.path) for entry in _entries(folder) if entry.is_dir()]
    parts = {part: sub for sub in subfolders if (part := part_of(sub.name)) and _has_texts(sub)}
    if "train" in parts:
        left_out = f" ({_UNLABELLED} left out)" if (parts["train"] / _UNLABELLED).is_dir() else ""
        return {part: _labelled_texts(sub) for part, sub in parts.items()}, f"aclImdb folder{left_out}"
    if files := _part_files(folder):
        tables = {part: concatenate([read_file(path, names) for path in paths]) for part, paths in files.items()}
        return tables, f"folder of {', '.join(f'{part} ({table.format})' for part, table in tables.items())}"
    if _has_texts(folder):
        return {"train": _labelled_texts(folder)}, "folder of texts, one folder per label"
    if loose := _texts_in(folder):
        if not labelled:
            return {"train": _texts(folder, loose)}, "folder of texts"
        message = f"{folder} holds {len(loose)} text files outside of any label's folder"
        raise DataError(message, "sort them into folders named after their labels: positive/1.txt, negative/2.txt")
    raise _nothing_in(folder)


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    """What lies in a folder, by name; hidden files (as macOS leaves them) apart."""
    try:
        with os.scandir(folder) as entries:
            return sorted((entry for entry in entries if not entry.name.startswith(".")), key=lambda entry: entry.name)
    except OSError as error:
        raise DataError(f"{folder} cannot be read: {error.strerror}", "check its permissions") from None


def _texts_in(folder: Path) -> list[str]:
    return [entry.name for entry in _entries(folder) if entry.name.endswith(".txt") and entry.is_file()]


def _label_folders(folder: Path) -> dict[str, list[str]]:
    """Label -> its text files, for each subfolder with texts."""
    labels = [entry.name for entry in _entries(folder) if entry.is_dir() and entry.name != _UNLABELLED]
    return {label: texts for label in labels if (texts := _texts_in(folder / label))}


def _has_texts(folder: Path) -> bool:
    return bool(_label_folders(folder))


def _labelled_texts(folder: Path) -> RawTable:
    ids: list[object] = []
    texts: list[object] = []
    labels: list[object] = []
    for label, names in _label_folders(folder).items():
        table = _texts(folder / label, names)
        ids += [f"{label}/{stem}" for stem in table.columns["id"]]
        texts += table.columns["text"]
        labels += [label] * len(names)
    return RawTable({"id": ids, "text": texts, "label": labels}, "text files", given=_GIVEN)


def _texts(folder: Path, names: list[str]) -> RawTable:
    ids = [name.removesuffix(".txt") for name in names]
    texts = []
    for name in names:
        path = folder / name
        try:
            texts.append(decode(path.read_bytes(), path))
        except OSError as error:
            raise DataError(f"{path} cannot be read: {error.strerror}", "check its permissions") from None
    return RawTable({"id": ids, "text": texts}, "text files", given={"text": _GIVEN["text"]})


def _part_files(folder: Path) -> dict[str, list[Path]]:
    """The data files of each part; empty unless there is one for training."""
    files: dict[str, list[Path]] = {}
    for entry in _entries(folder):
        path = Path(entry.path)
        part = part_of(_SHARD.sub("", path.name.partition(".")[0]))
        if part and format_of(path) and entry.is_file():
            files.setdefault(part, []).append(path)
    for part, paths in files.items():
        whole = [path.name for path in paths if not _SHARD.search(path.name.partition(".")[0])]
        if len(paths) > 1 and whole:
            message = f"{folder} holds {len(paths)} files for {part}: {', '.join(path.name for path in paths)}"
            raise DataError(message, "keep one of them, or pass a file")
    return files if "train" in files else {}


def _nothing_in(folder: Path) -> DataError:
    message = f"{folder} holds no texts: expected train/LABEL/*.txt, LABEL/*.txt or train.csv (.tsv .jsonl .parquet)"
    names = [entry.name for entry in _entries(folder)]
    usable = [name for name in names if format_of(Path(name))]
    if usable:
        return DataError(f"{message}, found {', '.join(usable[:5])}", f"pass a file: {folder / usable[0]}")
    found = ", ".join(names[:5]) if names else "nothing"
    return DataError(f"{message}, found {found}", "check the path")
