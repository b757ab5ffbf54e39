"""Where a run goes: to a place that is free, or to that of the interrupted run that is continued."""

from pathlib import Path

from tunelet.errors import RunError
from tunelet.run import RunFolder, disk_errors, refuse_link


def folder_for(out: Path, *, resume: bool) -> RunFolder:
    """The run folder for this path. Raises RunError where it is taken, or there is nothing to resume."""
    with disk_errors(out):
        folder = RunFolder(out)
        taken = folder.final.exists()
    if taken or not resume:
        folder.check_free()
        return folder
    refuse_link(folder.final)
    refuse_link(folder.partial)
    if not folder.partial.is_dir():
        raise RunError(f"nothing to resume: no interrupted run {folder.partial}", "leave out resume=True")
    return folder
