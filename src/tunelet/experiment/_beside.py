"""What a run takes beside its encoder: the TF-IDF model, the intervals, the files."""

from tunelet.data import Prepared
from tunelet.recipe import Recipe

# Seconds on an idle processor: for a character of TF-IDF's texts, for a bootstrap draw of a text, and for the rest.
_CHARACTER, _DRAW, _OTHER = 2e-6, 5e-6, 1.5


def seconds_beside(prepared: Prepared, recipe: Recipe, folds: int) -> float:
    """Seconds on an idle processor for all that is done beside the encoder, with so many folds."""
    characters = sum(map(len, prepared.train.texts)) if recipe.evaluation.baseline else 0
    return _CHARACTER * characters * (1 + folds) + seconds_measuring(prepared, recipe)


def seconds_measuring(prepared: Prepared, recipe: Recipe) -> float:
    """Those of them that come after the last training."""
    reported = len(prepared.validation) + (0 if prepared.test is None else len(prepared.test))
    return _OTHER + _DRAW * reported * recipe.evaluation.resamples
