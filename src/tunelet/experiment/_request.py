"""A request for a training: a recipe with all settings in it, the data, and the run folder."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tunelet._deadline import Deadline, parse_budget
from tunelet.errors import RecipeError
from tunelet.experiment._self_training import check_settings
from tunelet.experiment._windows import check_windows
from tunelet.recipe import DataSettings, Recipe, resolve_recipe, with_settings
from tunelet.scale import HERE, Place

# Arguments of `train` that stand for a setting.
SHORTCUTS = {
    "model": "model.name",
    "text": "data.text_column",
    "label": "data.label_column",
    "group": "data.group_column",
    "time": "data.time_column",
    "split": "data.split_column",
    "folds": "data.folds",  # and data.validation
    "split_from": "data.split_from",
    "encoding": "data.encoding",
    "limit": "data.limit",
    "learning_rate": "training.learning_rate",  # of the adapter; see `_RATES`
    "seed": "training.seed",
    "epochs": "training.epochs",
    "batch_size": "training.batch_size",
    "device": "model.device",
}
_RATES = {"full": "training.full_learning_rate", "head": "training.head_learning_rate"}  # by adapter.method
_LENGTHS = {f"training.{name}" for name in ("epochs", "min_steps", "max_steps", "max_tokens")}


@dataclass(frozen=True)
class Request:
    """The arguments of one training, checked and completed.

    Attributes:
        recipe: with all settings in it.
        data: to train on.
        test: to measure on; None: the test split of the data, where it has one.
        unlabelled: texts that students learn from; None: there are none.
        out: the run folder; None: one below `runs/`.
        resume: whether an interrupted run is continued.
        deadline: of the whole command; None: there is no budget of time.
        named: dotted keys of the settings that the user named, which no budget changes.
        place: where is trained, and by how many processes.
    """

    recipe: Recipe
    data: Any
    test: Any = None
    unlabelled: Any = None
    out: Path | None = None
    resume: bool = False
    deadline: Deadline | None = None
    named: Collection[str] = frozenset()
    place: Place = HERE

    @classmethod
    def of(
        cls,
        recipe: Any,
        data: Any,
        *,
        test: Any,
        unlabelled: Any,
        settings: Mapping[str, Any] | None,
        out: str | Path | None,
        resume: bool,
        budget: str | float | None = None,
        on: str = "local",
        workers: int | None = None,
        **shortcuts: Any,
    ) -> "Request":
        """A request from the arguments of `train`; a budget of time runs from now on.

        Args:
            recipe, data, test, unlabelled, settings, out, resume, budget, on, workers: as for `train`.
            shortcuts: those arguments of `train` that stand for a setting (`SHORTCUTS`).

        Raises:
            RecipeError: two of them contradict each other, or a setting is not what the recipe admits.
        """
        deadline = None if budget is None else Deadline(parse_budget(budget))
        whole = whole_recipe(recipe, settings, **shortcuts)
        named = {SHORTCUTS[name] for name, value in shortcuts.items() if value is not None} | set(settings or {})
        if shortcuts.get("folds") is not None:
            named.add("data.validation")
        check_split(whole.data, named)
        if deadline is not None and (twice := sorted(named & _LENGTHS)):
            raise RecipeError(
                f"a budget of time and {twice[0]} are two answers to one question: how long it is trained",
                "leave one of them out",
            )
        check_windows(whole)
        if unlabelled is not None:
            check_settings(whole, timed=deadline is not None)
        folder, place = None if out is None else Path(out), Place.of(on, workers)
        if deadline is not None and not place.is_here:
            raise RecipeError("a budget of time is for one process", "leave out budget=... or workers=...")
        return cls(whole, data, test, unlabelled, folder, resume, deadline, frozenset(named), place)

    def elsewhere(self) -> "Request":
        """The same for another process, which may stand in another folder, and does the work itself."""
        found = {name: _absolute(getattr(self, name)) for name in ("data", "test", "unlabelled")}
        out = None if self.out is None else self.out.absolute()
        return replace(self, out=out, place=HERE, **found)


def _absolute(source: Any) -> Any:
    """A source by its whole path, where it is a file or folder."""
    if isinstance(source, str | Path) and Path(source).exists():
        return str(Path(source).absolute())
    return source


def check_workers(request: Request, recipe: Recipe, *, folds: bool) -> None:
    """Refuse several processes for what one does. Raises RecipeError.

    Args:
        request: with the place of the workers.
        recipe: as it is trained.
        folds: whether there are any.
    """
    if request.place.is_here:
        return
    if request.unlabelled is not None and not folds:
        raise RecipeError(
            "students learn in one process where there are no folds", "leave out workers=..., or pass folds=5"
        )
    if recipe.adapter.method == "head":
        raise RecipeError(
            "a head alone is solved, by one process",
            "leave out workers=..., or pass settings={'adapter.method': 'lora'}",
        )


def check_split(settings: DataSettings, named: Collection[str]) -> None:
    """Raises RecipeError where two settings say differently which texts validate.

    Args:
        settings: the recipe's data section.
        named: keys of the settings that the user named.
    """
    folds = settings.validation == "cross-validation"
    if settings.time_column and folds:
        raise RecipeError(
            "by time the newest texts are held out, and folds would be predicted by what was learnt from newer texts",
            "leave out time=... or folds=..., or pass settings={'data.validation': 'auto'}",
        )
    if settings.split_column and folds and "data.validation" in named:
        raise RecipeError(
            "a column that names the parts and folds are two answers to one question: which texts validate",
            "leave out split=... or folds=...",
        )
    if settings.split_from and (settings.split_column or {"data.validation", "data.folds"} & set(named)):
        raise RecipeError(
            "the split of a run, and a column or folds, are two answers to one question: which texts validate",
            "leave out split_from=..., split=... or folds=...",
        )


def whole_recipe(recipe: Any, settings: Mapping[str, Any] | None, **arguments: Any) -> Recipe:
    """A recipe with the settings in it, and with those arguments of `train` that stand for one (`SHORTCUTS`)."""
    resolved = with_settings(resolve_recipe(recipe), settings or {})
    named = {SHORTCUTS[name]: value for name, value in arguments.items() if value is not None}
    for key in {"model.name", "data.split_from"} & named.keys():
        named[key] = str(named[key])  # a folder may be a Path
    if "data.folds" in named:
        named["data.validation"] = "cross-validation"
    if "training.learning_rate" in named and resolved.adapter.method in _RATES:
        named[_RATES[resolved.adapter.method]] = named.pop("training.learning_rate")
    match named.get("data.text_column"):
        case [str(column)]:
            named["data.text_column"] = column
        case tuple(columns):
            named["data.text_column"] = list(columns)
    # Named epochs count exactly: the recipe's least and most steps are meant for its own number of epochs.
    if "training.epochs" in named or "training.epochs" in (settings or {}):
        limits = {f"training.{name}": 0 for name in ("min_steps", "max_steps", "max_tokens")}
        named |= {key: value for key, value in limits.items() if key not in (settings or {})}
    return with_settings(resolved, named, "train")
