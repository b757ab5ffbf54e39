"""`metrics.json`: what a run came to, which `tunelet train --json` prints, and what several seeds came to together."""

from collections.abc import Mapping
from typing import Literal

from tunelet._record import FileRecord
from tunelet.evaluation import Commonest, FigureWarning, KeptName, Metrics, SeedMeasured, SeedMetrics
from tunelet.run._data import DivisionRecord

EvaluatedOn = Literal["test", "validation"]


class RunFacts(FileRecord):
    """What a run took, and what was chosen in training that predictions need: this is published with a model, too.

    A subclass adds the metrics of one shape of labels.

    Attributes:
        run: its folder, as it was named.
        evaluated_on: the texts that the metrics are of.
        warnings: what to bear in mind with the metrics.
        temperature: what logits are divided by; 1.0: nothing.
        trainable_parameters, total_parameters: counts.
        folds: of the cross-validation; 1: held out once; 0: the validation texts were not trained on.
        split: how the rows were split; None: an earlier version did not say.
        dropped, dropped_rows: which rows were left out, as in `data.json`.
        kept: which of the candidates the model is.
        blend, encoder_weight: weights of the logits of TF-IDF, 0.0 where it takes no part, and of the encoder's own.
        epochs, best_epoch, steps, planned_steps: of the training.
        train_seconds, seconds, expected_seconds: of the training steps, of everything, and as it was estimated.
        tokens_per_second: in training; where nothing was trained by steps, in evaluation.
        peak_memory_bytes: largest resident set of the process.
        seed: of the training.
        model: name of the checkpoint.
        random_weights: whether it began without its pretrained weights.
    """

    run: str = ""
    evaluated_on: EvaluatedOn
    warnings: tuple[FigureWarning, ...] = ()
    temperature: float
    trainable_parameters: int
    total_parameters: int
    folds: int
    split: DivisionRecord | None = None
    dropped: Mapping[str, int] = {}
    dropped_rows: Mapping[str, tuple[int, ...]] = {}
    kept: KeptName
    blend: float
    encoder_weight: float
    epochs: int
    best_epoch: int
    steps: int
    planned_steps: int
    train_seconds: float
    seconds: float
    expected_seconds: float
    tokens_per_second: float
    peak_memory_bytes: int
    seed: int
    model: str
    random_weights: bool


class Summary(RunFacts, Metrics):
    """The metrics of a run of one label a text, and what it took.

    Attributes:
        validation: metrics on the validation texts, where there are test texts.
        commonest: what always giving the commonest label comes to.
        threshold: of the probability of the positive label; None: there is none.
    """

    validation: Metrics | None = None
    commonest: Commonest | None = None
    threshold: float | None

    @property
    def metrics(self) -> Metrics:
        """The metrics alone."""
        return self.narrowed(Metrics)


class SeedsWarning(FigureWarning):
    """A warning of the runs of several seeds.

    Attributes:
        seeds: those that have it.
    """

    seeds: tuple[int, ...]


class GroupFacts(FileRecord, SeedMeasured):
    """What the trainings of several seeds took, whatever the shape of the labels.

    A subclass adds the means, deviations (NAME_sd) and intervals (NAME_ci) of the metrics of one shape.

    Attributes:
        run, runs: the folder of all, and that of each seed, as they were named.
        seeds: of the trainings.
        evaluated_on, folds, model, random_weights: as in the `RunFacts` of each.
        warnings: of the runs, each once.
        train_seconds, seconds, tokens_per_second: means over the seeds.
        trainable_parameters, total_parameters: likewise.
        peak_memory_bytes: the largest.
    """

    run: str
    runs: tuple[str, ...]
    seeds: tuple[int, ...]
    evaluated_on: EvaluatedOn
    folds: int
    warnings: tuple[SeedsWarning, ...]
    train_seconds: float
    seconds: float
    tokens_per_second: float
    trainable_parameters: float
    total_parameters: float
    peak_memory_bytes: int
    model: str
    random_weights: bool

    @property
    def by_seed(self) -> tuple[float | None, ...]:
        """The figure that decides, of each seed."""
        raise NotImplementedError

    @property
    def words_of_metrics(self) -> Mapping[str, str]:
        """What pages and screens call each metric, in their order."""
        return self.named()


class GroupSummary(GroupFacts, SeedMetrics):
    """What the runs of several seeds came to where a text has one label.

    Attributes:
        positive: as in the `Summary` of each.
        accuracies: of each seed.
    """

    positive: str | None
    accuracies: tuple[float, ...]

    @property
    def by_seed(self) -> tuple[float | None, ...]:
        """The accuracies."""
        return self.accuracies

    @property
    def words_of_metrics(self) -> Mapping[str, str]:
        """What pages and screens call each metric, in their order."""
        return self.named(self.positive)
