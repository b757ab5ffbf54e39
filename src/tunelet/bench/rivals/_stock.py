"""The stock stack's model: plain transformers and PEFT, built as notebooks do, with tunelet's initial weights in it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tunelet.bench.harness._subject import Subject
from tunelet.checkpoint import Checkpoint
from tunelet.data import training_batches
from tunelet.model import quiet_libraries


def without_dropout(checkpoint: Checkpoint, folder: Path) -> Path:
    """The checkpoint in a new folder, links to its files, with a config that has no dropout anywhere."""
    folder.mkdir()
    for file in checkpoint.path.iterdir():
        if file.name == "config.json":
            config = json.loads(file.read_text(encoding="utf-8"))
            config |= _no_dropout(config)
            (folder / file.name).write_text(json.dumps(config), encoding="utf-8")
        else:
            (folder / file.name).symlink_to(file.resolve())
    return folder


def _no_dropout(config: Mapping[str, Any]) -> dict[str, float]:
    """Every dropout probability of a config, at 0."""
    return {name: 0.0 for name, value in config.items() if "dropout" in name and isinstance(value, float)}


def rows_in_order(lengths: np.ndarray, *, epochs: int, batch_size: int, seed: int) -> np.ndarray:
    """Row numbers in the order in which tunelet trains on them, all epochs end to end, int64 [epochs * n].

    Args:
        lengths: tokens of each text, int64 [n]; n must fill whole batches, so that none has rows of two epochs.
        epochs: as tunelet's.
        batch_size: as tunelet's.
        seed: of the run.
    """
    if len(lengths) % batch_size:
        raise ValueError(f"expected whole batches of {batch_size}, found {len(lengths)} rows")
    return np.concatenate(
        [
            rows
            for epoch in range(epochs)
            for rows in training_batches(lengths, batch_size=batch_size, seed=seed, epoch=epoch, group_by_length=False)
        ]
    )


def stock_tokenizer(subject: Subject) -> Any:
    """The checkpoint's tokenizer. Not through tunelet's loading, which sets oneDNN up for packed texts."""
    from transformers import AutoTokenizer

    with quiet_libraries():
        return AutoTokenizer.from_pretrained(subject.checkpoint.path)


def base_model(subject: Subject, *, attention: str | None, dropout: bool = True) -> Any:
    """The pretrained encoder with a new head, float32, as `AutoModelForSequenceClassification` makes it.

    Args:
        subject: which model; random weights are those that tunelet makes of the same seed.
        attention: "sdpa", "eager", or None for what transformers chooses.
        dropout: False sets every dropout probability of the config to 0.
    """
    import torch
    from transformers import AutoConfig, AutoModelForSequenceClassification

    names = subject.label_names
    chosen = {} if attention is None else {"attn_implementation": attention}
    with quiet_libraries():
        config = AutoConfig.from_pretrained(
            subject.checkpoint.path,
            num_labels=len(names),
            id2label=dict(enumerate(names)),
            label2id={name: index for index, name in enumerate(names)},
        )
        config.problem_type = "single_label_classification"
        if not dropout:
            config.update(_no_dropout(config.to_dict()))
        torch.manual_seed(subject.seed)
        if subject.random_weights:
            model = AutoModelForSequenceClassification.from_config(config, dtype=torch.float32, **chosen)
        else:
            model = AutoModelForSequenceClassification.from_pretrained(
                subject.checkpoint.path, config=config, dtype=torch.float32, **chosen
            )
    return model


def adapted_model(subject: Subject, *, attention: str | None, dropout: bool = True, half: bool = False) -> Any:
    """The same with LoRA through `get_peft_model`, adapter and head as tunelet initialised them.

    Args:
        subject: which model, and where the initial adapter lies.
        attention: as for `base_model`.
        dropout: as for `base_model`.
        half: the base in bfloat16; PEFT keeps its adapters in float32 then.
    """
    import torch
    from peft import LoraConfig, TaskType, get_peft_model, set_peft_model_state_dict
    from safetensors.torch import load_file

    base = base_model(subject, attention=attention, dropout=dropout)
    if half:
        base = base.to(torch.bfloat16)
    saved = json.loads((subject.adapter_folder / "adapter_config.json").read_text(encoding="utf-8"))
    config = LoraConfig(
        task_type=TaskType.SEQ_CLS,
        r=saved["r"],
        lora_alpha=saved["lora_alpha"],
        lora_dropout=saved["lora_dropout"],
        target_modules=saved["target_modules"],
        modules_to_save=saved["modules_to_save"],
    )
    with quiet_libraries():
        model = get_peft_model(base, config)
        set_peft_model_state_dict(model, load_file(subject.adapter_folder / "adapter_model.safetensors"))
    return model


def merged_model(subject: Subject, *, attention: str | None, half: bool = False) -> Any:
    """The fine-tuned model as it is deployed: the adapter merged, a plain transformers model in evaluation mode."""
    import torch
    from peft import PeftModel

    base = base_model(subject, attention=attention)
    with quiet_libraries():
        model = PeftModel.from_pretrained(base, str(subject.adapter_folder)).merge_and_unload()
    return (model.to(torch.bfloat16) if half else model).to(subject.device).eval()
