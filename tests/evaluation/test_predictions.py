"""Predictions are checked once; the positive label is recognised with a reason."""

import numpy as np
import pytest

from tunelet.errors import DataError
from tunelet.evaluation import Predictions, positive_label


@pytest.mark.parametrize(
    ("names", "positive"),
    [
        (("negative", "positive"), "positive"),
        (("neg", "pos"), "pos"),
        (("POSITIVE", "Negative"), "POSITIVE"),
        (("no", "yes"), "yes"),
        (("false", "true"), "true"),
        (("0", "1"), "1"),
        (("1", "0"), "1"),
        (("-1", "1"), "1"),
        (("1", "2"), "2"),
        (("9", "10"), "10"),
        (("ham", "spam"), "spam"),
        (("spam", "unclear"), "spam"),
        (("billing", "not billing"), "billing"),
        (("non-urgent", "urgent"), "urgent"),
        (("cats", "dogs"), "dogs"),
    ],
)
def test_the_positive_label_is_recognised_with_a_reason(names: tuple[str, ...], positive: str) -> None:
    choice = positive_label(names)
    assert choice is not None
    assert names[choice.value] == positive
    assert choice.reason


def test_the_last_name_is_positive_for_lack_of_a_better_reason_and_says_so() -> None:
    choice = positive_label(("cats", "dogs"))
    assert choice is not None
    assert "last" in choice.reason


def test_more_than_two_classes_have_no_positive_label() -> None:
    assert positive_label(("negative", "neutral", "positive")) is None


def test_float32_probabilities_are_brought_to_a_sum_of_one() -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(100, 7)).astype(np.float32)
    exponentials = np.exp(logits)
    rough = exponentials / exponentials.sum(axis=1, keepdims=True)
    predictions = Predictions(tuple(map(str, range(100))), tuple("abcdefg"), rng.integers(0, 7, 100), rough)
    assert predictions.probabilities.dtype == np.float64
    np.testing.assert_allclose(predictions.probabilities.sum(axis=1), 1.0, rtol=0, atol=1e-15)
    again = Predictions(predictions.ids, predictions.label_names, predictions.labels, predictions.probabilities)
    np.testing.assert_array_equal(again.probabilities, predictions.probabilities)


@pytest.mark.parametrize(
    ("names", "labels", "probabilities", "complaint"),
    [
        (("a",), [0], [[1.0]], "two different label names"),
        (("a", "a"), [0], [[0.5, 0.5]], "two different label names"),
        (("a", "b"), [0, 1], [[0.5, 0.5]], "found"),
        (("a", "b"), [0], [[0.2, 0.3, 0.5]], "found"),
        (("a", "b"), [2], [[0.5, 0.5]], "from 0 to 1"),
        (("a", "b"), [-1], [[0.5, 0.5]], "from 0 to 1"),
        (("a", "b"), [0.5], [[0.5, 0.5]], "whole numbers"),
        (("a", "b"), [0], [[0.9, 0.9]], "sum to 1"),
        (("a", "b"), [0], [[1.5, -0.5]], "sum to 1"),
        (("a", "b"), [0], [[float("nan"), 0.5]], "finite"),
        (("a", "b"), [0], [[float("inf"), 0.5]], "finite"),
    ],
)
def test_parts_that_do_not_fit_are_refused(
    names: tuple[str, ...], labels: list[int], probabilities: list[list[float]], complaint: str
) -> None:
    with pytest.raises(DataError, match=complaint):
        Predictions(("0",), names, np.array(labels), np.array(probabilities))
