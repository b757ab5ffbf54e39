"""The loop learns, keeps the best epoch, stops when told to, and treats batches and classes as it says."""

import dataclasses

import numpy as np
import pytest
import torch

from encoders import minilm_folder
from toy import LENGTH, fitted, toy_data
from tunelet._choice import Choice
from tunelet.checkpoint import find_checkpoint
from tunelet.data import gather
from tunelet.errors import DataError, RecipeError
from tunelet.model import new_classifier, probabilities
from tunelet.recipe import AdapterSettings, ModelSettings, TrainingSettings
from tunelet.run import RunFolder
from tunelet.training import Classification, Silent, TrainingStep, estimate_time, fit

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("method", ["lora", "head", "full"])
def test_every_method_learns(tmp_path, method):
    rates = {"learning_rate": 5e-3, "head_learning_rate": 5e-3, "full_learning_rate": 1e-4}
    _, outcome, history = fitted(tmp_path, adapter={"method": method}, epochs=4, batch_size=8, **rates)
    validation = [entry["validation"]["log_loss"] for entry in history if "validation" in entry]
    assert validation[-1] < validation[0] < 0.75
    assert outcome.best == min(validation)


@pytest.mark.parametrize("settings", [{}, {"class_weights": "balanced"}, {"label_smoothing": 0.2}], ids=str)
def test_labels_that_are_known_for_sure_may_be_given_as_probabilities(tmp_path, settings):
    data = toy_data(24, rare=3)
    soft = dataclasses.replace(data, train_labels=np.eye(2, dtype=np.float32)[data.train_labels])
    ends = [
        fitted(tmp_path, given, name=name, epochs=1, batch_size=8, **settings)[2][-1]["validation"]["log_loss"]
        for name, given in (("hard", data), ("soft", soft))
    ]
    assert ends[0] == pytest.approx(ends[1], rel=1e-5)


def test_what_is_said_with_less_certainty_is_learnt_with_less(tmp_path):
    data = toy_data()
    unsure = 0.5 + 0.2 * (np.eye(2, dtype=np.float32)[data.train_labels] - 0.5)  # 60 %
    soft = dataclasses.replace(data, train_labels=unsure.astype(np.float32))
    rates = {"learning_rate": 5e-3, "head_learning_rate": 5e-3}
    _, outcome, _ = fitted(tmp_path, soft, epochs=4, batch_size=8, **rates)
    assert outcome.validation is not None
    sure = outcome.validation.probabilities[np.arange(32), data.validation_labels]
    assert sure.mean() == pytest.approx(0.6, abs=0.08)


@pytest.mark.parametrize("adapter", [{}, {"layers": 2}, {"method": "head"}], ids=["all layers", "top layers", "head"])
def test_each_epoch_is_measured_with_its_own_weights(tmp_path, adapter):
    """A fused optimizer changes weights without a trace in `_version`: nothing made from older ones may be used."""
    rates = {"learning_rate": 5e-3, "head_learning_rate": 5e-3}
    data = toy_data()
    classifier = new_classifier(
        find_checkpoint(str(minilm_folder())),
        ("no", "yes"),
        ModelSettings(precision="float32", device="cpu"),
        AdapterSettings(**adapter),
        seed=1,
    )
    probabilities(classifier, data.validation)  # as the estimate does, before anything is trained
    folder = RunFolder(tmp_path / "run")
    folder.start()
    measured = []

    class Watched(Classification):
        def predict(self, step):
            found = super().predict(step)
            with torch.no_grad():  # with the adapters beside the weights, as in training
                plain = torch.cat(
                    [classifier.logits(gather(data.validation, np.array([row]))) for row in range(len(data.validation))]
                )
            measured.append((found.probabilities, plain.softmax(dim=1).numpy()))
            return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tunelet.training._fit.Classification", Watched)
        outcome = fit(classifier, data, TrainingSettings(epochs=3, batch_size=8, **rates), folder, Silent())
    assert len(measured) == 3
    for found, plain in measured:
        np.testing.assert_allclose(found, plain, atol=1e-5)
    np.testing.assert_allclose(outcome.validation.probabilities, probabilities(classifier, data.validation), atol=1e-6)


def test_accumulated_batches_give_the_step_of_one_large_batch(tmp_path):
    settings = {"epochs": 1, "learning_rate": 1e-3, "warmup": 0.0}
    large, _, _ = fitted(tmp_path, batch_size=20, name="large", **settings)
    small, _, _ = fitted(tmp_path, batch_size=5, gradient_accumulation=4, name="small", **settings)
    for name, parameter in large.trained_parameters().items():
        torch.testing.assert_close(parameter, small.trained_parameters()[name], rtol=1e-3, atol=1e-5)


def test_a_batch_in_micro_batches_gives_the_step_of_the_whole_batch():
    def weights(micro_batch_tokens: int) -> torch.Tensor:
        classifier = new_classifier(
            find_checkpoint(str(minilm_folder())),
            ("no", "yes"),
            ModelSettings(precision="float32", device="cpu"),
            AdapterSettings(),
            seed=1,
        )
        execution = dataclasses.replace(
            classifier.execution, micro_batch_tokens=Choice(micro_batch_tokens, "asked for")
        )
        classifier = dataclasses.replace(classifier, execution=execution)
        for module in classifier.module.modules():  # a head's dropout draws other numbers in micro-batches
            if isinstance(module, torch.nn.Dropout):
                module.p = 0.0
        settings = TrainingSettings(batch_size=16)
        step = TrainingStep.of(Classification(classifier, toy_data(), settings, Silent()), settings, 12)
        with classifier.training_mode():
            step([np.arange(16)])
        return torch.cat([p.detach().flatten() for p in classifier.trained_parameters().values()])

    torch.testing.assert_close(weights(5 * LENGTH), weights(10_000), rtol=1e-5, atol=1e-6)


def test_the_best_epoch_is_kept_and_early_stopping_stops(tmp_path):
    # A rate that wrecks the model: the first evaluation is the best, or near it.
    classifier, outcome, history = fitted(
        tmp_path, epochs=10, batch_size=8, learning_rate=0.5, head_learning_rate=0.5, early_stopping=2
    )
    losses = [entry["validation"]["log_loss"] for entry in history if "validation" in entry]
    assert outcome.best_epoch == int(np.argmin(losses)) + 1
    assert len(losses) == outcome.epochs == outcome.best_epoch + 2 < 10
    predicted = outcome.validation
    picked = -np.log(predicted.probabilities[np.arange(len(predicted.labels)), predicted.labels]).mean()
    assert picked == pytest.approx(min(losses), rel=1e-5)
    assert not classifier.module.training


def test_class_weights_move_probability_to_the_rare_class(tmp_path):
    data = toy_data(60, rare=10)
    shares = []
    for weights in ("none", "balanced"):
        _, outcome, _ = fitted(
            tmp_path, data, name=weights, epochs=1, batch_size=10, class_weights=weights, learning_rate=1e-4
        )
        shares.append(outcome.validation.probabilities[:, 1].mean())
    assert shares[1] > shares[0] + 0.01


def test_label_smoothing_keeps_probabilities_from_the_ends(tmp_path):
    extremes = []
    for smoothing in (0.0, 0.4):
        _, outcome, _ = fitted(
            tmp_path, name=f"s{smoothing}", epochs=5, batch_size=8, learning_rate=5e-3, label_smoothing=smoothing
        )
        extremes.append(outcome.validation.probabilities.max())
    assert extremes[1] < extremes[0]


def test_the_rate_rises_and_falls_and_the_head_has_its_own(tmp_path):
    _, outcome, history = fitted(
        tmp_path, epochs=5, batch_size=4, learning_rate=1e-3, head_learning_rate=3e-3, warmup=0.5
    )
    rates = [(entry["learning_rate"], entry["head_learning_rate"]) for entry in history if "loss" in entry]
    assert outcome.steps == 80
    assert all(head == pytest.approx(3 * adapter) for adapter, head in rates)
    adapter = [rate for rate, _ in rates]
    peak = int(np.argmax(adapter))
    assert 0 < peak < len(adapter) - 1
    assert adapter[:peak] == sorted(adapter[:peak])
    assert adapter[-1] == 0.0


def test_estimating_leaves_weights_gradients_and_random_states_alone():
    classifier = new_classifier(
        find_checkpoint(str(minilm_folder())), ("no", "yes"), ModelSettings(), AdapterSettings(dropout=0.1), seed=1
    )
    data = toy_data(200)
    before = {name: parameter.detach().clone() for name, parameter in classifier.trained_parameters().items()}
    state = torch.get_rng_state()
    estimate = estimate_time(classifier, data.train, TrainingSettings(), validation=data.validation)
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(parameter, before[name]) for name, parameter in classifier.trained_parameters().items())
    assert all(parameter.grad is None for parameter in classifier.module.parameters())
    assert estimate.seconds > 0
    assert estimate.training_rate > 0


def test_a_diverging_run_says_so(tmp_path):
    classifier = new_classifier(
        find_checkpoint(str(minilm_folder())), ("no", "yes"), ModelSettings(), AdapterSettings(), seed=1
    )
    with torch.no_grad():
        classifier.trained_parameters().popitem()[1].fill_(float("nan"))
    folder = RunFolder(tmp_path / "run")
    folder.start()
    with pytest.raises(RecipeError, match=r"training diverged: the loss is nan at step 1; lower training"):
        fit(classifier, toy_data(), TrainingSettings(), folder, Silent())


def test_weights_that_are_no_numbers_after_the_last_step_pick_no_epoch(tmp_path):
    settings = TrainingSettings(batch_size=64, warmup=0.0).model_copy(update={"head_learning_rate": 1e38})
    classifier = new_classifier(
        find_checkpoint(str(minilm_folder())), ("no", "yes"), ModelSettings(device="cpu"), AdapterSettings(), seed=1
    )
    folder = RunFolder(tmp_path / "run")
    folder.start()
    # The loss of the one step of an epoch is computed before it; what the step did shows in the validation texts.
    with pytest.raises(RecipeError, match=r"diverged: the weights are no numbers any more at step 1.*learning_rate"):
        fit(classifier, toy_data(), settings, folder, Silent())
    assert not folder.has_checkpoint()


@pytest.mark.parametrize("metric", ["roc_auc", "average_precision"])
def test_a_metric_that_is_no_number_picks_no_epoch(tmp_path, metric):
    data = toy_data(16)
    alike = data.validation_labels == 0  # of one class there are no areas under curves
    data = dataclasses.replace(
        data, validation=data.validation.take(np.flatnonzero(alike)), validation_labels=data.validation_labels[alike]
    )
    with pytest.raises(DataError, match=rf"{metric} is undefined on the validation texts.*best_metric=log_loss"):
        fitted(tmp_path, data, epochs=1, batch_size=8, best_metric=metric)
    assert not list((tmp_path / "run.partial").rglob("step-*"))


def test_a_training_of_which_nothing_is_left_to_do_makes_no_step_and_ends_the_same(tmp_path):
    """As after a kill between the last checkpoint and the end of the run."""
    settings = TrainingSettings(epochs=2, batch_size=16, learning_rate=5e-3)
    folder = RunFolder(tmp_path / "run")
    folder.start()
    ends = []
    for _ in range(2):
        classifier = new_classifier(
            find_checkpoint(str(minilm_folder())),
            ("no", "yes"),
            ModelSettings(precision="float32", device="cpu"),
            AdapterSettings(),
            seed=1,
        )
        outcome = fit(classifier, toy_data(32), settings, folder, Silent())
        weights = torch.cat([p.detach().flatten() for p in classifier.trained_parameters().values()])
        ends.append((weights, outcome.validation.probabilities, outcome.steps, folder.history.read_bytes()))
    assert torch.equal(ends[0][0], ends[1][0])
    np.testing.assert_array_equal(ends[0][1], ends[1][1])
    assert ends[0][2:] == ends[1][2:]
