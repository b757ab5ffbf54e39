"""Words are split by their characters, and no contribution is lost on the way from tokens to words."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunelet.explain._words import spread, summed_words, word_spans


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("I don't, really!", ["I", "don't", ",", "really", "!"]),
        ("  blanks\n\taround ", ["blanks", "around"]),
        ("'quoted' snake_case 3.5", ["'", "quoted", "'", "snake_case", "3", ".", "5"]),
        ("映画はgood", ["映", "画", "は", "good"]),
        ("हिन्दी naïve", ["हिन्दी", "naïve"]),
        ("", []),
    ],
)
def test_words(text, words):
    assert [text[begin:end] for begin, end in word_spans(text)] == words


@given(st.lists(st.text(alphabet="ab '.\n映", max_size=12), min_size=1, max_size=3), st.randoms())
def test_sums_over_words_are_sums_over_characters(fields, random):
    characters = sum(map(len, fields)) + len(fields) - 1
    by_character = np.array([random.random() - 0.5 for _ in range(characters)])
    words = summed_words(fields, by_character, np.ones(characters, dtype=bool))
    if words:
        assert sum(word.contribution for word in words) == pytest.approx(by_character.sum(), abs=1e-9)
    for word in words:
        assert fields[word.field][word.begin : word.end] == word.text


def test_tokens_share_out_what_they_contribute_and_empty_ones_give_it_to_a_neighbour():
    found = spread([4.0, -1.0, 0.5, 2.0], [0, 2, 5, 9], [4, 4, 5, 9], 6)
    assert found.sum() == pytest.approx(5.5)
    np.testing.assert_allclose(found, [1, 1, 0.5, 0.5, 0, 2.5], atol=1e-12)
