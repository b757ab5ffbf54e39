"""What is computed for requests: probabilities of texts, and why they are what they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tunelet.classifier import Classifier, EncodedText
from tunelet.explain import Explanation

_SAMPLE = "It was said that the lighthouse at the end of the pier had been dark since the autumn of that year."


class Predicting:
    """Probabilities, a row for each text; many texts are computed together."""

    def __init__(self, classifier: Classifier) -> None:
        self._classifier = classifier
        columns = classifier.task.text_columns
        self.sample: Any = _SAMPLE if len(columns) == 1 else dict.fromkeys(columns, _SAMPLE)

    def encode(self, texts: Sequence[Any]) -> list[EncodedText]:
        """Clean and tokenise texts."""
        return self._classifier.encode(texts)

    def compute(self, texts: Sequence[EncodedText]) -> list[Any]:
        """A row of probabilities [classes] for each text."""
        return list(self._classifier.probabilities_of_encoded(texts))


@dataclass(frozen=True)
class ToExplain:
    """A text with the label that is to be explained; None: the most probable one."""

    text: Any
    label: str | None
    length: int = 1  # each is a batch of its own: explaining one takes as long as a batch


class Explaining:
    """Explanations, of one text after the other."""

    sample: Any = None  # what an explanation needs is loaded with the first one

    def __init__(self, classifier: Classifier) -> None:
        self._classifier = classifier

    def encode(self, texts: Sequence[ToExplain]) -> list[ToExplain]:
        """The texts as they are: explaining tokenises by itself."""
        return list(texts)

    def compute(self, texts: Sequence[ToExplain]) -> list[Explanation]:
        """An explanation for each text."""
        return [self._classifier.explain([each.text], label=each.label)[0] for each in texts]
