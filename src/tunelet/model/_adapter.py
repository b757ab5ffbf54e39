"""What is trained: LoRA through PEFT plus the head, the head alone, or everything.

PEFT guesses the classification head by the ending of its name, which loses some heads. Here the modules to train and
save are named outright: the head, and whatever loading the checkpoint reported as newly initialised.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, cast

from torch import nn
from transformers import PreTrainedModel

from tunelet.errors import ModelError
from tunelet.model._pooled import PooledClassifier
from tunelet.model._pooled_files import load_pooled_adapter
from tunelet.model._structure import Structure
from tunelet.recipe import AdapterSettings


def attach_adapter(
    model: PreTrainedModel,
    settings: AdapterSettings,
    *,
    targets: Sequence[str],
    trained_modules: Sequence[str],
    base_model_name: str,
) -> nn.Module:
    """Freeze the model and add what the recipe trains.

    Args:
        model: sequence classification model in float32.
        settings: the recipe's adapter section.
        targets: endings of the linear modules that get LoRA.
        trained_modules: dotted names of the modules trained in full, as `modules_to_train` returns them.
        base_model_name: name of the base model in the saved adapter.

    Returns:
        A PEFT model for LoRA, else the model itself, with exactly the trained parameters requiring gradients.
    """
    if settings.method == "full":
        model.requires_grad_(True)
        return cast("nn.Module", model)
    model.requires_grad_(False)
    if settings.method == "head":
        for name in trained_modules:
            model.get_submodule(name).requires_grad_(True)
        return cast("nn.Module", model)
    from peft import LoraConfig, TaskType, get_peft_model

    config = LoraConfig(
        task_type=TaskType.SEQ_CLS,
        r=settings.rank,
        lora_alpha=settings.alpha,
        lora_dropout=settings.dropout,
        use_rslora=settings.rank_stabilised,
        use_dora=settings.dora,
        init_lora_weights=True if settings.init == "default" else settings.init,
        target_modules=list(targets),
        modules_to_save=list(trained_modules),
    )
    use_own_layer(config)
    adapted: nn.Module = get_peft_model(model, config)
    config.base_model_name_or_path = base_model_name
    config.target_modules = sorted(targets)  # PEFT keeps a set, which each process would write in an order of its own
    config.modules_to_save = list(trained_modules)  # PEFT appended its own guesses; this list is what was meant
    return adapted


def load_adapter(model: PreTrainedModel, folder: Path) -> nn.Module:
    """The base model with a saved adapter on it."""
    from peft import PeftConfig, PeftModel

    config = PeftConfig.from_pretrained(str(folder))
    use_own_layer(config)
    if isinstance(model, PooledClassifier):
        return load_pooled_adapter(model, config, folder)
    adapted: nn.Module = PeftModel.from_pretrained(model, str(folder), config=config)
    return adapted


def use_own_layer(config: Any) -> None:
    """Let PEFT make `LoraLinear` in the place of its own layer, in models with this LoraConfig."""
    from tunelet.model._lora_layer import LoraLinear

    register = getattr(config, "_register_custom_module", None)  # private: no version promises it
    if register is None:
        raise ModelError("this version of peft takes no layers of others", "pip install 'peft>=0.21,<1'")
    register({nn.Linear: LoraLinear})


def modules_to_train(model: PreTrainedModel, structure: Structure, new_parameters: Iterable[str]) -> tuple[str, ...]:
    """The modules trained in full: the head, and the owners of newly initialised parameters.

    Args:
        model: the loaded model.
        structure: its parts.
        new_parameters: names of the parameters that the checkpoint did not hold.
    """
    new = {name for name, _ in model.named_parameters()} & set(new_parameters)
    owners = list(structure.head)
    for parameter in sorted(new):
        owner = parameter.rpartition(".")[0]
        # The largest module that is new as a whole: `bert.pooler`, not `bert.pooler.dense`.
        while "." in owner and _all_new(model, owner.rpartition(".")[0], new):
            owner = owner.rpartition(".")[0]
        if not any(owner == known or owner.startswith(f"{known}.") for known in owners):
            owners.append(owner)
    return tuple(owners)


def _all_new(model: PreTrainedModel, module: str, new: set[str]) -> bool:
    names = [f"{module}.{name}" for name, _ in model.get_submodule(module).named_parameters()]
    return set(names) <= new
