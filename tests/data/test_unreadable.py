"""Texts that a tokenizer cannot read are said to be so, with the share and what to type."""

import numpy as np
import pytest

from tunelet.data import Tokens, unreadable


def tokens(texts: list[list[int]], unknown: int = 0) -> Tokens:
    ids = np.array([token for text in texts for token in text], dtype=np.int32)
    ends = np.cumsum([0, *map(len, texts)])
    return Tokens(ids, ends, truncated=0, content=len(ids), unknown=unknown)


DIFFERENT = [[1, number, 2, 3] for number in range(25)]


@pytest.mark.parametrize("unknown", [0, 4])
def test_a_few_unknown_tokens_are_not_worth_a_word(unknown: int) -> None:
    assert unreadable(tokens(DIFFERENT, unknown), "minilm") == ()


def test_a_share_of_unknown_tokens_is_said_with_another_model_to_type() -> None:
    (warning,) = unreadable(tokens(DIFFERENT, 30), "minilm")
    assert "30 % of the tokens are unknown to the tokenizer of minilm" in warning
    assert "--model" in warning
    assert "next to nothing" not in warning


def test_texts_that_are_nearly_all_unknown_are_said_to_teach_nothing() -> None:
    (warning,) = unreadable(tokens([[1, 7, 7, 2]] * 25, 99), "minilm")
    assert "99 %" in warning
    assert "next to nothing" in warning
    assert "25 training texts are 1 sequence of tokens" in warning


def test_texts_that_are_alike_once_cut_are_said_to_be() -> None:
    (warning,) = unreadable(tokens([[1, 5, row % 3, 2] for row in range(30)]), "minilm")
    assert "30 training texts are 3 sequences of tokens" in warning
    assert "data.max_length" in warning
