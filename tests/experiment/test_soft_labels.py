"""A run of soft labels: probabilities are what is learnt, and the log loss against them is told."""

import numpy as np
import pytest
from scipy.special import softmax

import tunelet
from tunelet.evaluation import ShareSolver, SharesRecord, share_losses, shares_record

WORDS = {"good": "a joy to see", "bad": "a pain to see"}


def mixed(n, seed):
    """Texts of ten clauses, good or bad, and the share of each."""
    random = np.random.default_rng(seed)
    made = []
    for number in range(n):
        good = int(random.integers(0, 5))
        clauses = random.permutation([WORDS["good"]] * good + [WORDS["bad"]] * (4 - good)).tolist()
        made.append({"text": f"{', '.join(clauses)} {number}", "p_good": good / 4, "p_bad": 1 - good / 4})
    return made


@pytest.fixture(scope="module")
def run(tiny_checkpoint, tmp_path_factory):
    settings = {
        "data.validation": "held-out", "training.epochs": 2, "evaluation.resamples": 100,
        "adapter.targets": "all-linear",
    }  # fmt: skip
    return tunelet.train(
        mixed(160, 1), test=mixed(60, 2), model=str(tiny_checkpoint("bert")), quiet=True, settings=settings,
        out=tmp_path_factory.mktemp("soft") / "run",
    )  # fmt: skip


def test_probabilities_come_nearer_to_the_soft_labels_than_those_of_sure_ones(run):
    found = run.evaluation.shares
    assert isinstance(found, SharesRecord)
    assert found.n == 60
    assert found.entropy < found.log_loss < found.rivals["baseline"]  # which learnt the likeliest labels
    assert found.log_loss_ci[0] < found.log_loss < found.log_loss_ci[1]
    texts = mixed(60, 2)
    probabilities = tunelet.Classifier.load(run).probabilities([row["text"] for row in texts])
    shares = np.array([[row["p_bad"], row["p_good"]] for row in texts])
    assert share_losses(probabilities, shares).mean() == pytest.approx(found.log_loss, rel=1e-3)


def test_a_text_counts_as_one_of_its_likeliest_label_and_nothing_sharpens_it(run, tmp_path):
    assert run.label_names == ("bad", "good")
    assert run.metrics.n == 60
    assert (run.summary.temperature, run.summary.blend) == (1.0, 0.0)
    assert "soft" in tunelet.report(run, tmp_path / "report").page.read_text()
    evaluation = tunelet.evaluate(run, mixed(60, 2))
    assert evaluation.metrics.accuracy == run.metrics.accuracy
    assert evaluation.shares.log_loss == pytest.approx(run.evaluation.shares.log_loss, rel=1e-3)


def test_the_loss_is_least_and_the_entropy_where_the_probabilities_are_the_soft_labels():
    shares = np.array([[0.25, 0.75], [1.0, 0.0]])
    best = shares_record(shares, shares, {"even": np.full((2, 2), 0.5)})
    assert best.log_loss == pytest.approx(best.entropy)
    assert best.entropy == pytest.approx(-(0.25 * np.log(0.25) + 0.75 * np.log(0.75)) / 2)
    assert best.rivals["even"] == pytest.approx(np.log(2))


def test_a_probe_of_soft_labels_has_their_optimum():
    random = np.random.default_rng(0)
    features = random.normal(size=(4000, 3)).astype(np.float32)
    true = np.array([[1.0, -1.0, 0.5], [0.0, 0.5, -1.0], [-1.0, 0.5, 0.5]])
    shares = softmax(features @ true.T, axis=1).astype(np.float32)
    fitted = ShareSolver().fit(features, shares, 1e6)
    np.testing.assert_allclose(softmax(fitted.logits(features), axis=1), shares, atol=0.01)
    two = ShareSolver().fit(features, np.stack([shares[:, 0], 1 - shares[:, 0]], axis=1), 1.0)
    assert two.weight.shape == (2, 3)
