"""The reviews that ship with the package are as many, as long and as different as they are said to be."""

import html
import re
from collections import Counter

import pytest

from tunelet.data import read


@pytest.fixture(scope="module")
def parts():
    return read("sample").splits


def test_it_is_balanced_and_large_enough(parts):
    assert sum(len(part) for part in parts.values()) >= 400
    for part in parts.values():
        counts = Counter(part.labels)
        assert set(counts) == {"negative", "positive"}
        assert counts["negative"] == counts["positive"]


def test_reviews_are_40_to_250_words(parts):
    for part in parts.values():
        assert all(40 <= len(text.split()) <= 250 for text in part.texts)


def test_no_two_reviews_share_a_sentence(parts):
    sentences = Counter(
        normal
        for part in parts.values()
        for text in part.texts
        for sentence in set(re.split(r"(?<=[.!?])[\"')]*\s+|\n+", html.unescape(text)))
        if (normal := re.sub(r"\W+", " ", sentence.casefold()).strip()) not in ("", "mrs", "mr", "dr", "d")
    )
    assert [sentence for sentence, count in sentences.items() if count > 1] == []


def test_the_label_is_not_written_in_the_text(parts):
    assert not any(
        re.search(r"\b(positive|negative)\b", text, re.IGNORECASE) for part in parts.values() for text in part.texts
    )
