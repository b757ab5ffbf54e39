"""Words are taken out where they stand, and those of a model that reads words matter to it."""

import numpy as np
import pytest

from tunelet.evaluation import train_baseline
from tunelet.explain import deletion_curves, explain_tfidf
from tunelet.explain._deletion import _without

WORDS = {0: ("warm", "rye", "crisp"), 1: ("cold", "burnt", "soggy")}


@pytest.fixture(scope="module")
def baseline():
    random = np.random.default_rng(0)
    labels = np.array([0, 1] * 40)
    texts = [f"a loaf of the {random.choice(WORDS[label])} kind, number {n}" for n, label in enumerate(labels)]
    return train_baseline(texts, labels, texts, labels, 2)


def explained(baseline, *fields: str):
    text = "\x1f".join(fields)
    label = int(baseline.logits([text])[0].argmax())
    return explain_tfidf(baseline, text, label, fields).changed(label=("good", "bad")[label])


def test_probability_falls_faster_in_the_order_of_the_contributions(baseline):
    texts = [f"it was a {word} loaf, and we had it for breakfast" for words in WORDS.values() for word in words]
    explanations = [explained(baseline, text) for text in texts]
    found = deletion_curves(explanations, ("good", "bad"), baseline.probabilities)
    assert found.n == len(texts)
    assert found.points[0].ordered == pytest.approx(found.points[0].shuffled)
    assert found.points[1].ordered < found.points[1].shuffled
    assert found.difference > 0
    assert found.p < 0.01
    assert deletion_curves(explanations, ("good", "bad"), baseline.probabilities) == found


def test_words_go_where_they_stand_and_other_fields_stay(baseline):
    explanation = explained(baseline, "a warm, warm loaf", "burnt")
    gone = [word for word in explanation.words if word.text == "warm"][1:]
    assert _without(explanation, gone) == "a warm,  loaf\x1fburnt"


def test_a_text_of_one_word_is_not_counted(baseline):
    assert deletion_curves([explained(baseline, "warm")], ("good", "bad"), baseline.probabilities) is None
