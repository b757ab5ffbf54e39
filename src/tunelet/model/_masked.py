"""What `adapt` trains: a checkpoint with its own head for masked words, and LoRA on all linear modules.

The head stays as it is, and only masked tokens go through it.
"""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import cast

import numpy as np
import torch
from safetensors.torch import load, load_file, save_file
from torch import nn
from transformers import AutoConfig, AutoModelForMaskedLM, PreTrainedModel

from tunelet._foreign import ForeignFileError, parse_json, read_text
from tunelet.checkpoint import WEIGHTS, Checkpoint, weight_files
from tunelet.data import Batch
from tunelet.errors import ModelError
from tunelet.model._adapter import use_own_layer
from tunelet.model._assemble import assemble
from tunelet.model._classifier import SequenceClassifier
from tunelet.model._fork import threads_start
from tunelet.model._pretrained import check_encoder, foreign_model, load_weights
from tunelet.model._quiet import quiet_libraries
from tunelet.model._structure import structure_of
from tunelet.model._targets import resolve_targets
from tunelet.model._turns import making, turn
from tunelet.recipe import AdapterSettings, ModelSettings

_MODULES = "modules.json"
_SENTENCE_FILES = (_MODULES, "sentence_bert_config.json", "config_sentence_transformers.json")


class MaskedModel(SequenceClassifier):
    """An encoder with a head that names masked words. It has no labels; its logits are those of words."""

    def word_logits(self, batch: Batch, places: np.ndarray) -> torch.Tensor:
        """The logits of all words for some tokens of a batch, float32 [m, vocabulary].

        Args:
            batch: the texts, T tokens.
            places: which of the T tokens, int64 [m].
        """
        threads_start()
        inputs, chosen = self.inputs(batch), torch.from_numpy(places).to(self.device)
        if self.packing is not None:
            packed: torch.Tensor = self.module(**inputs, head_tokens=chosen).logits
            return packed.flatten(0, -2).float()
        padded: torch.Tensor = self.module(**inputs).logits
        return padded[inputs["attention_mask"].bool()][chosen].float()

    def is_head(self, name: str) -> bool:
        """False for every parameter: the head is frozen."""
        return False

    @torch.no_grad()
    def merge_into(self, source: Path, folder: Path) -> None:
        """Write the checkpoint of `source` with W + sBA in the place of each W, in float32.

        Whatever else the source holds, such as a pooler, a second head or modules of Sentence Transformers, is kept.
        """
        with turn, quiet_libraries(), foreign_model(source):
            whole, _, others = _load(source)
            for name, module in self.base.named_modules():
                low_rank = getattr(module, "low_rank", None)
                if low_rank is not None:
                    a, b, scale = low_rank()
                    whole.get_submodule(name).weight.add_(b.cpu() @ a.cpu(), alpha=scale)
            whole.save_pretrained(folder, safe_serialization=True, max_shard_size="1000GB")
            _restore_others(source, folder, others)
        _copy_sentence_modules(source, folder)


def new_masked_model(
    checkpoint: Checkpoint, model_settings: ModelSettings, adapter_settings: AdapterSettings, *, seed: int
) -> MaskedModel:
    """A checkpoint with its own head for masked words and a new adapter.

    Args:
        checkpoint: the encoder; its files hold a head for masked words.
        model_settings, adapter_settings: the recipe's sections.
        seed: random seed of the adapter.

    Raises:
        ModelError: it has no such head, or cannot be adapted so.
    """
    with making(seed), foreign_model(checkpoint.path):
        model, missing, _ = _load(checkpoint.path)
        _check_head(checkpoint, model, missing)
        structure = structure_of(model)
        targets = resolve_targets(model, structure, adapter_settings.targets, adapter_settings.layers)
        made = assemble(model, structure, _adapt(adapter_settings, targets.value), (), model_settings, "lora", targets)
    return MaskedModel(**vars(made))


def _adapt(settings: AdapterSettings, targets: tuple[str, ...]) -> Callable[[PreTrainedModel], nn.Module]:
    from peft import LoraConfig, get_peft_model

    def adapt(base: PreTrainedModel) -> nn.Module:
        base.requires_grad_(False)
        words = base.get_output_embeddings()  # the input embeddings again, as a rule; the head stays in float32
        words.weight = nn.Parameter(words.weight.detach().clone(), requires_grad=False)
        config = LoraConfig(r=settings.rank, lora_alpha=settings.alpha, target_modules=list(targets))
        use_own_layer(config)
        return cast("nn.Module", get_peft_model(base, config))

    return adapt


def _load(folder: Path) -> tuple[PreTrainedModel, set[str], set[str]]:
    """The checkpoint with its head for masked words, and the names of weights that `load_weights` returns."""
    config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    check_encoder(folder, config)
    config.return_dict, config.output_hidden_states, config.output_attentions = True, False, False
    return load_weights(AutoModelForMaskedLM, folder, config)


def _check_head(checkpoint: Checkpoint, model: PreTrainedModel, missing: set[str]) -> None:
    """Raise ModelError where the head, or anything else, would start from random numbers."""
    new = sorted({name for name, _ in model.named_parameters()} & missing)
    if not new:
        return
    backbone = f"{model.base_model_prefix}."
    if all(not name.startswith(backbone) for name in new):
        raise ModelError(
            f"{checkpoint.name} has no head for masked words in its files ({new[0]} is not there); one made of its "
            "embeddings cost MiniLM two to three points of accuracy where it was tried",
            "train on the labelled texts without this, or name a checkpoint that has it, such as model='distilbert'",
        )
    raise ModelError(
        f"{checkpoint.path}: {new[0]} is missing or misshapen",
        "the weights do not belong to this config.json: download the checkpoint again",
    )


def _restore_others(source: Path, folder: Path, names: set[str]) -> None:
    """Add the tensors of the source that a model for masked words does not hold."""
    others: dict[str, torch.Tensor] = {}
    for file, held in weight_files(source).items():
        if wanted := names & held:
            tensors = load_file(source / file)
            others |= {name: tensors[name].float() if tensors[name].is_floating_point() else tensors[name]
                       for name in wanted}  # fmt: skip
    if others:
        # From bytes: tensors in a file's memory keep it open, and Windows replaces no file that is.
        held = load((folder / WEIGHTS).read_bytes())
        save_file(held | others, folder / WEIGHTS, metadata={"format": "pt"})


def _copy_sentence_modules(source: Path, folder: Path) -> None:
    """What Sentence Transformers keeps beside the encoder: pooling and whatever else comes after it."""
    try:
        modules = parse_json(read_text(source / _MODULES))
        places = [Path(str(module["path"])).name for module in modules if module["path"]]
    except (ForeignFileError, TypeError, KeyError):
        return  # the source has no such modules, or none that could be loaded
    for name in _SENTENCE_FILES:
        if (source / name).is_file():
            shutil.copyfile(source / name, folder / name)
    for place in places:
        for file in sorted(source.glob(f"{place}/*")):
            if file.is_file() and file.suffix in (".json", ".safetensors"):
                (folder / place).mkdir(exist_ok=True)
                shutil.copyfile(file, folder / place / file.name)
