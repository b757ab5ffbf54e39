"""Where the tokens of a text lie in it, as far as the model reads it: for whoever asks which words decided."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tunelet.data._encode import Encoder, Truncation
from tunelet.data._fields import split_fields
from tunelet.data._windows import Windows
from tunelet.errors import ModelError

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


@dataclass(frozen=True, eq=False)
class TokenSpans:
    """The tokens of one text that a model reads, special tokens included, as `tokenise` makes them.

    Attributes:
        token_ids: int64 [L].
        special: which tokens stand around and between texts and for nothing in them, bool [L].
        begins, ends: of each token, the characters of the text that it stands for, int64 [L]; 0 and 0 of special ones.
            A text of several fields is one string here, as `join_fields` makes it.
        first_length: tokens of the first field with the special tokens around it; None where texts have one field.
        windows: tokens of each window of the text, which lie end to end; None where texts are read in one piece.
    """

    token_ids: NDArray[np.int64]
    special: NDArray[np.bool_]
    begins: NDArray[np.int64]
    ends: NDArray[np.int64]
    first_length: int | None
    windows: tuple[int, ...] | None = None


def token_spans(
    text: str,
    tokenizer: "PreTrainedTokenizerBase",
    *,
    max_length: int,
    truncation: Truncation,
    several_fields: bool,
    windows: Windows | None = None,
) -> TokenSpans:
    """The tokens of a text and where they lie; the arguments are those of `tokenise`.

    Raises:
        ModelError: the tokenizer does not say where its tokens lie.
    """
    encoder = _SpanEncoder(tokenizer, max_length, truncation, several_fields=several_fields, windows=windows)
    return encoder.spans(text)


class _SpanEncoder(Encoder):
    """Cuts numbers of tokens where an encoder cuts their ids; `_found` has the tokens by number."""

    def spans(self, text: str) -> TokenSpans:
        self._found: list[tuple[int, int, int]] = []
        (fields,) = self._fields([text])
        kept = self._kept(fields)
        begins_of_fields = np.cumsum([0, *(len(field) + 1 for field in split_fields(text))]) if self._several else [0]
        rows: list[tuple[int, int, int]] = []
        windows: list[int] = []
        for part in self._parts(kept):
            before = len(rows)
            rows += [(token, -1, 0) for token in self._prefix]
            for number, (field, begin) in enumerate(zip(part, begins_of_fields, strict=False)):
                rows += [(token, -1, 0) for token in self._between] if number else []
                rows += [(token, begin + start, begin + end) for token, start, end in (self._found[at] for at in field)]
            rows += [(token, -1, 0) for token in self._suffix]
            windows.append(len(rows) - before)
        token_ids, begins, ends = np.array(rows, dtype=np.int64).reshape(-1, 3).T
        special = begins < 0
        return TokenSpans(
            token_ids,
            special,
            np.where(special, 0, begins),
            ends,
            first_length=self._first_length(kept) if self._several else None,
            windows=None if self._windows is None else tuple(windows),
        )

    def _ids(self, texts: list[str], begin: int = 0) -> list[list[int]]:
        if not texts:
            return []
        try:
            encoded = self._tokenizer(
                texts,
                add_special_tokens=False,
                return_attention_mask=False,
                return_offsets_mapping=True,
                verbose=False,
            )
            found = encoded["offset_mapping"]
        except (NotImplementedError, ValueError, KeyError):  # a tokenizer in Python refuses, or says nothing of them
            raise ModelError(
                "the tokenizer of this model does not say where in a text its tokens lie",
                "explain the run's baseline: baseline=True",
            ) from None
        numbers = []
        for ids, offsets in zip(encoded["input_ids"], found, strict=True):
            numbers.append(list(range(len(self._found), len(self._found) + len(ids))))
            self._found += [
                (token, begin + start, begin + end) for token, (start, end) in zip(ids, offsets, strict=True)
            ]
        return numbers
