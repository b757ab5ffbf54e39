"""`tfidf.json` of an export: terms of the training texts and their weights, as plain numbers."""

from pathlib import Path
from typing import Literal, Self

import numpy as np
from pydantic import Field, model_validator

from tunelet._foreign import ForeignFileError, read_bytes
from tunelet._record import Record, parse_record
from tunelet._words import counted
from tunelet.errors import ModelError
from tunelet.evaluation import Baseline, Ngrams, WordsBaseline
from tunelet.run import Task

_LARGEST = 2**30  # bytes of JSON


class TermsFile(Record):
    """The terms of one kind.

    Attributes:
        analyzer: "word", "char" or "char_wb" (characters within words), as scikit-learn names them.
        shortest, longest: how many words or characters a term has.
        terms: n of them.
        idf: how much each counts, [n].
        weights: of each output, or of the last alone, [outputs or 1][n].
    """

    analyzer: Literal["word", "char", "char_wb"]
    shortest: int = Field(ge=1)
    longest: int = Field(le=10)
    terms: tuple[str, ...] = Field(min_length=1)
    idf: tuple[float, ...]
    weights: tuple[tuple[float, ...], ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.shortest > self.longest or len(set(self.terms)) != len(self.terms):
            raise ValueError("lengths or terms contradict each other")
        if any(len(row) != len(self.terms) for row in (self.idf, *self.weights)):
            raise ValueError("expected a number for each term")
        return self


class TfidfFile(Record):
    """`tfidf.json`: what is added to the logits of the graph.

    Attributes:
        version: of this form.
        outputs: how many numbers are added: of each label, of lying above each rating but the highest, or one number.
        falling: whether they are put in falling order before, as those of ratings are.
        kinds: of terms.
        bias: of each output, or of the last alone: then the others have 0, as the first of two classes has.
    """

    version: Literal[1]
    outputs: int = Field(ge=1)
    falling: bool
    kinds: tuple[TermsFile, ...] = Field(min_length=1)
    bias: tuple[float, ...]

    @classmethod
    def of(cls, tfidf: Baseline | WordsBaseline, scale: float, task: Task) -> Self:
        """What is added of a task's baseline whose logits count `scale` times."""
        ends = np.cumsum([0, *(len(kind.terms) for kind in tfidf.kinds)])
        coefficients = tfidf.coefficients.astype(np.float64) * scale
        kinds = tuple(
            TermsFile(
                analyzer=kind.analyzer,
                shortest=kind.shortest,
                longest=kind.longest,
                terms=kind.terms,
                idf=tuple(kind.weights.astype(np.float64).tolist()),
                weights=tuple(tuple(row[begin:end].tolist()) for row in coefficients),
            )
            for kind, begin, end in zip(tfidf.kinds, ends, ends[1:], strict=False)
        )
        bias = tuple((tfidf.intercepts.astype(np.float64) * scale).tolist())
        return cls(version=1, outputs=len(task.outputs), falling=task.output.falling, kinds=kinds, bias=bias)

    def baseline(self, task: Task) -> Baseline | WordsBaseline:
        """The same as a baseline. Raises ValueError where it is for other labels."""
        outputs, one = len(task.outputs), task.shape == "multiclass"
        rows = 1 if one and outputs == 2 else outputs
        if len(self.bias) != rows or any(len(kind.weights) != rows for kind in self.kinds):
            raise ValueError(f"expected weights of {counted(outputs, 'output')}")
        if (self.outputs, self.falling) != (outputs, task.output.falling):
            raise ValueError("outputs or falling contradict the labels")
        return (Baseline if one else WordsBaseline)(
            kinds=tuple(
                Ngrams(kind.analyzer, kind.shortest, kind.longest, kind.terms, np.array(kind.idf, dtype=np.float32))
                for kind in self.kinds
            ),
            coefficients=np.concatenate([np.array(kind.weights) for kind in self.kinds], axis=1),
            intercepts=np.array(self.bias),
            strength=0.0,
            seconds=0.0,
        )


def read_tfidf(path: Path, task: Task) -> Baseline | WordsBaseline:
    """The TF-IDF of an export. Raises ModelError."""
    try:
        return parse_record(read_bytes(path, _LARGEST), TfidfFile).baseline(task)
    except (ForeignFileError, ValueError) as error:
        raise ModelError(f"{path}: {error}", "export the run again, with tunelet export") from None
