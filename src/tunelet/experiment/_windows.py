"""Windows of long texts in the main job: what goes together with them, checked before anything is computed."""

from tunelet.data import Reading
from tunelet.errors import RecipeError
from tunelet.recipe import Recipe


def check_windows(recipe: Recipe) -> None:
    """Raise RecipeError where two settings about windows contradict each other."""
    pooling, truncation = recipe.model.window_pooling, recipe.data.truncation
    if pooling == "mean":
        return
    if truncation != "windows":
        raise RecipeError(
            f"model.window_pooling is {pooling!r}, but no text is read in windows: data.truncation is {truncation!r}",
            "add settings={'data.truncation': 'windows'}, or leave out model.window_pooling",
        )
    if recipe.adapter.method == "head":
        raise RecipeError(
            f"model.window_pooling is {pooling!r}, but a head that is solved gives the mean over windows: "
            "adapter.method is 'head'",
            "leave out model.window_pooling, or train an adapter: settings={'adapter.method': 'lora'}",
        )


def check_columns(recipe: Recipe, reading: Reading) -> None:
    """Raise RecipeError where texts of several columns would have to be read in windows."""
    if recipe.data.truncation == "windows" and len(reading.text_columns) > 1:
        columns = ", ".join(map(repr, reading.text_columns))
        raise RecipeError(
            f"data.truncation = 'windows' reads a text of one column, found {columns}, which are read together",
            "keep both ends of each instead: settings={'data.truncation': 'head+tail'}",
        )
