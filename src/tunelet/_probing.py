"""What a logistic regression on frozen features says before anything is trained: which pooling suits the texts."""

from typing import TYPE_CHECKING, Any, Literal

from tunelet._cache import cache_folder
from tunelet._choice import Choice
from tunelet._evaluate import label_indices
from tunelet._words import counted
from tunelet.data import Prepared, folds, sample_rows, tokenise
from tunelet.evaluation import probe_out_of_fold
from tunelet.evaluation._linear import log_losses
from tunelet.model import new_classifier, text_vectors
from tunelet.recipe import AdapterSettings, Recipe

if TYPE_CHECKING:
    from tunelet.model import Checkpoint

_TEXTS = 1_000  # at most, to choose on


def preferred_pooling(
    checkpoint: "Checkpoint", prepared: Prepared, recipe: Recipe, tokenizer: Any, *, several: bool
) -> Choice[Literal["first", "mean"]]:
    """The pooling whose features let a logistic regression predict training texts better, by cross-validation.

    Args:
        checkpoint: the encoder.
        prepared: its training texts are used, none else.
        recipe: its seed and its settings of texts and model count.
        tokenizer: of the checkpoint.
        several: whether texts are several fields.
    """
    seed, names = recipe.training.seed, prepared.label_names
    train = prepared.train
    if len(train) > _TEXTS:
        train = train.take(sample_rows(train, limit=max(_TEXTS, 2 * len(names)), balanced=False, seed=seed))
    frozen = new_classifier(checkpoint, names, recipe.model, AdapterSettings(method="head"), seed=seed, pooling="both")
    tokens = tokenise(
        train.texts,
        tokenizer,
        max_length=min(recipe.data.max_length, frozen.max_length),
        truncation=recipe.data.truncation,
        several_fields=several,
        cache=cache_folder(),
    )
    both = text_vectors(frozen, tokens, weights="", cache=None)
    labels = label_indices(train, names, "the training texts")
    held_out = folds(train, count=5, seed=seed)
    half = both.shape[1] // 2
    losses = {
        name: float(log_losses(probe_out_of_fold(vectors, labels, len(names), held_out, seed=seed), labels).mean())
        for name, vectors in (("first", both[:, :half]), ("mean", both[:, half:]))
    }
    worse, better = sorted(losses, key=lambda name: -losses[name])
    return Choice(
        "mean" if better == "mean" else "first",
        f"by cross-validation on {counted(len(train), 'training text')} a logistic regression on frozen features has "
        f"the log loss {losses[better]:.3f} so, with {worse} {losses[worse]:.3f}",
    )
