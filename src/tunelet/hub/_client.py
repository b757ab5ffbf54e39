"""The Hugging Face Hub, for the model room and the data room alike: one look-up, then only the files that are needed.

Downloads are `huggingface_hub`'s own: its cache, its tokens, its Xet transfer, its resumption of a broken transfer by
a Range request. Added here: a bound on the whole wait, small pieces (a broken connection loses 256 KiB instead of 10
MiB), and the order that lets an interrupted download never pass for a whole one: the branch is noted in the cache
after its files are.
"""

import contextlib
import logging
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tunelet.hub._errors import Kind, explain, out_of_reach
from tunelet.hub._stall import Heartbeat, patiently

QUICK = 2.0  # seconds: for a question whose answer "no" costs nothing, since something else is at hand
_PIECE = 256 * 1024
_MAIN = "main"
_COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class Repository:
    """What the Hub says a repository holds.

    Attributes:
        id: OWNER/NAME as asked.
        kind: "model" or "dataset".
        revision: the branch, tag, pull request or commit that was looked up.
        commit: the commit that this revision is at, 40 hexadecimal digits.
        files: path in the repository -> size in bytes (0 where the Hub names none).
    """

    id: str
    kind: Kind
    revision: str
    commit: str
    files: Mapping[str, int]


@dataclass(frozen=True)
class OutOfReach:
    """The Hub cannot be asked; `reason` is a clause for the screen, `error` what happened."""

    reason: str
    error: BaseException


def parse_id(name: str) -> tuple[str, str]:
    """("OWNER/NAME", revision) of "OWNER/NAME" or "OWNER/NAME@REVISION"."""
    repo_id, _, revision = name.partition("@")
    return repo_id, revision or _MAIN


def request_timeout() -> float:
    """Seconds that one request may take: HF_HUB_DOWNLOAD_TIMEOUT, 10 by default."""
    from huggingface_hub import constants

    return float(constants.HF_HUB_DOWNLOAD_TIMEOUT)


def look_up(
    repo_id: str, kind: Kind, *, revision: str = _MAIN, timeout: float | None = None, offline_hint: str
) -> Repository | OutOfReach:
    """Ask the Hub, in one request, what a repository holds.

    Args:
        repo_id: OWNER/NAME.
        kind: "model" or "dataset".
        revision: branch, tag, `refs/pr/N` or commit.
        timeout: seconds for the whole question, name look-up included; `request_timeout()` when None.
        offline_hint: ends the error's line when the Hub's answer is of no use.

    Raises:
        ModelError, DataError: the Hub answered, and there is no such repository, or not for this user.
    """
    from huggingface_hub import HfApi

    seconds = request_timeout() if timeout is None else timeout
    shown = repo_id if revision == _MAIN else f"{repo_id}@{revision}"

    def ask(_: Heartbeat) -> Repository:
        api = HfApi(library_name="tunelet")
        question = api.model_info if kind == "model" else api.dataset_info
        info: Any = question(repo_id, revision=revision, timeout=seconds, files_metadata=True)
        files = {file.rfilename: file.size or 0 for file in info.siblings or ()}
        return Repository(repo_id, kind, revision, info.sha, files)

    try:
        return patiently(ask, seconds=seconds)
    except Exception as error:
        if (reason := out_of_reach(error)) is not None:
            return OutOfReach(reason, error)
        raise explain(error, shown, kind, offline_hint=offline_hint) from error


def download(repository: Repository, names: Sequence[str], *, last: bool = True, offline_hint: str) -> Path:
    """The cached folder that holds the files `names` of the repository, downloaded where they were not there yet.

    Args:
        repository: the answer of `look_up`.
        names: files of the repository.
        last: whether the repository is of use once these are there, so that the cache may name their commit.
        offline_hint: ends the error's line when the Hub is out of reach.

    Raises:
        ModelError, DataError: refused, broken off for good, or nothing moved for twice `request_timeout()`.
    """
    from huggingface_hub import hf_hub_download

    # One attempt that runs into its time limit, a second's pause, a second attempt, and then it is enough.
    patience = 2 * request_timeout() + 2
    missing = [name for name in names if cached_file(repository.id, repository.kind, name, repository.commit) is None]
    size = sum(repository.files.get(name, 0) for name in missing)
    if missing and size > 1_000_000 and not sys.stderr.isatty():
        print(f"downloading {repository.id} ({size / 1e6:.0f} MB)", file=sys.stderr)

    def fetch(heartbeat: Heartbeat) -> Path:
        bar = _bar(heartbeat)

        def get(name: str, revision: str) -> Path:
            heartbeat()
            options: dict[str, Any] = {"library_name": "tunelet", "etag_timeout": request_timeout(), "tqdm_class": bar}
            return Path(hf_hub_download(repository.id, name, repo_type=repository.kind, revision=revision, **options))

        paths = [get(name, repository.commit) for name in names]
        if last and cached_file(repository.id, repository.kind, names[0], repository.revision) != paths[0]:
            get(names[0], repository.revision)
        folder = paths[0]
        for _ in Path(names[0]).parts:
            folder = folder.parent
        return folder

    try:
        with _small_pieces(), _quiet():
            return patiently(fetch, seconds=patience)
    except Exception as error:
        raise explain(error, repository.id, repository.kind, offline_hint=offline_hint) from error


def cached_file(repo_id: str, kind: Kind, name: str, revision: str = _MAIN) -> Path | None:
    """A file of the repository as it lies in the Hub's cache at that revision, or None. Asks nobody."""
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    with contextlib.suppress(HFValidationError, OSError):  # an OSError: too long to be a name
        path = try_to_load_from_cache(repo_id, name, repo_type=kind, revision=revision)
        if isinstance(path, str):
            return Path(path)
    return None


def cached_folder(repo_id: str, kind: Kind, revision: str = _MAIN) -> Path | None:
    """The folder of the Hub's cache that a branch, tag or commit of the repository stands for, or None. Asks nobody."""
    from huggingface_hub import constants

    home = Path(constants.HF_HUB_CACHE) / f"{kind}s--{repo_id.replace('/', '--')}"
    note = home / "refs" / revision
    with contextlib.suppress(OSError, UnicodeError):
        commit = note.read_text(encoding="utf-8").strip() if note.is_file() else revision
        folder = home / "snapshots" / commit
        return folder if _COMMIT.fullmatch(commit) and folder.is_dir() else None
    return None


def cached_ids(kind: Kind, name: str) -> list[str]:
    """Ids of the cached repositories whose main branch holds the file `name`, sorted."""
    from huggingface_hub import constants

    prefix = f"{kind}s--"
    folders = Path(constants.HF_HUB_CACHE).glob(f"{prefix}*")
    ids = (folder.name.removeprefix(prefix).replace("--", "/") for folder in folders)
    return sorted(repo_id for repo_id in ids if cached_file(repo_id, kind, name) is not None)


def commit_of(path: Path) -> str | None:
    """The commit that a folder of the Hub's cache stands for; None for any other folder."""
    return path.name if path.parent.name == "snapshots" and _COMMIT.fullmatch(path.name) else None


# What tqdm would else take from variables such as TQDM_FILE, as text.
_OURS = ("file", "bar_format", "postfix", "lock_args")


def _bar(heartbeat: Heartbeat) -> Any:
    """huggingface_hub's progress bar, which beats at every piece; silent where there is no terminal."""
    from huggingface_hub.utils.tqdm import tqdm

    base: Any = tqdm

    class Bar(base):  # type: ignore[misc]
        def __init__(self, *args: Any, **options: Any) -> None:
            if not sys.stderr.isatty():
                options["disable"] = True
            for name in _OURS:
                options.setdefault(name, None)
            super().__init__(*args, **options)
            heartbeat()

        def update(self, n: float | None = 1) -> Any:
            heartbeat()
            return super().update(n)

    return Bar


@contextlib.contextmanager
def _small_pieces() -> Iterator[None]:
    from huggingface_hub import constants

    usual = constants.DOWNLOAD_CHUNK_SIZE
    constants.DOWNLOAD_CHUNK_SIZE = min(usual, _PIECE)
    try:
        yield
    finally:
        constants.DOWNLOAD_CHUNK_SIZE = usual


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """A retry that helps is not worth a line; one that does not ends in an error's one line."""
    logger = logging.getLogger("huggingface_hub")
    usual = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(usual)
