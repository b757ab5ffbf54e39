"""A checkpoint looked at before anything is trained: layers, LoRA targets, parameters, memory and time to expect."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tunelet._arguments import checked
from tunelet._choice import Choice
from tunelet.checkpoint import Checkpoint

if TYPE_CHECKING:
    from tunelet.model import SequenceClassifier

_LIBRARIES = 600 * 2**20  # what torch, transformers and peft take before a model is loaded


@dataclass(frozen=True)
class Inspection:
    """A checkpoint before training.

    >>> inspection = tunelet.inspect("minilm")
    >>> inspection.targets["qv"].value
    ('attention.self.query', 'attention.self.value')

    Attributes:
        checkpoint: the folder with its files, and why it was chosen.
        architecture: name of the class in Transformers.
        layers: how many layers are applied; shared_weights: whether they share one set of weights, as ALBERT's do.
        hidden_size, heads, max_length: of the encoder, max_length in tokens.
        total_parameters: with a head for two classes.
        targets: name of a target set -> the module endings that it selects, with the reason.
        trainable: name of a method or target set -> trained parameters (LoRA with the given rank).
        rank: of LoRA in `trainable`.
        precision, execution: what would be chosen on this machine, with the reason.
        memory_bytes: estimated peak of training on 16 texts of 512 tokens; memory held back for reuse adds to it.
        texts_per_second: measured training rate on texts of 256 tokens, LoRA on queries and values.
    """

    checkpoint: Checkpoint
    architecture: str
    layers: int
    shared_weights: bool
    hidden_size: int
    heads: int
    max_length: int
    total_parameters: int
    targets: dict[str, Choice[tuple[str, ...]]]
    trainable: dict[str, int]
    rank: int
    precision: Choice[str]
    execution: Choice[str]
    memory_bytes: int
    texts_per_second: float

    def to_dict(self) -> dict[str, Any]:
        """All fields, for JSON; paths are text."""
        record = asdict(self)
        record["checkpoint"]["path"] = str(self.checkpoint.path)
        return record


@checked
def inspect(model: str | Path | None, *, rank: int = 8, random_weights: bool = False) -> Inspection:
    """Look at a checkpoint before training: layers, LoRA targets, parameter counts, memory and time to expect.

    The checkpoint is loaded, every set of targets is resolved, and a few training steps are timed.

    >>> inspection = tunelet.inspect("minilm", rank=16)
    >>> inspection.trainable["qv"] < inspection.trainable["all-linear"] < inspection.total_parameters
    True

    Args:
        model: short name, Hub id or folder; None: the model that `train` would take.
        rank: of LoRA, for the counts of parameters.
        random_weights: accept a folder without weights, and make them at random.

    Raises:
        ModelError: there is no such checkpoint, or it cannot be used.
        RecipeError: a rank that LoRA cannot have.
    """
    from tunelet.checkpoint import find_checkpoint
    from tunelet.model import new_classifier, resolve_targets
    from tunelet.recipe import AdapterSettings, ModelSettings, Recipe, with_settings
    from tunelet.run import refuse_run_as_model

    adapter = with_settings(Recipe(), {"adapter.rank": rank}, "inspect").adapter
    model = None if model is None else str(model)
    if model is not None:
        refuse_run_as_model(model)
    checkpoint = find_checkpoint(model, random_weights=random_weights)
    settings = ModelSettings(random_weights=random_weights)
    head = new_classifier(checkpoint, ("0", "1"), settings, AdapterSettings(method="head"), seed=0)
    base, structure = head.base, head.structure
    targets = {name: resolve_targets(base, structure, name) for name in ("qv", "attention", "all-linear")}
    alone, total = head.parameter_counts()
    trainable = {"head": alone, "full": total}
    trainable |= {name: alone + _lora_parameters(head, choice.value, rank) for name, choice in targets.items()}
    classifier = new_classifier(checkpoint, ("0", "1"), settings, adapter, seed=0)
    config = base.config
    layers = int(getattr(config, "num_hidden_layers", 0) or len(base.get_submodule(structure.blocks)))
    return Inspection(
        checkpoint=checkpoint,
        architecture=type(base).__name__,
        layers=layers,
        shared_weights=len(base.get_submodule(structure.blocks)) < layers,
        hidden_size=int(config.hidden_size),
        heads=int(config.num_attention_heads),
        max_length=classifier.max_length,
        total_parameters=total,
        targets=targets,
        trainable=trainable,
        rank=rank,
        precision=classifier.execution.precision,
        execution=classifier.execution.described()["execution"],
        memory_bytes=_LIBRARIES + 4 * total + _activation_bytes(classifier, layers),
        texts_per_second=_texts_per_second(classifier),
    )


def _lora_parameters(classifier: "SequenceClassifier", endings: Sequence[str], rank: int) -> int:
    """How many parameters LoRA of that rank has on the modules whose names end so."""
    from torch import nn

    modules = (
        classifier.base.get_submodule(linear)
        for linear in classifier.structure.linears
        if any(linear.endswith(f".{ending}") or linear == ending for ending in endings)
    )
    return sum(rank * (m.in_features + m.out_features) for m in modules if isinstance(m, nn.Linear))


def _activation_bytes(classifier: "SequenceClassifier", layers: int) -> int:
    """What the backward pass keeps of 16 texts of 512 tokens.

    Of each layer that is about 16 times the hidden states, and the attention weights of every head.
    """
    config = classifier.base.config
    hidden, heads = int(config.hidden_size), int(config.num_attention_heads)
    bytes_each = 2 if classifier.execution.precision.value != "float32" else 4
    longest = min(512, classifier.max_length)
    return 16 * longest * layers * bytes_each * (16 * hidden + heads * longest)


def _texts_per_second(classifier: "SequenceClassifier", texts: int = 64) -> float:
    """The rate of training on texts of 256 tokens, measured in a few steps on random ones."""
    import numpy as np
    import torch

    from tunelet.data import Tokens
    from tunelet.recipe import TrainingSettings
    from tunelet.training import estimate_time

    length, rows = min(256, classifier.max_length), int(classifier.base.config.vocab_size)
    generator = torch.Generator().manual_seed(0)
    token_ids = torch.randint(min(5, rows - 1), rows, (texts * length,), generator=generator).numpy()
    tokens = Tokens(token_ids.astype(np.int32), np.arange(texts + 1, dtype=np.int64) * length, truncated=0)
    return estimate_time(classifier, tokens, TrainingSettings()).training_rate / length
