"""Files of a report, or of whatever else a folder holds one of, put in the place of those that it had.

Only what the folder's mark lists, unchanged, is replaced or removed; all else is the user's.
"""

from collections.abc import Collection, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path, PurePosixPath

from tunelet._foreign import ForeignFileError
from tunelet._writing import disk_errors, make_folders, refuse_link, remove_folders, staged, sync_folder
from tunelet.errors import RunError
from tunelet.run._mark import Kind, Mark, Written, contents, contents_of, read_mark, write_mark


def check_place(folder: Path, kind: Kind, names: Collection[str], *, own: bool = False) -> Mark:
    """That files of these names can be written into a folder, before any work is done for them.

    Args:
        folder: that they go into; it need not exist.
        kind: of the command.
        names: of the files.
        own: whether the folder is that of the very run or runs that the files are about.

    Returns:
        The folder's mark, an empty one where it has none.

    Raises:
        RunError: a link, another run's folder, or a file that such a command did not write is in the way.
    """
    refuse_link(folder)
    with disk_errors(folder):
        if folder.exists() and not folder.is_dir():
            raise RunError(f"{folder} is a file", "pass another out=...")
    mark = read_mark(folder) or Mark()
    if not own and (others := {"run", "partial run", "seeds"} & set(mark.files)):
        raise RunError(f"{folder} is the folder of another {min(others)}", "pass another out=...")
    for name in names:
        _check_replaceable(folder, name, kind, mark)
    return mark


def _check_replaceable(folder: Path, name: str, kind: Kind, mark: Mark) -> None:
    path, hint = folder / name, "pass another out=..., or remove it"
    for above in list(PurePosixPath(name).parents)[:-1]:
        refuse_link(folder / above)
    refuse_link(path)
    with disk_errors(path):
        if not path.exists():
            return
    try:
        known = mark.known(kind, name)
        written = contents_of(path, known) in known
    except ForeignFileError as error:
        raise RunError(f"{path} is in the way: {error}", hint) from None
    if not written:
        listed = name in mark.files.get(kind, {})
        raise RunError(
            f"{path} was changed since tunelet wrote it" if listed else f"{path} exists, and no {kind} of tunelet's",
            hint,
        )


def write_files(
    folder: Path, kind: Kind, files: Mapping[str, bytes], *, judged: Collection[str] = (), own: bool = False
) -> list[Path]:
    """Write all files of a report, or of whatever else a folder holds one of, in place of those that it had.

    All are written under other names first: where the disk is full, or the process is killed, the old ones are there.
    Old ones that are not wanted any more go last, where nobody changed them.

    Args:
        folder: that they go into.
        kind: of the command.
        files: path in the folder -> content, in the order in which they appear.
        judged: names of those that the caller knows to be replaceable.
        own: as for `check_place`.

    Raises:
        RunError: as `check_place`.
        DiskError: the disk refuses.
    """
    mark = check_place(folder, kind, set(files) - set(judged), own=own)
    for name in judged:
        refuse_link(folder / name)
    new = {name: contents(content) for name, content in files.items()}
    made: list[Path] = []
    with disk_errors(folder), ExitStack() as stack:
        try:
            parts = []
            for name, content in files.items():
                made += make_folders((folder / name).parent)
                writing = staged(folder / name, lambda part, content=content: part.write_bytes(content))  # type: ignore[misc]
                parts.append((stack.enter_context(writing), folder / name))
            old = _unchanged(folder, kind, mark)
            write_mark(folder, _with(mark, kind, new, before=old))
        except BaseException:
            stack.close()
            remove_folders(made)
            raise
        for part, path in parts:
            part.replace(path)
        for name in set(old) - set(files):
            (folder / name).unlink(missing_ok=True)
        for parent in {path.parent for _, path in parts}:
            sync_folder(parent)
    write_mark(folder, _with(mark, kind, new, before={}))
    return [folder / name for name in files]


def _unchanged(folder: Path, kind: Kind, mark: Mark) -> dict[str, Written]:
    """The files that such a command wrote there and nobody changed."""
    unchanged = {}
    for name in {**mark.before.get(kind, {}), **mark.files.get(kind, {})}:
        with suppress(ForeignFileError, RunError):
            for path in (folder / name, *(folder / above for above in list(PurePosixPath(name).parents)[:-1])):
                refuse_link(path)
            known = mark.known(kind, name)
            if (content := contents_of(folder / name, known)) in known:
                unchanged[name] = content
    return unchanged


def _with(mark: Mark, kind: Kind, files: Mapping[str, Written], *, before: Mapping[str, Written]) -> Mark:
    others = {name: known for name, known in mark.before.items() if name != kind}
    return Mark(files=mark.files | {kind: dict(files)}, before=others | ({kind: dict(before)} if before else {}))
