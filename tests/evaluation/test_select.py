"""Choosing among models: the rule, and how much too good the figure of the chosen one is."""

import numpy as np
import pytest
from scipy.special import log_softmax

from tunelet.evaluation import cross_fitted_selection, fit_weights, select

pytestmark = pytest.mark.slow


def views(n, seed, noises, *, classes=3):
    """Labels, and logits of models that see the truth through so much noise."""
    random = np.random.default_rng(seed)
    truth = 1.5 * random.standard_normal((n, classes))
    labels = (truth + random.gumbel(size=truth.shape)).argmax(axis=1)
    return {
        f"model {at}": truth + noise * random.standard_normal(truth.shape) for at, noise in enumerate(noises)
    }, labels


def loss(logits, labels):
    return -log_softmax(logits, axis=1)[np.arange(len(labels)), labels].mean()


def test_of_equals_the_simplest_is_kept():
    models, labels = views(500, 0, [1.0])
    found = select({"simple": models["model 0"], "same": models["model 0"]}, labels)
    assert found.chosen.value == "simple"


def test_a_clearly_better_model_is_chosen_however_complex_with_the_differences_as_its_reason():
    models, labels = views(400, 1, [3.0, 2.0, 0.5])
    found = select(models, labels)
    assert found.chosen.value == "model 2"
    assert "model 0" in found.chosen.reason
    assert "±" in found.chosen.reason
    assert [candidate.behind.mean > 0 for candidate in found.candidates] == [True, True, False]


def test_a_difference_within_its_standard_error_does_not_pay_for_complexity():
    models, labels = views(40, 8, [1.0, 0.98])
    found = select(models, labels)
    better = min(found.candidates, key=lambda candidate: candidate.log_loss)
    assert found.chosen.value == "model 0"
    assert found.candidates[0].behind.mean <= max(0.001, found.candidates[0].behind.error or 0)
    assert better.behind.mean == 0


def test_overconfidence_alone_decides_nothing():
    models, labels = views(400, 3, [0.7, 2.0])
    loud = {"loud": 30 * models["model 0"], "calm": models["model 1"]}
    found = select(loud, labels)
    assert found.chosen.value == "loud"
    assert found.candidates[0].temperature > 10


def test_the_only_model_is_kept():
    models, labels = views(30, 0, [1.0])
    assert select(models, labels).chosen.reason == "the only one"


def test_choosing_among_equals_flatters_the_chosen_one_a_little_and_the_nested_figure_hardly():
    flattered, nested = [], []
    for seed in range(24):
        models, labels = views(60, seed, [1.0] * 3)
        fresh, truth = views(2000, 1000 + seed, [1.0] * 3)
        found = select(models, labels)
        name = found.chosen.value
        honest = loss(fit_weights([models[name]], labels)[0] * fresh[name], truth)
        chosen = next(candidate for candidate in found.candidates if candidate.name == name)
        flattered.append(honest - chosen.log_loss)
        nested.append(honest - loss(cross_fitted_selection(models, labels), labels))
    error = np.std(flattered) / np.sqrt(len(flattered))
    assert -error < np.mean(flattered) < 0.1  # nats; a text's loss deviates by about 0.7, the mean of 60 by 0.09
    assert np.mean(nested) < np.mean(flattered)
    assert abs(np.mean(nested)) < 3 * error
