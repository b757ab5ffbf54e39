"""The folds of a cross-validation in processes, several at a time.

A worker trains its fold to the end in the folder that the fold has in the run, with all checkpoints. The run itself
then goes through its folds in their order and finds each trained, as it does when it is resumed: the result is the
same, bit for bit, as that of one process of as many threads.
"""

from dataclasses import dataclass, replace

from tunelet._words import counted
from tunelet.evaluation import Probe
from tunelet.experiment._compiling import compile_kernels
from tunelet.experiment._material import new_classifier_for
from tunelet.experiment._plan import Plan
from tunelet.experiment._rivals import Labelled
from tunelet.experiment._trainings import Trainings
from tunelet.run import RunFolder
from tunelet.scale import HERE, Cost, Job, Workers, workers_at
from tunelet.training import Reporter, Silent


@dataclass(frozen=True, eq=False)
class _Fold:
    """What a worker needs of a run to train one of its folds.

    Attributes:
        number: of the fold.
        plan: of the run, whose model is made anew from the recipe's seed.
        labelled: the plan's texts.
        probe: the head that the training begins with; None: a random one.
    """

    number: int
    plan: Plan
    labelled: Labelled
    probe: Probe | None

    def train(self) -> None:
        """Train it in its folder, or go on with it there."""
        compile_kernels()
        plan = self.plan
        space, names = plan.prepared.space, plan.prepared.label_names
        classifier = new_classifier_for(plan.checkpoint, space.task, names, plan.recipe)
        heads = {} if self.probe is None else {self.number: self.probe}
        trainings = Trainings(plan, self.labelled, classifier, _Heads(heads), Silent())
        trainings.teach(self.number, RunFolder(plan.out).training(fold_name(self.number)))


@dataclass(frozen=True)
class _Heads:
    """In the place of a run's linear models: the heads that its trainings begin with, by their number."""

    probes: dict[int, Probe]

    def tfidf(self, number: int) -> None:
        """There are no students here."""


def fold_name(number: int) -> str:
    """The name of a fold's folder."""
    return f"fold-{number + 1}"


def _cost(plan: Plan, folds: int, workers: Workers) -> Cost:
    """Of the folds on workers, and then of the training on all texts in this process, at its rates for each core."""
    *each, _ = plan.estimate.trainings
    folded = Cost.of(folds, max(each) * HERE.threads / workers.cores, workers)
    rest = plan.estimate.seconds - sum(each)
    return replace(folded, elapsed=folded.elapsed + rest, core_seconds=folded.core_seconds + rest * HERE.threads)


def train_folds(plan: Plan, labelled: Labelled, probes: list[Probe], progress: Reporter) -> None:
    """Train all folds in workers.

    Args:
        plan: of the run, with the place of the workers.
        labelled: its texts.
        probes: the heads that the folds begin with; empty: random ones.
        progress: to report to.
    """
    light = replace(plan, out=plan.out.absolute(), audit=None, place=HERE)
    jobs = [
        Job(f"fold {number + 1}", _Fold(number, light, labelled, probes[number] if probes else None))
        for number in range(len(plan.prepared.folds))
    ]
    with workers_at(plan.place) as workers:
        progress.say(_cost(plan, len(jobs), workers).in_words)
        progress.stage(f"{counted(len(jobs), 'fold')} on {counted(workers.count, 'worker')}", len(jobs))
        for _ in workers.map(_Fold.train, jobs):
            progress.advance(1)
