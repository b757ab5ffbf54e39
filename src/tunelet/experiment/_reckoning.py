"""What trainings will take before they start: one is planned, on every worker at a time, and nothing is trained."""

import time
from collections.abc import Sequence
from statistics import median

from tunelet.experiment._beside import seconds_beside
from tunelet.experiment._compiling import compile_kernels
from tunelet.experiment._planner import Planner
from tunelet.experiment._request import Request
from tunelet.experiment._screens import Screens
from tunelet.run import RunFolder
from tunelet.scale import Cost, Job, Workers


def cost_of_trainings(requests: Sequence[Request], workers: Workers) -> Cost:
    """What trainings will take, all of them like the first; each request has its run folder. Raises TuneletError."""
    first = Job("the plan of a training", requests[0].elsewhere())
    # As many at a time as later: workers that compute beside each other are slower than one alone.
    reckoned = workers.map(seconds_of_training, [first] * min(workers.count, len(requests)))
    return Cost.of(len(requests), median([seconds for _, seconds in reckoned]), workers)


def seconds_of_training(request: Request) -> float:
    """What a training will take in this process, from reading the data to the finished run."""
    assert request.out is not None  # noqa: S101
    begun = time.monotonic()
    compile_kernels()
    planner = Planner(request, Screens())
    sources = planner.read()
    plan = planner.plan(RunFolder(request.out), sources, planner.find_model()).plan
    beside = seconds_beside(plan.prepared, plan.recipe, len(plan.prepared.folds))
    return time.monotonic() - begun + plan.estimate.seconds + plan.estimate.slowness * beside
