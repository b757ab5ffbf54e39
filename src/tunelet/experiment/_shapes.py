"""The shape of a run's labels: written into its recipe, and what cannot be done with it yet refused in one line."""

from tunelet.data import Reading
from tunelet.errors import RecipeError
from tunelet.recipe import Recipe, with_settings


def with_shape(recipe: Recipe, reading: Reading) -> Recipe:
    """The recipe with the shape of labels that was recognised."""
    space = reading.labels.value
    return with_settings(recipe, {"data.task": space.task, "data.label_separator": space.separator})


def check_shape(recipe: Recipe, *, students: bool, seeds: bool) -> None:
    """Raise RecipeError for what is not there yet for labels of this shape.

    Args:
        recipe: with the shape.
        students: whether there are texts without labels to learn from.
        seeds: whether the run is one of several seeds.
    """
    if recipe.data.task == "multiclass":
        return
    shape, evaluation = f"where labels are {recipe.data.task}", recipe.evaluation
    if students:
        raise RecipeError(f"unlabelled texts are not learnt from {shape}", "leave out unlabelled=...")
    if seeds:
        raise RecipeError(f"several seeds are not measured together {shape}", "train them one by one: seed=1, seed=2")
    if evaluation.positive:
        raise RecipeError(
            f"evaluation.positive: there is no positive label {shape}",
            "leave it out; every label has figures of its own",
        )
