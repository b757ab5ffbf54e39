"""Intervals of labels, ratings and numbers hold the truth about as often as they promise, and chance shows little.

Small enough for the suite: `measurements/coverage.py --shapes` measures all of it.
"""

import pytest

from tunelet.bench import LABELLINGS, labelling_coverage, labelling_pair_coverage

pytestmark = pytest.mark.slow

ONE_OF_EACH = (LABELLINGS[0], LABELLINGS[2], LABELLINGS[4])


def least(intervals: int, promised: float = 0.93) -> float:
    """Three standard errors below what is promised."""
    return promised - 3 * (0.95 * 0.05 / intervals) ** 0.5


@pytest.mark.parametrize("labelling", ONE_OF_EACH, ids=lambda labelling: labelling.name)
def test_intervals_hold_the_truth(labelling):
    for name, tally in labelling_coverage(labelling, 120, models=4, datasets=12, seed=3).items():
        if tally.intervals >= 20:
            assert tally.coverage >= least(tally.intervals), name


@pytest.mark.parametrize("labelling", ONE_OF_EACH, ids=lambda labelling: labelling.name)
def test_differences_hold_the_truth_and_models_that_are_alike_are_seldom_told_apart(labelling):
    found = labelling_pair_coverage(labelling, 120, models=4, datasets=8, seed=3)
    alike = found.pop("alike")
    assert alike.held / alike.experiments <= 0.05 + 3 * (0.95 * 0.05 / alike.experiments) ** 0.5
    for name, tally in found.items():
        if tally.intervals >= 20:
            assert tally.coverage >= least(tally.intervals), name
