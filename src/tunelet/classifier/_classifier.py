"""A finished run as a function from texts to labels with probabilities."""

from collections.abc import Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, cast

import numpy as np
from numpy.typing import NDArray

from tunelet._arguments import checked
from tunelet.classifier._base import TextClassifier
from tunelet.classifier._encoded import EncodedText
from tunelet.classifier._places import is_export, local_folder
from tunelet.classifier._run_model import sequence_classifier, tfidf_of
from tunelet.data import Encoder, Tokens, Windows
from tunelet.evaluation import Baseline, WordsBaseline, scaled_for
from tunelet.recipe import with_settings
from tunelet.run import Explanation, Run

if TYPE_CHECKING:
    from tunelet.model import SequenceClassifier

AnyTfidf = Baseline | WordsBaseline | None


class Classifier(TextClassifier):
    """Classifies texts as a run was trained to. It is made by `Classifier.load`.

    >>> classifier = tunelet.Classifier.load("runs/first")
    >>> film, nothing = classifier.predict(["A joy from start to end.", ""])
    >>> sorted(film.probabilities), nothing.label
    (['negative', 'positive'], None)
    """

    def __init__(self, run: Run, model: "SequenceClassifier", tokenizer: Any, tfidf: AnyTfidf = None) -> None:
        super().__init__(run.task)
        self.run = run
        self._tfidf = tfidf  # whose logits are added with the run's weight, where it has one
        self.temperature = run.facts.temperature
        self._model = model
        self._tokenizer = tokenizer

    @classmethod
    @checked
    def load(cls, run: str | Path | Run, *, device: str | None = None, threads: int | None = None) -> Self:
        """Load a finished run, or what `tunelet.export` made of one.

        Args:
            run: its folder, the run itself, the folder of an export, or OWNER/NAME of either on the Hugging Face Hub.
            device: "auto", "cpu", "cuda" or "mps"; None: as the recipe says.
            threads: that the graph of an ONNX export computes with; None: as OMP_NUM_THREADS says, else one a core.
                PyTorch has a number for the whole process (torch.set_num_threads), which this leaves alone.

        Raises:
            RunError: no such run, a damaged one, or its base model has changed since.
            ModelError: the base model cannot be found any more, or the export holds what no export has.
        """
        if not isinstance(run, Run):
            folder = local_folder(run)
            if is_export(folder):
                from tunelet.classifier._exported import ExportedClassifier

                return cast("Self", ExportedClassifier.of_folder(Path(folder), device=device, threads=threads))
            run = Run.load(folder)
        tfidf = tfidf_of(run)
        from tunelet.model import load_tokenizer

        recipe = run.recipe if device is None else with_settings(run.recipe, {"model.device": device}, "device")
        made = cls(run, sequence_classifier(run, recipe.model), load_tokenizer(run.folder.tokenizer), tfidf)
        made._load_again = partial(cls.load, run.path.resolve(), device=device)
        return made

    @property
    def has_the_runs_threshold(self) -> bool:
        """True: the threshold was chosen for this model."""
        return True

    def encode(self, texts: Any, *, text: str | Sequence[str] | None = None) -> list[EncodedText]:
        """As described in `TextClassifier`; lengths are exact, and no text is tokenised again."""
        cleaned = list(self._cleaned(texts, text))
        tokens = self._tokens([entry for entry in cleaned if entry])
        parts = (tokens.text(row) for row in range(len(tokens)))
        encoded = (next(parts) if entry else None for entry in cleaned)
        return [
            EncodedText(entry, part.total if part else 0, part) for entry, part in zip(cleaned, encoded, strict=True)
        ]

    def probabilities_of_encoded(self, texts: Sequence[EncodedText]) -> NDArray[np.float64]:
        """As described in `TextClassifier`."""
        parts = [entry.tokens for entry in texts if entry.tokens is not None]
        rows = np.full((len(texts), self.columns), np.nan)
        if parts:
            logits = self._logits_of([entry.text for entry in texts if entry.text], Tokens.together(parts))
            rows[[entry.tokens is not None for entry in texts]] = self.task.output.probabilities(logits)
        return scaled_for(self.task.shape, rows, self.temperature)

    def _logits(self, texts: list[str]) -> NDArray[np.float64]:
        return self._logits_of(texts, self._tokens(texts))

    def _logits_of(self, texts: list[str], tokens: Tokens) -> NDArray[np.float64]:
        from tunelet.model import logits

        encoder_logits = logits(self._model, tokens)
        if self._tfidf is None:
            return encoder_logits
        facts, output = self.run.facts, self.task.output
        words = output.ordered(self._tfidf.logits(texts))
        return facts.encoder_weight * output.ordered(encoder_logits) + facts.blend * words

    def _explanation(self, text: str, label: int, fields: tuple[str, ...]) -> Explanation:
        from tunelet.explain import ExplainedModel, explain_text, quantity_of

        facts, blended = self.run.facts, self._tfidf is not None
        model = ExplainedModel(
            classifier=self._model,
            tokenizer=self._tokenizer,
            max_length=self.max_length,
            truncation=self.run.recipe.data.truncation,
            windows=Windows.of(self.run.recipe.data),
            several_fields=self.task.several_fields,
            encoder=facts.encoder_weight if blended else 1.0,
            tfidf=self._tfidf,
            blend=facts.blend,
            temperature=self.temperature,
            quantity=quantity_of(self.task),
        )
        return explain_text(model, text, label, fields)

    @property
    def tokenizer(self) -> Any:
        """The tokenizer, as transformers loads it."""
        return self._tokenizer

    @property
    def max_length(self) -> int:
        """Most tokens that are read of a text, or of a window of it."""
        return self.run.recipe.data.longest(self._model.max_length)

    @property
    def max_windows(self) -> int:
        """Most windows in which a text is read; 1: it is read in one piece."""
        windows = Windows.of(self.run.recipe.data)
        return 1 if windows is None else windows.most

    def _tokens(self, texts: list[str]) -> Tokens:
        return self._encoder.encode(texts)

    @cached_property
    def _encoder(self) -> Encoder:
        settings = self.run.recipe.data
        return Encoder(
            self._tokenizer,
            self.max_length,
            settings.truncation,
            several_fields=self.task.several_fields,
            windows=Windows.of(settings),
        )
