"""The chosen threshold is the best of all that there are, tried one by one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from tunelet.errors import RecipeError
from tunelet.evaluation import check_aim, choose_threshold, operate

texts = st.lists(
    st.tuples(st.booleans(), st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.5001, 0.75, 0.9, 1.0])), min_size=2
).filter(lambda pairs: len({truth for truth, _ in pairs}) == 2)


def unpacked(pairs: list[tuple[bool, float]]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([truth for truth, _ in pairs]), np.array([score for _, score in pairs])


def all_thresholds(score: np.ndarray) -> list[float]:
    return [*np.unique(score).tolist(), 2.0]


@given(pairs=texts)
def test_f1(pairs):
    truth, score = unpacked(pairs)
    chosen = choose_threshold(truth, score, "f1")
    best = max(f1_score(truth, score >= threshold, zero_division=0) for threshold in all_thresholds(score))
    assert operate(truth, score, chosen.value).f1 == pytest.approx(best)


@given(pairs=texts, floor=st.sampled_from(["0.5", "0.8", "1"]))
def test_a_floor_of_precision(pairs, floor):
    truth, score = unpacked(pairs)
    chosen = choose_threshold(truth, score, f"precision:{floor}")
    found = operate(truth, score, chosen.value)
    operations = [operate(truth, score, threshold) for threshold in np.unique(score)]
    enough = [each.recall for each in operations if each.precision >= float(floor)]
    assert chosen.reached is bool(enough)
    if enough:
        assert found.precision >= float(floor)
        assert found.recall == pytest.approx(max(enough))
    else:
        assert found.precision == pytest.approx(max(each.precision for each in operations))


@given(pairs=texts, costs=st.sampled_from([(1, 1), (1, 5), (5, 1), (0, 1), (1, 0)]))
def test_costs(pairs, costs):
    truth, score = unpacked(pairs)
    chosen = choose_threshold(truth, score, f"cost:{costs[0]}:{costs[1]}")

    def cost(threshold: float) -> float:
        found = operate(truth, score, threshold)
        return costs[0] * found.false_positives + costs[1] * found.false_negatives

    assert cost(chosen.value) == min(cost(threshold) for threshold in all_thresholds(score))


def test_a_threshold_lies_between_the_scores_it_parts():
    chosen = choose_threshold(np.array([False, False, True, True]), np.array([0.1, 0.3, 0.7, 0.9]), "f1")
    assert chosen.value == pytest.approx(0.5)


@pytest.mark.parametrize(
    "aim", ["", "f2", "precision", "precision:2", "precision:1.2.3", "cost:1", "cost:0:0", "cost:1:-1"]
)
def test_an_aim_that_cannot_be_followed_is_an_error_in_one_line(aim):
    with pytest.raises(RecipeError) as error:
        check_aim(aim)
    assert "\n" not in str(error.value)
