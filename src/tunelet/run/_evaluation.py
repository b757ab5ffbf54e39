"""`evaluation.json`: what a report says of a run beyond its metrics."""

from tunelet._record import FileRecord, Record, Value
from tunelet.evaluation import (
    KeptRecord,
    LabelCurves,
    LengthSlice,
    Metrics,
    Pair,
    ReliabilityBin,
    SharesRecord,
    TemperatureRecord,
    ThresholdRecord,
)
from tunelet.run._summary import EvaluatedOn


class ErrorRecord(Record):
    """A text with a wrong label.

    Attributes:
        id, text, tokens: of the text.
        label: of the data.
        predicted: by the model, with this probability.
    """

    id: str
    text: str
    tokens: int
    label: str
    predicted: str
    probability: float


class RivalRecord(Record):
    """A linear model that costs seconds, beside the model.

    Attributes:
        name: on pages.
        features: how many numbers it weighs.
        strength: its C of scikit-learn.
        seconds: of training.
        metrics, curves: on the texts that are reported on.
        pair: it first, then the model.
    """

    name: str
    features: int
    strength: float
    seconds: float
    metrics: Metrics
    curves: tuple[LabelCurves, ...]
    pair: Pair


class Cost(Record):
    """What the model costs where it is used.

    Attributes:
        latency_seconds: of one text, from tokens to probabilities; the median of `latency_texts` texts.
        tokens_per_second: of many texts.
        saved_bytes: weights of the run's own.
        base_bytes: weights of the checkpoint.
    """

    latency_seconds: float
    latency_texts: int
    tokens_per_second: float
    saved_bytes: int
    base_bytes: int


class WithoutTfidf(Record):
    """The encoder alone, where TF-IDF is added to it: what an export without TF-IDF needs, and what that costs.

    Attributes:
        temperature, thresholds: chosen for its own predictions of the validation texts.
        figure, together: the figure that decides, of these texts: its own, and that of both together.
    """

    temperature: float
    thresholds: tuple[float, ...]
    figure: Value
    together: Value


class Findings(Record):
    """What follows from the predictions.

    Attributes:
        evaluated_on, n: the texts that are reported on.
        curves: of the positive label, or of each and their mean.
        reliability: accuracy by confidence.
        temperature, threshold: what was chosen on validation texts; no threshold of more than two labels.
        lengths: accuracy by length of text.
        errors: the most confident ones, as many as the recipe keeps; wrong: how many there are in all.
        baseline: TF-IDF; None: it was not asked for.
        probe: the frozen encoder with a solved head; None: it was not fitted.
        shares: how near the probabilities are to soft labels; None: labels are sure.
    """

    evaluated_on: EvaluatedOn
    n: int
    curves: tuple[LabelCurves, ...]
    reliability: tuple[ReliabilityBin, ...]
    temperature: TemperatureRecord
    threshold: ThresholdRecord | None
    lengths: tuple[LengthSlice, ...]
    errors: tuple[ErrorRecord, ...]
    wrong: int
    baseline: RivalRecord | None
    probe: RivalRecord | None
    shares: SharesRecord | None = None

    @property
    def rivals(self) -> dict[str, RivalRecord]:
        """Those that were fitted, by attribute."""
        found = {"baseline": self.baseline, "probe": self.probe}
        return {name: rival for name, rival in found.items() if rival is not None}


class EvaluationRecord(FileRecord, Findings):
    """`evaluation.json`.

    Attributes:
        kept: which model was kept.
        cost: what it costs.
    """

    kept: KeptRecord
    cost: Cost

    @property
    def without_tfidf(self) -> WithoutTfidf | None:
        """The kept encoder alone, beside what it is with TF-IDF; None: the run records no candidates."""
        by_name = {one.name: one for one in self.kept.candidates}
        alone, both = by_name.get(self.kept.name), by_name.get(f"{self.kept.name} + TF-IDF")
        if alone is None:
            return None
        together = None if both is None else both.accuracy
        return WithoutTfidf(temperature=alone.temperature, thresholds=(), figure=alone.accuracy, together=together)

    @classmethod
    def of(cls, findings: Findings, kept: KeptRecord, cost: Cost) -> "EvaluationRecord":
        """All of it."""
        known = {name: getattr(findings, name) for name in Findings.model_fields}
        return cls.model_validate(known | {"kept": kept, "cost": cost})
