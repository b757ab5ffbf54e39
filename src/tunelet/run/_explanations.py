"""Why texts were given their labels, as records: what `Classifier.explain` returns, and what a run keeps of it."""

from typing import ClassVar

from pydantic import Field

from tunelet._record import FileRecord, Record
from tunelet.evaluation import Faithfulness


class Word(Record):
    """A word of a text, or a run of punctuation.

    Attributes:
        text: its characters.
        field: number of the column that it stands in, from 0.
        begin, end: its characters in that column's text, cleaned as the model reads it.
        contribution: what it adds to the log odds of the label, or to the expected rating; below 0 it speaks against
            the label, or lowers the rating.
        read: whether the encoder read it; False where the text is too long and this part is cut out. What such a word
            contributes is TF-IDF's alone; without an encoder every word is read.
    """

    text: str
    field: int = Field(ge=0)
    begin: int = Field(ge=0)
    end: int
    contribution: float
    read: bool


class Explanation(FileRecord):
    """Which words of a text speak for a label, and which against it.

    The contributions sum to `log_odds - reference_log_odds`, but for `completeness_error` of that difference.

    >>> [film] = tunelet.Classifier.load("runs/first").explain("A joy from start to end.")
    >>> total = sum(word.contribution for word in film.words)
    >>> expected = film.log_odds - film.reference_log_odds
    >>> film.completeness_error < 0.01, abs(total - expected) <= 0.011 * abs(expected)
    (True, True)

    Attributes:
        fields: the text as the model reads it, one string for each column that is read.
        label: the label that is explained; None: there is nothing to read, and no words.
        predicted: the most probable label.
        probability: of `label`, as `predict` gives it; None without a text.
        log_odds: log(p / (1 - p)) of `label` as explained, at full precision.
        reference_log_odds: the same of the reference, the text with each of its tokens replaced by `reference`, and of
            a text without known terms for TF-IDF.
        reference: the token that stands for no word, such as "[MASK]"; "" where no encoder reads the text.
        words: of all fields, in order.
        completeness_error: how far the sum of the contributions is from what it should be, relative to that.
        steps: equal steps from the reference to the text at which gradients were taken; 0: none were needed.
    """

    fields: tuple[str, ...]
    label: str | None
    predicted: str | None
    probability: float | None
    log_odds: float | None
    reference_log_odds: float | None
    reference: str
    words: tuple[Word, ...]
    completeness_error: float | None
    steps: int = Field(ge=0)

    quantity: ClassVar[str] = "log odds"  # what the words are shares of
    speaks_for: ClassVar[str] = "speaks for the label"
    speaks_against: ClassVar[str] = "speaks against it"

    @property
    def value(self) -> float | None:
        """What the words are shares of, for the text; None without one."""
        return self.log_odds

    @property
    def reference_value(self) -> float | None:
        """The same of the reference."""
        return self.reference_log_odds

    @property
    def remark(self) -> str:
        """What is to be said of the whole answer beside the label that is explained; empty: nothing."""
        return "" if self.predicted == self.label else f"the most probable label is {self.predicted}"

    @property
    def each(self) -> "tuple[Explanation, ...]":
        """It, and the explanations of other labels of the same text."""
        return (self,)


class LabelsExplanation(Explanation):
    """The same of a text that may have several labels.

    >>> words = dict(fields=("so glad",), log_odds=2.0, reference_log_odds=-1.0, reference="", words=(), steps=0)
    >>> answer = dict(label="joy", predicted="joy", probability=0.9, completeness_error=0.0, labels=("joy",))
    >>> tunelet.LabelsExplanation(**words, **answer).remark
    ''

    Attributes:
        label: the one that is explained: the one that was asked for, else the likeliest.
        predicted: the labels that are given, as they are written, with the separator between them; "": none of them.
        labels: the same one by one, the likeliest first.
        others: where no label was asked for, the explanations of the other labels that are given.
    """

    labels: tuple[str, ...] = ()
    others: tuple[Explanation, ...] = ()

    @property
    def remark(self) -> str:
        """As described in `Explanation`."""
        if self.labels == (self.label,):
            return ""
        return f"given: {', '.join(self.labels)}" if self.labels else "no label is given"

    @property
    def each(self) -> "tuple[Explanation, ...]":
        """As described in `Explanation`."""
        return (self, *self.others)


class RatingExplanation(Explanation):
    """The same of a text that has a rating: which words raise the mean of the distribution over ratings.

    The contributions sum to `expected - reference_expected`, but for `completeness_error` of that difference.

    >>> words = dict(fields=("so so",), log_odds=None, reference_log_odds=None, reference="", words=(), steps=0)
    >>> answer = dict(label="3", predicted="3", probability=0.6, completeness_error=0.0)
    >>> tunelet.RatingExplanation(**words, **answer, expected=3.2, reference_expected=2.9).value
    3.2

    Attributes:
        label, predicted: the rating that is given, the median of the distribution.
        log_odds, reference_log_odds: None; there are none of all ratings together.
        expected: the mean of the distribution, as explained, at full precision.
        reference_expected: the same of the reference.
    """

    expected: float | None = None
    reference_expected: float | None = None

    quantity = "expected rating"
    speaks_for = "raises the rating"
    speaks_against = "lowers it"

    @property
    def value(self) -> float | None:
        """As described in `Explanation`."""
        return self.expected

    @property
    def reference_value(self) -> float | None:
        """As described in `Explanation`."""
        return self.reference_expected

    @property
    def remark(self) -> str:
        """As described in `Explanation`."""
        return "" if self.expected is None else f"expected rating {self.expected:.2f}"


class NumberExplanation(Explanation):
    """The same of a text that has a plain number: which words raise it.

    The contributions sum to `number - reference_number`, but for `completeness_error` of that difference.

    >>> words = dict(fields=("so so",), log_odds=None, reference_log_odds=None, reference="", words=(), steps=0)
    >>> answer = dict(label="3.2", predicted="3.2", probability=None, completeness_error=0.0)
    >>> tunelet.NumberExplanation(**words, **answer, number=3.2, reference_number=2.9).value
    3.2

    Attributes:
        label, predicted: the number as text; probability, log_odds, reference_log_odds: None.
        number: the number, as explained, at full precision.
        reference_number: the same of the reference.
    """

    number: float | None = None
    reference_number: float | None = None

    quantity = "number"
    speaks_for = "raises the number"
    speaks_against = "lowers it"

    @property
    def value(self) -> float | None:
        """As described in `Explanation`."""
        return self.number

    @property
    def reference_value(self) -> float | None:
        """As described in `Explanation`."""
        return self.reference_number


class ExplanationsRecord(FileRecord):
    """`explanations.json`.

    Attributes:
        errors: of the most confident errors, in the order of `evaluation.json`: which words speak for the wrong label
            that was given. There may be fewer than errors. Texts stand in it.
        faithfulness: whether taking out words in the order of their contributions changes answers faster than in random
            order, on texts drawn at random; None: there was no time for any, or none had two words.
        learnt_from: whether the model had learnt from all of these texts, as it has where a cross-validation is
            reported on. What `evaluation.json` says of the errors is then of models that had not; `predicted` and
            `probability` of here are of the one that is kept, which need not make the same errors. None: a version of
            before did not say.
    """

    errors: tuple[Explanation, ...]
    faithfulness: Faithfulness | None
    learnt_from: bool | None = None
