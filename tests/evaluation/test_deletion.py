"""The comparison of two deletion curves: means, intervals, and a paired test over the texts."""

import numpy as np
import pytest
from scipy.stats import ttest_rel

from tunelet.evaluation import Faithfulness, faithfulness

REMOVED = np.array([0.0, 0.1, 0.5])


def test_the_difference_is_that_of_the_means_along_the_curves_and_its_test_is_paired():
    random = np.random.default_rng(0)
    ordered = np.column_stack([np.full(12, 0.9), random.uniform(0.2, 0.6, 12), random.uniform(0, 0.3, 12)])
    shuffled = np.column_stack([np.full(12, 0.9), random.uniform(0.5, 0.9, 12), random.uniform(0.4, 0.9, 12)])
    found = faithfulness(REMOVED, ordered, shuffled)
    first, second = shuffled[:, 1:].mean(axis=1), ordered[:, 1:].mean(axis=1)
    theirs = ttest_rel(first, second)
    assert found.difference == pytest.approx((first - second).mean())
    assert found.p == pytest.approx(theirs.pvalue)
    assert found.difference_ci == pytest.approx(tuple(theirs.confidence_interval()))
    assert [point.removed for point in found.points] == REMOVED.tolist()
    assert found.points[0].ordered_ci == pytest.approx((0.9, 0.9))
    assert Faithfulness.model_validate_json(found.model_dump_json()) == found


def test_orders_that_do_the_same_differ_by_nothing_and_a_single_text_has_no_test():
    curves = np.tile([[0.9, 0.5, 0.1]], (5, 1))
    same = faithfulness(REMOVED, curves, curves)
    assert (same.difference, same.p) == (0.0, None)
    one = faithfulness(REMOVED, curves[:1], curves[:1] + 0.1)
    assert one.difference == pytest.approx(0.1)
    assert one.difference_ci is None
    assert one.p is None
