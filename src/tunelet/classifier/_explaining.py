"""Explanations of many texts, whatever explains one of them."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from tunelet._words import shown
from tunelet.data import some, split_fields
from tunelet.errors import DataError
from tunelet.explain import Explanation

if TYPE_CHECKING:
    from tunelet.classifier._base import TextClassifier

Explain = Callable[[str, int, tuple[str, ...]], Explanation]


def explanations_of(
    classifier: "TextClassifier", texts: Iterable[str], label: str | None, explain: Explain
) -> list[Explanation]:
    """Each text's explanation, with the names of the labels and the probability that `predict` gives.

    Args:
        classifier: whose answers they are.
        texts: cleaned.
        label: to explain; None: of each text the most probable one.
        explain: given a text, the index of the label and the fields; names and probability are filled in here.

    Raises:
        DataError: no such label.
    """
    names = classifier.label_names
    if label is not None and label not in names:
        raise DataError(f"no label {shown(label)}, the run has {some(names)}", f"pass label={names[0]!r}")
    listed, explanations = list(texts), []
    for text, row in zip(listed, classifier.probabilities_of_cleaned(listed), strict=True):
        fields = tuple(split_fields(text)) if classifier.task.several_fields else (text,)
        if not text:
            explanations.append(_nothing(fields))
            continue
        predicted = int(row.argmax())
        index = predicted if label is None else names.index(label)
        explanations.append(
            explain(text, index, fields).changed(
                label=names[index], predicted=names[predicted], probability=float(row[index])
            )
        )
    return explanations


def _nothing(fields: tuple[str, ...]) -> Explanation:
    """Of a text with nothing to read."""
    return Explanation(
        fields=fields,
        label=None,
        predicted=None,
        probability=None,
        log_odds=None,
        reference_log_odds=None,
        reference="",
        words=(),
        completeness_error=None,
        steps=0,
    )
