"""Confident learning: what its definition says of hand-made probabilities, and planted errors that are found."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from encoders import SHARED
from tunelet.audit import Part, confident_learning, suspects
from tunelet.data import Examples, duplicate_groups, label_space, read

IMDB = SHARED / "imdb" / "train.parquet"


def test_a_label_is_suspected_where_another_one_reaches_its_own_threshold():
    labels = np.array([0, 0, 0, 1, 1, 1])
    probability = np.array([0.9, 0.8, 0.1, 0.9, 0.8, 0.2])  # of label 1 for the last three, of label 0 for the others
    own = np.where(labels == 0, probability, 1 - probability)
    probabilities = np.stack([own, 1 - own], axis=1)
    # Thresholds are 0.6 and 0.63: the third text is confidently 1, the last one confidently 0.
    found = confident_learning(labels, probabilities)
    assert found.suspected.tolist() == [False, False, True, False, False, True]
    assert found.likeliest[[2, 5]].tolist() == [1, 0]
    assert set(found.ranked[:2].tolist()) == {2, 5}


def test_a_text_of_no_confident_label_is_not_suspected():
    labels = np.array([0, 0, 1, 1])
    probabilities = np.array([[1.0, 0.0], [0.45, 0.55], [0.0, 1.0], [0.5, 0.5]])
    assert not confident_learning(labels, probabilities).suspected.any()


@given(arrays(np.float64, (12, 3), elements=st.floats(0.01, 1)), st.permutations(range(12)))
@settings(max_examples=50, deadline=None)
def test_the_order_of_texts_does_not_matter(weights, order):
    labels = np.arange(12) % 3
    probabilities = weights / weights.sum(axis=1, keepdims=True)
    found = confident_learning(labels, probabilities)
    moved = confident_learning(labels[order], probabilities[order])
    assert moved.suspected.tolist() == found.suspected[order].tolist()
    assert np.allclose(moved.margin, found.margin[order])


def planted(examples: Examples, share: float, seed: int) -> tuple[Examples, set[int]]:
    """The same texts, a share of them with the other one of two labels."""
    names = sorted(set(examples.labels))
    wrong = np.random.default_rng(seed).permutation(len(examples))[: round(share * len(examples))].tolist()
    labels = list(examples.labels)
    for row in wrong:
        labels[row] = names[1 - names.index(labels[row])]
    return Examples(examples.ids, examples.texts, tuple(labels)), set(wrong)


def found_in(examples: Examples, first: int, wrong: set[int]) -> float:
    found, record = suspects(Part.of("train", examples), duplicate_groups(examples.texts), seed=1)
    assert record.texts == len(examples)
    assert record.found == found.suspected.sum() == sum(sum(row.values()) for row in record.by_labels.values())
    return len(wrong & set(found.ranked[:first].tolist())) / len(wrong)


def test_most_wrong_labels_of_the_sample_are_among_the_first_suspects():
    examples, wrong = planted(read("sample").splits["train"], 0.05, seed=1)
    assert found_in(examples, 2 * len(wrong), wrong) > 0.5


@pytest.mark.skipif(not IMDB.exists(), reason="needs ../shared/imdb")
def test_half_of_the_wrong_labels_of_reviews_are_among_the_first_two_hundred_suspects():
    whole = read(str(IMDB), label="label").splits["train"]
    rows = np.random.default_rng(1).permutation(len(whole))[:2000]
    examples, wrong = planted(whole.take(rows), 0.05, seed=1)
    assert found_in(examples, 200, wrong) >= 0.5


def test_wrong_ratings_of_the_sample_come_first_and_neighbours_are_no_errors():
    whole, chance = read("sample").splits["train"], np.random.default_rng(1)
    names = sorted(set(whole.labels))
    ranks = [int(chance.integers(1, 3)) + 7 * names.index(label) for label in whole.labels]  # 1 or 2, 8 or 9
    wrong = chance.permutation(len(ranks))[: len(ranks) // 20].tolist()
    for row in wrong:
        ranks[row] = 10 - ranks[row]
    examples = Examples(whole.ids, whole.texts, tuple(map(str, ranks)))
    found, record = suspects(Part.of("train", examples), np.arange(len(ranks)), seed=1, space=label_space("ordinal"))
    first = found.ranked[: 2 * len(wrong)].tolist()  # a tenth of the texts
    assert len(set(wrong) & set(first)) > len(wrong) / 4
    assert record.found == found.suspected.sum() > 0
    assert all(abs(int(example.suggested) - int(example.text.label)) > 1 for example in record.examples)


@pytest.mark.skipif(not IMDB.exists(), reason="needs ../shared/imdb")
def test_wrong_ratings_of_reviews_are_among_the_first_suspects():
    whole = read(str(IMDB), label="rating", task="ordinal").splits["train"]
    examples = whole.take(np.random.default_rng(1).permutation(len(whole))[:1000])
    wrong = np.random.default_rng(2).permutation(1000)[:50].tolist()
    ranks = [11 - int(label) if row in wrong else int(label) for row, label in enumerate(examples.labels)]
    changed = Examples(examples.ids, examples.texts, tuple(map(str, ranks)))
    found, _ = suspects(Part.of("train", changed), np.arange(1000), seed=1, space=label_space("ordinal"))
    assert len(set(wrong) & set(found.ranked[:100].tolist())) >= 20  # five, were they drawn by chance


def test_of_several_labels_what_is_missing_and_what_should_not_be_there_is_found():
    whole, chance = read("sample").splits["train"], np.random.default_rng(1)
    rows = zip(whole.texts, whole.labels, strict=True)
    held = [{label, *(["long"] if len(text) > 500 else [])} for text, label in rows]
    names = sorted(set(whole.labels))
    wrong = chance.permutation(len(held))[: len(held) // 20].tolist()
    for row in wrong:
        held[row] ^= set(names)  # the other one of the two
    space = label_space("multilabel", separator=";")
    examples = Examples(whole.ids, whole.texts, tuple(space.of_parts(labels) for labels in held))
    found, record = suspects(Part.of("train", examples), np.arange(len(examples)), seed=1, space=space)
    assert len(set(wrong) & set(found.ranked[: 2 * len(wrong)].tolist())) > len(wrong) / 2
    assert set(record.by_labels) <= {*names, "long"}
    assert all(set(counts) == {"given", "missing"} for counts in record.by_labels.values())
    for example in record.examples:
        assert set(example.suggested.split(";")) != set(example.text.label.split(";"))
    for at in np.flatnonzero(~found.suspected):
        assert found.suggested[at] == examples.labels[at]


def test_of_very_many_texts_some_are_judged_and_rows_are_those_of_all(monkeypatch):
    examples, wrong = planted(read("sample").splits["train"], 0.05, seed=1)
    part = Part.of("train", examples)
    monkeypatch.setattr("tunelet.audit._drawn.MOST_CHARACTERS", sum(map(len, examples.texts)) // 2)
    found, record = suspects(part, duplicate_groups(examples.texts), seed=1)
    assert 0 < len(found.rows) == record.texts < len(examples)
    assert set(found.ranked.tolist()) == set(found.rows.tolist())
    for example in record.examples:
        assert examples.texts[example.text.row - 1].startswith(example.text.text[:40])
    judged = wrong & set(found.rows.tolist())
    assert len(judged & set(found.ranked[: 3 * len(judged)].tolist())) > len(judged) / 3
