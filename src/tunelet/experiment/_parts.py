"""The data of a run: what is read of each source, and the parts that it is split into."""

from typing import Any

from tunelet.data import FileSettings, FoldLimits, Prepared, Reading, prepare, read
from tunelet.recipe import DataSettings, Recipe

_FEW = 2_000  # texts, of which a fifth held out would be dear, and would measure little


def read_sources(settings: DataSettings, data: Any, test: Any) -> tuple[Reading, Reading | None]:
    """Training and test data; the columns of the test data are those of the training data. Raises DataError."""
    columns: dict[str, Any] = {
        "text": settings.text_column or None,
        "label": settings.label_column or None,
        "clean_markup": settings.clean_markup,
        "label_names": settings.label_names,
        "missing_labels": settings.missing_labels,
        "files": FileSettings.of(settings),
    }
    reading = read(data, **columns)
    trained = {"text": reading.text_columns, "label": reading.label_column.value if reading.label_column else ()}
    return reading, None if test is None else read(test, **columns, known=trained)


def split_parts(recipe: Recipe, reading: Reading, test_reading: Reading | None, *, timed: bool) -> Prepared:
    """The parts, without copies and leaks.

    Args:
        recipe: of the run.
        reading, test_reading: what was read.
        timed: whether a budget of time will decide how many folds there are.
    """
    settings = recipe.data
    return prepare(
        reading,
        test_reading,
        limit=settings.limit or None,
        balanced=settings.balanced,
        validation_size=settings.validation_size,
        drop_duplicates=settings.drop_duplicates,
        seed=split_seed(recipe),
        join_labels=settings.join_labels,
        min_texts=settings.min_texts_per_label,
        folds=_fold_limits(recipe, timed=timed),
    )


def split_seed(recipe: Recipe) -> int:
    """Of drawing and splitting rows."""
    seed = recipe.data.split_seed
    return recipe.training.seed if seed < 0 else seed


def _fold_limits(recipe: Recipe, *, timed: bool) -> FoldLimits | None:
    """When the recipe cross-validates. A solved head costs next to nothing, however long the texts are.

    Where there is a budget of time, how many folds there is time for is chosen later.
    """
    settings, training = recipe.data, recipe.training
    most = None if timed or recipe.adapter.method == "head" else settings.fold_tokens
    least = training.min_steps * training.batch_size * training.gradient_accumulation
    match settings.validation:
        case "held-out":
            return None
        case "cross-validation":
            return FoldLimits(settings.folds, None, None, settings.max_length)
        case "auto":
            return FoldLimits(settings.folds, _FEW, most, settings.max_length, training.epochs, least)
