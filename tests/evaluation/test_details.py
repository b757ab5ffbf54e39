"""What a report shows beyond metrics: counted here once more, text by text."""

import numpy as np
import pytest

from shaped_predictions import multilabel, numbers, ordinal
from tunelet.evaluation import (
    MultilabelPredictions,
    RatingDetails,
    ValueDetails,
    ValuePredictions,
    details_of,
)


def test_what_is_given_in_the_place_of_a_label_is_counted_as_text_by_text():
    predictions = multilabel(200, 5, seed=3)
    found = details_of(predictions)
    labels, predicted = predictions.labels, predictions.predicted
    for at, row in enumerate(found.instead):
        missed = [text for text in range(200) if labels[text, at] and not predicted[text, at]]
        wrong = {text: {b for b in range(5) if predicted[text, b] and not labels[text, b]} for text in missed}
        assert row.given == sum(labels[text, at] and predicted[text, at] for text in range(200))
        assert row.instead == tuple(sum(b in wrong[text] for text in missed) for b in range(5))
        assert row.instead[at] == 0
        assert row.nothing == sum(not wrong[text] for text in missed)
    assert found.none_there == sum(not row.any() for row in labels)


def test_pairs_that_go_together_are_counted_once_the_most_frequent_first():
    labels = np.array([[1, 1, 0], [1, 1, 0], [0, 1, 1], [0, 0, 0]], dtype=bool)
    probabilities = np.where(np.array([[1, 1, 1], [0, 0, 0], [0, 1, 1], [0, 0, 0]]), 0.9, 0.1)
    found = details_of(
        MultilabelPredictions(tuple("abcd"), ("x", "y", "z"), labels, probabilities, np.full(3, 0.5))
    ).together
    assert [(each.first, each.second, each.there, each.given) for each in found] == [
        ("x", "y", 2, 1),
        ("y", "z", 1, 2),
        ("x", "z", 0, 1),
    ]


def test_the_probability_of_a_label_stands_beside_its_share():
    predictions = multilabel(400, 3, seed=1)
    for at, row in enumerate(details_of(predictions).calibration):
        assert row.probability == pytest.approx(predictions.probabilities[:, at].mean())
        assert row.share_ci[0] < row.share < row.share_ci[1]
        assert row.share == predictions.labels[:, at].mean()
        assert 0 <= row.ece <= 1


def test_steps_of_ratings_have_no_gap_and_hold_every_text():
    predictions = ordinal(300, 6, seed=2, noise=2.0)
    found = details_of(predictions)
    assert isinstance(found, RatingDetails)
    steps = [each.step for each in found.steps]
    assert steps == list(range(steps[0], steps[-1] + 1))
    assert sum(each.n for each in found.steps) == 300
    right = next(each.n for each in found.steps if each.step == 0)
    assert found.too_high + found.too_low == pytest.approx(1 - right / 300)


def test_of_many_numbers_some_are_drawn_and_all_are_counted():
    predictions = numbers(2000, seed=4, intervals=True)
    found = details_of(predictions)
    assert isinstance(found, ValueDetails)
    assert len(found.points) == 400
    targets = [point.target for point in found.points]
    assert targets == sorted(targets)
    assert (targets[0], targets[-1]) == (predictions.targets.min(), predictions.targets.max())
    assert all(point.interval is not None for point in found.points)
    assert sum(bar.n for bar in found.errors) == 2000
    assert found.bias == pytest.approx((predictions.values - predictions.targets).mean())
    assert found.median_error <= found.ninetieth_error


def test_an_interval_without_an_end_is_not_drawn_and_one_text_is_enough():
    ends = (np.array([-np.inf]), np.array([3.0]))
    (point,) = details_of(ValuePredictions(("a",), np.array([1.0]), np.array([2.0]), *ends)).points
    assert point.interval is None
