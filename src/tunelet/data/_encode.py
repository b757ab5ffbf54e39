"""Encoding of texts: special tokens, cutting to length, fields as the tokenizer encodes a pair, and very long texts.

Of a very long text only as many characters are tokenised as its kept tokens can need, from the end that is kept or from
both: a cell of 50 MB would take 3 GB otherwise. Windows end at white space, where tokenizers split, and grow until they
hold more tokens than are kept, so the kept tokens are those of the whole text. Only where 262,144 characters hold too
few (blanks, or one endless word) is the text cut there all the same.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from tunelet.data._chunks import chunks
from tunelet.data._fields import split_fields
from tunelet.data._tokens import Tokens

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

Truncation = Literal["head", "tail", "head+tail"]

_CHUNK = 2000  # texts tokenised at a time: enough to keep the threads busy, little to hold
_CHUNK_CHARACTERS = 2**21  # of a chunk at most; tokenising takes some 60 times their memory
_WINDOW = 16  # characters for each token that is kept, at first
# Characters of the smallest window. A word that is cut by it is so long that neither it nor its beginning is known.
_NARROWEST = 2**10
_WIDEST = 2**18  # characters of the largest window
_SPARE = 16  # tokens at the inner end of a window, which may differ from those of the whole text
_FORMAT = 3  # change it when the meaning of what is stored changes


@dataclass(frozen=True)
class _Ids:
    """Token ids of a field without special tokens: all of them, or those of its head and tail windows."""

    head: list[int]
    tail: list[int] | None = None  # None: `head` is all

    @property
    def length(self) -> int:
        """Tokens of the field; of a very long field, tokens of its encoded windows."""
        return len(self.head) + len(self.tail or ())

    def cut(self, room: int, truncation: Truncation) -> list[int]:
        """At most `room` token ids, from the end or the ends that the truncation keeps."""
        if self.tail is None and len(self.head) <= room:
            return self.head
        head = {"head": room, "tail": 0, "head+tail": room // 4}[truncation]
        end = self.head if self.tail is None else self.tail
        return self.head[:head] + (end[-(room - head) :] if room > head else [])


class Encoder:
    """Encodes texts for one tokenizer, maximum length and truncation.

    Its repr holds all that token ids depend on beside texts and tokenizer: the token cache makes its key of it.
    """

    def __init__(
        self, tokenizer: "PreTrainedTokenizerBase", max_length: int, truncation: Truncation, *, several_fields: bool
    ) -> None:
        self._tokenizer, self._truncation, self._several = tokenizer, truncation, several_fields
        self._max_length = max_length
        self._prefix, self._suffix = _around(tokenizer)
        self._between = _between(tokenizer, self._prefix) if several_fields else []

    def __repr__(self) -> str:
        special = self._prefix, self._between, self._suffix
        return repr((_FORMAT, self._several, special, self._max_length, self._truncation))

    def encode(self, texts: Sequence[str]) -> Tokens:
        """Token ids of n texts."""
        pieces: list[np.ndarray] = []
        first_lengths: list[int] = []
        truncated = content = unknown = 0
        no_word = self._tokenizer.unk_token_id
        for fields in self._fields(texts):
            kept = self._kept(fields)
            truncated += sum(ids.length for ids in fields) > self._room(len(fields))
            content += sum(map(len, kept))
            unknown += sum(ids.count(no_word) for ids in kept) if no_word is not None else 0
            row = [*self._prefix, *kept[0]]
            for ids in kept[1:]:
                row += [*self._between, *ids]
            first_lengths.append(self._first_length(kept))
            pieces.append(np.asarray([*row, *self._suffix], dtype=np.int32))
        lengths = [len(piece) for piece in pieces]
        return Tokens(
            token_ids=np.concatenate(pieces) if pieces else np.empty(0, dtype=np.int32),
            offsets=np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]).astype(np.int64),
            truncated=truncated,
            content=content,
            unknown=unknown,
            first_lengths=np.asarray(first_lengths, dtype=np.int64) if self._several else None,
        )

    def _room(self, fields: int) -> int:
        """Tokens that are left for the texts of so many fields together."""
        special = len(self._prefix) + len(self._suffix) + len(self._between) * (fields - 1)
        return max(0, self._max_length - special)

    def _kept(self, fields: Sequence[_Ids]) -> list[list[int]]:
        """What is kept of each field of a text."""
        shares = _shares([ids.length for ids in fields], self._room(len(fields)))
        return [ids.cut(share, self._truncation) for ids, share in zip(fields, shares, strict=True)]

    def _first_length(self, kept: Sequence[list[int]]) -> int:
        """Tokens of the first field with the special tokens around it."""
        after = min(1, len(self._between)) if len(kept) > 1 else len(self._suffix)
        return len(self._prefix) + len(kept[0]) + after

    def _fields(self, texts: Sequence[str]) -> Iterator[list[_Ids]]:
        """The fields of each text; those that are short are tokenised many at a time."""
        for chunk in chunks(texts, most=_CHUNK, characters=_CHUNK_CHARACTERS, whole=2 * self._window):
            split = [split_fields(text) if self._several else [text] for text in chunk]
            short = [field for fields in split for field in fields if len(field) <= 2 * self._window]
            encoded = iter(self._ids(short))
            for fields in split:
                yield [_Ids(next(encoded)) if len(field) <= 2 * self._window else self._ends(field) for field in fields]

    def _ids(self, texts: list[str], begin: int = 0) -> list[list[int]]:
        """Token ids of each text; `begin` is where a single one begins in its field, for who asks where tokens lie."""
        if not texts:
            return []
        encoded = self._tokenizer(texts, add_special_tokens=False, return_attention_mask=False, verbose=False)
        ids: list[list[int]] = encoded["input_ids"]
        return ids

    @property
    def _window(self) -> int:
        return min(max(_WINDOW * self._max_length, _NARROWEST), _WIDEST)

    def _ends(self, text: str) -> _Ids:
        """Token ids of as much of a long text as can be kept."""
        head = [] if self._truncation == "tail" else self._end(text, tail=False)
        tail = [] if self._truncation == "head" else self._end(text, tail=True)
        if head is None or tail is None:
            return _Ids(*self._ids([text]))
        return _Ids(head, tail)

    def _end(self, text: str, *, tail: bool) -> list[int] | None:
        """Token ids of the first or last characters, as many as are kept; None where all of the text may be encoded."""
        size = self._window
        while 2 * size < len(text):
            part = _last(text, size) if tail else _first(text, size)
            (ids,) = self._ids([part], len(text) - len(part) if tail else 0)
            if len(ids) >= self._max_length + _SPARE or size == _WIDEST:
                return ids
            size = min(4 * size, _WIDEST)
        return None


def _first(text: str, size: int) -> str:
    """The first `size` characters, or fewer, so that they end at white space where there is some near."""
    return text[: next((at for at in range(size, max(size // 2, size - 1000), -1) if text[at].isspace()), size)]


def _last(text: str, size: int) -> str:
    start = len(text) - size
    return text[next((at for at in range(start, min(start + size // 2, start + 1000)) if text[at].isspace()), start) :]


def _shares(lengths: Sequence[int], room: int) -> list[int]:
    """Tokens kept of each field: all where they fit together, else the longest fields are cut to one length."""
    shares = [0] * len(lengths)
    left = room
    for done, at in enumerate(sorted(range(len(lengths)), key=lambda at: lengths[at])):
        shares[at] = min(lengths[at], left // (len(lengths) - done))
        left -= shares[at]
    return shares


def _around(tokenizer: "PreTrainedTokenizerBase") -> tuple[list[int], list[int]]:
    """The special tokens before and after a text, read off what the tokenizer makes of the text "a"."""
    bare = tokenizer("a", add_special_tokens=False)["input_ids"]
    full = tokenizer("a")["input_ids"]
    start = next((i for i in range(len(full) - len(bare) + 1) if full[i : i + len(bare)] == bare), 0)
    return full[:start], full[start + len(bare) :]


def _between(tokenizer: "PreTrainedTokenizerBase", prefix: list[int]) -> list[int]:
    """What the tokenizer puts between the texts of a pair; its separator, or a line break, where it knows no pairs."""
    one, other = (tokenizer(text, add_special_tokens=False)["input_ids"] for text in ("a", "b"))
    try:
        full = tokenizer("a", "b")["input_ids"]
    except (TypeError, ValueError):
        full = []
    begin = len(prefix) + len(one)
    end = next(
        (at for at in range(len(full) - len(other), begin - 1, -1) if full[at : at + len(other)] == other), begin
    )
    if full[begin:end]:
        separator: list[int] = full[begin:end]
        return separator
    if tokenizer.sep_token_id is not None:
        return [tokenizer.sep_token_id]
    line_break: list[int] = tokenizer("\n", add_special_tokens=False)["input_ids"]
    return line_break
