"""A classifier with a linear head as a folder that Sentence Transformers loads; the embeddings it makes are the logits.

The folder lists three modules: Transformer, pooling and dense layer (`modules.json`, Reimers and Gurevych 2019). With
LoRA the first is PEFT's adapter of the plain backbone, which `PeftModel.from_pretrained` loads as well; otherwise it
is a whole checkpoint.
"""

import copy
import json
from pathlib import Path
from typing import Any, cast

from safetensors.torch import load_file, save_file
from torch import nn

from tunelet.model._pooled import PooledClassifier

_ADAPTER = "adapter_model.safetensors"
_PEFT = "base_model.model."  # what PEFT puts before the name of a parameter
_POOLING_FOLDER, _DENSE_FOLDER = Path("1_Pooling"), Path("2_Dense")
_TYPES = {
    "": "sentence_transformers.models.Transformer",
    _POOLING_FOLDER.name: "sentence_transformers.models.Pooling",
    _DENSE_FOLDER.name: "sentence_transformers.models.Dense",
}


def save_pooled(module: nn.Module, base: PooledClassifier, folder: Path, *, max_length: int) -> None:
    """Write a classifier to a folder.

    Args:
        module: the PEFT model around `base`, or `base` itself.
        base: the classifier.
        folder: the folder, made if it does not exist.
        max_length: most tokens of a text.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if module is base:
        base.backbone.save_pretrained(folder, safe_serialization=True)
    else:
        _save_adapter(module, base, folder)
        base.config.save_pretrained(folder)
    head = base.head
    classes, width = head.weight.shape
    for place in (_POOLING_FOLDER, _DENSE_FOLDER):
        (folder / place).mkdir(exist_ok=True)
    modules = [
        {"idx": number, "name": str(number), "path": path, "type": kind}
        for number, (path, kind) in enumerate(_TYPES.items())
    ]
    _write(folder / "modules.json", modules)
    layers = {"config_args": {"num_hidden_layers": int(base.config.num_hidden_layers)}}  # the base may have more
    _write(folder / "sentence_bert_config.json", {"max_seq_length": max_length, "do_lower_case": False} | layers)
    _write(
        folder / _POOLING_FOLDER / "config.json",
        {
            "word_embedding_dimension": int(base.config.hidden_size),
            "pooling_mode_cls_token": base.pooling != "mean",
            "pooling_mode_mean_tokens": base.pooling != "first",
        },
    )
    _write(
        folder / _DENSE_FOLDER / "config.json",
        {
            "in_features": width,
            "out_features": classes,
            "bias": True,
            "activation_function": "torch.nn.modules.linear.Identity",
        },
    )
    tensors = {f"linear.{name}": value.detach().contiguous() for name, value in head.named_parameters()}
    save_file(tensors, folder / _DENSE_FOLDER / "model.safetensors", metadata={"format": "pt"})


def load_head(base: PooledClassifier, folder: Path) -> None:
    """Give a classifier the linear layer that `save_pooled` wrote."""
    tensors = load_file(folder / _DENSE_FOLDER / "model.safetensors")
    base.classifier.load_state_dict({name.removeprefix("linear."): value for name, value in tensors.items()})


def load_pooled_adapter(base: PooledClassifier, config: Any, folder: Path) -> nn.Module:
    """A classifier that has its head, with the adapter that `save_pooled` wrote.

    Raises ValueError where weights are missing or do not fit the model.
    """
    from peft import get_peft_model, set_peft_model_state_dict

    config.task_type, config.inference_mode = None, True  # no head of PEFT's: the classifier has its own
    adapted: nn.Module = get_peft_model(base, config)
    saved = load_file(folder / _ADAPTER)
    renamed = {_outer(name): value for name, value in saved.items()}
    report = set_peft_model_state_dict(adapted, renamed)
    missing = [name for name in report.missing_keys if "lora_" in name]
    if missing or report.unexpected_keys:
        raise ValueError(f"weights that do not fit the model: {[*missing, *report.unexpected_keys][0]}")
    adapted.requires_grad_(False)
    return adapted


def _save_adapter(module: nn.Module, base: PooledClassifier, folder: Path) -> None:
    """Write PEFT's files as if the backbone had been adapted without the head."""
    from peft import TaskType, get_peft_model_state_dict

    state = get_peft_model_state_dict(module, save_embedding_layers=False)
    inside = f"{_PEFT}{base.base_model_prefix}."
    adapter = {
        f"{_PEFT}{name.removeprefix(inside)}": value.detach().contiguous()
        for name, value in state.items()
        if name.startswith(inside)
    }
    save_file(adapter, folder / _ADAPTER, metadata={"format": "pt"})
    config: Any = copy.copy(cast("Any", module).peft_config["default"])
    config.task_type, config.modules_to_save, config.inference_mode = TaskType.FEATURE_EXTRACTION, None, True
    # A name in full counts from the classifier; without its beginning it fits there, too, for PEFT compares endings.
    config.target_modules = sorted(name.removeprefix(f"{base.base_model_prefix}.") for name in config.target_modules)
    config.save_pretrained(str(folder))


def _outer(name: str) -> str:
    return f"{_PEFT}{PooledClassifier.base_model_prefix}.{name.removeprefix(_PEFT)}"


def _write(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
