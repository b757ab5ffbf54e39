"""Balance, lengths, vocabulary, markup, boilerplate, words and columns that give the label away, one by one."""

import random

import numpy as np
import pytest

from tunelet.audit import Part, Reader, audit_parts
from tunelet.audit._balance import balance
from tunelet.audit._boilerplate import boilerplate
from tunelet.audit._columns import columns
from tunelet.audit._giveaways import giveaways
from tunelet.audit._lengths import lengths
from tunelet.data import Examples, read
from tunelet.model import load_tokenizer

WORDS = [f"{first}{second}{third}" for first in "bcdfg" for second in "aeiou" for third in "lmnrst"]


def part_of(texts, labels=None):
    given = tuple(labels) if labels is not None else ("a", "b") * len(texts)
    return Part.of("train", Examples(tuple(map(str, range(len(texts)))), tuple(texts), given[: len(texts)]))


def noise(count, words=12, seed=0):
    chance = random.Random(seed)
    return [" ".join(chance.choices(WORDS, k=words)) for _ in range(count)]


def test_the_balance_of_even_labels_is_their_number():
    found = balance(["a", "b", "c"] * 5)
    assert (found.labels, found.commonest, found.rarest) == (3, "a", "a")
    assert found.effective == pytest.approx(3)
    assert balance(["a"] * 9 + ["b"]).commonest_share == 0.9


def test_lengths_in_words_and_what_limits_lose():
    found = lengths(part_of(["one " * 100, "one " * 300, "one"]), None, seed=1).lengths_record
    assert (found.unit, found.longest, found.median, found.shortest) == ("words", 300, 100, 1)
    at_128 = found.cuts[0]
    assert (at_128.limit, at_128.texts) == (128, 1)
    assert at_128.lost_share == pytest.approx(172 / 401)


def test_tokens_are_those_of_the_tokenizer_and_unknown_writing_is_found(tiny_checkpoint):
    tokenizer = load_tokenizer(tiny_checkpoint("bert"))
    texts = ["A fine film, well made.", "\U00012000\U00012001 \U00012002", "xqzjkv wqxz qqqq zzxx jjqk", "A dull film."]
    found = lengths(part_of(texts), Reader("tiny", tokenizer), seed=1)
    assert found.lengths.tolist() == [len(tokenizer(text)["input_ids"]) for text in texts]
    assert (found.lengths_record.unit, found.lengths_record.model) == ("tokens", "tiny")
    assert set(found.badly_covered.tolist()) == {1, 2}
    assert found.vocabulary_record is not None
    assert found.vocabulary_record.unknown_share > 0 < found.vocabulary_record.single_share
    assert {example.row for example in found.vocabulary_record.examples} == {2, 3}


def test_of_many_texts_some_are_measured_the_same_ones_each_time(monkeypatch):
    monkeypatch.setattr("tunelet.audit._lengths._MOST", 10)
    part = part_of(noise(50))
    once, again = lengths(part, None, seed=3), lengths(part, None, seed=3)
    assert once.rows.tolist() == again.rows.tolist()
    assert once.lengths_record.texts == len(once.rows) == 10


def test_beginnings_and_ends_that_many_texts_share():
    texts = noise(100)
    texts[:20] = [f"Sent from my old phone today, {text}" for text in texts[:20]]
    texts[90:] = [f"{text} Kind regards from all of us" for text in texts[90:]]
    records, marked = boilerplate(texts)
    assert [(record.place, record.words, record.texts) for record in records] == [
        ("beginning", "Sent from my old phone today,", 20),
        ("end", "Kind regards from all of us", 10),
    ]
    assert np.flatnonzero(marked).tolist() == [*range(20), *range(90, 100)]
    assert boilerplate(noise(100))[0] == ()


def test_words_that_give_a_label_away():
    texts = noise(400)
    labels = ["good", "bad"] * 200
    for row in range(200):
        texts[row] += " 8/10." if labels[row] == "good" else ""
        texts[row + 200] = f"(Bad) {texts[row + 200]}" if labels[row] == "bad" else texts[row + 200]
    found = {(record.kind, record.word): record for record in giveaways(texts, labels)}
    rating = found["word", "8/10"]
    assert (rating.label, rating.texts, rating.share) == ("good", 100, 1.0)
    assert found["name", "bad"].label == "bad"
    assert set(found) == {("word", "8/10"), ("name", "bad")}
    assert giveaways(noise(400), labels) == ()


def test_columns_that_predict_the_label_by_themselves():
    chance = np.random.default_rng(1)
    labels = chance.choice(["no", "yes"], 600).tolist()
    beside = {
        "stars": [int(chance.integers(1, 6) + 5 * (label == "yes")) for label in labels],
        "price": [float(chance.normal(3.0 * (label == "yes"))) for label in labels],
        "shop": chance.choice(["north", "south", "east"], 600).tolist(),
        "user": [f"user-{row}" for row in range(600)],
        "number": list(range(600)),
        "version": ["1"] * 600,
        "half": [None if row % 2 else label for row, label in enumerate(labels)],
    }
    found = {record.name: record for record in columns(beside, labels, seed=1)}
    assert {name for name, record in found.items() if record.predicts} == {"stars", "price", "half"}
    assert found["stars"].accuracy == 1
    assert found["stars"].information == pytest.approx(1)
    assert found["price"].kind == "number"
    assert found["shop"].accuracy == pytest.approx(0.5, abs=0.1)
    assert {name: record.kind for name, record in found.items() if record.accuracy is None} == {
        "user": "identifier",
        "number": "identifier",
        "version": "constant",
    }
    assert next(iter(found)) == "stars"


def test_markup_is_counted_before_and_after_cleaning(in_folder):
    (in_folder / "texts.csv").write_text(
        "text,label\n<b>bold</b> words,a\nfine &amp;amp; dull,b\n<grin> at them,a\nnothing here,b\n"
    )
    import tunelet

    found = tunelet.audit("texts.csv").record.markup
    assert (found.tags, found.entities, found.left) == (2, 1, 2)
    assert [example.row for example in found.examples] == [2, 3]


def test_labels_too_few_or_of_one_kind_have_no_suspects_and_the_record_says_why():
    reading = read([("one text", "a"), ("another text", "b")])
    record = audit_parts(reading, {"train": Part.of("train", reading.splits["train"])}).record
    assert record.suspects is None
    assert set(record.left_out) == {"suspects", "tokens"}
