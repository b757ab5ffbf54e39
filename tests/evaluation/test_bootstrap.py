"""Weights tell the same as the resample that they stand for, and the intervals hold what they promise."""

import numpy as np
import pytest

from tunelet.evaluation import METRIC_NAMES, Predictions, _bootstrap, measure, resampled_metrics

pytestmark = pytest.mark.slow


def random_predictions(seed: int, n: int, classes: int, *, kinds: int = 12, absent: int | None = None) -> Predictions:
    """n texts that share `kinds` different rows of probabilities, so that nearly every score is tied."""
    rng = np.random.default_rng(seed)
    rows = rng.dirichlet(np.full(classes, 0.7), size=kinds)
    labels = np.concatenate([np.arange(classes), rng.integers(0, classes, n - classes)])
    if absent is not None:
        labels[labels == absent] = (absent + 1) % classes
    names = tuple(f"class {number:02}" for number in range(classes))
    return Predictions(tuple(map(str, range(n))), names, labels, rows[rng.integers(0, kinds, n)])


def written_out(predictions: Predictions, resamples: int, seed: int) -> list[Predictions]:
    """The resamples that the weights stand for, text by text."""
    labels, probabilities = predictions.labels, predictions.probabilities
    chunks = _bootstrap.draw_weights(len(labels), resamples, seed)
    rows = [np.repeat(np.arange(len(labels)), weights) for chunk in chunks for weights in chunk]
    ids = tuple(map(str, range(len(labels))))
    return [Predictions(ids, predictions.label_names, labels[row], probabilities[row]) for row in rows]


@pytest.mark.parametrize("absent", [None, 1], ids=["every class occurs", "one class is absent"])
@pytest.mark.parametrize(("n", "kinds"), [(30, 3), (60, 12), (200, 200)])
@pytest.mark.parametrize("classes", [2, 3, 7, 20])
def test_each_metric_of_a_draw_is_scikit_learns_on_the_resample_written_out(
    classes: int, n: int, kinds: int, absent: int | None
) -> None:
    predictions = random_predictions(classes + n, n, classes, kinds=kinds, absent=absent)
    positives = (0, 1) if classes == 2 else (None,)
    for positive in positives:
        draws = resampled_metrics(predictions, positive=positive, resamples=8, seed=4)
        assert set(draws.values) == set(METRIC_NAMES)
        for number, resample in enumerate(written_out(predictions, 8, 4)):
            measured = measure(resample, positive=positive, resamples=0)
            plain = measured.values
            for label, row in enumerate(measured.per_class):
                assert draws.roc_auc[label, number] == pytest.approx(
                    row.values["roc_auc"], rel=0, abs=1e-12, nan_ok=True
                )
            for name in METRIC_NAMES:
                assert draws.values[name][number] == pytest.approx(plain[name], rel=0, abs=1e-12, nan_ok=True), name


def test_models_are_measured_on_the_same_draws() -> None:
    one, other = random_predictions(1, 80, 3), random_predictions(2, 80, 3)
    other = Predictions(one.ids, one.label_names, one.labels, other.probabilities)
    together = _bootstrap.paired_metrics([one, other], positive=None, resamples=8, seed=3)
    for predictions, draws in zip((one, other), together, strict=True):
        for number, resample in enumerate(written_out(predictions, 8, 3)):
            plain = measure(resample, resamples=0).values
            for name in METRIC_NAMES:
                assert draws.values[name][number] == pytest.approx(plain[name], rel=0, abs=1e-12, nan_ok=True), name


def test_texts_are_drawn_whatever_their_class_each_as_often_as_the_others() -> None:
    weights = np.concatenate(list(_bootstrap.draw_weights(20, 20_000, 0)))
    assert weights.shape == (20_000, 20)
    assert (weights.sum(axis=1) == 20).all()
    np.testing.assert_allclose(weights.mean(axis=0), 1.0, atol=0.04)
    np.testing.assert_allclose(weights.var(axis=0), 1 - 1 / 20, atol=0.06)
    some = weights[:, :5].sum(axis=1)  # the texts of a class, say: how many are drawn varies as a binomial number does
    assert some.var() == pytest.approx(20 * 0.25 * 0.75, rel=0.05)


def test_a_seed_gives_the_same_intervals_and_another_seed_others() -> None:
    predictions = random_predictions(0, 300, 3, kinds=300)
    first, again, other = (measure(predictions, resamples=200, seed=seed).intervals for seed in (7, 7, 8))
    assert first == again
    assert first != other


def test_the_draws_do_not_depend_on_the_size_of_a_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    predictions = random_predictions(0, 100, 3, kinds=100)
    whole = resampled_metrics(predictions, positive=None, resamples=50, seed=1)
    monkeypatch.setattr(_bootstrap, "CHUNK_CELLS", 700)
    pieces = resampled_metrics(predictions, positive=None, resamples=50, seed=1)
    for name in METRIC_NAMES:
        np.testing.assert_allclose(pieces.values[name], whole.values[name], rtol=0, atol=1e-12, err_msg=name)


def test_the_order_of_the_texts_does_not_change_the_point_estimates() -> None:
    predictions = random_predictions(0, 200, 4)
    order = np.random.default_rng(0).permutation(200)
    shuffled = Predictions(
        tuple(predictions.ids[row] for row in order),
        predictions.label_names,
        predictions.labels[order],
        predictions.probabilities[order],
    )
    one, other = measure(predictions, resamples=0).values, measure(shuffled, resamples=0).values
    assert dict(other) == pytest.approx(dict(one), abs=1e-12)
