"""What a run folder is called where nobody names it, and which of such folders an interrupted run has."""

import itertools
import re
from collections.abc import Iterator
from pathlib import Path

from tunelet.errors import RunError
from tunelet.run._folder import PARTIAL, RunFolder
from tunelet.run._mark import is_marked


def default_folder(recipe_name: str, model_name: str, seed: int | str) -> Path:
    """runs/RECIPE-MODEL-seedN, with the first free number after it where that is taken."""
    return free_folder(_base_name(recipe_name, model_name, seed))


def free_folder(base: Path) -> Path:
    """The first of `numbered` that neither a run nor an interrupted one has; one that never began leaves it free."""

    def free(folder: RunFolder) -> bool:
        try:
            if folder.partial.exists() and not is_marked(folder.partial, "partial run"):
                return False
            folder.check_free()
        except RunError:
            return False
        return not folder.is_held()

    return next(folder.final for folder in map(RunFolder, numbered(base)) if free(folder))


def numbered(base: Path) -> Iterator[Path]:
    """NAME, NAME-2, NAME-3 and so on."""
    yield base
    for number in itertools.count(2):
        yield base.with_name(f"{base.name}-{number}")


def find_partial(recipe_name: str, model_name: str, seed: int) -> Path:
    """The final name of the interrupted run last worked on that has this recipe, model and seed. Raises RunError."""
    base = _base_name(recipe_name, model_name, seed)
    pattern = re.compile(re.escape(base.name) + r"(-\d+)?" + re.escape(PARTIAL))
    names = [path.name.removesuffix(PARTIAL) for path in base.parent.glob("*") if pattern.fullmatch(path.name)]
    begun = [folder for folder in (RunFolder(base.with_name(name)) for name in names) if folder.has_begun()]
    if not begun:
        raise RunError(
            f"nothing to resume: no interrupted run {base}{PARTIAL}",
            "name its folder with out=..., or leave out resume=True",
        )
    return max(begun, key=RunFolder.last_worked_on).final


def _base_name(recipe_name: str, model_name: str, seed: int | str) -> Path:
    model = re.sub(r"[^A-Za-z0-9._-]+", "-", Path(model_name).name) or "model"
    return Path("runs") / f"{recipe_name}-{model}-seed{seed}"
