"""Classifiers to test with: made in one line, given something to have learnt, and their logits with gradients."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from tunelet.checkpoint import find_checkpoint
from tunelet.data import Batch
from tunelet.kernels import Pooling
from tunelet.model import SequenceClassifier, new_classifier
from tunelet.recipe import AdapterSettings, ModelSettings

NAMES = ("awful", "fine", "great")


def classifier_of(
    folder: Path,
    packing: str = "auto",
    precision: str = "float32",
    pooling: Pooling | None = None,
    model_layers: int = 0,
    window_pooling: str = "mean",
    device: str = "cpu",
    **adapter: Any,
) -> SequenceClassifier:
    return new_classifier(
        find_checkpoint(str(folder)),
        NAMES,
        ModelSettings(
            precision=precision, packing=packing, device=device, layers=model_layers, window_pooling=window_pooling
        ),
        AdapterSettings(**adapter),
        seed=3,
        pooling=pooling,
    )


def random_batch(classifier: SequenceClassifier, lengths: tuple[int, ...] = (5, 128, 1, 33, 64)) -> Batch:
    random = np.random.default_rng(0)
    token_ids = random.integers(1000, classifier.base.config.vocab_size, sum(lengths))
    return Batch(token_ids.astype(np.int64), lengths, np.arange(len(lengths)))


def disturb(classifier: SequenceClassifier) -> None:
    """LoRA's B starts at zero: give everything trained a value, so that its gradients and its saving are seen."""
    generator = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for parameter in classifier.trained_parameters().values():
            parameter.add_((torch.randn(parameter.shape, generator=generator) * 0.05).to(parameter.device))


def logits_and_gradients(classifier: SequenceClassifier, batch: Batch) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    logits = classifier.logits(batch)
    F.cross_entropy(logits, torch.arange(len(batch.lengths), device=logits.device) % 3).backward()
    gradients = {name: parameter.grad for name, parameter in classifier.trained_parameters().items()}
    assert all(gradient is not None for gradient in gradients.values())
    return logits.detach(), gradients
