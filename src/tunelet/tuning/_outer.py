"""The texts that are held out of the whole search, and what its trials read."""

from dataclasses import replace

from tunelet.data import Prepared, Reading, prepare
from tunelet.experiment import split_seed
from tunelet.recipe import Recipe

HELD_OUT = 0.2  # share of the texts that no trial sees


def hold_out(reading: Reading, recipe: Recipe) -> Prepared:
    """The texts of the training part, divided into those that trials see and those that they do not.

    The division is that of any run: by group or by time where the recipe says so, with copies on one side.
    """
    settings = recipe.data
    return prepare(
        replace(reading, splits={"train": reading.splits["train"]}),
        limit=settings.limit or None,
        balanced=settings.balanced,
        validation_size=HELD_OUT,
        drop_duplicates=settings.drop_duplicates,
        seed=split_seed(recipe),
        join_labels=settings.join_labels,
        min_texts=settings.min_texts_per_label,
    )


def for_trials(reading: Reading, outer: Prepared) -> Reading:
    """What trials read: their texts, the data's own validation part, and as a test part the texts held out."""
    splits = {"train": outer.train, "test": outer.validation}
    if "validation" in reading.splits:
        splits["validation"] = reading.splits["validation"]
    return replace(reading, splits=splits, dropped={}, dropped_rows={}, rows={}, numbers={}, beside={})
