"""`metrics.json` and `evaluation.json` of a run whose labels are several a text, ratings in order, or numbers."""

from typing import Any, cast

from pydantic import create_model

from tunelet._record import FileRecord, Record, Value
from tunelet.data import TaskName
from tunelet.evaluation import (
    AnyDetails,
    ConformalRecord,
    FigurePair,
    FigureSlice,
    KeptRecord,
    Measured,
    MultilabelMetrics,
    OrdinalMetrics,
    TemperatureRecord,
    ThresholdsRecord,
    ValueMetrics,
    seed_record,
)
from tunelet.run._evaluation import Cost, WithoutTfidf
from tunelet.run._summary import EvaluatedOn, GroupFacts, GroupSummary, RunFacts, Summary

SHAPES_IN_WORDS: dict[TaskName, str] = {
    "multiclass": "one label a text",
    "multilabel": "several labels a text",
    "ordinal": "ratings in order",
    "regression": "plain numbers",
}
ShapedMetrics = MultilabelMetrics | OrdinalMetrics | ValueMetrics


def thresholds_in(metrics: Measured) -> tuple[float, ...]:
    """Of several labels a text, the probability from which on each was given; of other shapes there are none."""
    return tuple(row.threshold for row in metrics.per_label) if isinstance(metrics, MultilabelMetrics) else ()


class MultilabelSummary(RunFacts, MultilabelMetrics):
    """The metrics of a run of several labels a text, each label with its threshold, and what it took.

    Attributes:
        validation: metrics on the validation texts, where there are test texts.
    """

    validation: MultilabelMetrics | None = None

    @property
    def metrics(self) -> MultilabelMetrics:
        """The metrics alone."""
        return self.narrowed(MultilabelMetrics)

    @property
    def thresholds(self) -> tuple[float, ...]:
        """The probability from which on each label is given, in the order of the labels."""
        return thresholds_in(self)


class OrdinalSummary(RunFacts, OrdinalMetrics):
    """The metrics of a run of ratings in order, and what it took.

    Attributes:
        validation: metrics on the validation texts, where there are test texts.
    """

    validation: OrdinalMetrics | None = None

    @property
    def metrics(self) -> OrdinalMetrics:
        """The metrics alone."""
        return self.narrowed(OrdinalMetrics)

    @property
    def thresholds(self) -> tuple[float, ...]:
        """There are none."""
        return ()


class ValueSummary(RunFacts, ValueMetrics):
    """The metrics of a run of plain numbers, and what it took.

    Attributes:
        validation: metrics on the validation texts, where there are test texts.
        reach: how far the interval of a predicted number goes to both sides; None: without an end.
    """

    validation: ValueMetrics | None = None
    reach: Value

    @property
    def metrics(self) -> ValueMetrics:
        """The metrics alone."""
        return self.narrowed(ValueMetrics)

    @property
    def thresholds(self) -> tuple[float, ...]:
        """There are none."""
        return ()


ShapedSummary = MultilabelSummary | OrdinalSummary | ValueSummary
SUMMARIES: dict[type[ShapedMetrics], type[ShapedSummary]] = {
    MultilabelMetrics: MultilabelSummary,
    OrdinalMetrics: OrdinalSummary,
    ValueMetrics: ValueSummary,
}


FACTS: dict[TaskName, type[Summary | ShapedSummary]] = {
    "multiclass": Summary,
    "multilabel": MultilabelSummary,
    "ordinal": OrdinalSummary,
    "regression": ValueSummary,
}


class ShapedError(Record):
    """A text with a wrong answer, or one that is far off.

    Attributes:
        id, text, tokens: of the text.
        label: of the data.
        predicted: by the model.
        probability: with which it was wrong; None: numbers have none.
    """

    id: str
    text: str
    tokens: int
    label: str
    predicted: str
    probability: Value


class Shape(Record):
    """The shape of the labels that a file speaks of; one label a text is not named."""

    task: TaskName = "multiclass"


class ShapedGroup(GroupFacts, Shape):
    """What the runs of several seeds came to where labels have another shape than one a text.

    Attributes:
        task: that shape.
        figures_by_seed: the figure that decides (macro F1, mean absolute error), of each seed; None: undefined.
    """

    figures_by_seed: tuple[Value, ...]

    @property
    def by_seed(self) -> tuple[float | None, ...]:
        """These figures."""
        return self.figures_by_seed


def _group_of(metrics: type[Measured]) -> type[ShapedGroup]:
    bases: Any = (ShapedGroup, seed_record(metrics))
    name = f"{metrics.__name__}OfSeeds"
    return cast("type[ShapedGroup]", create_model(name, __base__=bases, __doc__=ShapedGroup.__doc__))


GROUPS: dict[TaskName, type[GroupFacts]] = {
    "multiclass": GroupSummary,
    "multilabel": _group_of(MultilabelMetrics),
    "ordinal": _group_of(OrdinalMetrics),
    "regression": _group_of(ValueMetrics),
}


class ShapedRival(Record):
    """A linear model that costs seconds, beside a model of another shape than one label a text.

    Attributes:
        name: on pages.
        features: how many numbers it weighs.
        strength: its C of scikit-learn.
        seconds: of training.
        metrics: on the texts that are reported on, with thresholds of its own where there are any.
        pair: it first, then the model.
        reach: of numbers, how far its intervals go to both sides; None: without an end, or there are none.
    """

    name: str
    features: int
    strength: float
    seconds: float
    metrics: ShapedMetrics
    pair: FigurePair
    reach: Value = None


class ShapedEvaluation(FileRecord):
    """`evaluation.json` of such a run.

    Attributes:
        evaluated_on, n: the texts that are reported on.
        chosen_on: number of validation texts, on which choices were made.
        thresholds: of several labels, and what they do to validation texts; None: there are none.
        intervals: of numbers, and how often they hold; None: there are none.
        temperature: of the logits, and what it changes; None: numbers have none, and runs of before had none.
        without_tfidf: the encoder alone, where TF-IDF is added; None: it is alone.
        wrong: texts whose answer is not wholly right, or whose number lies outside its interval.
        errors: the worst answers, as many as the recipe keeps.
        lengths: figures by length of text.
        details: curves, calibration, confusions or errors, by the shape; None: an earlier version had none.
        baseline: TF-IDF; None: it was not asked for.
        probe: the frozen encoder with a solved head; None: it was not fitted.
        kept: which model was kept.
        cost: what it costs.
    """

    evaluated_on: EvaluatedOn
    n: int
    chosen_on: int
    thresholds: ThresholdsRecord | None
    intervals: ConformalRecord | None = None
    temperature: TemperatureRecord | None = None
    without_tfidf: WithoutTfidf | None = None
    wrong: int
    errors: tuple[ShapedError, ...]
    lengths: tuple[FigureSlice, ...] = ()
    details: AnyDetails | None = None
    baseline: ShapedRival | None
    probe: ShapedRival | None
    kept: KeptRecord
    cost: Cost

    @property
    def rivals(self) -> dict[str, ShapedRival]:
        """Those that were fitted and are not the model itself, by attribute."""
        found = {"baseline": self.baseline, "probe": self.probe}
        is_it = None if self.kept.blend else self.kept.name
        return {name: rival for name, rival in found.items() if rival is not None and name != is_it}
