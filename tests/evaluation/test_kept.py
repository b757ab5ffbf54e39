"""What is kept of the models that were fitted, decided on texts that none of them has seen."""

import numpy as np
import pytest
from scipy.special import softmax

from tunelet.evaluation import Predictions, choose_kept

NAMES = ("no", "yes")


def predictions(logits: np.ndarray, labels: np.ndarray) -> Predictions:
    return Predictions(tuple(map(str, range(len(labels)))), NAMES, labels, softmax(logits, axis=1))


def models(n: int, *, seed: int = 0, noise: dict[str, float]) -> dict[str, Predictions]:
    """Models that see the truth through so much noise of their own each."""
    random = np.random.default_rng(seed)
    truth = 2 * random.standard_normal((n, 2))
    labels = (truth + random.gumbel(size=truth.shape)).argmax(axis=1)
    return {
        name: predictions(truth + much * random.standard_normal(truth.shape), labels) for name, much in noise.items()
    }


@pytest.mark.parametrize("better", ["adapter", "probe"])
def test_the_better_of_adapter_and_probe_is_kept(better):
    found = models(400, noise={"adapter": 3.0, "probe": 3.0} | {better: 0.5})
    kept = choose_kept(found["adapter"], found["probe"], None)
    assert (kept.name, kept.blend, kept.encoder) == (better, 0.0, 1.0)
    assert kept.predictions is found[better]
    assert [candidate.name for candidate in kept.candidates] == ["probe", "adapter"]


def test_an_adapter_that_is_only_too_certain_is_kept():
    found = models(400, noise={"adapter": 0.5, "probe": 1.5})
    certain = predictions(8 * np.log(found["adapter"].probabilities), found["adapter"].labels)
    assert choose_kept(certain, found["probe"], None).name == "adapter"


def test_tfidf_that_sees_something_else_is_added_and_the_weights_give_the_predictions():
    found = models(400, noise={"adapter": 2.0, "baseline": 2.0})
    kept = choose_kept(found["adapter"], None, found["baseline"])
    assert kept.blend > 0
    assert kept.encoder > 0
    own, other = (np.log(found[name].probabilities) for name in ("adapter", "baseline"))
    np.testing.assert_allclose(kept.predictions.probabilities, softmax(kept.encoder * own + kept.blend * other, axis=1))
    assert [candidate.name for candidate in kept.candidates] == ["adapter", "adapter + TF-IDF"]
    assert kept.record.encoder_weight == kept.encoder


def test_tfidf_beside_an_encoder_at_chance_is_all_but_alone_and_no_surer_than_it_should_be():
    found = models(30, noise={"adapter": 50.0, "baseline": 0.5})
    kept = choose_kept(found["adapter"], None, found["baseline"])
    agree = (kept.predictions.predicted == found["baseline"].predicted).mean()
    assert agree > 0.9
    assert np.median(kept.predictions.confidence) < 0.999


@pytest.mark.parametrize(("noise", "name"), [(0.5, "adapter + unlabelled"), (6.0, "adapter")])
def test_a_student_is_kept_where_it_is_better_than_its_teacher(noise, name):
    found = models(400, noise={"probe": 3.0, "adapter": 1.5, "student": noise, "baseline": 3.0})
    kept = choose_kept(found["adapter"], found["probe"], found["baseline"], found["student"])
    assert kept.name == name
    assert [candidate.name for candidate in kept.candidates][:3] == ["probe", "adapter", "adapter + unlabelled"]
    assert all(candidate.name.startswith(name) for candidate in kept.candidates[3:])


def test_a_student_that_is_no_better_than_its_teacher_is_not_kept():
    found = models(400, noise={"adapter": 1.5})
    assert choose_kept(found["adapter"], None, None, found["adapter"]).name == "adapter"


def test_what_was_not_trained_leaves_the_probe():
    found = models(100, noise={"probe": 1.0})
    kept = choose_kept(None, found["probe"], None)
    assert (kept.name, kept.blend) == ("probe", 0.0)


def test_a_single_validation_text_decides_nothing():
    found = models(1, noise={"adapter": 1.0, "probe": 1.0, "baseline": 1.0})
    for student in (None, found["probe"]):
        kept = choose_kept(found["adapter"], found["probe"], found["baseline"], student)
        assert (kept.name, kept.blend, kept.candidates) == ("adapter", 0.0, ())
