"""What every classifier of a run can do, whatever computes its logits."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from tunelet._words import shown
from tunelet.classifier._decision import decision_of
from tunelet.classifier._encoded import EncodedText
from tunelet.classifier._explaining import explanations_of
from tunelet.classifier._prediction import Prediction
from tunelet.classifier._texts import texts_of
from tunelet.data import chunks, clean, clean_fields
from tunelet.errors import DataError, TuneletError
from tunelet.evaluation import scaled_for
from tunelet.run import Explanation, Task

# Of texts that are classified together: enough to sort them by length into full batches, little to hold.
_CHUNK = 8_192
_CHUNK_CHARACTERS = 2**22
_CHARACTERS = 4  # of a token, about


class TextClassifier(ABC):
    """Texts in, labels with probabilities out. Threads may share a classifier.

    Beside the texts that its caller holds, and the answers, it needs the memory of a few thousand texts, however many
    there are. A copy or a pickle of it is the path of its run, and loads that run again.

    Attributes:
        task: its labels, and how texts are read.
        temperature: number that the logits are divided by; 1.0: they stay as they are.
    """

    temperature: float = 1.0

    _load_again: Callable[[], Self] | None = None  # set by `load`

    def __init__(self, task: Task) -> None:
        self.task = task

    def __reduce__(self) -> tuple[Any, ...]:
        if self._load_again is None:
            raise TuneletError("a classifier that no load made cannot be copied", "make it by Classifier.load(run)")
        return self._load_again, (), {"temperature": self.temperature}

    @property
    def label_names(self) -> tuple[str, ...]:
        """Names of the labels in the order of the columns of `probabilities`."""
        return self.task.label_names

    def predict(
        self,
        texts: Any,
        *,
        text: str | Sequence[str] | None = None,
        threshold: float | str | None = None,
        min_confidence: float | None = None,
    ) -> list[Prediction]:
        """Label and probabilities of each text, in their order; a text with nothing to read gets no label.

        Args:
            texts: a text, any iterable of texts, or a table: a DataFrame, a dict of columns, an Arrow table. Where the
                run reads several columns together, each text is a tuple of one string a column, or a dict by column.
                A missing value (None, NaN, pandas' NA) is a text with nothing to read. What has a length is checked
                before the first text is classified; a generator is read as it is classified.
            text: the column of a table that holds the texts; None: the one that was trained on.
            threshold: of the probability of the positive label, from which on it is given; "run": the one that the
                run chose on its validation texts; None: the most probable label. For two labels.
            min_confidence: a label less probable than this is not given.

        Raises:
            DataError: what is no text, or no such column or threshold.
        """
        return list(self.predict_iter(texts, text=text, threshold=threshold, min_confidence=min_confidence))

    def predict_iter(
        self,
        texts: Any,
        *,
        text: str | Sequence[str] | None = None,
        threshold: float | str | None = None,
        min_confidence: float | None = None,
    ) -> Iterator[Prediction]:
        """The same one by one, for more answers than are to be held: a generator in, a generator out.

        Texts are read ahead, up to 8,192 of them or 4 million characters, for those of similar length are classified
        together.

        >>> classifier = tunelet.Classifier.load("runs/first")
        >>> answers = classifier.predict_iter(f"visit number {n}" for n in range(3))
        >>> next(answers).label in classifier.label_names
        True

        Args:
            texts, text, threshold, min_confidence: as for `predict`, which are checked at once.

        Raises:
            DataError: as for `predict`; of a generator, once it comes to the text that is none.
        """
        decision = decision_of(
            self.task, threshold=threshold, min_confidence=min_confidence, own=self.has_the_runs_threshold
        )
        parts = _chunks(self._cleaned(texts, text))
        return chain.from_iterable(decision.predictions(self.probabilities_of_cleaned(part)) for part in parts)

    def probabilities(
        self, texts: Any, *, text: str | Sequence[str] | None = None, calibrated: bool = True
    ) -> NDArray[np.float64]:
        """Probability of each label for each text, float64 [n, classes]; texts are cleaned as in training.

        Of a run of plain numbers these stand there, [n, 1]. The row of a text that is empty, or nothing but white
        space and markup, is NaN.

        Args:
            texts, text: as for `predict`.
            calibrated: with the run's temperature, where it is applied; False: as the model was trained.

        Raises:
            DataError: as for `predict`.
        """
        if not isinstance(calibrated, bool | np.bool_):
            raise DataError(f"calibrated takes True or False, found {shown(calibrated)}", "leave it out, or pass False")
        cleaned = self._cleaned(texts, text)
        return (
            self.probabilities_of_cleaned(cleaned)
            if calibrated
            else self._rows(self._raw_probabilities, cleaned, self.columns)
        )

    def probabilities_of_cleaned(self, texts: Iterable[str]) -> NDArray[np.float64]:
        """The same for texts that are cleaned already, as `tunelet.data` reads them with the run's settings.

        Cleaning twice would change a text: `&amp;lt;` becomes `&lt;`, and that becomes `<`.
        """
        rows = self._rows(self._raw_probabilities, texts, self.columns)
        return scaled_for(self.task.shape, rows, self.temperature)

    def encode(self, texts: Any, *, text: str | Sequence[str] | None = None) -> list[EncodedText]:
        """Clean texts and say how long they are, for `probabilities_of_encoded`; arguments and errors as for `predict`.

        Batches can so be made of texts from several sources. Here lengths are estimated; a text may be cut later.
        """
        return [EncodedText(entry, -(-len(entry) // _CHARACTERS)) for entry in self._cleaned(texts, text)]

    def probabilities_of_encoded(self, texts: Sequence[EncodedText]) -> NDArray[np.float64]:
        """What `probabilities` gives for the texts that were encoded, float64 [n, classes]."""
        return self.probabilities_of_cleaned([entry.text for entry in texts])

    def logits(self, texts: Any, *, text: str | Sequence[str] | None = None) -> NDArray[np.float64]:
        """Logits before any temperature, float64 [n, classes]; arguments as for `predict`.

        Of ratings in order there is one for each but the highest, of lying above it.
        """
        return self._rows(self._logits, self._cleaned(texts, text), len(self.task.outputs))

    def explain(
        self, texts: Any, *, label: str | None = None, text: str | Sequence[str] | None = None
    ) -> list[Explanation]:
        """Which words of each text speak for a label, and which against it; one explanation a text, in their order.

        A word's contribution is its share of the label's log odds, log(p / (1 - p)). Those of an encoder are integrated
        gradients (Sundararajan et al. 2017) with respect to word embeddings, from a text of mask tokens in the same
        places; those of TF-IDF, alone or added to the encoder, follow from its weights. An explanation says how exactly
        they sum up. Nine to seventeen times forward and back through the encoder make one, seldom more.

        Where a text may have several labels, it is a `LabelsExplanation`, which has one for each of the labels that are
        given. Of ratings in order it is a `RatingExplanation`, whose contributions are to their mean.

        >>> classifier = tunelet.Classifier.load("runs/first")
        >>> [film] = classifier.explain("A joy from start to end.", label="positive")
        >>> [word.text for word in film.words]
        ['A', 'joy', 'from', 'start', 'to', 'end', '.']

        Args:
            texts, text: as for `predict`.
            label: the label to explain; None: of each text the most probable one, or of several labels those that are
                given, and where none is the most probable one. Ratings are explained together, without it.

        Raises:
            DataError: as for `predict`, or no such label.
            ModelError: the tokenizer does not say where its tokens lie.
            RunError: the model is an export, which explains nothing.
        """
        return explanations_of(self, self._cleaned(texts, text), label, self._explanation)

    @property
    @abstractmethod
    def has_the_runs_threshold(self) -> bool:
        """Whether the threshold in the run was chosen for these probabilities."""

    @abstractmethod
    def _logits(self, texts: list[str]) -> NDArray[np.float64]:
        """Logits [n, classes] of cleaned texts, at least one, none of them empty."""

    @abstractmethod
    def _explanation(self, text: str, label: int, fields: tuple[str, ...]) -> Explanation:
        """The words of a cleaned text, not empty; names and probability are not filled in."""

    def _raw_probabilities(self, texts: list[str]) -> NDArray[np.float64]:
        """Probabilities [n, classes] of such texts, before any temperature."""
        return self.task.output.probabilities(self._logits(texts))

    @property
    def columns(self) -> int:
        """How many columns `probabilities` has: as many as there are labels, or one of numbers."""
        return self.task.output.columns(self.label_names)

    def _rows(
        self, computed: Callable[[list[str]], NDArray[np.float64]], texts: Iterable[str], width: int
    ) -> NDArray[np.float64]:
        """A computed row for each text with content, a row of NaN for each empty one, [n, width]."""
        parts = [np.empty((0, width))]
        for part in _chunks(texts):
            there = np.array([bool(text) for text in part], dtype=bool)
            rows = np.full((len(part), width), np.nan)
            if there.any():
                rows[there] = computed([text for text in part if text])
            parts.append(rows)
        return np.concatenate(parts)

    def _cleaned(self, texts: Any, column: str | Sequence[str] | None) -> Iterator[str]:
        """The texts as the model reads them, one by one; what can be checked before the first of them is checked."""
        listed = texts_of(texts, self.task.trained_columns, column)
        if self.task.clean_markup:
            listed = map(clean_fields if self.task.several_fields else clean, listed)
        return ("" if text.isspace() else text for text in listed)


def _chunks(texts: Iterable[str]) -> Iterator[list[str]]:
    return chunks(texts, most=_CHUNK, characters=_CHUNK_CHARACTERS)
