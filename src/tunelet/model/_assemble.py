"""Puts a classifier together: the loaded model, its adapter, and how it runs on this machine.

oneDNN keeps a compiled kernel for each of its last 1,024 shapes. Packed texts have a new shape in every batch, so these
kernels are never used again, and they grow to gigabytes. Keeping fewer costs no time. oneDNN reads the limit from the
environment when it first computes, so it is set here, where every model passes before it runs.
"""

import os
from collections.abc import Callable, Sequence

from torch import nn
from transformers import PreTrainedModel

from tunelet._choice import Choice
from tunelet.data import SOFTMAX, Output
from tunelet.errors import ModelError
from tunelet.model._classifier import SequenceClassifier
from tunelet.model._pretrained import in_one_line
from tunelet.model._quiet import quiet_libraries
from tunelet.model._structure import Structure
from tunelet.model._window_pooling import WindowPooling
from tunelet.model.execution import choose_device, choose_execution
from tunelet.recipe import ModelSettings

_SHORTEST = 8  # tokens, special ones included

os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "64")


def assemble(
    model: PreTrainedModel,
    structure: Structure,
    adapt: Callable[[PreTrainedModel], nn.Module],
    label_names: Sequence[str],
    settings: ModelSettings,
    method: str,
    targets: Choice[tuple[str, ...]],
    output: Output = SOFTMAX,
) -> SequenceClassifier:
    """A classifier around a model, installed as this machine runs it best.

    Args:
        model: in float32 on the CPU.
        structure: its parts.
        adapt: freezes the model and adds the adapter.
        label_names: of the classes.
        settings: the recipe's model section.
        method: "lora", "head" or "full".
        targets: the modules with LoRA.
        output: how probabilities follow from the logits.

    Raises:
        ModelError: PEFT refuses the adapter, or the machine lacks the device or precision asked for.
    """
    device = choose_device(settings.device)
    with quiet_libraries():
        try:
            module = adapt(model)
        except ValueError as error:
            raise ModelError(
                f"PEFT refuses the adapter: {in_one_line(error)}", "change the recipe's [adapter]"
            ) from error
    module.to(device.value)
    windows = WindowPooling(settings.window_pooling).to(device.value)
    execution = choose_execution(model, structure, settings, device, frozen=method != "full")
    execution.install(model, structure)
    return SequenceClassifier(
        module=module.eval(),
        method=method,
        label_names=tuple(label_names),
        structure=structure,
        max_length=_max_length(model),
        execution=execution,
        targets=targets,
        windows=windows,
        output=output,
    )


def _max_length(model: PreTrainedModel) -> int:
    """Most tokens of a text, special tokens included, that the position embeddings allow."""
    positions = int(getattr(model.config, "max_position_embeddings", 0) or 0)
    if positions <= 0:
        return 512
    offset_from_padding = any(hasattr(module, "create_position_ids_from_input_ids") for module in model.modules())
    length = positions - ((model.config.pad_token_id or 0) + 1 if offset_from_padding else 0)
    if length < _SHORTEST:
        raise ModelError(
            f"the encoder reads {length} tokens of a text, expected {_SHORTEST} or more",
            "name another encoder, such as model='minilm'",
        )
    return length
