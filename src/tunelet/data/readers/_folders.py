"""Folders: texts sorted into one folder per label (as `aclImdb` is laid out), or a data file per split.

aclImdb/train/pos/0_9.txt, aclImdb/test/neg/...   a split, a label, a text (Maas et al., ACL 2011)
train/pos/0_9.txt, train/neg/...                  one split of it
sci.space/60151, rec.autos/101551                 texts without extension, as 20 Newsgroups has them
train.csv, validation.jsonl.gz, test.parquet      data files; also shards: train-00000-of-00002.parquet
"""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from tunelet._words import counted
from tunelet.data._following import UNFOLLOWED, Follower
from tunelet.data._raw import SPLITS, RawTable, concatenate, split_of
from tunelet.data._store import Store
from tunelet.data.readers._content import open_data_file
from tunelet.data.readers._encoding import decode
from tunelet.data.readers._files import format_of, read_file
from tunelet.data.readers._settings import CELL_COST, DEFAULTS, FileSettings
from tunelet.errors import DataError

_UNLABELLED = "unsup"  # aclImdb/train/unsup holds reviews without a rating
_SHARD = re.compile(r"-\d{5}-of-\d{5}$")
_AT_ONCE = 1000  # files
_ROLES = {"text": "the content of each text file", "label": "the name of the folder that a text lies in"}

Tables = dict[str, RawTable]


def read_folder(
    folder: Path,
    names: Sequence[str] = (),
    settings: FileSettings = DEFAULTS,
    *,
    labelled: bool = True,
    follow: Follower = UNFOLLOWED,
) -> tuple[Tables, str]:
    """The splits in a folder, and the layout of the folder in words.

    Args:
        folder: the folder.
        names: column names that the user gave, for data files.
        settings: the encoding and the limits.
        labelled: whether labels are needed; without them a folder of `.txt` files alone will do.
        follow: told how far the reading of large files is.

    Raises:
        DataError: nothing readable in it, two files or folders for one split, or larger than the limits.
    """
    texts = _Texts(settings)
    subfolders = [Path(entry.path) for entry in _entries(folder) if entry.is_dir()]
    of_splits: dict[str, list[Path]] = {}
    for sub in subfolders:
        if (split := split_of(sub.name)) and _label_folders(sub):
            of_splits.setdefault(split, []).append(sub)
    if "train" in of_splits:
        unlabelled = f" ({_UNLABELLED} left out)" if (of_splits["train"][0] / _UNLABELLED).is_dir() else ""
        tables = {split: texts.labelled(_only(folder, "folders", split, subs)) for split, subs in of_splits.items()}
        others = [sub.name for sub in subfolders if not split_of(sub.name) and _label_folders(sub)]
        return _noting(tables, others), f"aclImdb folder{unlabelled}"
    files, others = _split_files(folder)
    if "train" in files:
        tables = {split: _shards(paths, names, settings, labelled, follow) for split, paths in files.items()}
        form = f"folder of {', '.join(f'{split} ({table.format})' for split, table in tables.items())}"
        return _noting(tables, others), form
    if _label_folders(folder):
        return {"train": texts.labelled(folder)}, "folder of texts, one folder per label"
    if loose := _text_files(folder):
        if not labelled:
            return {"train": texts.of(folder, loose)}, "folder of texts"
        message = f"{folder} holds {counted(len(loose), 'text file')} outside of any label's folder"
        raise DataError(message, "sort them into folders named after their labels: positive/1.txt, negative/2.txt")
    raise _nothing_in(folder)


def _shards(
    paths: Sequence[Path], names: Sequence[str], settings: FileSettings, labelled: bool, follow: Follower
) -> RawTable:
    size = sum(path.stat().st_size for path in paths)
    return concatenate(
        [read_file(path, names, settings, labelled=labelled, together=size, follow=follow) for path in paths]
    )


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    """What lies in a folder, by name; hidden files (as macOS leaves them) apart."""
    try:
        with os.scandir(folder) as entries:
            return sorted((entry for entry in entries if not entry.name.startswith(".")), key=lambda entry: entry.name)
    except OSError as error:
        raise DataError(f"{folder} cannot be read: {error.strerror}", "check its permissions") from None


def _text_files(folder: Path) -> list[str]:
    """The names of the texts in a folder: files in `.txt`, or all files where none has an extension."""
    names = [entry.name for entry in _entries(folder) if not entry.is_dir()]
    texts = [name for name in names if name.endswith(".txt")]
    return texts or (names if not any(Path(name).suffix for name in names) else [])


def _label_folders(folder: Path) -> dict[str, list[str]]:
    """Label -> its text files, for each subfolder with texts."""
    labels = [entry.name for entry in _entries(folder) if entry.is_dir() and entry.name != _UNLABELLED]
    return {label: texts for label in labels if (texts := _text_files(folder / label))}


class _Texts:
    """Reads text files into tables, counting what all of them hold together."""

    def __init__(self, settings: FileSettings) -> None:
        self.settings = settings
        self.size = 0

    def labelled(self, folder: Path) -> RawTable:
        """The texts of each subfolder, with its name as their label."""
        store = Store(("id", "text", "label"))
        for label, names in _label_folders(folder).items():
            for ids, texts in self._pieces(folder / label, names):
                store.add({"id": [f"{label}/{stem}" for stem in ids], "text": texts, "label": [label] * len(ids)})
        return RawTable(store.columns(), "text files", roles=_ROLES)

    def of(self, folder: Path, names: list[str]) -> RawTable:
        """The texts of these files."""
        store = Store(("id", "text"))
        for ids, texts in self._pieces(folder, names):
            store.add({"id": ids, "text": texts})
        return RawTable(store.columns(), "text files", roles={"text": _ROLES["text"]})

    def _pieces(self, folder: Path, names: list[str]) -> Iterator[tuple[list[str], list[str]]]:
        """Ids and texts of these files, a bounded number at a time."""
        for start in range(0, len(names), _AT_ONCE):
            some = names[start : start + _AT_ONCE]
            yield [name.removesuffix(".txt") for name in some], [self._text(folder / name) for name in some]

    def _text(self, path: Path) -> str:
        limit = 4 * self.settings.max_cell  # a character takes at most four bytes
        with open_data_file(path) as file:
            content = file.read(limit + 1)
        if len(content) > limit:
            raise self.settings.cell_too_long(path, "the text", limit // 4, at_least=True)
        self.size += len(content) + CELL_COST
        if self.size > self.settings.max_bytes:
            raise self.settings.too_large(path.parent)
        text = decode(content, path, encoding=self.settings.encoding)
        if len(text) > self.settings.max_cell:
            raise self.settings.cell_too_long(path, "the text", len(text))
        return text


def _split_files(folder: Path) -> tuple[dict[str, list[Path]], list[str]]:
    """The data files of each split, and the names of those that are of none."""
    files: dict[str, list[Path]] = {}
    others = []
    for entry in _entries(folder):
        path = Path(entry.path)
        split = split_of(_SHARD.sub("", path.name.partition(".")[0]))
        if entry.is_dir() or not (form := format_of(path.name)):
            continue
        if split:
            files.setdefault(split, []).append(path)
        elif form not in (".txt", ".json"):  # LICENSE.txt, dataset_infos.json
            others.append(path.name)
    for split, paths in files.items():
        if any(not _SHARD.search(path.name.partition(".")[0]) for path in paths):
            _only(folder, "files", split, paths)
    return files, others


def _only(folder: Path, kind: str, split: str, paths: Sequence[Path]) -> Path:
    if len(paths) > 1:
        message = f"{folder} holds {len(paths)} {kind} for {split}: {', '.join(path.name for path in paths)}"
        raise DataError(message, "keep one of them, or pass a file")
    return paths[0]


def _noting(tables: Tables, left_out: Iterable[str]) -> Tables:
    """The tables, the training split with a note on what else lies there."""
    names = list(left_out)
    if not names:
        return tables
    return {**tables, "train": replace(tables["train"], notes=(*tables["train"].notes, left_out_note(names)))}


def left_out_note(names: Sequence[str]) -> str:
    """What to say of splits, files or folders that are no known split."""
    listed = ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
    verb = "is" if len(names) == 1 else "are"
    return f"left out: {listed} {verb} not called {', '.join(SPLITS[:-1])} or {SPLITS[-1]}"


def _nothing_in(folder: Path) -> DataError:
    message = f"{folder} holds no texts: expected train/LABEL/*.txt, LABEL/*.txt or train.csv (.tsv .jsonl .parquet)"
    names = [entry.name for entry in _entries(folder)]
    usable = [name for name in names if format_of(name)]
    if {"recipe.toml", "metrics.json"} <= set(names):
        hint = f"to measure the run on other data: tunelet evaluate {folder} DATA"
        return DataError(f"{folder} is the folder of a run, expected data", hint)
    if usable:
        return DataError(f"{message}, found {', '.join(usable[:5])}", f"pass a file: {folder / usable[0]}")
    if len(inner := [name for name in names if (folder / name).is_dir()]) == 1:
        return DataError(f"{message}, found {', '.join(names[:5])}", f"pass the folder in it: {folder / inner[0]}")
    listed = ", ".join(names[:5]) if names else "nothing"
    return DataError(f"{message}, found {listed}", "check the path")
