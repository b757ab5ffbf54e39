"""Many texts are tokenised part by part into the cache; what was interrupted goes on where it was."""

import numpy as np
import pytest

from encoders import minilm_folder
from tunelet.data import Tokens, Windows, join_fields, tokenise
from tunelet.data import _token_parts as parts
from tunelet.data._encode import Encoder
from tunelet.model import load_tokenizer

TEXTS = [f"text {n} " + "and more " * (n % 40) for n in range(95)]
ARRAYS = ("token_ids", "offsets", "first_lengths", "windows")
COUNTS = ("truncated", "content", "unknown", "cut")


@pytest.fixture(scope="module")
def tokenizer():
    return load_tokenizer(minilm_folder())


@pytest.fixture
def encoded(monkeypatch) -> list[int]:
    """The number of texts of each call that encodes some; a part has 20."""
    calls: list[int] = []
    encode = Encoder.encode
    monkeypatch.setattr(Encoder, "encode", lambda self, texts: (calls.append(len(texts)), encode(self, texts))[1])
    monkeypatch.setattr(parts, "PART", 20)
    return calls


def assert_same(found: Tokens, expected: Tokens) -> None:
    for name in ARRAYS:
        one, other = getattr(found, name), getattr(expected, name)
        assert (one is None) == (other is None), name
        assert one is None or (np.array_equal(one, other) and one.dtype == other.dtype), name
    assert [getattr(found, name) for name in COUNTS] == [getattr(expected, name) for name in COUNTS]


@pytest.mark.parametrize(
    ("texts", "how"),
    [
        (TEXTS, {}),
        (TEXTS, {"truncation": "windows", "windows": Windows(0.25, 3)}),
        ([join_fields([text, "a title"]) for text in TEXTS], {"several_fields": True}),
    ],
    ids=["plain", "windows", "fields"],
)
def test_the_parts_make_what_is_made_in_one(tokenizer, encoded, tmp_path, texts, how):
    done: list[int] = []
    found = tokenise(texts, tokenizer, max_length=24, cache=tmp_path, advance=done.append, **how)
    assert encoded == done == [20, 20, 20, 20, 15]
    assert isinstance(found.token_ids, np.memmap)
    assert_same(found, tokenise(texts, tokenizer, max_length=24, **how))
    assert len(list((tmp_path / "tokens").iterdir())) == 1


def test_an_interrupted_preparation_goes_on_behind_its_last_part(tokenizer, encoded, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        tokenise(TEXTS, tokenizer, max_length=24, cache=tmp_path, advance=lambda _: interrupt(encoded))
    encoded.clear()
    found = tokenise(TEXTS, tokenizer, max_length=24, cache=tmp_path)
    assert encoded == [20, 15]
    assert_same(found, tokenise(TEXTS, tokenizer, max_length=24))


def test_a_part_that_is_damaged_is_made_again(tokenizer, encoded, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        tokenise(TEXTS, tokenizer, max_length=24, cache=tmp_path, advance=lambda _: interrupt(encoded))
    (part,) = (tmp_path / "tokens").glob("*/1/token_ids.npy")
    content = bytearray(part.read_bytes())
    content[-1] ^= 1
    part.write_bytes(bytes(content))
    encoded.clear()
    found = tokenise(TEXTS, tokenizer, max_length=24, cache=tmp_path)
    assert encoded == [20, 20, 15]
    assert_same(found, tokenise(TEXTS, tokenizer, max_length=24))


def interrupt(encoded: list[int]) -> None:
    if len(encoded) == 3:
        raise KeyboardInterrupt


def test_a_cache_that_cannot_be_written_is_done_without(tokenizer, encoded, tmp_path):
    (tmp_path / "file").write_text("in the way")
    found = tokenise(TEXTS, tokenizer, max_length=24, cache=tmp_path / "file")
    assert_same(found, tokenise(TEXTS, tokenizer, max_length=24))
