"""The JSON document of a benchmark: machine, versions, commit, settings and measurements."""

import errno
import json
import math
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from tunelet._foreign import ForeignFileError, read_json_object
from tunelet.bench.harness._flops import Work
from tunelet.bench.harness._subject import Facts, Subject
from tunelet.errors import RunError
from tunelet.run import disk_errors, environment, refuse_link, write_atomically

_MORE_PACKAGES = ("onnx", "onnxruntime", "onnxscript")


def document(kind: str, settings: object, models: list[dict[str, Any]], facts: Facts, seconds: float) -> dict[str, Any]:
    """The document in plain values.

    Args:
        kind: "train" or "predict".
        settings: the dataclass that the command was called with.
        models: the measurements of each.
        facts: of any model, for what PyTorch sees of the machine.
        seconds: that the whole run took.
    """
    ran_on = environment()
    versions = dict(ran_on.versions)
    for package in _MORE_PACKAGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    revision, dirty = commit()
    values: dict[str, Any] = plain(
        {
            "kind": kind,
            "machine": {
                "processor": ran_on.processor,
                "cores": ran_on.cores,
                "threads": facts.threads,
                "memory_bytes": ran_on.memory_bytes,
                "instructions": facts.instructions,
                "bfloat16": facts.bfloat16.reason,
                "gpu": facts.gpu,
                "system": ran_on.system,
            },
            "versions": {"python": ran_on.python, **versions},
            "commit": revision,
            "dirty": dirty,
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
            "seconds": seconds,
            "settings": settings,
            "models": models,
        }
    )
    return values


def model_record(subject: Subject, facts: Facts, source: str, work: Work) -> dict[str, Any]:
    """What is known of a model before anything is measured.

    Args:
        subject: the model.
        facts: about it.
        source: of the texts, in words.
        work: least work on all texts of the sample.
    """
    texts = len(facts.lengths)
    lengths = sorted(facts.lengths)
    return {
        "name": subject.name,
        "random_weights": subject.random_weights,
        "note": "random weights: a speed test" if subject.random_weights else subject.checkpoint.reason,
        "architecture": facts.architecture,
        "shape": facts.shape,
        "trained_parameters": facts.trained_parameters,
        "total_parameters": facts.total_parameters,
        "targets": facts.targets,
        "texts": {
            "source": source,
            "n": texts,
            "mean_tokens": sum(lengths) / texts,
            "quartiles": [lengths[int(share * (texts - 1))] for share in (0.25, 0.5, 0.75)],
            "max_length": facts.max_length,
        },
        "work_per_review": {
            "frozen": work.frozen / texts,
            "attention": work.attention / texts,
            "adapter": work.adapter / texts,
            "total": work.total / texts,
        },
    }


def check_writable(path: Path, kind: str) -> None:
    """Find out before an hour of measuring whether the document can be written. Raises RunError or DiskError.

    Args:
        path: where the document goes; its folder need not exist.
        kind: of the document: only one of the same kind is replaced.
    """
    refuse_link(path)
    with disk_errors(path):
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, "a folder", str(path))
        above = next(folder for folder in path.absolute().parents if os.path.lexists(folder))
        with tempfile.TemporaryFile(dir=above):
            pass
        if path.exists() and not _is_document(path, kind):
            raise RunError(f"{path} exists, and is no result of tunelet bench {kind}", "pass another --out")


def _is_document(path: Path, kind: str) -> bool:
    try:
        content = read_json_object(path)
    except ForeignFileError:
        return False
    versions = content.get("versions")
    return (
        content.get("kind") == kind
        and {"machine", "settings", "models"} <= set(content)
        and (isinstance(versions, dict) and "tunelet" in versions)
    )


def write_document(values: Mapping[str, Any], path: Path) -> None:
    """Write a document as JSON, whole or not at all. Raises DiskError."""
    text = json.dumps(values, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    write_atomically(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def plain(value: Any) -> Any:
    """Dataclasses as dicts, tuples as lists, paths as text; NaN and infinity as null."""
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, Mapping):
        return {str(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [plain(entry) for entry in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return str(value) if isinstance(value, Path) else value


def commit() -> tuple[str | None, bool | None]:
    """The commit of the checkout that this package runs from, and whether its sources are changed; else None."""
    git, package = shutil.which("git"), Path(__file__).parents[1]
    if git is None:
        return None, None

    def ask(*arguments: str) -> str | None:
        done = subprocess.run([git, "-C", str(package), *arguments], capture_output=True, text=True, check=False)
        return done.stdout.strip() if done.returncode == 0 else None

    if ask("ls-files", "--error-unmatch", "__init__.py") is None:  # installed, perhaps inside somebody's repository
        return None, None
    return ask("rev-parse", "--short", "HEAD"), bool(ask("status", "--porcelain", "--", "."))
