"""A finished run as a function from texts to labels with probabilities."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from tunelet.data import clean, tokenise
from tunelet.errors import DataError, ModelError, RunError
from tunelet.recipe import with_settings
from tunelet.run import Run

if TYPE_CHECKING:
    from tunelet.model import SequenceClassifier


@dataclass(frozen=True)
class Prediction:
    """The most probable label of a text, its probability, and the probability of every label."""

    label: str
    probability: float
    probabilities: dict[str, float]


class Classifier:
    """Classifies texts as a run was trained to. Made by `Classifier.load`."""

    def __init__(self, run: Run, model: "SequenceClassifier", tokenizer: Any) -> None:
        self.run = run
        self._model = model
        self._tokenizer = tokenizer

    @classmethod
    def load(cls, run: str | Path | Run, *, device: str | None = None) -> Self:
        """Load a finished run.

        Args:
            run: its folder, or the run itself.
            device: "auto", "cpu", "cuda" or "mps"; None: as the recipe says.

        Raises:
            RunError: no such run, a damaged one, or its base model has changed since.
            ModelError: the base model cannot be found any more.
        """
        run = run if isinstance(run, Run) else Run.load(run)
        from tunelet.model import find_checkpoint, load_tokenizer, saved_classifier
        from tunelet.model._files import check_safetensors
        from tunelet.model._fingerprint import weights_fingerprint

        recipe = run.recipe if device is None else with_settings(run.recipe, {"model.device": device}, "device")
        settings = recipe.model
        method = run.recipe.adapter.method
        weights = run.folder.weights if method == "lora" else run.folder.full_weights
        try:
            check_safetensors(weights / ("adapter_model.safetensors" if method == "lora" else "model.safetensors"))
        except ModelError as error:
            raise RunError(error.message, "the run folder is damaged: train again") from error
        checkpoint = None
        if method == "lora":
            recorded = run.environment.get("checkpoint", {})
            # The very commit that was trained on: what the Hub holds by that name may have changed since.
            pinned = recorded.get("origin") in ("hub", "hub cache") and recorded.get("revision")
            name = f"{recorded['hub_id']}@{recorded['revision']}" if pinned else settings.name
            checkpoint = find_checkpoint(name, random_weights=settings.random_weights)
            trained_on = recorded.get("weights_sha256")
            if not settings.random_weights and weights_fingerprint(checkpoint.path) != trained_on:
                raise RunError(
                    f"{checkpoint.path}: not the weights that {run.path} was trained on", "restore them, or train again"
                )
        model = saved_classifier(checkpoint, weights, run.label_names, settings, method, seed=run.recipe.training.seed)
        return cls(run, model, load_tokenizer(run.folder.tokenizer))

    @property
    def label_names(self) -> tuple[str, ...]:
        """Names of the labels in the order of the columns of `probabilities`."""
        return self._model.label_names

    def predict(self, texts: str | Sequence[str]) -> list[Prediction]:
        """Label and probabilities of each text, in their order. Raises DataError where a text is no string."""
        names = self.label_names
        return [
            Prediction(
                label=names[int(row.argmax())],
                probability=float(row.max()),
                probabilities={name: float(value) for name, value in zip(names, row, strict=True)},
            )
            for row in self.probabilities(texts)
        ]

    def probabilities(self, texts: str | Sequence[str]) -> np.ndarray:
        """Probability of each label for each text, float64 [n, classes]; texts are cleaned as in training."""
        from tunelet.model import probabilities

        listed = [texts] if isinstance(texts, str) else list(texts)
        for row, text in enumerate(listed):
            if not isinstance(text, str):
                raise DataError(
                    f"text {row}: expected a string, found {type(text).__name__}", "pass one text, or a list of texts"
                )
        if not listed:
            return np.empty((0, len(self.label_names)))
        settings = self.run.recipe.data
        tokens = tokenise(
            [clean(text) if settings.clean_markup else text for text in listed],
            self._tokenizer,
            max_length=min(settings.max_length, self._model.max_length),
            truncation=settings.truncation,
        )
        return probabilities(self._model, tokens)
