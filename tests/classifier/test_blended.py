"""A model with TF-IDF in it predicts what was measured, wherever it is loaded, and cannot be loaded without."""

import shutil

import numpy as np
import pytest

import tunelet
from brief import BRIEF
from tunelet import Classifier, Run
from tunelet.errors import RunError

pytestmark = pytest.mark.slow

WORDS = {"fresh": ["warm", "rye", "crisp", "sweet"], "stale": ["cold", "burnt", "soggy", "sour"]}


def rows(n: int, seed: int) -> list[tuple[str, str]]:
    """Texts that one word tells apart; a random encoder makes nothing of them."""
    random = np.random.default_rng(seed)
    labels = [name for name in WORDS for _ in range(n // 2)]
    return [
        (f"{random.choice(WORDS[label])} loaf {random.integers(10**6)} of baker {random.integers(10**6)}", label)
        for label in labels
    ]


@pytest.fixture(scope="module")
def blended(tiny_checkpoint, tmp_path_factory) -> Run:
    return tunelet.train(
        rows(80, 1),
        test=rows(40, 2),
        model=tiny_checkpoint("bert"),
        settings={
            "data.validation": "cross-validation",
            "data.folds": 2,
            "training.epochs": 1,
            "training.learning_rate": 1e-5,
            "training.head_learning_rate": 1e-5,
            **BRIEF,
        },
        out=tmp_path_factory.mktemp("blended") / "run",
        quiet=True,
    )


def test_it_predicts_what_was_measured(blended):
    assert blended.summary.blend > 0
    texts = [text for text, _ in rows(40, 2)]
    found = Classifier.load(blended.path).probabilities(texts)
    np.testing.assert_allclose(found, blended.predictions.probabilities, atol=1e-5)
    assert blended.metrics.accuracy > 0.9


def test_one_text_gives_what_it_gives_among_many(blended):
    classifier = Classifier.load(blended.path)
    texts = [text for text, _ in rows(10, 3)]
    together = classifier.logits(texts)
    np.testing.assert_allclose(np.concatenate([classifier.logits(text) for text in texts]), together, atol=1e-5)


def test_without_its_tfidf_it_is_refused(blended, tmp_path):
    copy = shutil.copytree(blended.path, tmp_path / "copy")
    shutil.rmtree(copy / "baseline")
    with pytest.raises(RunError):
        Classifier.load(copy)


def test_where_no_texts_may_be_kept_nothing_is_blended(tiny_checkpoint, tmp_path):
    run = tunelet.train(
        rows(40, 1),
        model=tiny_checkpoint("bert"),
        settings={
            "data.validation": "held-out",
            "adapter.method": "head",
            "evaluation.errors": 0,
            **BRIEF,
        },
        out=tmp_path / "run",
        quiet=True,
    )
    assert run.summary.blend == 0.0
    assert not run.folder.baseline.exists()
