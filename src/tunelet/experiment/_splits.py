"""The data of a run: reading its sources, and splitting them."""

from typing import Any

from tunelet.data import UNFOLLOWED, Copies, FileSettings, FoldLimits, Follower, Prepared, Reading, prepare, read
from tunelet.recipe import DataSettings, Recipe

_FEW = 2_000  # texts up to which cross-validation is the default: a held-out fifth would be missed, and measures little


def read_sources(settings: DataSettings, data: Any, test: Any, follow: Follower) -> tuple[Reading, Reading | None]:
    """Read training and test data; the test data must have the training data's columns. Raises DataError.

    What was read and divided before, as a search does for its trials, is taken as it is.
    """
    if isinstance(data, Reading):
        return data, None
    columns: dict[str, Any] = {
        "text": settings.text_column or None,
        "label": settings.label_column or None,
        "clean_markup": settings.clean_markup,
        "label_names": settings.label_names,
        "missing_labels": settings.missing_labels,
        "files": FileSettings.of(settings),
        "follow": follow,
    }
    reading = read(
        data,
        group=settings.group_column or None,
        time=settings.time_column or None,
        split=settings.split_column or None,
        task=settings.task,
        separator=settings.label_separator,
        **columns,
    )
    space = reading.labels.value
    trained: dict[str, Any] = {
        "text": reading.text_columns,
        "label": reading.label_column.value if reading.label_column else (),
    }
    if settings.group_column:
        trained["group"] = reading.marks["group"]
    if test is None:
        return reading, None
    return reading, read(test, **columns, known=trained, task=space.task, separator=space.separator)


def split_data(
    recipe: Recipe,
    reading: Reading,
    test_reading: Reading | None,
    *,
    timed: bool,
    copies: Copies | None = None,
    follow: Follower = UNFOLLOWED,
) -> Prepared:
    """Split the data, without copies, and without training texts that are also test texts.

    Args:
        recipe: of the run.
        reading, test_reading: the data as `read_sources` returns it.
        timed: whether a budget of time will decide on the number of folds.
        copies: what an earlier split of the same data found alike; None: it is looked for.
        follow: told how far that is.
    """
    settings = recipe.data
    saved = None
    if settings.split_from:
        from tunelet.run import split_of_run

        saved = split_of_run(settings.split_from)
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
        saved=saved,
        copies=copies,
        follow=follow,
    )


def split_seed(recipe: Recipe) -> int:
    """The seed of drawing and splitting rows: data.split_seed, or the training's where that is negative."""
    seed = recipe.data.split_seed
    return recipe.training.seed if seed < 0 else seed


def _fold_limits(recipe: Recipe, *, timed: bool) -> FoldLimits | None:
    """The limits up to which the recipe cross-validates; None: it holds rows out.

    For a solved head the number of tokens is no limit, since it costs next to nothing. With a budget of time neither is
    it, since the number of folds is chosen later. The newest texts are held out once: folds would be predicted by what
    was learnt from newer texts.
    """
    settings, training = recipe.data, recipe.training
    most = None if timed or recipe.adapter.method == "head" else settings.fold_tokens
    least = training.min_steps * training.batch_size * training.gradient_accumulation
    match settings.validation:
        case "held-out":
            return None
        case "cross-validation":
            return FoldLimits(settings.folds, None, None, settings.most_tokens())
        case "auto":
            return FoldLimits(
                1 if settings.time_column else settings.folds,
                _FEW,
                most,
                settings.most_tokens(),
                training.epochs,
                least,
            )
