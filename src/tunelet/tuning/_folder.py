"""The folder of a search while it goes on: who may write there, and what was done before."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from filelock import FileLock, Timeout

from tunelet._record import parse_lines, parse_record
from tunelet.errors import RunError
from tunelet.run import (
    RunFolder,
    Sealed,
    StudyFiles,
    StudyPlan,
    TrialRecord,
    check_place,
    disk_errors,
    is_marked,
    refuse_link,
    write_files,
)


def check_free(files: StudyFiles, *, resume: bool) -> None:
    """Refuse a folder that holds something else, or a search that is not to go on, before anything is read."""
    refuse_link(files.path)
    check_place(files.path, "study", [path.name for path in (files.plan, files.record, files.recipe)])
    begun = is_marked(files.path, "study")
    if begun and not resume:
        raise RunError(
            f"{files.path} holds a search over settings", "pass resume=True to go on with it, or another out=..."
        )
    with disk_errors(files.path):
        if not begun and files.path.exists() and any(files.path.iterdir()):
            raise RunError(f"{files.path} exists and holds no search over settings", "pass another out=...")
    if resume and not begun:
        raise RunError(f"nothing to resume: no search in {files.path}", "leave out resume=True")


@contextmanager
def held(files: StudyFiles) -> Iterator[None]:
    """Keep other processes out of the folder."""
    lock = FileLock(files.lock)
    with disk_errors(files.path):
        files.path.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire(blocking=False)
        except Timeout:
            raise RunError(f"{files.path}: another tunelet is at work there", "pass another out=...") from None
    try:
        yield
    finally:
        lock.release()


def begin(files: StudyFiles, plan: StudyPlan, *, resume: bool) -> list[TrialRecord]:
    """Write down what is searched, or check that it is what the interrupted search began with; its trials."""
    if not resume:
        write_files(files.path, "study", written(files, plan, []), own=True)
        return []
    sealed = Sealed.of(files.path, "study")
    before = sealed.read(files.plan, lambda content: parse_record(content, StudyPlan))
    for name in ("seed", "space", "pruner", "recipe", "texts"):
        if getattr(before, name) != getattr(plan, name):
            what = {"texts": "other texts", "recipe": "another recipe"}.get(name, f"another {name}")
            raise RunError(
                f"{files.path} was begun with {what}", "repeat the command as it was, or pass another out=..."
            )
    return list(sealed.read(files.done, lambda content: parse_lines(content, TrialRecord)))


def written(files: StudyFiles, plan: StudyPlan, trials: Sequence[TrialRecord]) -> dict[str, bytes]:
    """What is written down of a search while it goes on: name -> content."""
    lines = "".join(f"{json.dumps(trial.to_dict())}\n" for trial in trials)
    return {files.plan.name: RunFolder.json_bytes(plan.to_dict()), files.done.name: lines.encode("utf-8")}
