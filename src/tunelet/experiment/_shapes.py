"""The shape of a run's labels: written into its recipe, and what cannot be done with it yet refused in one line."""

from tunelet.data import Reading
from tunelet.errors import RecipeError
from tunelet.recipe import Recipe, with_settings

# Settings that speak of classes, which numbers have not, and what they must be.
_OF_CLASSES = {
    "data.balanced": False,
    "data.min_texts_per_label": 0,
    "training.class_weights": "none",
    "training.sampling": "all",
    "training.loss": "cross-entropy",
    "training.label_smoothing": 0.0,
}


def with_shape(recipe: Recipe, reading: Reading) -> Recipe:
    """The recipe with the shape of labels that was recognised; the metric of numbers that is no class's."""
    space = reading.labels.value
    settings = {"data.task": space.task, "data.label_separator": space.separator}
    if space.continuous and recipe.training.best_metric == "log_loss":
        settings["training.best_metric"] = "rmse"
    return with_settings(recipe, settings)


def check_shape(recipe: Recipe, *, students: bool) -> None:
    """Raise RecipeError for what is not there yet for labels of this shape.

    Args:
        recipe: with the shape.
        students: whether there are texts without labels to learn from.
    """
    if recipe.data.task == "multiclass":
        return
    shape, evaluation = f"where labels are {recipe.data.task}", recipe.evaluation
    if students:
        raise RecipeError(f"unlabelled texts are not learnt from {shape}", "leave out unlabelled=...")
    if recipe.data.task == "regression":
        _refuse_classes(recipe)
    if evaluation.positive:
        raise RecipeError(
            f"evaluation.positive: there is no positive label {shape}",
            "leave it out; every label has figures of its own",
        )


def _refuse_classes(recipe: Recipe) -> None:
    for key, without in _OF_CLASSES.items():
        section, name = key.split(".")
        if (found := getattr(getattr(recipe, section), name)) != without:
            raise RecipeError(f"{key} is {found}, which speaks of classes, and labels are numbers", "leave it out")
