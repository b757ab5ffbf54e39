"""What every arm is given alike: one model, one adapter's initial weights, one sample of texts."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tunelet._choice import Choice
from tunelet.bench.harness._flops import EncoderShape
from tunelet.bench.harness._worker import Desk
from tunelet.checkpoint import Checkpoint
from tunelet.data import Tokens, tokenise

LABEL_NAMES = ("negative", "positive")
LONGEST = 512  # tokens kept of a text, as everywhere


@dataclass(frozen=True)
class Subject:
    """One model under measurement.

    Attributes:
        name: as the user named it.
        checkpoint: its files.
        random_weights: whether its weights are made from the seed: good for speed, not for results.
        seed: of weights, head and adapter.
        device: "cpu" or "cuda".
        folder: where `prepare` puts the adapter's initial weights and the texts' tokens, for all arms.
        texts: JSON file of the sample: {"texts": [n], "labels": [n]}, or {"lengths": [n], "labels": [n]}.
        label_names: of the classes.
        adapter: folder of a trained adapter to measure prediction with; None: the untrained one.
    """

    name: str
    checkpoint: Checkpoint
    random_weights: bool
    seed: int
    device: str
    folder: Path
    texts: Path
    label_names: tuple[str, ...] = LABEL_NAMES
    adapter: Path | None = None

    @property
    def adapter_folder(self) -> Path:
        """The adapter that all arms start from, in PEFT's format."""
        return self.adapter or self.folder / "adapter"

    def tokens(self) -> Tokens:
        """The sample's tokens."""
        return Tokens(np.load(self.folder / "token_ids.npy"), np.load(self.folder / "offsets.npy"), truncated=0)

    def labels(self) -> np.ndarray:
        """The sample's labels, int64 [n]."""
        return np.asarray(json.loads(self.texts.read_text(encoding="utf-8"))["labels"], dtype=np.int64)

    def words(self) -> list[str]:
        """The sample as texts [n]."""
        texts: list[str] = json.loads((self.folder / "texts.json").read_text(encoding="utf-8"))
        return texts


@dataclass(frozen=True)
class Facts:
    """A model, its sample and the machine in figures.

    Attributes:
        architecture: the Transformers class.
        shape: for counting the work.
        max_length: tokens kept of a text.
        trained_parameters, total_parameters: counts.
        targets: endings of the modules with LoRA.
        lengths: tokens of each text of the sample.
        threads: that PyTorch computes with.
        instructions: what PyTorch sees of the processor.
        bfloat16: whether it multiplies bfloat16, with the reason.
        refused: precision -> why it would run in slow reference code on this device, or not at all.
        gpu: its name, where that is the device.
    """

    architecture: str
    shape: EncoderShape
    max_length: int
    trained_parameters: int
    total_parameters: int
    targets: tuple[str, ...]
    lengths: tuple[int, ...]
    threads: int
    instructions: tuple[str, ...]
    bfloat16: Choice[bool]
    refused: Mapping[str, str]
    gpu: str | None = None


def prepare(desk: Desk, subject: Subject) -> None:
    """A worker that makes tokens and initial weights once, so that no arm pays for them. Reports `Facts`."""
    import torch

    from tunelet.kernels import features
    from tunelet.model import choose_precision, load_tokenizer, new_classifier, refused_precisions, saved_classifier
    from tunelet.recipe import AdapterSettings, ModelSettings

    if not desk.wait():
        return
    settings = ModelSettings(precision="float32", device=subject.device, random_weights=subject.random_weights)  # type: ignore[arg-type]
    if subject.adapter is None:
        classifier = new_classifier(
            subject.checkpoint, subject.label_names, settings, AdapterSettings(), seed=subject.seed
        )
        classifier.save(subject.adapter_folder)
    else:
        classifier = saved_classifier(
            subject.checkpoint, subject.adapter, subject.label_names, settings, "lora", seed=subject.seed
        )
    longest = min(LONGEST, classifier.max_length)
    tokens = _tokens(subject, load_tokenizer(subject.checkpoint.path), longest)
    np.save(subject.folder / "token_ids.npy", tokens.token_ids)
    np.save(subject.folder / "offsets.npy", tokens.offsets)
    trained, total = classifier.parameter_counts()
    config = json.loads((subject.adapter_folder / "adapter_config.json").read_text(encoding="utf-8"))
    fast = choose_precision("auto", torch.device(subject.device), frozen=True)
    desk.report(
        Facts(
            architecture=type(classifier.base).__name__,
            shape=_shape(classifier),
            max_length=longest,
            trained_parameters=trained,
            total_parameters=total,
            targets=tuple(sorted(config["target_modules"])),
            lengths=tuple(int(length) for length in tokens.lengths),
            threads=torch.get_num_threads(),
            instructions=tuple(sorted(name for name, there in features().items() if there)),
            bfloat16=Choice(fast.value == "bfloat16", fast.reason),
            refused=refused_precisions(torch.device(subject.device)),
            gpu=torch.cuda.get_device_name() if subject.device == "cuda" else None,
        )
    )


def _shape(classifier: Any) -> EncoderShape:
    """Layers and widths; the inner width is what the layer's weights beyond attention's four amount to."""
    base, structure = classifier.base, classifier.structure
    blocks = base.get_submodule(structure.blocks)
    hidden = int(base.config.hidden_size)
    first = [name for name in structure.linears if name.startswith(f"{structure.blocks}.0.")]
    weights = 0
    for name in first:
        linear = base.get_submodule(name)
        weights += int(linear.in_features) * int(linear.out_features)
    layers = int(getattr(base.config, "num_hidden_layers", 0) or len(blocks))
    inner = max(1, round((weights - 4 * hidden**2) / (2 * hidden)))
    return EncoderShape(layers, hidden, inner, int(getattr(base.config, "num_attention_heads", 1)))


def _tokens(subject: Subject, tokenizer: Any, longest: int) -> Tokens:
    """The sample's tokens; where only lengths are known, of random whole words, which are kept as texts."""
    sample = json.loads(subject.texts.read_text(encoding="utf-8"))
    texts = sample.get("texts") or _random_texts(tokenizer, sample["lengths"], subject.seed)
    (subject.folder / "texts.json").write_text(json.dumps(texts), encoding="utf-8")
    return tokenise(texts, tokenizer, max_length=longest, truncation="head")


def _random_texts(tokenizer: Any, lengths: list[int], seed: int) -> list[str]:
    """Texts of random words that are one token each, so that a text has the length asked for."""
    random = np.random.default_rng(seed)
    ids = random.permutation(len(tokenizer))[:4000].tolist()
    words = [tokenizer.decode([token]).strip() for token in ids]
    words = [word for word in words if word.isascii() and word.isalpha()]
    encoded = tokenizer(words, add_special_tokens=False)["input_ids"]
    whole = [word for word, word_ids in zip(words, encoded, strict=True) if len(word_ids) == 1]
    special = tokenizer.num_special_tokens_to_add()
    return [" ".join(random.choice(whole, max(1, length - special))) for length in lengths]
