"""The model of a run, from its folder and the checkpoint that it was trained from."""

from typing import TYPE_CHECKING, Any

from tunelet.classifier._baseline import none_there
from tunelet.data import OUTPUTS
from tunelet.errors import RunError
from tunelet.evaluation import Baseline, WordsBaseline
from tunelet.recipe import ModelSettings
from tunelet.run import Run

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from tunelet.model import SequenceClassifier


def sequence_classifier(run: Run, settings: ModelSettings) -> "SequenceClassifier":
    """The model, ready to predict on the device and in the precision of these settings.

    Raises:
        RunError: the run is damaged, or the checkpoint has changed since.
        ModelError: the checkpoint cannot be found any more.
    """
    from tunelet.model import saved_classifier

    return saved_classifier(**_saved(run, settings))


def merged_model_of(run: Run) -> "PreTrainedModel":
    """The model as plain modules in float32, LoRA merged into them; errors as `sequence_classifier`."""
    from tunelet.model import merged_model

    return merged_model(**_saved(run, run.recipe.model))


def tfidf_of(run: Run) -> Baseline | WordsBaseline | None:
    """The TF-IDF whose logits are added to the encoder's; None: none are. Raises RunError where it is not there."""
    blend = run.facts.blend
    tfidf = run.baseline if blend else None
    if blend and tfidf is None:
        raise none_there(run)
    return tfidf


def _saved(run: Run, settings: ModelSettings) -> dict[str, Any]:
    """The arguments of what loads a saved model, after a check of all files that it reads."""
    from tunelet.checkpoint import find_checkpoint, weights_fingerprint
    from tunelet.model import head_pooling

    method, output = run.recipe.adapter.method, OUTPUTS[run.data.task.value]
    weights = run.folder.weights if method == "lora" else run.folder.full_weights
    for folder in (weights, run.folder.tokenizer):  # libraries read these by their names
        run.files.check_folder(folder)
    checkpoint = None
    if method == "lora":
        recorded = run.environment.checkpoint
        # The very commit that was trained on: what the Hub holds by that name may have changed since.
        pinned = recorded.origin in ("hub", "hub cache") and recorded.revision
        name = f"{recorded.hub_id}@{recorded.revision}" if pinned else settings.name
        checkpoint = find_checkpoint(name, random_weights=settings.random_weights)
        trained_on = recorded.weights_sha256
        if not settings.random_weights and weights_fingerprint(checkpoint.path) != trained_on:
            raise RunError(
                f"{checkpoint.path}: not the weights that {run.path} was trained on", "restore them, or train again"
            )
    return {
        "checkpoint": checkpoint,
        "folder": weights,
        "label_names": output.names(run.label_names),
        "model_settings": settings,
        "method": method,
        "seed": run.recipe.training.seed,
        "pooling": head_pooling(run.recipe),
        "output": output,
    }
