"""What must be known before the figures is said: in words, with a key, and with what to type."""

import numpy as np
import pytest

from tunelet.errors import RecipeError
from tunelet.evaluation import (
    Commonest,
    Predictions,
    commonest,
    label_warnings,
    measure,
    positive_index,
    seen_warning,
    training_warnings,
)

NAMES = ("alarm", "routine", "other")


def called(truth: list[int], given: list[int], names: tuple[str, ...] = NAMES) -> list:
    probabilities = np.full((len(truth), len(names)), 0.1 / (len(names) - 1))
    probabilities[np.arange(len(truth)), given] = 0.9
    made = Predictions(tuple(map(str, range(len(truth)))), names, np.array(truth), probabilities)
    return label_warnings(measure(made, resamples=0))


def test_a_label_that_no_text_is_given_is_named_with_what_to_type():
    never, constant = called([0, 0] + [1] * 38, [1] * 40, ("alarm", "routine"))
    assert (never.kind, never.labels) == ("label_never_given", ("alarm",))
    assert "No text was called 'alarm', though 2 of 40 are: all are called 'routine'." in never.message
    assert "training.class_weights=balanced" in never.hint
    assert "evaluation.positive=alarm" in never.hint
    assert constant.kind == "no_better_than_commonest"
    assert "95.0 % of 40 texts" in constant.message


def test_a_setting_that_holds_already_is_not_what_to_type():
    (never, _) = called([0, 0, 1, 1], [0, 0, 0, 0], ("negative", "positive"))
    assert never.labels == ("positive",)  # whose precision and recall are shown, by its name
    assert "training.class_weights=balanced" in never.hint
    assert "evaluation.positive" not in never.hint


def test_several_labels_are_listed_in_one_sentence():
    (never, *_) = called([0, 1, 2, 2], [2, 2, 2, 2])
    assert never.labels == ("alarm", "routine")
    assert "'alarm' or 'routine', though 2 of 4 are" in never.message


def test_a_model_that_tells_all_labels_apart_is_not_warned_of():
    assert called([0, 1, 2] * 5, [0, 1, 2] * 5) == []


def test_an_accuracy_that_a_constant_answer_reaches_is_said_though_all_labels_are_given():
    (found,) = called([0] * 3 + [1] * 7, [1, 1, 0] + [1] * 5 + [0, 0], ("alarm", "routine"))
    assert found.kind == "no_better_than_commonest"


def test_a_label_without_texts_is_no_reason_to_warn():
    assert called([0, 1] * 5, [0, 1] * 5) == []


def test_what_always_naming_the_commonest_label_comes_to_is_recorded():
    labels = np.array([0] * 2 + [1] * 6)
    made = Predictions(tuple(map(str, range(8))), ("a", "b"), labels, np.full((8, 2), 0.5))
    assert commonest(measure(made, resamples=0)) == Commonest(label="b", accuracy=0.75, n=8)


@pytest.mark.parametrize(
    ("losses", "kinds"),
    [([0.7, 0.6, 0.5], ["loss_still_falling"]), ([0.7, 0.5, 0.6], []), ([0.7, 0.5, 0.499], []), ([0.7], [])],
)
def test_a_loss_that_still_falls_in_the_last_epoch_is_told(losses, kinds):
    found = training_warnings(dict(enumerate(losses, 1)), reported_on_validation=False)
    assert [warning.kind for warning in found] == kinds
    if kinds:
        assert "--set training.epochs=6" in found[0].hint


def test_an_epoch_chosen_on_the_texts_reported_is_told():
    (found,) = training_warnings({}, reported_on_validation=True)
    assert found.kind == "epoch_chosen_on_these_texts"
    assert "--test" in found.hint


def test_texts_that_were_trained_on_are_counted():
    assert seen_warning(20, 0, 0) is None
    assert "16 of the 20 texts were trained on, and 4 of 20 were validation texts" in seen_warning(20, 16, 4).message


def test_a_positive_label_is_known_by_its_name_in_any_case():
    assert positive_index(NAMES, "other") == 2
    assert positive_index(NAMES, " Alarm") == 0
    assert positive_index(NAMES, "") is None
    assert positive_index(("no", "yes"), None) == 1
    assert positive_index(("no", "yes"), "no") == 0
    with pytest.raises(RecipeError, match=r"'alert' is none of the labels: 'alarm', 'routine', 'other'"):
        positive_index(NAMES, "alert")
