"""What trainings will take before they start: the first are planned, one on each worker, and none is trained.

A worker keeps the plan that it has made, so that its first training begins where the reckoning ended.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from tunelet.experiment._beside import seconds_beside
from tunelet.experiment._compiling import compile_kernels
from tunelet.experiment._planner import Planner
from tunelet.experiment._request import Request
from tunelet.experiment._screens import Screens
from tunelet.run import RunFolder
from tunelet.scale import Cost, Job, Workers


@dataclass(frozen=True)
class Training:
    """A training for a worker, that may have planned it before.

    Attributes:
        request: of a run folder.
        key: of this training in this call, and of no other; empty: its plan is not kept.
    """

    request: Request
    key: str = ""

    def planner(self) -> Planner | None:
        """The planner that has planned it in this process, if there is one; others are forgotten."""
        planner = _kept.pop(self.key, None)
        _kept.clear()
        return planner


@dataclass(frozen=True)
class Seconds:
    """What a training takes.

    Attributes:
        planning: seconds until its plan is made.
        vectors: seconds in which the frozen encoder's vectors are made, which later trainings find in the cache.
        rest: all other seconds until the run is finished.
    """

    planning: float
    vectors: float
    rest: float


_kept: dict[str, Planner] = {}  # of this process, by the key of its training


def cost_of_trainings(trainings: Sequence[Training], workers: Workers) -> Cost:
    """What trainings will take, all of them like the first ones. Raises TuneletError."""
    # As many at a time as later: workers that compute beside each other are slower than one alone.
    first = [Job("the plan of a training", training) for training in trainings[: workers.count]]
    each = [seconds for _, seconds in workers.map(seconds_of_training, first)]
    planning, vectors, rest = (
        median([getattr(seconds, part) for seconds in each]) for part in ("planning", "vectors", "rest")
    )
    kept = planning if trainings[0].key else 0.0
    return Cost.of(len(trainings), planning + rest, workers, first=vectors - kept)


def seconds_of_training(training: Training) -> Seconds:
    """What a training takes in this process, where its plan is kept. Raises TuneletError."""
    request = training.request
    assert request.out is not None  # noqa: S101
    begun = time.monotonic()
    compile_kernels()
    planner = Planner(request, Screens())
    sources = planner.read()
    plan = planner.plan(RunFolder(request.out), sources, planner.find_model()).plan
    beside = seconds_beside(plan.prepared, plan.recipe, len(plan.prepared.folds))
    _kept.clear()
    if training.key:
        _kept[training.key] = planner
    estimate = plan.estimate
    rest = estimate.seconds - estimate.vector_seconds + estimate.slowness * beside
    return Seconds(time.monotonic() - begun, estimate.vector_seconds, rest)
