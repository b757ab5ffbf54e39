"""What every classifier of a run can do, whatever computes its logits."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunelet._words import shown
from tunelet.classifier._decision import Prediction, decision_of, predictions_of
from tunelet.classifier._texts import texts_of
from tunelet.data import clean, clean_fields
from tunelet.errors import DataError
from tunelet.evaluation import scaled_probabilities
from tunelet.run import Task


class TextClassifier(ABC):
    """Texts in, labels with probabilities out.

    Attributes:
        task: its labels, and how texts are read.
        temperature: number that the logits are divided by; 1.0: they stay as they are.
    """

    temperature: float = 1.0

    def __init__(self, task: Task) -> None:
        self.task = task

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
            text: the column of a table that holds the texts; None: the one that was trained on.
            threshold: of the probability of the positive label, from which on it is given; "run": the one that the
                run chose on its validation texts; None: the most probable label. For two labels.
            min_confidence: a label less probable than this is not given.

        Raises:
            DataError: what is no text, or no such column or threshold.
        """
        decision = decision_of(
            self.task, threshold=threshold, min_confidence=min_confidence, own=self.has_the_runs_threshold
        )
        return predictions_of(self.probabilities(texts, text=text), self.label_names, decision)

    def probabilities(
        self, texts: Any, *, text: str | Sequence[str] | None = None, calibrated: bool = True
    ) -> NDArray[np.float64]:
        """Probability of each label for each text, float64 [n, classes]; texts are cleaned as in training.

        The row of a text that is empty, or nothing but white space and markup, is NaN.

        Args:
            texts, text: as for `predict`.
            calibrated: with the run's temperature, where it is applied; False: as the model was trained.

        Raises:
            DataError: as for `predict`.
        """
        if not isinstance(calibrated, bool | np.bool_):
            raise DataError(f"calibrated takes True or False, found {shown(calibrated)}", "leave it out, or pass False")
        cleaned = self._cleaned(texts, text)
        return self.probabilities_of_cleaned(cleaned) if calibrated else self._rows(self._raw_probabilities, cleaned)

    def probabilities_of_cleaned(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """The same for texts that are cleaned already, as `tunelet.data` reads them with the run's settings.

        Cleaning twice would change a text: `&amp;lt;` becomes `&lt;`, and that becomes `<`.
        """
        return scaled_probabilities(self._rows(self._raw_probabilities, texts), self.temperature)

    def logits(self, texts: Any, *, text: str | Sequence[str] | None = None) -> NDArray[np.float64]:
        """Logits before any temperature, float64 [n, classes]; arguments as for `predict`."""
        return self._rows(self._logits, self._cleaned(texts, text))

    @property
    @abstractmethod
    def has_the_runs_threshold(self) -> bool:
        """Whether the threshold in the run was chosen for these probabilities."""

    @abstractmethod
    def _logits(self, texts: list[str]) -> NDArray[np.float64]:
        """Logits [n, classes] of cleaned texts, at least one, none of them empty."""

    def _raw_probabilities(self, texts: list[str]) -> NDArray[np.float64]:
        """Probabilities [n, classes] of such texts, before any temperature."""
        from scipy.special import softmax

        probabilities: NDArray[np.float64] = softmax(self._logits(texts), axis=1)
        return probabilities

    def _rows(self, computed: Callable[[list[str]], NDArray[np.float64]], texts: Sequence[str]) -> NDArray[np.float64]:
        """A computed row for each text with content, a row of NaN for each empty one, [n, classes]."""
        there = np.array([bool(text) for text in texts], dtype=bool)
        rows = np.full((len(texts), len(self.label_names)), np.nan)
        if there.any():
            rows[there] = computed([text for text in texts if text])
        return rows

    def _cleaned(self, texts: Any, column: str | Sequence[str] | None) -> list[str]:
        listed = texts_of(texts, self.task.trained_columns, column)
        if self.task.clean_markup:
            cleaned = clean_fields if self.task.several_fields else clean
            listed = [cleaned(text) for text in listed]
        return ["" if text.isspace() else text for text in listed]
