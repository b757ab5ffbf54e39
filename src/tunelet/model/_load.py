"""From a checkpoint on disk to a model that trains: head with the user's labels, adapter, precision, execution.

oneDNN keeps a compiled kernel for each of its last 1,024 shapes. Packed texts have a new shape each time: those kernels
are never used again and grow to gigabytes. Keeping a few costs no time, so their number is bounded before it is read.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import torch
from torch import nn
from transformers import AutoConfig, AutoModel, AutoModelForSequenceClassification, AutoTokenizer, PreTrainedModel
from transformers.models.auto.modeling_auto import (
    MODEL_FOR_CAUSAL_LM_MAPPING_NAMES,
    MODEL_FOR_MASKED_LM_MAPPING_NAMES,
)

from tunelet._choice import Choice
from tunelet._words import counted
from tunelet.checkpoint import CONFIG, Checkpoint, check_vocabulary
from tunelet.errors import ModelError, TuneletError
from tunelet.kernels import Pooling
from tunelet.model._adapter import attach_adapter, load_adapter, trained_modules
from tunelet.model._classifier import SequenceClassifier
from tunelet.model._execution import choose_execution
from tunelet.model._pooled import PooledClassifier
from tunelet.model._pooled_files import load_head
from tunelet.model._precision import choose_device
from tunelet.model._quiet import quiet_libraries
from tunelet.model._structure import Structure, structure_of
from tunelet.model._targets import resolve_targets
from tunelet.model._turns import making, turn
from tunelet.recipe import AdapterSettings, ModelSettings

# What the rest of tunelet counts on, whatever the checkpoint says.
_OURS = {
    "problem_type": "single_label_classification",
    "return_dict": True,
    "output_hidden_states": False,
    "output_attentions": False,
}
_SHORTEST = 8  # tokens, special ones included
# Letters that no vocabulary has: a tokenizer without an unknown token stumbles over them now, not in the user's texts.
_UNKNOWN = "a \U000f0000\U0010fffd \u16a0\u16a2"

os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "64")


def new_classifier(
    checkpoint: Checkpoint,
    label_names: Sequence[str],
    model_settings: ModelSettings,
    adapter_settings: AdapterSettings,
    *,
    seed: int,
    pooling: Pooling | None = None,
) -> SequenceClassifier:
    """A pretrained encoder with a new head and a new adapter, ready to train.

    Random numbers begin at the seed, so head and adapter depend on it alone.

    Args:
        checkpoint: the encoder.
        label_names: of the classes.
        model_settings, adapter_settings: of the recipe.
        seed: of head and adapter.
        pooling: what a linear head reads of a text; None: the architecture's own head, which reads what it will.

    Raises:
        ModelError: the checkpoint cannot be adapted so.
    """
    with making(seed), foreign_model(checkpoint.path):
        return _new(checkpoint, label_names, model_settings, adapter_settings, pooling)


def _new(
    checkpoint: Checkpoint,
    label_names: Sequence[str],
    model_settings: ModelSettings,
    adapter_settings: AdapterSettings,
    pooling: Pooling | None,
) -> SequenceClassifier:
    model, new = _load_base(checkpoint.path, label_names, model_settings, pooling)
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
            trained_modules=trained_modules(base, structure, new),
            base_model_name=checkpoint.hub_id or str(checkpoint.path),
        )

    return assemble(model, structure, adapt, label_names, model_settings, adapter_settings.method, targets)


def saved_classifier(
    checkpoint: Checkpoint | None,
    folder: Path,
    label_names: Sequence[str],
    model_settings: ModelSettings,
    method: str,
    *,
    seed: int,
    pooling: Pooling | None = None,
) -> SequenceClassifier:
    """A classifier as `SequenceClassifier.save` wrote it, for prediction.

    Args:
        checkpoint: the base model under LoRA; not needed otherwise.
        folder: what was saved: an adapter, or a whole checkpoint.
        label_names: of the run.
        model_settings: of the run's recipe.
        method: of the run's recipe.
        seed: of the run; random base weights are made again from it.

    Raises:
        ModelError: something is missing or does not fit.
    """
    with making(seed):
        return _saved(checkpoint, folder, label_names, model_settings, method, pooling)


def _saved(
    checkpoint: Checkpoint | None,
    folder: Path,
    label_names: Sequence[str],
    model_settings: ModelSettings,
    method: str,
    pooling: Pooling | None,
) -> SequenceClassifier:
    if method != "lora" or checkpoint is None:
        checkpoint = Checkpoint(str(folder), folder, "folder", "the run's own weights", None, None)

    def adapt(base: PreTrainedModel) -> nn.Module:
        with foreign_model(folder, "no adapter that can be loaded", "the run folder is damaged: train again"):
            if isinstance(base, PooledClassifier):
                load_head(base, folder)
            if method != "lora":
                return cast("nn.Module", base.requires_grad_(False))
            return load_adapter(base, folder)

    if method != "lora":  # the weights are those of the run, whatever it began with
        model_settings = model_settings.model_copy(update={"random_weights": False})
    with foreign_model(checkpoint.path):
        model, _ = _load_base(checkpoint.path, label_names, model_settings, pooling)
        structure = structure_of(model)
        made = assemble(model, structure, adapt, label_names, model_settings, method, Choice((), "as saved"))
    _check_finite(made.module, folder, adapter_alone=method == "lora")
    return made


def _check_finite(module: nn.Module, folder: Path, *, adapter_alone: bool) -> None:
    """Raise ModelError where a saved weight is no number, and no probability could be one."""
    for name, parameter in module.named_parameters():
        saved = not adapter_alone or "lora_" in name or ".modules_to_save." in name
        if saved and not torch.isfinite(parameter).all():
            raise ModelError(f"{folder}: the weights in {name} are not all finite numbers", "train again")


def load_tokenizer(folder: Path) -> Any:
    """The checkpoint's own tokenizer. Raises ModelError where its files are missing or broken."""
    check_vocabulary(folder, None)
    with turn, foreign_model(folder, "no usable tokenizer", "put the checkpoint's tokenizer files there"):
        if (folder / CONFIG).exists():  # read first: a fault in it is not the tokenizer's
            with foreign_model(folder):
                AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        if (backend := getattr(tokenizer, "backend_tokenizer", None)) is not None:
            # Texts are cut and joined by us. A first call would switch this off, while other threads tokenise.
            backend.no_truncation()
            backend.no_padding()
        tokenizer(_UNKNOWN)
    return tokenizer


@contextmanager
def foreign_model(
    folder: Path,
    fault: str = "not an encoder that can be loaded",
    hint: str = "download or copy it again, or name another, such as --model minilm",
) -> Iterator[None]:
    """Whatever a library says of a checkpoint that it cannot build, load or run, as one error that names the folder.

    A foreign file can be wrong in more ways than anybody lists, and each library tells them in classes of its own.
    """
    with quiet_libraries():
        try:
            yield
        except TuneletError:
            raise
        except Exception as error:
            raise ModelError(f"{folder}: {fault} ({_clause(error)})", hint) from error


def _check_new(folder: Path, model: PreTrainedModel, structure: Structure, new: set[str]) -> None:
    """Raise ModelError where anything but a pooler or a head would start from random numbers."""
    parameters = {name for name, _ in model.named_parameters()}
    missing = sorted(
        name for name in new & parameters if name.startswith(f"{structure.backbone}.") and "pool" not in name
    )
    if missing:
        where = "layers" if any(name.startswith(f"{structure.blocks}.") for name in missing) else "embeddings"
        raise ModelError(
            f"{folder}: {counted(len(missing), 'weight')} of the {where} {'is' if len(missing) == 1 else 'are'} "
            f"missing or misshapen, the first {missing[0]}",
            "the weights do not belong to this config.json: download the checkpoint again",
        )


def _load_base(
    folder: Path, label_names: Sequence[str], settings: ModelSettings, pooling: Pooling | None
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
    for name, value in _OURS.items():
        setattr(config, name, value)
    if settings.random_weights:
        # Everything is new: what counts is the head.
        model = loader.from_config(config, dtype=torch.float32)
        return model if pooling is None else PooledClassifier(model, pooling), set()
    model, missing, _ = load_weights(loader, folder, config)
    if pooling is None:
        return model, missing
    return PooledClassifier(model, pooling), {f"{PooledClassifier.base_model_prefix}.{name}" for name in missing}


def load_weights(loader: Any, folder: Path, config: Any) -> tuple[PreTrainedModel, set[str], set[str]]:
    """A model in float32, from safetensors alone and without any code of the checkpoint's.

    Returns:
        the model, the parameters that the checkpoint does not hold in their shape, and those that the model has not.
    """
    model, report = loader.from_pretrained(
        folder,
        config=config,
        dtype=torch.float32,
        local_files_only=True,
        trust_remote_code=False,
        use_safetensors=True,
        ignore_mismatched_sizes=True,  # a head trained for other labels is replaced
        output_loading_info=True,
    )
    missing = set(report["missing_keys"]) | {entry[0] for entry in report["mismatched_keys"]}
    return model, missing, set(report["unexpected_keys"])


def _shorten(folder: Path, config: Any, layers: int) -> None:
    """Run so many layers alone; the weights of the others are not loaded."""
    all_of_them = int(config.num_hidden_layers)
    if layers > all_of_them:
        raise ModelError(
            f"{folder}: model.layers is {layers}, but the encoder has {counted(all_of_them, 'layer')}",
            f"--set model.layers={all_of_them}",
        )
    config.num_hidden_layers = layers
    if isinstance(kinds := getattr(config, "layer_types", None), list):
        config.layer_types = kinds[:layers]


def check_encoder(folder: Path, config: Any) -> None:
    """An encoder reads in both directions: what only generates, or has a decoder, is told apart before it is loaded."""
    generates = config.model_type in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES
    fills_masks = config.model_type in MODEL_FOR_MASKED_LM_MAPPING_NAMES
    decodes = getattr(config, "is_encoder_decoder", False) or getattr(config, "is_decoder", False)
    if decodes or (generates and not fills_masks):
        raise ModelError(
            f"{folder}: expected an encoder, found {config.model_type}, which generates text",
            "choose one such as distilbert, albert or minilm",
        )


def assemble(
    model: PreTrainedModel,
    structure: Structure,
    adapt: Any,
    label_names: Sequence[str],
    settings: ModelSettings,
    method: str,
    targets: Choice[tuple[str, ...]],
) -> SequenceClassifier:
    device = choose_device(settings.device)
    with quiet_libraries():
        try:
            module = adapt(model)
        except ValueError as error:
            raise ModelError(f"PEFT refuses the adapter: {_clause(error)}", "change the recipe's [adapter]") from error
    module.to(device.value)
    execution = choose_execution(model, structure, settings, device, frozen=method != "full")
    _cast_backbone(model, structure, execution.element)
    if execution.packing.value is not None:
        execution.packing.value.install(model)
        if execution.fusion.value is not None:
            execution.fusion.value.install(execution.precision.value, execution.element)
            execution.packing.value.fusion = execution.fusion.value
    return SequenceClassifier(
        module=module.eval(),
        method=method,
        label_names=tuple(label_names),
        structure=structure,
        max_length=max_length(model),
        execution=execution,
        targets=targets,
    )


def max_length(model: PreTrainedModel) -> int:
    """Most tokens of a text, special tokens included, that the position embeddings allow."""
    positions = int(getattr(model.config, "max_position_embeddings", 0) or 0)
    if positions <= 0:
        return 512
    offset_from_padding = any(hasattr(module, "create_position_ids_from_input_ids") for module in model.modules())
    length = positions - ((model.config.pad_token_id or 0) + 1 if offset_from_padding else 0)
    if length < _SHORTEST:
        raise ModelError(
            f"the encoder reads {length} tokens of a text, expected {_SHORTEST} or more",
            "name another encoder, such as --model minilm",
        )
    return length


def _cast_backbone(model: PreTrainedModel, structure: Structure, dtype: torch.dtype) -> None:
    """Frozen weights up to the end of the layers in `dtype`; what is trained, pooler and head stay float32."""
    if dtype == torch.float32:
        return
    backbone = model.get_submodule(structure.backbone)
    exact = [model.get_submodule(name) for name in structure.head]
    for name, child in backbone.named_children():
        if "pool" in name:
            exact.append(child)
            continue
        for parameter_name, parameter in child.named_parameters():
            if (
                not parameter.requires_grad
                and "lora_" not in parameter_name
                and "modules_to_save" not in parameter_name
            ):
                parameter.data = parameter.data.to(dtype)

    def to_float32(module: nn.Module, args: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(value.float() if isinstance(value, torch.Tensor) else value for value in args)

    for module in exact:
        module.register_forward_pre_hook(to_float32)


def _clause(error: BaseException) -> str:
    """What an error says, on one line."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 200 else f"{text[:200]}..."
