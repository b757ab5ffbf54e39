"""Texts without labels: which of them count, and how many are drawn."""

import numpy as np
import pytest

from encoders import minilm_folder
from tunelet.data import Examples, draw, read_unlabelled, tokenise
from tunelet.errors import DataError
from tunelet.model import load_tokenizer
from tunelet.recipe import DataSettings

SETTINGS = DataSettings()


def labelled(*texts: str) -> Examples:
    return Examples(tuple(map(str, range(len(texts)))), texts, ("x",) * len(texts))


def test_copies_and_texts_with_labels_are_left_out_and_counted():
    texts = ["A new one", "a  NEW one", "Known already", "", "Another", "known\nalready", "In the test"]
    found = read_unlabelled(texts, SETTINGS, others=[labelled("Known already"), labelled("in the test", "else")])
    assert found.examples.texts == ("A new one", "Another")
    assert found.dropped == {"repeated text": 1, "also a labelled text": 3, "empty text": 1}
    assert found.examples.labels == ()


def test_the_column_of_the_labelled_texts_is_read_where_it_is_there(tmp_path):
    path = tmp_path / "texts.csv"
    path.write_text("title,remark\nA long and winding title,first\nAnother title that is long,second\n")
    found = read_unlabelled(path, SETTINGS, known={"text": ("remark",)})
    assert found.examples.texts == ("first", "second")
    elsewhere = read_unlabelled(path, SETTINGS, known={"text": ("review",)})
    assert elsewhere.reading.text_column.value == "title"
    assert "'review'" in elsewhere.reading.text_column.reason
    with pytest.raises(DataError, match=r"no .*'body'"):
        read_unlabelled(path, SETTINGS, known={"text": ("remark", "body")})


def test_a_text_file_has_a_text_a_line(tmp_path):
    (tmp_path / "texts.txt").write_text("One line of text\nTwo lines of text\nOne line of text\n")
    found = read_unlabelled(tmp_path / "texts.txt", SETTINGS, known={"text": ("review",)})
    assert found.examples.texts == ("One line of text", "Two lines of text")


@pytest.fixture(scope="module")
def tokenizer():
    return load_tokenizer(minilm_folder())


def test_texts_are_drawn_at_random_until_they_have_so_many_tokens(tokenizer):
    texts = [" ".join(["word"] * (row % 7 + 1)) + f" {row}" for row in range(2_300)]
    asked = []

    def tokens(some):
        asked.extend(some)
        return tokenise(some, tokenizer, max_length=16)

    rows, drawn = draw(texts, tokens, limit=5_000, seed=1)
    alone = tokenise([texts[row] for row in rows], tokenizer, max_length=16)
    np.testing.assert_array_equal(drawn.token_ids, alone.token_ids)
    np.testing.assert_array_equal(drawn.offsets, alone.offsets)
    assert 5_000 - 16 < drawn.total <= 5_000
    assert len(asked) < len(texts)  # no more are tokenised than it takes
    assert len(set(rows.tolist())) == len(rows)
    again, _ = draw(texts, tokens, limit=5_000, seed=1)
    other, _ = draw(texts, tokens, limit=5_000, seed=2)
    np.testing.assert_array_equal(rows, again)
    assert rows.tolist()[:20] != other.tolist()[:20]
    everything, _ = draw(texts, tokens, limit=10**6, seed=1)
    assert sorted(everything.tolist()) == list(range(len(texts)))
    none, empty = draw(texts, tokens, limit=1, seed=1)
    assert (len(none), len(empty), empty.total) == (0, 0, 0)


def test_texts_of_several_fields_keep_their_segments_where_they_are_joined(tokenizer):
    from tunelet.data import join_fields

    texts = [join_fields((f"title {row}", "a body of words")) for row in range(6)]
    whole = tokenise(texts, tokenizer, max_length=32, several_fields=True)
    first, second = (tokenise(part, tokenizer, max_length=32, several_fields=True) for part in (texts[:2], texts[2:]))
    joined = first.followed_by(second)
    np.testing.assert_array_equal(joined.token_ids, whole.token_ids)
    np.testing.assert_array_equal(joined.first_lengths, whole.first_lengths)
