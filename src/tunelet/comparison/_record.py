"""`comparison.json`: several models on the same texts, and every two of them side by side."""

from collections.abc import Mapping
from typing import Literal

from tunelet._record import FileRecord, Record, Value
from tunelet.comparison._outcomes import Outcomes
from tunelet.data import TaskName
from tunelet.evaluation import AnyPair, AnySeedMetrics, LabelCurves, ReliabilityBin
from tunelet.run import EvaluatedOn

Rival = Literal["baseline", "probe"]  # attribute of `evaluation.json`


class ComparedModel(Record):
    """A run, the runs of several seeds, or one of their baselines. Attributes that a baseline lacks are None.

    Attributes:
        name: in this comparison.
        kind: "encoder", or which baseline it is.
        baseline, probe: names of the baselines that were fitted to the same texts and encoder; None: there is none.
        runs, seeds, recipe: folders, seeds, and the name of the recipe.
        model: name of the checkpoint, or of the baseline.
        random_weights: whether the encoder began without its pretrained weights.
        training_texts: texts that it was fitted to.
        trainable_parameters, total_parameters: counts.
        train_seconds, tokens_per_second: duration and speed of the training, means over the seeds.
        peak_memory_bytes: the largest of the seeds.
        saved_bytes, base_bytes: size of the run's own weights, and of the checkpoint's.
        latency_seconds, prediction_tokens_per_second: of one text, and of many, means over the seeds.
        metrics: means over the seeds, with deviations and intervals.
        by_label: of several labels a text, the F1 of each, the mean over the seeds; None: undefined for these texts.
        curves: of each seed.
        reliability: of all seeds together.
    """

    name: str
    kind: Literal["encoder"] | Rival
    baseline: str | None = None
    probe: str | None = None
    runs: tuple[str, ...] = ()
    seeds: tuple[int, ...] = ()
    recipe: str | None = None
    model: str
    random_weights: bool
    training_texts: int
    trainable_parameters: int | None = None
    total_parameters: int | None = None
    train_seconds: float
    tokens_per_second: float | None = None
    peak_memory_bytes: int | None = None
    saved_bytes: int | None = None
    base_bytes: int | None = None
    latency_seconds: float | None = None
    prediction_tokens_per_second: float | None = None
    metrics: AnySeedMetrics
    by_label: Mapping[str, Value] = {}
    curves: tuple[tuple[LabelCurves, ...], ...]
    reliability: tuple[ReliabilityBin, ...]


class ComparisonRecord(FileRecord):
    """Several models, measured and compared on the same texts.

    Attributes:
        task: the shape of the labels.
        evaluated_on: the split that the texts are.
        folds: in which they were predicted by models that had not seen them; 1: held out once; 0: no folds.
        n: how many texts there are.
        positive: the label that precision, recall, F1 and the areas speak of; None: they are means over all labels.
        label_names: the same for all models.
        resamples: paired draws of the texts.
        models: the runs, then the baselines.
        pairs: every two runs, and each with its baselines.
        outcomes: for each pair how often both, one or neither is right; None: several seeds, or numbers.
        verdicts: the results in plain sentences.
        folders: of the runs; filled in when the record is written.
    """

    task: TaskName = "multiclass"
    evaluated_on: EvaluatedOn
    folds: int
    n: int
    positive: str | None
    label_names: tuple[str, ...]
    resamples: int
    models: tuple[ComparedModel, ...]
    pairs: tuple[AnyPair, ...]
    outcomes: tuple[Outcomes | None, ...]
    verdicts: tuple[str, ...]
    folders: tuple[str, ...] = ()
