"""Copies of a text meet in one group: equal ones, those that differ in case, markup or punctuation, and near ones."""

import random
import string

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tunelet.data import Joined, duplicate_groups, find_copies, normalise, read
from tunelet.data._minhash import band_keys, candidates
from tunelet.data._near_duplicates import FEWEST_WORDS, SIMILAR, jaccard
from tunelet.data._shingles import shingles, words_of

_VOCABULARY = [f"{first}{second}" for first in string.ascii_lowercase for second in string.ascii_lowercase]


def text_of(chance: random.Random, words: int) -> str:
    return " ".join(chance.choices(_VOCABULARY, k=words))


def edited(chance: random.Random, text: str) -> str:
    """A near copy: of a hundred words one is dropped, one is misspelt, two change places, and a sentence is added."""
    words = text.split()
    for _ in range(max(1, len(words) // 100)):
        del words[chance.randrange(len(words))]
        at = chance.randrange(len(words))
        words[at] += "x"
        at = chance.randrange(len(words) - 1)
        words[at], words[at + 1] = words[at + 1], words[at]
    return " ".join([*words, "this", "is", "new"])


@pytest.mark.parametrize(
    "copy",
    [
        "It's a FINE   film, well made.",
        "It's a fine film - well made!",
        "<p>It&#39;s a <b>fine</b> film<br />well made.",
        "Its a fine film well made",
        "it\u2019s a fine\u200b film\u2014well made\u2026",
    ],
)
def test_case_space_markup_punctuation_and_what_nobody_sees_make_no_other_text(copy):
    assert duplicate_groups(["Dull.", "It's a fine film, well made.", copy]).tolist() == [0, 1, 1]


@pytest.mark.parametrize(
    "other", ["It is a fine film.", "A fine film 2", "\u597d\u7535\u5f71", "A fine film \U0001f600"]
)
def test_other_words_make_another_text(other):
    assert duplicate_groups(["A fine film.", other]).tolist() == [0, 1]


def test_texts_without_words_are_copies_where_they_are_equal():
    assert duplicate_groups([":)", ":(", " :) ", "", "!"]).tolist() == [0, 1, 0, 3, 4]


def test_nothing_has_no_groups():
    assert duplicate_groups([]).tolist() == []


@given(st.lists(st.text(max_size=30), max_size=12))
@settings(max_examples=60, deadline=None)
def test_texts_that_are_equal_under_normalise_share_a_group_and_a_group_is_named_by_its_first_row(texts):
    groups = duplicate_groups(texts)
    assert all(groups[group] == group <= row for row, group in enumerate(groups))
    by_key: dict[str, int] = {}
    for row, text in enumerate(texts):
        assert by_key.setdefault(normalise(text), groups[row]) == groups[row]


@pytest.mark.parametrize("share", [0.01, 0.05, 0.1])
def test_planted_near_copies_are_found_and_nothing_else(share):
    chance = random.Random(share)
    texts = [text_of(chance, chance.randint(60, 250)) for _ in range(1000)]
    sources = chance.sample(range(len(texts)), round(share * len(texts)))
    planted = texts + [edited(chance, texts[row]) for row in sources]
    groups = duplicate_groups(planted)
    assert groups[: len(texts)].tolist() == list(range(len(texts)))
    assert np.mean(groups[len(texts) :] == sources) > 0.95


def test_the_similarity_of_each_pair_is_that_of_the_shingles():
    chance = random.Random(1)
    texts = [text_of(chance, 80) for _ in range(20)]
    texts += [edited(chance, text) for text in texts]
    copies = find_copies(texts)
    assert len(copies.pairs) == 20
    sets = [shingle_set for part in shingles(texts) for shingle_set in part.sets()]
    for (lower, upper), similarity in zip(copies.pairs.tolist(), copies.similarity, strict=True):
        assert similarity == jaccard(sets[lower], sets[upper]) >= SIMILAR


def test_a_short_text_has_no_near_copies():
    words = _VOCABULARY[: FEWEST_WORDS - 1]
    assert duplicate_groups([" ".join(words), " ".join(words[:-1])]).tolist() == [0, 1]


def test_copies_of_copies_are_one_group():
    chance = random.Random(2)
    first = text_of(chance, 100)
    second = edited(chance, first)
    assert duplicate_groups([first, "Another.", second.upper(), edited(chance, second)]).tolist() == [0, 1, 0, 0]


def test_a_bucket_of_thousands_is_one_group():
    chance = random.Random(3)
    begin = text_of(chance, 60)
    texts = [f"{begin} number {row}" for row in range(3000)]
    assert set(duplicate_groups(texts).tolist()) == {0}


def test_where_texts_are_cut_into_batches_does_not_matter(monkeypatch):
    chance = random.Random(4)
    texts = [text_of(chance, 40) for _ in range(50)]
    texts += [edited(chance, text) for text in texts[:10]]
    whole = find_copies(texts)
    monkeypatch.setattr("tunelet.data._shingles._TEXTS", 7)
    monkeypatch.setattr("tunelet.data._near_duplicates._PAIRS", 3)
    parts = find_copies(texts)
    assert parts.groups.tolist() == whole.groups.tolist()
    assert parts.pairs.tolist() == whole.pairs.tolist()


def test_a_text_of_any_length_is_placed_a_bounded_part_at_a_time(monkeypatch):
    chance = random.Random(6)
    (part,) = shingles([text_of(chance, words) for words in (1, 30, 31, 400)])
    every = np.ones(4, dtype=bool)
    whole = band_keys(part, every)
    monkeypatch.setattr("tunelet.data._minhash._AT_ONCE", 32)
    assert np.array_equal(band_keys(part, every), whole)
    some = band_keys(part, np.array([False, True, False, True]))
    assert np.array_equal(some[[1, 3]], whole[[1, 3]])
    assert not some[[0, 2]].any()


@given(st.lists(st.lists(st.text(max_size=3), max_size=4), max_size=5), st.data())
@settings(max_examples=50, deadline=None)
def test_texts_that_are_joined_read_as_a_list_of_them(parts, data):
    joined, listed = Joined(parts), [text for part in parts for text in part]
    assert list(joined) == listed
    assert [joined[row] for row in range(len(joined))] == listed
    begin, end = (data.draw(st.integers(-9, 9)) for _ in range(2))
    assert joined[begin:end] == listed[begin:end]
    with pytest.raises(IndexError):
        joined[len(listed)]


_FEW_WORDS = st.lists(st.sampled_from("abc"), min_size=1, max_size=8)


@given(_FEW_WORDS, _FEW_WORDS)
@settings(max_examples=50, deadline=None)
def test_shingles_are_all_runs_of_three_words_between_two_markers(first, second):
    texts = [" ".join(first), " ".join(second)]
    (part,) = shingles(texts)

    def runs(words):
        marked = ["", "", *words, "", ""]
        return {tuple(marked[at : at + 3]) for at in range(len(marked) - 2)}

    one, other = map(runs, (first, second))
    assert [len(each) for each in part.sets()] == [len(one), len(other)]
    assert jaccard(*part.sets()) == len(one & other) / len(one | other)


def test_the_share_of_first_shingles_in_common_is_about_the_similarity():
    chance = random.Random(5)
    shared, texts = text_of(chance, 400), []
    for _ in range(200):  # about half of the shingles of each pair are in both
        texts += [f"{shared} {text_of(chance, 200)}" for _ in range(2)]
    (part,) = shingles(texts)
    keys = band_keys(part, np.ones(len(part.words), dtype=bool))
    agree = np.mean(keys[::2] == keys[1::2])  # in all four of a band
    similarity = np.mean([jaccard(one, other) for one, other in zip(part.sets()[::2], part.sets()[1::2], strict=True)])
    assert similarity**4 == pytest.approx(agree, abs=0.02)


def test_candidates_are_the_pairs_of_equal_keys():
    keys = np.array([[1, 5], [1, 6], [2, 5], [3, 7], [1, 8]], dtype=np.uint32)
    first, second = candidates(keys, np.arange(5))
    assert sorted(first.tolist()) == [[0, 1], [0, 4], [1, 4]]
    assert second.tolist() == [[0, 2]]


def test_words_of_scripts_without_spaces_are_their_characters():
    assert words_of("\u597d\u7535\u5f71\u3002 Good") == ["\u597d", "\u7535", "\u5f71", "good"]


def test_the_sample_has_no_copies():
    texts = [text for examples in read("sample").splits.values() for text in examples.texts]
    assert len(set(duplicate_groups(texts).tolist())) == len(texts)
