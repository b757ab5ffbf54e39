"""A run or an export that a caller names, opened but not loaded: what can be said of it before the work begins."""

from dataclasses import dataclass
from pathlib import Path

from tunelet.classifier._base import TextClassifier
from tunelet.classifier._baseline import BaselineClassifier
from tunelet.classifier._classifier import Classifier
from tunelet.classifier._places import is_export, local_folder
from tunelet.errors import RunError
from tunelet.recipe import Recipe
from tunelet.run import Run, Sealed, Task, read_export


@dataclass(frozen=True)
class Named:
    """What classifiers are loaded from.

    Attributes:
        place: the run, or the folder of the export.
        task: its labels, and how texts are read.
        files: all that it consists of, with their checksums.
        recipe: that of the run; an export has none, and files are read as by default.
    """

    place: Run | Path
    task: Task
    files: Sealed
    recipe: Recipe

    @classmethod
    def of(cls, name: str | Path | Run) -> "Named":
        """Open a run, the folder of a run or of an export, or OWNER/NAME of either on the Hub. Raises RunError."""
        folder = local_folder(name)
        if is_export(folder):
            path = Path(folder)
            return cls(path, read_export(path).task, Sealed.of(path, "export"), Recipe(name="export"))
        run = folder if isinstance(folder, Run) else Run.load(folder)
        return cls(run, run.task, run.files, run.recipe)

    @property
    def path(self) -> Path:
        """Its folder."""
        return self.place.path if isinstance(self.place, Run) else self.place

    def load(self, *, baseline: bool = False, device: str | None = None) -> TextClassifier:
        """Its model, or the baseline of a run; errors as their own `load`."""
        if not baseline:
            return Classifier.load(self.place, device=device)
        if isinstance(self.place, Run):
            return BaselineClassifier.load(self.place)
        raise RunError(f"{self.place} is an export, which holds no baseline", "name the folder of the run")
