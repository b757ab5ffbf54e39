"""The published experiments end to end on the genuine configs, with random weights: shapes, no quality."""

import pytest

import tunelet
from brief import BRIEF
from encoders import SHARED

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not SHARED.is_dir(), reason="needs ../shared/models, which is absent"),
]

QUICK = {
    "data.max_length": 24,
    "training.epochs": 1,
    **BRIEF,
    "evaluation.baseline": False,
    "data.validation": "held-out",
    "model.random_weights": True,
}


TEXTS = [
    (f"a {word} film, seen {n} times", label) for n in range(8) for word, label in (("fine", "good"), ("dull", "bad"))
]


@pytest.mark.parametrize(
    ("model", "recipe", "trained"),
    [("distilbert-base-uncased", "distilbert-imdb-10k", 739_586), ("albert-base-v2", "albert-imdb-2k", 26_114)],
)
def test_trained_saved_loaded_and_used(tmp_path, model, recipe, trained):
    run = tunelet.train(
        TEXTS,
        model=SHARED / "models" / model,
        recipe=recipe,
        settings=QUICK,
        out=tmp_path / "run",
        quiet=True,
    )
    assert run.summary.trainable_parameters == trained
    assert run.summary.random_weights is True
    prediction = tunelet.Classifier.load(run).predict("A joy from start to finish.")[0]
    assert set(prediction.probabilities) == {"bad", "good"}


@pytest.mark.parametrize("model", ["distilbert-base-uncased", "albert-base-v2"])
def test_a_folder_without_weights_is_refused_unless_random_ones_are_asked_for(tmp_path, model):
    with pytest.raises(tunelet.TuneletError, match=r"settings=\{'model.random_weights': True\}"):
        tunelet.train("sample", model=SHARED / "models" / model, out=tmp_path / "run", quiet=True)
    assert not any(tmp_path.iterdir())
