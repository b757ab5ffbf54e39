"""Words to be guessed from what stands around them: which tokens are hidden, and by what (Devlin et al. 2019).

Whole words are hidden, so that none is guessed from its own pieces. What begins a word is read off the vocabulary:
WordPiece marks the pieces that go on with one, SentencePiece and byte-level BPE those that begin one.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from tunelet.data._batches import Batch
from tunelet.errors import ModelError

SHARE = 0.15  # of the tokens
_HIDDEN, _EXCHANGED = 0.8, 0.1  # of these, by the mask token and by any other; the rest stay as they are
_GOES_ON = "##"
_BEGINS = ("\u2581", "\u0120")  # of SentencePiece and of byte-level BPE


@dataclass(frozen=True)
class Masked:
    """A batch with hidden words.

    Attributes:
        batch: its token ids are those that the model reads.
        places: int64 [m], indices into the T tokens: those to be guessed.
        words: int64 [m], the token ids that stood at these places.
    """

    batch: Batch
    places: np.ndarray
    words: np.ndarray


@dataclass(frozen=True)
class Masking:
    """How texts of a tokenizer are masked.

    Attributes:
        mask: id of the mask token.
        begins: bool [vocabulary], the tokens that begin a word.
        content: bool [vocabulary], all but special tokens.
    """

    mask: int
    begins: np.ndarray
    content: np.ndarray

    @classmethod
    def of(cls, tokenizer: Any) -> "Masking":
        """The masking for the vocabulary of a tokenizer. Raises ModelError where it has no mask token."""
        if tokenizer.mask_token_id is None:
            raise ModelError(
                "the tokenizer has no mask token, so no word can be hidden", "name a checkpoint that was trained so"
            )
        tokens = [token or "" for token in tokenizer.convert_ids_to_tokens(range(len(tokenizer)))]
        content = np.ones(len(tokens), dtype=bool)
        content[[number for number in tokenizer.all_special_ids if number < len(tokens)]] = False
        begins = np.fromiter((not token.startswith(_GOES_ON) for token in tokens), dtype=bool, count=len(tokens))
        if begins.all():
            marked = np.fromiter((token.startswith(_BEGINS) for token in tokens), dtype=bool, count=len(tokens))
            begins = marked | ~content if marked.any() else begins
        return cls(int(tokenizer.mask_token_id), begins, content)

    def hide(self, batch: Batch, random: np.random.Generator) -> Masked:
        """Hide words of a batch, each with the same chance."""
        ids = batch.token_ids
        content, firsts = self.content[ids], np.cumsum((0, *batch.lengths))[:-1]
        begins = self.begins[ids] | ~content
        begins[firsts] = True
        begins[1:] |= ~content[:-1]
        word = np.cumsum(begins) - 1  # of each token
        chosen = random.random(word[-1] + 1) < SHARE
        places = np.flatnonzero(chosen[word] & content)
        fate = random.random(len(places))
        shown = ids.copy()
        shown[places[fate < _HIDDEN]] = self.mask
        exchanged = places[(fate >= _HIDDEN) & (fate < _HIDDEN + _EXCHANGED)]
        shown[exchanged] = random.choice(np.flatnonzero(self.content), size=len(exchanged))
        return Masked(Batch(shown, batch.lengths, batch.rows, batch.first_lengths), places, ids[places])
