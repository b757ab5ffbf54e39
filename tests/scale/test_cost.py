"""What work on several workers will take: as many rounds of jobs as it needs, and the seconds of all cores."""

from dataclasses import dataclass

import pytest

from tunelet.scale import Cost


@dataclass(frozen=True)
class Some:
    """Workers that are only counted."""

    count: int
    cores: int


@pytest.mark.parametrize(
    ("jobs", "workers", "elapsed", "core_seconds", "said"),
    [
        (4, Some(2, 1), 170, 340, "about 2 min 50 s on 2 workers of 1 core each, 0.094 core-hours"),
        (5, Some(2, 3), 255, 1275, "about 4 min 15 s on 2 workers of 3 cores each, 0.35 core-hours"),
        (1, Some(8, 1), 85, 85, "about 1 min 25 s on 8 workers of 1 core each, 0.024 core-hours"),
        (9000, Some(1, 2), 765_000, 1_530_000, "about 212 h 30 min on 1 worker of 2 cores, 425 core-hours"),
    ],
)
def test_rounds_of_jobs(jobs, workers, elapsed, core_seconds, said):
    cost = Cost.of(jobs, 85.0, workers)
    assert (cost.elapsed, cost.core_seconds) == (elapsed, core_seconds)
    assert cost.core_hours == pytest.approx(core_seconds / 3600)
    assert cost.in_words == said


def test_the_first_job_of_each_worker_may_take_more_or_less():
    assert Cost.of(5, 85.0, Some(2, 3), first=-10.0) == Cost(255 - 10, (5 * 85 - 2 * 10) * 3, 2, 3)
    assert Cost.of(1, 85.0, Some(2, 3), first=5.0) == Cost(85 + 5, (85 + 5) * 3, 2, 3)
