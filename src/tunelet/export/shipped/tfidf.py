"""TF-IDF of `tfidf.json`: logits to be added to those of the graph. Python's standard library is all it needs."""

import json
import math
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path


class Tfidf:
    """Words, pairs of words and runs of characters, weighed as scikit-learn weighs them."""

    def __init__(self, path: str) -> None:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
        self.kinds = [(kind, {term: at for at, term in enumerate(kind["terms"])}) for kind in content["kinds"]]
        self.bias: list[float] = content["bias"]
        self.outputs, self.falling = content["outputs"], content["falling"]

    def logits(self, text: str) -> list[float]:
        """What is added to each output for a text. Of two classes, the first has 0; those of ratings fall."""
        sums = list(self.bias)
        for kind, places in self.kinds:
            runs = {"word": _words, "char": _characters, "char_wb": _pieces}[kind["analyzer"]]
            counts = Counter(run for run in runs(text.lower(), kind["shortest"], kind["longest"]) if run in places)
            values = {places[run]: (1 + math.log(n)) * kind["idf"][places[run]] for run, n in counts.items()}
            length = math.sqrt(sum(value * value for value in values.values())) or 1.0
            for label, weights in enumerate(kind["weights"]):
                sums[label] += sum(weights[at] * value for at, value in values.items()) / length
        added = [0.0] * (self.outputs - len(sums)) + sums
        return sorted(added, reverse=True) if self.falling else added


def _words(text: str, shortest: int, longest: int) -> Iterator[str]:
    words = re.findall(r"(?u)\b\w+\b", text)
    for n in range(shortest, longest + 1):
        for at in range(len(words) - n + 1):
            yield " ".join(words[at : at + n])


def _characters(text: str, shortest: int, longest: int) -> Iterator[str]:
    text = re.sub(r"\s\s+", " ", text)
    for n in range(shortest, min(longest, len(text)) + 1):
        for at in range(len(text) - n + 1):
            yield text[at : at + n]


def _pieces(text: str, shortest: int, longest: int) -> Iterator[str]:
    """Runs within words, each word with a blank before and after it; of one that is too short the whole, once."""
    for word in re.sub(r"\s\s+", " ", text).split():
        padded = f" {word} "
        for n in range(shortest, longest + 1):
            if len(padded) <= n:
                yield padded
                break
            for at in range(len(padded) - n + 1):
                yield padded[at : at + n]
