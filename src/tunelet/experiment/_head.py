"""The choice of what the head reads: which vector of a text, after which layer, by a logistic regression.

The last layers of an encoder serve its pretraining, and are not always the best ones for a head: those of sentence
encoders have lost, for example, the kind of a question or the mood of a review. A logistic regression on each layer's
frozen vectors takes seconds, and the layer that is best when frozen is best when trained, too. It is measured by
cross-validation on training texts alone; on few of them the least loss is right more often than any rule that prefers
the last layer (measurements/layers.py, docs/accuracy.md).
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from tunelet._cache import cache_folder
from tunelet._choice import Choice
from tunelet._words import counted
from tunelet.data import OUTPUTS, Prepared, Windows, folds, sample_rows, tokenise, tokens_about
from tunelet.experiment._linear_models import LINEAR_MODELS
from tunelet.experiment._rivals import cache_of_vectors
from tunelet.model import declared_pooling, new_classifier, text_vectors, text_vectors_by_layer
from tunelet.recipe import AdapterSettings, Recipe

if TYPE_CHECKING:
    from tunelet.checkpoint import Checkpoint
    from tunelet.kernels import Pooling
    from tunelet.model import SequenceClassifier

_TEXTS, _TOKENS = 1_000, 100_000  # the most that the choice uses
_FOLDS = 3
_SEED = 0  # not the run's, so that runs that differ only in their seed make the same choice
_NEGLIGIBLE = 0.001  # nats


@dataclass(frozen=True)
class HeadChoice:
    """What the head reads, each with its reason: which vector of a text, and after how many layers."""

    pooling: "Choice[Pooling]"
    layers: Choice[int]


def choose_head(
    checkpoint: "Checkpoint", prepared: Prepared, recipe: Recipe, tokenizer: Any, *, several: bool
) -> HeadChoice:
    """Choose what the head reads: as recipe or checkpoint say, or else what a logistic regression prefers.

    Args:
        checkpoint: the encoder.
        prepared: of which only the training texts are used.
        recipe: which leaves the choice open with `model.pooling` auto or `model.layers` 0.
        tokenizer: of the checkpoint.
        several: whether texts have several fields.
    """
    settings = recipe.model
    if settings.pooling != "auto" and settings.layers:
        return HeadChoice(Choice(cast("Pooling", settings.pooling), "asked for"), Choice(settings.layers, "asked for"))
    pooling: Choice[Pooling] | None = declared_pooling(checkpoint)
    if settings.pooling != "auto":
        pooling = Choice(cast("Pooling", settings.pooling), "asked for")
    task = prepared.space.task
    frozen = new_classifier(
        checkpoint,
        OUTPUTS[task].names(prepared.label_names),
        settings,
        AdapterSettings(method="head"),
        seed=recipe.training.seed,
        pooling="both" if pooling is None else pooling.value,
    )
    depth = int(frozen.base.config.num_hidden_layers)
    layers: Choice[int] | None = None
    if settings.layers:
        layers = Choice(depth, "asked for")
    elif not recipe.training.probe and recipe.adapter.method != "head":
        layers = Choice(depth, "all: training.probe is off")
    elif frozen.fused is None:
        layers = Choice(depth, "all: they are run module by module")
    elif pooling is not None and pooling.value == "first":
        layers = Choice(depth, "all: the first token is meant to be read after the last")
    if pooling is not None and layers is not None:
        return HeadChoice(pooling, layers)
    losses = _losses(
        frozen, checkpoint, prepared, recipe, tokenizer, pooling, every_layer=layers is None, several=several
    )
    least = min(losses.values())
    # Of equally good layers the deepest, which keeps most of the pretrained weights.
    kind, number = max(
        (read for read, loss in losses.items() if loss <= least + _NEGLIGIBLE), key=lambda read: (read[1], read[0])
    )
    models = LINEAR_MODELS[task]
    why = f"a {models.learner} on frozen vectors of training texts has the {models.cost} {losses[kind, number]:.3f} so"
    if pooling is None:
        others = {other: min(loss for (k, _), loss in losses.items() if k == other) for other, _ in losses}
        against = ", ".join(f"{loss:.3f} with {other}" for other, loss in others.items() if other != kind)
        pooling = Choice(cast("Pooling", kind), f"{why}, {against}")
    if layers is None:
        against = f", {losses[kind, depth]:.3f} after all {counted(depth, 'layer')}" if number < depth else ""
        layers = Choice(number, f"{why}{against}")
    return HeadChoice(pooling, layers)


def _losses(
    frozen: "SequenceClassifier",
    checkpoint: "Checkpoint",
    prepared: Prepared,
    recipe: Recipe,
    tokenizer: Any,
    pooling: "Choice[Pooling] | None",
    *,
    every_layer: bool,
    several: bool,
) -> dict[tuple[str, int], float]:
    """Out-of-fold log loss of a logistic regression by what it reads: ("first" or "mean", after how many layers)."""
    names, settings = prepared.label_names, recipe.data
    train = prepared.train
    mean = np.mean([tokens_about(text, settings.most_tokens(frozen.max_length)) for text in train.texts])
    most = max(min(_TEXTS, int(_TOKENS / mean)), 4 * len(names))
    space = prepared.space
    if len(train) > most:
        train = train.take(sample_rows(space.stratified(train), limit=most, balanced=False, seed=_SEED))
    tokens = tokenise(
        train.texts,
        tokenizer,
        max_length=settings.longest(frozen.max_length),
        truncation=settings.truncation,
        several_fields=several,
        windows=Windows.of(settings),
        cache=cache_folder(),
    )
    weights = checkpoint.weights_sha256 or ""
    cache = cache_of_vectors(recipe, weights)  # where these are all training texts, the probe finds its vectors there
    if every_layer:
        vectors = text_vectors_by_layer(frozen, tokens, weights=weights, cache=cache)
    else:
        depth = int(frozen.base.config.num_hidden_layers)
        vectors = {depth: text_vectors(frozen, tokens, weights=weights, cache=cache)}
    labels = space.encode(train, "the training texts")
    held_out = folds(space.stratified(train), count=_FOLDS, seed=_SEED)
    width = int(frozen.base.config.hidden_size)
    kinds = ("first", "mean") if pooling is None else (pooling.value,)
    losses, models = {}, LINEAR_MODELS[space.task](len(names), _SEED)
    for number, read in vectors.items():
        for at, kind in enumerate(kinds):
            features = np.ascontiguousarray(read[:, at * width : (at + 1) * width])
            losses[kind, number] = float(models.probe_losses(features, labels, held_out).mean())
    return losses
