"""Files that somebody else may have written: configs, recipes, records of a run that was copied or edited.

Only regular files are opened (a pipe would wait for ever, a device never end), no more than a limit is read, and
whatever is wrong becomes one clause. Every reader of such a file goes through here and turns `ForeignFileError` into
its own error.
"""

import json
import os
import stat
import tomllib
from pathlib import Path
from typing import Any, BinaryIO

from tunelet._words import bytes_in_words

LARGEST_RECORD = 64 * 2**20  # bytes; configs and records have some thousand, the largest real ones some million


class ForeignFileError(Exception):
    """A file cannot be used. The message is a clause that can follow the file's name and a colon."""


class TooMuchError(ForeignFileError):
    """The form is right, but it is nested deeper, or holds a number of more digits, than can be read."""


_NESTED = "nested too deep"
_DIGITS = "a number has too many digits"


def open_regular(path: Path) -> BinaryIO:
    """Open a regular file for reading, through links. Raises ForeignFileError where it is missing or something else."""
    try:
        # Without O_NONBLOCK, opening a pipe waits for somebody to write into it.
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except OSError as error:
        raise ForeignFileError(f"cannot be read: {error.strerror}") from None
    except ValueError:  # a NUL or a lone surrogate in the name
        raise ForeignFileError("cannot be read: no file has such a name") from None
    kind = os.fstat(handle).st_mode
    if not stat.S_ISREG(kind):
        os.close(handle)
        instead = "a folder" if stat.S_ISDIR(kind) else "a device" if stat.S_ISCHR(kind) else "a pipe or a socket"
        raise ForeignFileError(f"expected a file, found {instead}")
    return os.fdopen(handle, "rb")


def read_bytes(path: Path, limit: int = LARGEST_RECORD) -> bytes:
    """The content of a regular file of at most `limit` bytes. Raises ForeignFileError."""
    try:
        with open_regular(path) as file:
            content = file.read(min(limit, os.fstat(file.fileno()).st_size) + 1)  # so much is allocated at once
    except OSError as error:
        raise ForeignFileError(f"cannot be read: {error.strerror}") from None
    if len(content) > limit:
        raise ForeignFileError(f"expected at most {bytes_in_words(limit)}, found more")
    return content


def read_text(path: Path, limit: int = LARGEST_RECORD) -> str:
    """The content of such a file as text. Raises ForeignFileError, also for bytes that are not UTF-8."""
    try:
        return read_bytes(path, limit).decode("utf-8")
    except UnicodeDecodeError as error:
        raise ForeignFileError(f"not UTF-8 at byte {error.start}") from None


def parse_json(text: str, *, unique: bool = False) -> Any:
    """The value of JSON text. Raises ForeignFileError for any fault, and where `unique` also for a key that repeats."""
    try:
        return json.loads(text, object_pairs_hook=_once_each if unique else None)
    except RecursionError:
        raise TooMuchError(f"not readable as JSON: {_NESTED}") from None
    except json.JSONDecodeError as error:
        raise ForeignFileError(f"not readable as JSON: {error}") from None
    except ValueError:  # an integer of more digits than Python converts
        raise TooMuchError(f"not readable as JSON: {_DIGITS}") from None


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        raise ForeignFileError("the same key stands there twice")
    return content


def read_json_object(path: Path, limit: int = LARGEST_RECORD) -> dict[str, Any]:
    """The JSON object that a file holds. Raises ForeignFileError."""
    content = parse_json(read_text(path, limit))
    if not isinstance(content, dict):
        raise ForeignFileError(f"expected a JSON object, found {type(content).__name__}")
    return content


def parse_toml(text: str) -> dict[str, Any]:
    """The table of TOML text. Raises ForeignFileError for any fault, nesting and long numbers included."""
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise TooMuchError(f"not valid TOML: {_NESTED}") from None
    except tomllib.TOMLDecodeError as error:
        raise ForeignFileError(f"not valid TOML: {error}") from None
    except ValueError:
        raise TooMuchError(f"not valid TOML: {_DIGITS}") from None
