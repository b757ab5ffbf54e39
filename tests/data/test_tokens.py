"""Tokenised once, cut as asked, kept by content."""

import numpy as np
import pytest

from encoders import minilm_folder
from tunelet.data import Windows, tokenise
from tunelet.model import load_tokenizer

TEXTS = ["A short one.", " ".join(f"word{n}" for n in range(400)), "", "naïve 🎬 שלום", "x" * 5000]


@pytest.fixture(scope="module")
def tokenizer():
    return load_tokenizer(minilm_folder())


def ids(tokens, row):
    return tokens.token_ids[tokens.offsets[row] : tokens.offsets[row + 1]].tolist()


def test_uncut_texts_are_what_the_tokenizer_makes_of_them(tokenizer):
    tokens = tokenise(TEXTS, tokenizer, max_length=10_000)
    for row, text in enumerate(TEXTS):
        assert ids(tokens, row) == tokenizer(text, truncation=False, verbose=False)["input_ids"]
    assert tokens.truncated == 0
    assert tokens.lengths.tolist() == [len(ids(tokens, row)) for row in range(len(TEXTS))]


@pytest.mark.parametrize("truncation", ["head", "tail", "head+tail"])
def test_a_long_text_keeps_the_part_that_was_asked_for(tokenizer, truncation):
    inner = tokenizer(TEXTS[1], add_special_tokens=False, verbose=False)["input_ids"]
    tokens = tokenise(TEXTS, tokenizer, max_length=66, truncation=truncation)
    expected = {"head": inner[:64], "tail": inner[-64:], "head+tail": inner[:16] + inner[-48:]}[truncation]
    assert ids(tokens, 1) == [tokenizer.cls_token_id, *expected, tokenizer.sep_token_id]
    assert max(tokens.lengths) <= 66
    assert tokens.truncated == sum(len(tokenizer(t, verbose=False)["input_ids"]) > 66 for t in TEXTS)


def test_the_cache_gives_back_the_same_tokens_from_a_memory_map(tokenizer, tmp_path):
    first = tokenise(TEXTS, tokenizer, max_length=66, cache=tmp_path)
    again = tokenise(TEXTS, tokenizer, max_length=66, cache=tmp_path)
    direct = tokenise(TEXTS, tokenizer, max_length=66)
    for tokens in (first, again):
        assert isinstance(tokens.token_ids, np.memmap)
        assert np.array_equal(tokens.token_ids, direct.token_ids)
        assert np.array_equal(tokens.offsets, direct.offsets)
        assert tokens.truncated == direct.truncated
    assert len(list((tmp_path / "tokens").iterdir())) == 1


@pytest.mark.parametrize(
    "change",
    [{"texts": [*TEXTS, "one more"]}, {"max_length": 65}, {"truncation": "tail"}],
    ids=["texts", "length", "cut"],
)
def test_the_cache_tells_apart_what_differs(tokenizer, tmp_path, change):
    asked = {"texts": TEXTS, "max_length": 66, "truncation": "head"}
    for arguments in (asked, asked | change):
        texts = arguments.pop("texts") if "texts" in arguments else TEXTS
        tokenise(texts, tokenizer, cache=tmp_path, **arguments)
    assert len(list((tmp_path / "tokens").iterdir())) == 2


def test_a_cache_that_cannot_be_written_is_done_without(tokenizer, tmp_path):
    (tmp_path / "file").write_text("in the way")
    tokens = tokenise(TEXTS, tokenizer, max_length=66, cache=tmp_path / "file")
    assert len(tokens) == len(TEXTS)


def test_a_text_is_as_long_as_it_is_written_whatever_is_cut_or_read_twice(tokenizer):
    words = [("good " * n).strip() for n in (3, 40, 100)]
    plain = tokenise(words, tokenizer, max_length=512).lengths.tolist()
    cut = tokenise(words, tokenizer, max_length=32)
    assert cut.text_lengths.tolist() == plain
    assert max(cut.lengths) == 32
    windows = tokenise(words, tokenizer, max_length=32, truncation="windows", windows=Windows(0.25, 8))
    assert windows.text_lengths.tolist() == plain
    assert windows.lengths.tolist() != plain  # overlaps and special tokens of each window
    assert windows.take(np.array([2, 0])).text_lengths.tolist() == [plain[2], plain[0]]
