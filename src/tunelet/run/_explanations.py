"""Why texts were given their labels, as records: what `Classifier.explain` returns, and what a run keeps of it."""

from pydantic import Field

from tunelet._record import FileRecord, Record
from tunelet.evaluation import Faithfulness


class Word(Record):
    """A word of a text, or a run of punctuation.

    Attributes:
        text: its characters.
        field: number of the column that it stands in, from 0.
        begin, end: its characters in that column's text, cleaned as the model reads it.
        contribution: what it adds to the log odds of the label; below 0 it speaks against it.
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
