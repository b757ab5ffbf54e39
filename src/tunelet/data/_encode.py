"""Encoding of texts: special tokens, cutting to length, fields as the tokenizer encodes a pair, and very long texts.

Of a very long text only as many characters are tokenised as its kept tokens can need, from the end that is kept or from
both: a cell of 50 MB would take 3 GB otherwise. Such a stretch ends at white space, where tokenizers split, and grows
until it holds more tokens than are kept, so the kept tokens are those of the whole text. Only where 262,144 characters
hold too few (blanks, or one endless word) is the text cut there all the same.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from tunelet.data._chunks import chunks
from tunelet.data._fields import split_fields
from tunelet.data._tokens import Tokens
from tunelet.data._windows import Windows

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

Truncation = Literal["head", "tail", "head+tail", "windows"]

_CHUNK = 2000  # texts tokenised at a time: enough to keep the threads busy, little to hold
_CHUNK_CHARACTERS = 2**21  # of a chunk at most; tokenising takes some 60 times their memory
_CHARACTERS = 16  # of a stretch, for each token that is kept, at first
# Characters of the smallest stretch. A word that is cut by it is so long that neither it nor its beginning is known.
_NARROWEST = 2**10
_WIDEST = 2**18  # characters of the largest stretch
_SPARE = 16  # tokens at the inner end of a stretch, which may differ from those of the whole text
_FORMAT = 5  # change it when the meaning of what is stored changes


@dataclass(frozen=True)
class _Ids:
    """Token ids of a field without special tokens: all of them, or those of its first and last characters."""

    head: list[int]
    tail: list[int] | None = None  # None: `head` is all
    unread: int = 0  # tokens between the two, or behind or before the one that there is, by estimate

    @property
    def length(self) -> int:
        """Tokens of the field; of a very long field, those of the parts that were encoded."""
        return len(self.head) + len(self.tail or ())

    def cut(self, room: int, truncation: Truncation) -> list[int]:
        """At most `room` token ids, from the end or the ends that the truncation keeps."""
        if self.tail is None and len(self.head) <= room:
            return self.head
        head = {"head": room, "tail": 0, "head+tail": room // 4, "windows": room}[truncation]
        end = self.head if self.tail is None else self.tail
        return self.head[:head] + (end[-(room - head) :] if room > head else [])


class Encoder:
    """Encodes texts for one tokenizer, maximum length, truncation and windows.

    Its repr holds all that token ids depend on beside texts and tokenizer: the token cache makes its key of it.
    """

    def __init__(
        self,
        tokenizer: "PreTrainedTokenizerBase",
        max_length: int,
        truncation: Truncation,
        *,
        several_fields: bool,
        windows: Windows | None = None,
    ) -> None:
        if (truncation == "windows") != (windows is not None):
            raise ValueError("windows go with the truncation of this name")
        if windows is not None and several_fields:
            raise ValueError("a window shows a text of one field")
        self._tokenizer, self._truncation, self._several = tokenizer, truncation, several_fields
        self._max_length, self._windows = max_length, windows
        self._prefix, self._suffix = _around(tokenizer)
        self._between = _between(tokenizer, self._prefix) if several_fields else []
        # Tokens of a text that are kept at most, special tokens included.
        self._longest = max_length if windows is None else windows.capacity(self._room(1)) + self._special(1)

    def __repr__(self) -> str:
        special = self._prefix, self._between, self._suffix
        return repr((_FORMAT, self._several, special, self._max_length, self._truncation, self._windows))

    def encode(self, texts: Sequence[str]) -> Tokens:
        """Token ids of n texts."""
        pieces: list[np.ndarray] = []
        first_lengths: list[int] = []
        windows: list[int] = []
        whole: list[int] = []
        truncated = content = unknown = cut = 0
        no_word = self._tokenizer.unk_token_id
        for fields in self._fields(texts):
            kept = self._kept(fields)
            whole.append(sum(ids.length + ids.unread for ids in fields) + self._special(len(fields)))
            lost = sum(ids.length for ids in fields) - self._kept_at_most(len(fields))
            if lost > 0:
                truncated += 1
                cut += lost + sum(ids.unread for ids in fields)
            row: list[int] = []
            parts = self._parts(kept)
            for part in parts:
                content += sum(map(len, part))
                unknown += sum(ids.count(no_word) for ids in part) if no_word is not None else 0
                row += [*self._prefix, *part[0]]
                for ids in part[1:]:
                    row += [*self._between, *ids]
                row += self._suffix
            first_lengths.append(self._first_length(kept))
            windows.append(len(parts))
            pieces.append(np.asarray(row, dtype=np.int32))
        lengths = [len(piece) for piece in pieces]
        return Tokens(
            token_ids=np.concatenate(pieces) if pieces else np.empty(0, dtype=np.int32),
            offsets=np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]).astype(np.int64),
            truncated=truncated,
            content=content,
            unknown=unknown,
            first_lengths=np.asarray(first_lengths, dtype=np.int64) if self._several else None,
            cut=cut,
            windows=np.asarray(windows, dtype=np.int64) if self._windows is not None else None,
            whole=np.asarray(whole, dtype=np.int64),
        )

    def _special(self, fields: int) -> int:
        """Special tokens around and between so many fields."""
        return len(self._prefix) + len(self._suffix) + len(self._between) * (fields - 1)

    def _room(self, fields: int) -> int:
        """Tokens that are left for the texts of so many fields together, or for a window of a text."""
        return max(0, self._max_length - self._special(fields))

    def _kept_at_most(self, fields: int) -> int:
        """Tokens that are kept of so many fields together, without special tokens."""
        return max(0, self._longest - self._special(fields))

    def _kept(self, fields: Sequence[_Ids]) -> list[list[int]]:
        """What is kept of each field of a text."""
        shares = _shares([ids.length for ids in fields], self._kept_at_most(len(fields)))
        return [ids.cut(share, self._truncation) for ids, share in zip(fields, shares, strict=True)]

    def _parts(self, kept: list[list[int]]) -> list[list[list[int]]]:
        """What is kept of a text in the pieces that the model reads one by one: each field of each."""
        if self._windows is None:
            return [kept]
        (ids,) = kept
        return [[ids[begin:end]] for begin, end in self._windows.bounds(len(ids), self._room(1))]

    def _first_length(self, kept: Sequence[list[int]]) -> int:
        """Tokens of the first field with the special tokens around it."""
        after = min(1, len(self._between)) if len(kept) > 1 else len(self._suffix)
        return len(self._prefix) + len(kept[0]) + after

    def _fields(self, texts: Sequence[str]) -> Iterator[list[_Ids]]:
        """The fields of each text; those that are short are tokenised many at a time."""
        whole = 2 * self._stretch  # characters up to which all of a field is tokenised
        for chunk in chunks(texts, most=_CHUNK, characters=_CHUNK_CHARACTERS, whole=whole):
            split = [split_fields(text) if self._several else [text] for text in chunk]
            short = [field for fields in split for field in fields if len(field) <= whole]
            encoded = iter(self._ids(short))
            for fields in split:
                yield [_Ids(next(encoded)) if len(field) <= whole else self._ends(field) for field in fields]

    def _ids(self, texts: list[str], begin: int = 0) -> list[list[int]]:
        """Token ids of each text; `begin` is where a single one begins in its field, for who asks where tokens lie."""
        if not texts:
            return []
        encoded = self._tokenizer(texts, add_special_tokens=False, return_attention_mask=False, verbose=False)
        ids: list[list[int]] = encoded["input_ids"]
        return ids

    @property
    def _stretch(self) -> int:
        return min(max(_CHARACTERS * self._longest, _NARROWEST), _WIDEST)

    def _ends(self, text: str) -> _Ids:
        """Token ids of as much of a long text as can be kept."""
        nothing: tuple[list[int], int] = ([], 0)
        head = nothing if self._truncation == "tail" else self._end(text, tail=False)
        tail = nothing if self._truncation in ("head", "windows") else self._end(text, tail=True)
        if head is None or tail is None:
            return _Ids(self._ids([text])[0])
        (first, before), (last, behind) = head, tail
        tokens_a_character = (len(first) + len(last)) / max(1, before + behind)
        return _Ids(first, last, unread=round(tokens_a_character * (len(text) - before - behind)))

    def _end(self, text: str, *, tail: bool) -> tuple[list[int], int] | None:
        """Token ids of the first or last characters, as many as are kept, and how many characters these are.

        None: all of the text may be encoded.
        """
        size = self._stretch
        while 2 * size < len(text):
            part = _last(text, size) if tail else _first(text, size)
            (ids,) = self._ids([part], len(text) - len(part) if tail else 0)
            if len(ids) >= self._longest + _SPARE or size == _WIDEST:
                return ids, len(part)
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
