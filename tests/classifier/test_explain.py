"""Classifiers explain what they predict: the label, its probability, and words that sum to its log odds."""

import numpy as np
import pytest

from tunelet import BaselineClassifier, Classifier
from tunelet.errors import DataError

pytestmark = pytest.mark.slow
TEXTS = ["warm rye loaf number 3", "", "cold, burnt roll"]


@pytest.mark.parametrize("kind", [Classifier, BaselineClassifier])
@pytest.mark.parametrize("run", ["bakery_run", "three_label_run"])
def test_an_explanation_is_of_the_prediction(request, run, kind):
    classifier = kind.load(request.getfixturevalue(run))
    explanations = classifier.explain(TEXTS)
    for explanation, prediction in zip(explanations, classifier.predict(TEXTS), strict=True):
        assert explanation.label == explanation.predicted == prediction.label
        if prediction.label is None:
            assert explanation.words == ()
            continue
        assert explanation.probability == pytest.approx(prediction.probability)
        odds = np.log(prediction.probability / (1 - prediction.probability))
        assert explanation.log_odds == pytest.approx(odds, abs=0.02)  # predictions may be in bfloat16
        sum_ = sum(word.contribution for word in explanation.words)
        expected = explanation.log_odds - explanation.reference_log_odds
        assert sum_ == pytest.approx(expected, rel=0.011 if kind is Classifier else 1e-6, abs=1e-6)
    assert [word.text for word in explanations[2].words] == ["cold", ",", "burnt", "roll"]


def test_of_two_labels_the_one_speaks_against_the_other(bakery_run):
    classifier = BaselineClassifier.load(bakery_run)
    (good,), (bad,) = (classifier.explain("cold burnt roll", label=label) for label in ("good", "bad"))
    assert good.label == "good"
    assert good.predicted == bad.predicted == "bad"
    found = [[word.contribution for word in one.words] for one in (good, bad)]
    np.testing.assert_allclose(found[0], -np.array(found[1]))
    assert sum(found[1]) > 0


def test_other_labels_are_refused(bakery_run):
    with pytest.raises(DataError, match="no label 'splendid'"):
        BaselineClassifier.load(bakery_run).explain("warm", label="splendid")
