"""The logits of TF-IDF, spread over the characters of a text: exact sums, and the terms that scikit-learn counts."""

from collections import Counter

import numpy as np
import pytest

from tunelet.evaluation import intercepts, logits_by_character, train_baseline
from tunelet.evaluation._by_character import occurrences
from tunelet.evaluation._ngrams import _CHARACTERS, _PIECES, _WORDS, Kind, Ngrams

ODD = [
    "a",
    "I'd say: a fine, FINE film!",
    "two  blanks\n\n\nand lines\t \x1f here ",
    "İstanbul ΣΟΦΟΣ straße 映画 naïve 🎬",
    "ab abc abcd",
    "!!! ... ???",
]


@pytest.mark.parametrize("kind", [_WORDS, _PIECES, _CHARACTERS], ids=lambda kind: kind.analyzer)
@pytest.mark.parametrize("text", ODD)
def test_occurrences_are_those_of_scikit_learn(kind: Kind, text):
    found = Ngrams(kind.analyzer, kind.shortest, kind.longest, (), np.empty(0, dtype=np.float32))
    assert Counter(one.term for one in occurrences(found, text.lower())) == Counter(
        kind.counter().build_analyzer()(text)
    )


@pytest.mark.parametrize("classes", [2, 3])
def test_sums_over_the_characters_are_the_logits(classes):
    texts = [f"{word} film number {n}" for n in range(12) for word in ("fine", "bad", "long")[:classes]] + ODD
    labels = np.array([n % classes for n in range(len(texts))])
    baseline = train_baseline(texts, labels, texts, labels, classes)
    for text, logits in zip(ODD, baseline.logits(ODD), strict=True):
        by_character = logits_by_character(baseline, text)
        assert by_character.shape == (classes, len(text))
        np.testing.assert_allclose(by_character.sum(axis=1) + intercepts(baseline), logits, atol=1e-5)


def test_a_telling_word_has_its_characters_tell():
    texts = [f"{word} loaf number {n}" for n in range(20) for word in ("fresh", "stale")]
    labels = np.array([0, 1] * 20)
    by_character = logits_by_character(train_baseline(texts, labels, texts, labels, 2), "a stale loaf")
    speaks = by_character[1] - by_character[0]
    assert speaks[2:7].sum() > 5 * abs(speaks[8:12].sum())


def test_texts_without_letters_are_known_by_their_characters():
    texts, labels = ["!!!", "???", "!?!", "???!"] * 3, np.array([0, 1, 0, 1] * 3)
    baseline = train_baseline(texts, labels, texts, labels, 2)
    for text in ("?!?", "!  \n ?"):
        found = logits_by_character(baseline, text).sum(axis=1) + intercepts(baseline)
        np.testing.assert_allclose(found, baseline.logits([text])[0], atol=1e-5)
