"""From what the user typed as a model to a folder whose files are whole.

A short name or id is looked for on the Hub, then in the Hub's cache; `minilm` first in the installed offline package.
With no name given, the Hub is asked once, quickly, and the answer decides between `distilbert` and `minilm`; the
reason says so.
"""

import re
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from tunelet import hub
from tunelet._words import shown
from tunelet.checkpoint import _files, _offline
from tunelet.checkpoint._config import check_config
from tunelet.checkpoint._fingerprint import weights_fingerprint
from tunelet.checkpoint._names import DEFAULT, OFFLINE, SHORT_NAMES, hub_id, spelling_hint
from tunelet.errors import ModelError
from tunelet.hub import OutOfReach, Repository, explain

_COMMIT = re.compile(r"[0-9a-f]{40}")
_INSTALLED = "the installed package holds it"
_PATH = re.compile(r"[.~/\\]|[A-Za-z]:[\\/]|.*[/\\]$")


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint on this disk, with where it comes from and why it was chosen.

    Attributes:
        name: what the user typed, or the default that was chosen.
        path: folder with config.json, the tokenizer's files and, unless the weights are to be random, safetensors.
        origin: "folder", "hub", "hub cache" or "offline package".
        reason: why this one, as a clause for the screen.
        hub_id: the id for the adapter's config and the model card; None for a folder.
        revision: the commit on the Hub where it is known.
    """

    name: str
    path: Path
    origin: str
    reason: str
    hub_id: str | None
    revision: str | None

    @cached_property
    def weights_sha256(self) -> str | None:
        """The fingerprint of its weights, for which they are read once; None where there are none."""
        return weights_fingerprint(self.path)


def find_checkpoint(model: str | None, *, random_weights: bool = False) -> Checkpoint:
    """The checkpoint that `model` names, downloaded where needed, its files checked.

    Args:
        model: short name, OWNER/NAME, OWNER/NAME@REVISION, folder; None for the default.
        random_weights: weights will be made at random, so that only the config and the tokenizer must be there.

    Raises:
        ModelError: nothing of that name, not for this user, out of reach, no safetensors, truncated, or needs code.
    """
    if model is None:
        return _default(random_weights=random_weights)
    if not model.strip():
        raise ModelError("expected the name of a model, found an empty one", spelling_hint(model))
    try:
        folder = Path(model).expanduser()
        exists = folder.exists()
        is_folder = model not in SHORT_NAMES and (exists or _PATH.match(model) is not None)
    except (OSError, RuntimeError, ValueError) as error:  # a name too long, a home that is nobody's, a NUL
        reason = getattr(error, "strerror", None) or error
        raise ModelError(f"no model can be called {shown(model)} ({reason})", spelling_hint(model)) from None
    if is_folder:
        return _from_folder(model, folder, random_weights=random_weights)
    if model == OFFLINE and (package := _offline.package_folder()) is not None:
        return _from_package(model, package, _INSTALLED)
    return _from_hub(model, random_weights=random_weights)


def _default(*, random_weights: bool) -> Checkpoint:
    repo_id = SHORT_NAMES[DEFAULT]
    cached = _cached(DEFAULT, repo_id, "main", random_weights=random_weights)
    if cached is not None:
        return replace(cached, reason="no model was named; the Hub's cache holds it")
    package = _offline.package_folder()
    try:
        answer = hub.look_up(repo_id, "model", timeout=hub.QUICK, offline_hint=_offline_hint())
    except ModelError as error:
        if package is None:
            raise
        return _from_package(OFFLINE, package, f"no model was named, and {error.message}; {_INSTALLED}")
    if isinstance(answer, OutOfReach):
        if package is None:
            raise ModelError(
                f"no model was named, and {answer.reason}, so {DEFAULT} cannot be had", _offline_hint()
            ) from answer.error
        reason = f"no model was named, and {answer.reason}, so {DEFAULT} cannot be had; {_INSTALLED}"
        return _from_package(OFFLINE, package, reason)
    fetched = _fetched(DEFAULT, answer, random_weights=random_weights)
    return replace(fetched, reason="no model was named; the Hub answers")


def _from_folder(name: str, folder: Path, *, random_weights: bool) -> Checkpoint:
    if not folder.exists():
        raise ModelError(f"expected a folder with a checkpoint, found nothing at {folder}", "check the path")
    if not folder.is_dir():
        raise ModelError(
            f"expected a folder with a checkpoint, found a file at {folder}", "name the folder that it is in"
        )
    _files.check_folder(folder, random_weights=random_weights)
    return Checkpoint(name, folder.resolve(), "folder", "the folder that was named", None, None)


def _from_package(name: str, folder: Path, reason: str) -> Checkpoint:
    _offline.verified_folder(folder)
    _files.check_folder(folder, random_weights=False)
    return Checkpoint(name, folder, "offline package", f"{reason} (checksum verified)", _offline.HUB_ID, None)


def _from_hub(name: str, *, random_weights: bool) -> Checkpoint:
    repo_id, revision = hub.parse_id(hub_id(name))
    cached = _cached(name, repo_id, revision, random_weights=random_weights)
    if cached is not None and _COMMIT.fullmatch(revision):
        return cached  # a commit never changes: there is nothing to ask
    # With a whole copy at hand the Hub is only asked whether there is a newer one, and not for long.
    timeout = None if cached is None else hub.QUICK
    hint = _offline_hint()
    try:
        answer = hub.look_up(repo_id, "model", revision=revision, timeout=timeout, offline_hint=hint)
    except ModelError as error:
        if "/" in repo_id:
            raise
        raise ModelError(error.message, spelling_hint(name)) from error
    if isinstance(answer, Repository):
        return _fetched(name, answer, random_weights=random_weights)
    if cached is not None:
        return replace(cached, reason=f"the Hub's cache holds it, and {answer.reason}")
    package = _offline.package_folder()
    if repo_id == _offline.HUB_ID and package is not None:
        return _from_package(name, package, f"the installed package holds the same checkpoint, and {answer.reason}")
    if "/" not in repo_id:
        hint = f"{spelling_hint(name)}; {hint}"
    raise explain(answer.error, name, "model", offline_hint=hint) from answer.error


def _cached(name: str, repo_id: str, revision: str, *, random_weights: bool) -> Checkpoint | None:
    """A whole copy in the Hub's cache; a partial one counts as none."""
    config = hub.cached_file(repo_id, "model", _files.CONFIG, revision)
    if config is None:
        return None
    try:
        _files.check_folder(config.parent, random_weights=random_weights)
    except ModelError:
        return None
    return Checkpoint(
        name, config.parent, "hub cache", "the Hub's cache holds it", repo_id, hub.commit_of(config.parent)
    )


def _fetched(name: str, repository: Repository, *, random_weights: bool) -> Checkpoint:
    shown = repository.id if repository.revision == "main" else f"{repository.id}@{repository.revision}"
    _files.check_names(repository.files, shown, random_weights=random_weights, on_hub=True)
    wanted = _files.wanted(repository.files, random_weights=random_weights)
    whole = all(hub.cached_file(repository.id, "model", file, repository.commit) is not None for file in wanted)
    # The config alone tells whether the rest is of use.
    hint = _offline_hint()
    check_config(hub.download(repository, [_files.CONFIG], last=False, offline_hint=hint) / _files.CONFIG)
    folder = hub.download(repository, wanted, offline_hint=hint)
    try:
        _files.check_folder(folder, random_weights=random_weights)
    except ModelError as error:
        raise ModelError(
            error.message, f"if it is whole on the Hub, delete {folder.parent.parent} and type it again"
        ) from error
    origin, reason = (
        ("hub cache", "the cached copy is the Hub's newest") if whole else ("hub", "downloaded from the Hub")
    )
    return Checkpoint(name, folder, origin, reason, repository.id, repository.commit)


def _offline_hint() -> str:
    minilm = (
        "`model='minilm'`"
        if _offline.package_folder() is not None
        else f"`model='minilm'` after {_offline.INSTALL_OFFLINE}"
    )
    cached = hub.cached_ids("model", _files.CONFIG)
    also = f", or from the Hub's cache: {', '.join(cached[:5])}" if cached else ""
    return f"without the Hub these work: {minilm}, or model='FOLDER'{also}"
