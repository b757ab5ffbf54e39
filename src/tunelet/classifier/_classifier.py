"""A finished run as a function from texts to labels with probabilities."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from tunelet._arguments import checked
from tunelet.classifier._base import TextClassifier
from tunelet.classifier._baseline import none_there
from tunelet.data import Tokens, tokenise
from tunelet.errors import RunError
from tunelet.evaluation import Baseline
from tunelet.recipe import with_settings
from tunelet.run import Run

if TYPE_CHECKING:
    from tunelet.model import SequenceClassifier


class Classifier(TextClassifier):
    """Classifies texts as a run was trained to. It is made by `Classifier.load`.

    >>> classifier = tunelet.Classifier.load("runs/first")
    >>> film, nothing = classifier.predict(["A joy from start to end.", ""])
    >>> sorted(film.probabilities), nothing.label
    (['negative', 'positive'], None)
    """

    def __init__(self, run: Run, model: "SequenceClassifier", tokenizer: Any, tfidf: Baseline | None = None) -> None:
        super().__init__(run.task)
        self.run = run
        self._tfidf = tfidf  # whose logits are added with the run's weight, where it has one
        self.temperature = run.summary.temperature
        self._model = model
        self._tokenizer = tokenizer

    @classmethod
    @checked
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
        tfidf = run.baseline if run.summary.blend else None
        if run.summary.blend and tfidf is None:
            raise none_there(run)
        from tunelet.checkpoint import find_checkpoint, weights_fingerprint
        from tunelet.model import head_pooling, load_tokenizer, saved_classifier

        recipe = run.recipe if device is None else with_settings(run.recipe, {"model.device": device}, "device")
        settings = recipe.model
        method = run.recipe.adapter.method
        weights = run.folder.weights if method == "lora" else run.folder.full_weights
        for folder in (weights, run.folder.tokenizer):  # libraries read these by their names
            run.files.check_folder(folder)
        checkpoint = None
        if method == "lora":
            recorded = run.environment.checkpoint
            # The very commit that was trained on: what the Hub holds by that name may have changed since.
            pinned = recorded.origin in ("hub", "hub cache") and recorded.revision
            name = f"{recorded.hub_id}@{recorded.revision}" if pinned else settings.name
            checkpoint = find_checkpoint(name, random_weights=settings.random_weights)
            trained_on = recorded.weights_sha256
            if not settings.random_weights and weights_fingerprint(checkpoint.path) != trained_on:
                raise RunError(
                    f"{checkpoint.path}: not the weights that {run.path} was trained on", "restore them, or train again"
                )
        model = saved_classifier(
            checkpoint,
            weights,
            run.label_names,
            settings,
            method,
            seed=run.recipe.training.seed,
            pooling=head_pooling(run.recipe),
        )
        made = cls(run, model, load_tokenizer(run.folder.tokenizer), tfidf)
        made._load_again = partial(cls.load, run.path.resolve(), device=device)
        return made

    @property
    def has_the_runs_threshold(self) -> bool:
        """True: the threshold was chosen for this model."""
        return True

    def _logits(self, texts: list[str]) -> NDArray[np.float64]:
        from tunelet.model import logits

        encoder_logits = logits(self._model, self._tokens(texts))
        if self._tfidf is None:
            return encoder_logits
        summary = self.run.summary
        return summary.encoder_weight * encoder_logits + summary.blend * self._tfidf.logits(texts)

    def _tokens(self, texts: list[str]) -> Tokens:
        settings = self.run.recipe.data
        return tokenise(
            texts,
            self._tokenizer,
            max_length=min(settings.max_length, self._model.max_length),
            truncation=settings.truncation,
            several_fields=len(self.run.text_columns) > 1,
        )
