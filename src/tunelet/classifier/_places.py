"""What a caller names a classifier by: the folder of a run or of an export, or the id of either on the Hub."""

import re
from os import PathLike
from pathlib import Path
from typing import Any

from tunelet.errors import ModelError, RunError
from tunelet.run import MARK, RECORD, is_marked

_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+(@[\w./-]+)?")
_FILE = r"[\w.-]+\.(json|toml|safetensors|txt|model)"
_WANTED = re.compile(
    rf"{_FILE}|(adapter|model|tokenizer|baseline|1_Pooling|2_Dense)/{_FILE}|onnx/[\w.-]+\.onnx"
    rf"|(adapter|model)/(1_Pooling|2_Dense)/{_FILE}"
)


def local_folder(place: Any) -> Any:
    """The folder of what is named, downloaded where that is an id of the Hub; whatever else it is stays as it is.

    A name is an id only where neither it nor the folder before its slash is there: `runs/first` is none.

    Raises:
        RunError: neither a folder nor a repository has this name, or the repository is none of tunelet's.
    """
    if not isinstance(place, str | PathLike) or not _ID.fullmatch(str(place)):
        return place
    if Path(place).parent.exists():
        return place
    return _downloaded(str(place)) or place


def is_export(folder: Any) -> bool:
    """Whether this is the folder of an export, whole or damaged."""
    if not isinstance(folder, str | PathLike):
        return False
    try:
        return (Path(folder) / RECORD).is_file() or is_marked(Path(folder), "export")
    except (OSError, ValueError, RunError):
        return False


def _downloaded(name: str) -> Path | None:
    """The snapshot of a repository: the files that a run or an export can have; None: the Hub cannot be asked."""
    from tunelet.hub import OutOfReach, cached_folder, download, look_up, parse_id

    repo_id, revision = parse_id(name)
    hint = "name a folder on this machine"
    try:
        answer = look_up(repo_id, "model", revision=revision, offline_hint=hint)
    except ModelError as error:
        raise RunError(f"{name}: no such folder, and {error.message}", error.hint) from error
    if isinstance(answer, OutOfReach):
        return cached_folder(repo_id, "model", revision)
    wanted = sorted(file for file in answer.files if _WANTED.fullmatch(file))
    if MARK not in wanted:
        raise RunError(
            f"{name} on the Hub is no run or export of tunelet's: it has no {MARK}", "name what tunelet.push uploaded"
        )
    return download(answer, [MARK, *(file for file in wanted if file != MARK)], offline_hint=hint)
