"""Where tokens lie: the same tokens as are read, each over the characters that it stands for."""

import pytest

from encoders import minilm_folder
from tunelet.data import join_fields, token_spans, tokenise
from tunelet.model import load_tokenizer

TEXTS = [
    "A short one.",
    " ".join(f"word{n}" for n in range(400)),
    "naïve 🎬 שלום",
    "x" * 5000,
    " ".join(f"word{n}" for n in range(30_000)),
]


@pytest.fixture(scope="module")
def tokenizer():
    return load_tokenizer(minilm_folder())


@pytest.mark.parametrize("truncation", ["head", "tail", "head+tail"])
@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_the_tokens_are_those_that_are_read_and_spell_their_characters(tokenizer, text, truncation):
    settings = {"max_length": 66, "truncation": truncation, "several_fields": False}
    found = token_spans(text, tokenizer, **settings)
    assert found.token_ids.tolist() == tokenise([text], tokenizer, **settings).token_ids.tolist()
    assert found.special.tolist() == [True, *[False] * (len(found.token_ids) - 2), True]
    assert found.first_length is None
    names = tokenizer.convert_ids_to_tokens(found.token_ids.tolist())
    for name, begin, end, special in zip(names, found.begins, found.ends, found.special, strict=True):
        spelt = tokenizer.backend_tokenizer.normalizer.normalize_str(text[begin:end])
        assert special or name in (tokenizer.unk_token, spelt, f"##{spelt}")


def test_fields_lie_where_they_stand_in_the_joined_text(tokenizer):
    text = join_fields(["the first field", "a second", "and a third one"])
    settings = {"max_length": 66, "truncation": "head", "several_fields": True}
    found, read = token_spans(text, tokenizer, **settings), tokenise([text], tokenizer, **settings)
    assert found.token_ids.tolist() == read.token_ids.tolist()
    assert found.first_length == read.first_lengths[0]
    words = [text[b:e] for b, e, s in zip(found.begins, found.ends, found.special, strict=True) if not s]
    assert words == ["the", "first", "field", "a", "second", "and", "a", "third", "one"]
