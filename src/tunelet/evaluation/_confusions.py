"""Which classes are taken for which."""

from collections.abc import Sequence


def confusions(labels: Sequence[str], matrix: Sequence[Sequence[int]]) -> list[tuple[str, str, int]]:
    """(true, predicted, texts) of every two classes that were confused, the most frequent first."""
    confused = [
        (labels[true], labels[predicted], count)
        for true, counts in enumerate(matrix)
        for predicted, count in enumerate(counts)
        if count and true != predicted
    ]
    return sorted(confused, key=lambda entry: -entry[2])
