"""How many optimizer steps: epochs, a floor for few texts, ceilings for many and long ones; named epochs are meant."""

import numpy as np
import pytest

from tunelet.checkpoint import find_checkpoint
from tunelet.errors import RecipeError
from tunelet.experiment import whole_recipe
from tunelet.model import new_classifier
from tunelet.recipe import AdapterSettings, ModelSettings, TrainingSettings
from tunelet.training import Length, fold_settings
from tunelet.training._optimizer import make_optimizer


def length(texts, *, tokens=10, **settings):
    return Length.of(TrainingSettings(**{"epochs": 3, "batch_size": 16} | settings), np.full(texts, tokens))


@pytest.mark.parametrize(
    ("texts", "settings", "steps", "epochs"),
    [
        (160, {}, 30, 3),
        (161, {}, 33, 3),
        (161, {"gradient_accumulation": 4}, 9, 3),
        (160, {"min_steps": 30}, 30, 3),
        (160, {"min_steps": 31}, 31, 4),
        (8, {"min_steps": 60}, 60, 60),
        (160, {"max_steps": 29}, 29, 3),
        (160, {"max_steps": 10}, 10, 1),
        (160, {"max_steps": 7}, 7, 1),
        (160, {"min_steps": 60, "max_steps": 40}, 40, 4),
        (100_000, {"min_steps": 60, "max_steps": 1500}, 1500, 1),
        (1, {"epochs": 1}, 1, 1),
    ],
    ids=str,
)
def test_steps_are_those_of_the_epochs_between_floor_and_ceiling(texts, settings, steps, epochs):
    found = length(texts, **settings)
    assert (found.steps, found.epochs) == (steps, epochs)
    assert found.passes == pytest.approx(steps / found.per_epoch)


def test_long_texts_have_a_ceiling_of_tokens_and_one_step_at_least():
    assert length(160, tokens=100, max_tokens=0).steps == 30
    assert length(160, tokens=100, max_tokens=32_000).steps == 20  # two passes of 16,000 tokens
    assert length(160, tokens=100, max_tokens=10).steps == 1
    assert length(160, tokens=100, max_tokens=10**9).steps == 30


@pytest.mark.parametrize("epochs", [1, 2, 7, 10, 11, 12, 25, 60, 333])
@pytest.mark.parametrize("ceiling", [0, 37])
def test_there_are_at_most_about_ten_evaluations_and_one_at_the_end(epochs, ceiling):
    found = length(80, epochs=epochs, max_steps=ceiling)
    evaluated = [epoch for epoch in range(found.epochs) if found.is_evaluated(epoch)]
    assert evaluated[-1] == found.epochs - 1
    assert len(evaluated) <= 10
    if found.epochs <= 10:
        assert len(evaluated) == found.epochs
    gaps = np.diff([-1, *evaluated])
    assert gaps.max() <= gaps.min() + 1 + (ceiling > 0)


def steps_of(**given):
    training = whole_recipe("quickstart", given.pop("settings", None), **given).training
    return Length.of(training, np.full(40, 10)).steps, training


def test_the_floor_of_quickstart_holds_where_nobody_names_epochs():
    steps, training = steps_of()
    assert steps == training.min_steps > Length.of(training.model_copy(update={"min_steps": 0}), np.full(40, 10)).steps


@pytest.mark.parametrize("given", [{"epochs": 2}, {"settings": {"training.epochs": 2}}], ids=["argument", "setting"])
def test_epochs_that_are_named_are_meant(given):
    steps, training = steps_of(**given)
    assert steps == 2 * 3
    assert (training.min_steps, training.max_steps) == (0, 0)


def test_a_floor_that_is_named_beside_them_is_meant_too():
    steps, training = steps_of(settings={"training.epochs": 2, "training.min_steps": 9})
    assert steps == 9
    assert training.max_steps == 0
    steps, _ = steps_of(epochs=50, settings={"training.max_steps": 9})
    assert steps == 9


def test_a_rate_is_meant_for_batches_of_so_many_texts(tiny_checkpoint):
    checkpoint = find_checkpoint(str(tiny_checkpoint("distilbert")))
    classifier = new_classifier(checkpoint, ("a", "b"), ModelSettings(device="cpu"), AdapterSettings(), seed=1)

    def rates(**settings):
        optimizer, _ = make_optimizer(classifier, TrainingSettings(warmup=0.0, **settings), 10)
        return {group["initial_lr"] for group in optimizer.param_groups}

    given = {"learning_rate": 1e-3, "head_learning_rate": 2e-3}
    assert rates(batch_size=64, **given) == {1e-3, 2e-3}
    assert rates(batch_size=16, rate_batch=16, **given) == {1e-3, 2e-3}
    assert rates(batch_size=16, gradient_accumulation=4, rate_batch=16, **given) == {2e-3, 4e-3}
    assert rates(batch_size=4, rate_batch=16, **given) == {5e-4, 1e-3}


@pytest.mark.parametrize("setting", ["min_steps", "max_steps", "rate_batch"])
def test_a_negative_number_of_steps_or_texts_is_refused(setting):
    with pytest.raises(RecipeError, match=rf"training\.{setting}"):
        whole_recipe("quickstart", {f"training.{setting}": -1})


@pytest.mark.parametrize(
    "settings",
    [{}, {"min_steps": 120}, {"max_steps": 7}, {"max_tokens": 1_500}, {"gradient_accumulation": 2}],
    ids=str,
)
def test_a_fold_passes_over_its_texts_as_often_as_the_training_on_all(settings):
    lengths, held_out = np.full(96, 10), np.arange(32)
    settings = TrainingSettings(**{"epochs": 3, "batch_size": 16} | settings)
    everything = Length.of(settings, lengths)
    fold = Length.of(fold_settings(settings, lengths, held_out), np.delete(lengths, held_out))
    assert fold.steps == max(1, round(everything.steps * fold.per_epoch / everything.per_epoch))


def test_a_fold_of_next_to_nothing_has_a_step():
    lengths = np.full(20, 10)
    settings = fold_settings(TrainingSettings(batch_size=16, max_steps=1), lengths, np.arange(18))
    assert Length.of(settings, lengths[18:]).steps == 1
