"""Which words of a batch are hidden, and by what."""

import numpy as np
import pytest
from transformers import AutoTokenizer

from encoders import minilm_folder
from tunelet.data import Masking, gather, tokenise
from tunelet.data._masking import SHARE
from tunelet.errors import ModelError

TEXTS = [f"Unbelievably preposterous screenwriting {number}, antidisestablishmentarian." for number in range(300)]


@pytest.fixture(scope="module")
def tokenizer():
    return AutoTokenizer.from_pretrained(minilm_folder())


@pytest.fixture(scope="module")
def batch(tokenizer):
    tokens = tokenise(TEXTS, tokenizer, max_length=64)
    return gather(tokens, np.arange(len(TEXTS)))


def test_about_fifteen_in_a_hundred_tokens_are_guessed_and_four_fifths_of_them_hidden(tokenizer, batch):
    masking = Masking.of(tokenizer)
    found = masking.hide(batch, np.random.default_rng(0))
    share = len(found.places) / masking.content[batch.token_ids].sum()
    assert abs(share - SHARE) < 0.03
    shown = found.batch.token_ids[found.places]
    assert abs((shown == tokenizer.mask_token_id).mean() - 0.8) < 0.06
    assert abs((shown == found.words).mean() - 0.1) < 0.06
    assert (found.words == batch.token_ids[found.places]).all()
    untouched = np.setdiff1d(np.arange(len(batch.token_ids)), found.places)
    assert (found.batch.token_ids[untouched] == batch.token_ids[untouched]).all()


def test_no_special_token_is_hidden(tokenizer, batch):
    found = Masking.of(tokenizer).hide(batch, np.random.default_rng(0))
    assert not np.isin(found.words, tokenizer.all_special_ids).any()


def test_a_word_is_hidden_with_all_its_pieces_or_not_at_all(tokenizer, batch):
    found = Masking.of(tokenizer).hide(batch, np.random.default_rng(0))
    hidden = np.zeros(len(batch.token_ids), dtype=bool)
    hidden[found.places] = True
    pieces = [token.startswith("##") for token in tokenizer.convert_ids_to_tokens(batch.token_ids)]
    assert any(pieces)
    for place in np.flatnonzero(pieces):
        assert hidden[place] == hidden[place - 1]


def test_one_seed_hides_the_same_words(tokenizer, batch):
    masking = Masking.of(tokenizer)
    first, again = (masking.hide(batch, np.random.default_rng((1, 2))) for _ in range(2))
    assert (first.places == again.places).all()
    assert (first.batch.token_ids == again.batch.token_ids).all()


def test_words_of_a_vocabulary_that_marks_beginnings():
    class ByteLevel:
        mask_token_id, all_special_ids = 5, [0, 1, 5]

        def __len__(self) -> int:
            return 6

        def convert_ids_to_tokens(self, ids):
            return [["<s>", "</s>", "\u0120good", "ness", "film", "<mask>"][number] for number in ids]

    assert Masking.of(ByteLevel()).begins.tolist() == [True, True, True, False, False, True]


def test_a_tokenizer_without_a_mask_token_is_refused():
    class Unmasked:
        mask_token_id = None

    with pytest.raises(ModelError, match="no mask token"):
        Masking.of(Unmasked())
