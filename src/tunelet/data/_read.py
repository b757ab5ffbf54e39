"""`read`: every form that the DATA argument takes, told apart here and nowhere else."""

import os
import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from tunelet.data._clean import reading_from
from tunelet.data._columns import listed
from tunelet.data._following import UNFOLLOWED, Follower
from tunelet.data._raw import RawTable
from tunelet.data._reading import Reading
from tunelet.data.readers._files import read_file
from tunelet.data.readers._folders import read_folder
from tunelet.data.readers._memory import read_memory
from tunelet.data.readers._settings import DEFAULTS, FileSettings
from tunelet.errors import DataError
from tunelet.recipe import MISSING_LABELS

SAMPLE = Path(__file__).parent / "sample"


def read(
    data: object,
    *,
    text: str | Sequence[str] | None = None,
    label: str | None = None,
    labelled: bool = True,
    clean_markup: bool = True,
    label_names: Mapping[str, str] = MappingProxyType({}),
    known: Mapping[str, str | Sequence[str]] = MappingProxyType({}),
    missing_labels: Collection[str] = MISSING_LABELS,
    group: str | None = None,
    time: str | None = None,
    split: str | None = None,
    files: FileSettings = DEFAULTS,
    task: str = "auto",
    separator: str = "",
    follow: Follower = UNFOLLOWED,
) -> Reading:
    """Read texts, and their labels, from wherever they are.

    >>> reading = tunelet.read([("A joy.", "good"), ("A bore.", "bad")])
    >>> reading.splits["train"].labels
    ('good', 'bad')

    Args:
        data: a path to a file (`.csv .tsv .txt .jsonl .ndjson .json .parquet .xlsx`, also with `.gz .zst .xz .bz2` or
            `.zip`) or to a folder (`aclImdb` layout, or files `train.*`, `validation.*`, `test.*`);
            `hub:OWNER/NAME[:CONFIG]`, `imdb` or `sample`, which win over files of the same name (type `./sample` for
            those); a DataFrame of pandas or polars, an Arrow table, or another object that hands out Arrow columns; a
            list of (text, label) pairs, of dicts or of texts; a `datasets.Dataset` or `DatasetDict`.
        text: the column of the texts; recognised when None. Several are read together, as a pair of texts is.
        label: the column of the labels; recognised when None.
        labelled: whether labels are needed; False reads none, even where there are some.
        clean_markup: whether HTML markup and control characters are cleaned (`tunelet.data._markup`).
        label_names: new names for label values, for example {"0": "negative", "1": "positive"}.
        known: role ("text", "label") -> the columns that a run was trained on, which go before any recognition; and
            "group", which is read where the source has it.
        missing_labels: words that stand for no label, in any case; for no group and no time, too.
        group: the column of what no split may divide, such as an author.
        time: the column of dates or numbers by which the newest rows can validate; a row without one is dropped.
        split: the column that says of each row whether it is for training, validation or test.
        files: the encoding of text files that are not UTF-8, and the limits on what is decoded.
        task: the shape of the labels, as recipes name it; "auto": recognised.
        separator: what stands between several labels of a text; "": recognised.
        follow: told how far the reading of a large file is, and the cleaning of texts.

    Returns:
        the splits with texts and labels as strings, the columns chosen with their reasons, and what was dropped.

    Raises:
        DataError: the source is missing, broken, ambiguous, or holds no usable row.
    """
    marks = {"group": group, "time": time, "split": split}
    names = [name for given in (text, label, *known.values(), *marks.values()) for name in listed(given)]
    tables, source, form = read_tables(data, names, labelled=labelled, files=files, follow=follow)
    return reading_from(
        tables,
        source=source,
        form=form,
        text=text,
        label=label,
        labelled=labelled,
        clean_markup=clean_markup,
        label_names=label_names,
        known=known,
        missing_labels=missing_labels,
        task=task,
        separator=separator,
        marks=marks,
        follow=follow,
    )


def read_tables(
    data: object,
    names: Sequence[str] = (),
    *,
    labelled: bool = True,
    files: FileSettings = DEFAULTS,
    follow: Follower = UNFOLLOWED,
) -> tuple[Mapping[str, RawTable], str, str]:
    """The splits of a source as they are, before anything is recognised, cleaned or dropped.

    Args:
        data: as for `read`.
        names: columns that the source may have: a first row that holds one of them is a header.
        labelled: whether labels are needed.
        files, follow: as for `read`.

    Returns:
        split -> table, the source as the user would name it, and the format. Raises DataError as `read` does.
    """
    if isinstance(data, str):
        if not data.strip():
            raise DataError("the name of the data is empty", "pass a file, a folder, hub:OWNER/NAME, imdb or sample")
        if data == "sample":
            return read_folder(SAMPLE, settings=files)[0], data, "film reviews that ship with tunelet, JSON lines"
        if data == "imdb" or data.startswith("hub:"):
            from tunelet.data._hub import read_hub_tables

            tables, form = read_hub_tables(data)
            return tables, data, form
    if isinstance(data, str | os.PathLike):
        _refuse_address(str(data))
        try:
            path = Path(data).expanduser()
            is_folder = path.is_dir()
        except (RuntimeError, TypeError) as error:  # ~nobody, or a path of bytes
            raise DataError(
                f"{data!r} is no usable path ({error})", "type the whole path of a file or folder"
            ) from None
        except OSError as error:  # a name too long, a folder that may not be entered
            raise DataError(f"{data} cannot be read: {error.strerror}", "check the path and its permissions") from None
        if is_folder:
            splits, form = read_folder(path, names, files, labelled=labelled, follow=follow)
            return splits, str(data), form
        table = read_file(path, names, files, labelled=labelled, follow=follow)
        return {"train": table}, str(data), table.format
    splits, form = read_memory(data, files, labelled=labelled)
    return splits, form, form


def _refuse_address(data: str) -> None:
    """A URL is no path. Raises DataError with what to type instead."""
    address = re.match(r"([A-Za-z][A-Za-z0-9+.-]+)://(.*)", data, re.DOTALL)
    if not address:
        return
    scheme, rest = address[1].lower(), address[2]
    if hub := re.match(
        r"(?:(?:https://)?huggingface\.co/)?datasets/([\w.-]+/[\w.-]+)", rest if scheme in ("https", "hf") else ""
    ):
        hint = f"for a data set of the Hub type hub:{hub[1]}"
    elif scheme == "file":
        hint = f"type the path: {rest}"
    elif scheme in ("http", "https", "ftp"):
        hint = "download it first, with a browser or: curl -L -O ADDRESS"
    else:
        hint = "copy it to this machine first"
    shown = re.sub(r"//[^/@]*@", "//", data)  # what stands before the host may be a password
    raise DataError(f"{shown} is an address; tunelet reads local files", hint)
