"""From a checkpoint on disk to a classifier that trains, or from a saved one to a classifier that predicts."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import torch
from torch import nn
from transformers import AutoConfig, AutoModel, AutoModelForSequenceClassification, PreTrainedModel

from tunelet._choice import Choice
from tunelet._words import counted
from tunelet.checkpoint import Checkpoint
from tunelet.data import SOFTMAX, Output
from tunelet.errors import ModelError
from tunelet.kernels import Pooling
from tunelet.model._adapter import attach_adapter, load_adapter, modules_to_train
from tunelet.model._assemble import assemble
from tunelet.model._classifier import SequenceClassifier
from tunelet.model._pooled import PooledClassifier
from tunelet.model._pooled_files import load_head
from tunelet.model._pretrained import check_encoder, foreign_model, load_weights
from tunelet.model._structure import Structure, structure_of
from tunelet.model._targets import resolve_targets
from tunelet.model._turns import making
from tunelet.recipe import AdapterSettings, ModelSettings

_DAMAGED = "the run folder is damaged: train again"
# Set whatever the checkpoint's config says, because the rest of tunelet relies on them.
_OURS = {
    "return_dict": True,
    "output_hidden_states": False,
    "output_attentions": False,
}


def new_classifier(
    checkpoint: Checkpoint,
    label_names: Sequence[str],
    model_settings: ModelSettings,
    adapter_settings: AdapterSettings,
    *,
    seed: int,
    pooling: Pooling | None = None,
    output: Output = SOFTMAX,
) -> SequenceClassifier:
    """A pretrained encoder with a new head and a new adapter, ready to train.

    Args:
        checkpoint: the encoder.
        label_names: of the classes.
        model_settings, adapter_settings: the recipe's sections.
        seed: random seed of head and adapter, which depend on nothing else.
        pooling: what a linear head reads of a text; None: the architecture's own head is used.
        output: how probabilities are to follow from the logits.

    Raises:
        ModelError: the checkpoint cannot be adapted so.
    """
    with making(seed), foreign_model(checkpoint.path):
        return _new(checkpoint, label_names, model_settings, adapter_settings, pooling, output)


def _new(
    checkpoint: Checkpoint,
    label_names: Sequence[str],
    model_settings: ModelSettings,
    adapter_settings: AdapterSettings,
    pooling: Pooling | None,
    output: Output,
) -> SequenceClassifier:
    model, new = _load_base(checkpoint.path, label_names, model_settings, pooling, output)
    structure = structure_of(model)
    _check_new(checkpoint.path, model, structure, new)
    targets: Choice[tuple[str, ...]] = Choice((), "no LoRA")
    if adapter_settings.method == "lora":
        targets = resolve_targets(model, structure, adapter_settings.targets, adapter_settings.layers)

    def adapt(base: PreTrainedModel) -> nn.Module:
        return attach_adapter(
            base,
            adapter_settings,
            targets=targets.value,
            trained_modules=modules_to_train(base, structure, new),
            base_model_name=checkpoint.hub_id or str(checkpoint.path),
        )

    return assemble(model, structure, adapt, label_names, model_settings, adapter_settings.method, targets, output)


def saved_classifier(
    checkpoint: Checkpoint | None,
    folder: Path,
    label_names: Sequence[str],
    model_settings: ModelSettings,
    method: str,
    *,
    seed: int,
    pooling: Pooling | None = None,
    output: Output = SOFTMAX,
) -> SequenceClassifier:
    """A classifier that `SequenceClassifier.save` wrote, for prediction.

    Args:
        checkpoint: the base model under LoRA; not needed otherwise.
        folder: the saved adapter, or the saved whole checkpoint.
        label_names: the run's.
        model_settings: from the run's recipe.
        method: from the run's recipe, "lora", "head" or "full".
        seed: the run's random seed, from which random base weights are made again.
        pooling: what a linear head reads of a text; None: the architecture's own head was saved.
        output: how probabilities follow from the logits.

    Raises:
        ModelError: something is missing or does not fit.
    """
    with making(seed):
        return _saved(checkpoint, folder, label_names, model_settings, method, pooling, output)


def merged_model(
    checkpoint: Checkpoint | None,
    folder: Path,
    label_names: Sequence[str],
    model_settings: ModelSettings,
    method: str,
    *,
    seed: int,
    pooling: Pooling | None = None,
    output: Output = SOFTMAX,
) -> PreTrainedModel:
    """A classifier that `SequenceClassifier.save` wrote as a plain model: float32, on the CPU, LoRA merged into it.

    It is the architecture's own classification model, or a `PooledClassifier`. The arguments, and what is raised, are
    those of `saved_classifier`.
    """
    with making(seed):
        place, settings = _own_weights(checkpoint, folder, model_settings, method)
        with foreign_model(place.path):
            model, _ = _load_base(place.path, label_names, settings, pooling, output)
            module: Any = _with_saved(model, folder, method)
        _check_finite(module, folder, adapter_alone=method == "lora")
        if method == "lora":
            module = module.merge_and_unload()
        return cast("PreTrainedModel", module.eval().requires_grad_(False))


def _saved(
    checkpoint: Checkpoint | None,
    folder: Path,
    label_names: Sequence[str],
    model_settings: ModelSettings,
    method: str,
    pooling: Pooling | None,
    output: Output,
) -> SequenceClassifier:
    place, settings = _own_weights(checkpoint, folder, model_settings, method)

    def adapt(base: PreTrainedModel) -> nn.Module:
        return _with_saved(base, folder, method)

    with foreign_model(place.path):
        model, _ = _load_base(place.path, label_names, settings, pooling, output)
        structure = structure_of(model)
        made = assemble(model, structure, adapt, label_names, settings, method, Choice((), "as saved"), output)
    with foreign_model(folder, "no pooling of windows that can be loaded", _DAMAGED):
        made.windows.load(folder)
    _check_finite(made.module, folder, adapter_alone=method == "lora")
    if made.fused is not None:
        made.fused.settle()
    return made


def _own_weights(
    checkpoint: Checkpoint | None, folder: Path, settings: ModelSettings, method: str
) -> tuple[Checkpoint, ModelSettings]:
    """Where the weights are, without LoRA those that were saved, even if the run began with random ones."""
    if method != "lora" or checkpoint is None:
        checkpoint = Checkpoint(str(folder), folder, "folder", "the run's own weights", None, None)
    if method != "lora":
        settings = settings.model_copy(update={"random_weights": False})
    return checkpoint, settings


def _with_saved(base: PreTrainedModel, folder: Path, method: str) -> nn.Module:
    """The loaded model with the head and the adapter that were saved."""
    with foreign_model(folder, "no adapter that can be loaded", _DAMAGED):
        if isinstance(base, PooledClassifier):
            load_head(base, folder)
        if method != "lora":
            return cast("nn.Module", base.requires_grad_(False))
        return load_adapter(base, folder)


def _check_finite(module: nn.Module, folder: Path, *, adapter_alone: bool) -> None:
    """Raise ModelError where a saved weight is NaN or infinite, since no probability would be a number then."""
    for name, parameter in module.named_parameters():
        saved = not adapter_alone or "lora_" in name or ".modules_to_save." in name
        if saved and not torch.isfinite(parameter).all():
            raise ModelError(f"{folder}: the weights in {name} are not all finite numbers", "train again")


def _load_base(
    folder: Path, label_names: Sequence[str], settings: ModelSettings, pooling: Pooling | None, output: Output
) -> tuple[PreTrainedModel, set[str]]:
    """The model in float32, and the names of the parameters that the checkpoint did not hold."""
    loader = AutoModelForSequenceClassification if pooling is None else AutoModel
    config = AutoConfig.from_pretrained(
        folder,
        local_files_only=True,
        trust_remote_code=False,
        num_labels=len(label_names),
        id2label=dict(enumerate(label_names)),
        label2id={name: index for index, name in enumerate(label_names)},
    )
    check_encoder(folder, config)
    if settings.layers:
        _shorten(folder, config, settings.layers)
    for name, value in (_OURS | {"problem_type": output.problem_type}).items():
        setattr(config, name, value)
    if settings.random_weights:
        # Everything is new: what counts is the head.
        model = loader.from_config(config, dtype=torch.float32)
        return model if pooling is None else PooledClassifier(model, pooling), set()
    model, missing, _ = load_weights(loader, folder, config)
    if pooling is None:
        return model, missing
    return PooledClassifier(model, pooling), {f"{PooledClassifier.base_model_prefix}.{name}" for name in missing}


def _shorten(folder: Path, config: Any, layers: int) -> None:
    """Limit a model to its lowest layers; the weights of the others are not loaded."""
    depth = int(config.num_hidden_layers)
    if layers > depth:
        raise ModelError(
            f"{folder}: model.layers is {layers}, but the encoder has {counted(depth, 'layer')}",
            f"settings={{'model.layers': {depth}}}",
        )
    config.num_hidden_layers = layers
    if isinstance(kinds := getattr(config, "layer_types", None), list):
        config.layer_types = kinds[:layers]


def _check_new(folder: Path, model: PreTrainedModel, structure: Structure, new: set[str]) -> None:
    """Raise ModelError where anything but a pooler or a head would start from random numbers."""
    parameters = {name for name, _ in model.named_parameters()}
    missing = sorted(
        name for name in new & parameters if name.startswith(f"{structure.backbone}.") and "pool" not in name
    )
    if missing:
        place = "layers" if any(name.startswith(f"{structure.blocks}.") for name in missing) else "embeddings"
        raise ModelError(
            f"{folder}: {counted(len(missing), 'weight')} of the {place} {'is' if len(missing) == 1 else 'are'} "
            f"missing or misshapen, the first {missing[0]}",
            "the weights do not belong to this config.json: download the checkpoint again",
        )
