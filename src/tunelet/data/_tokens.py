"""Texts to token ids, once: cut to length, laid end to end, kept on disk under the fingerprint of what made them.

The ids lie in a memory-mapped file, so memory does not grow with the data set, and a second run starts at once.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

    from tunelet.data._encode import Truncation
    from tunelet.data._windows import Windows


@dataclass(frozen=True)
class Tokens:
    """Token ids of n texts, special tokens included.

    token_ids: int32 [T], all texts end to end, usually memory-mapped.
    offsets: int64 [n + 1]; text i is token_ids[offsets[i]:offsets[i + 1]].
    truncated: how many texts were longer than allowed.
    content: how many tokens stand for something in a text: all but the special tokens around and between.
    unknown: how many of these are the tokenizer's token for what it does not know.
    first_lengths: int64 [n], of texts of several fields: tokens of the first with the special tokens around it, what
        follows being another segment; None where texts have one field.
    cut: tokens of the texts that are not among these, as near as is known: of a very long text they are estimated.
    windows: int64 [n], the number of windows that each text is read in; its tokens are those of its windows end to end,
        each with special tokens, and as long as `even` makes them. None: texts are read in one piece.
    whole: int64 [n], tokens that each text would have uncut and in one piece, special ones included; of a very long
        text they are estimated. None: nobody counted.
    """

    token_ids: np.ndarray
    offsets: np.ndarray
    truncated: int
    content: int = 0
    unknown: int = 0
    first_lengths: np.ndarray | None = None
    cut: int = 0
    windows: np.ndarray | None = None
    whole: np.ndarray | None = None

    @property
    def lengths(self) -> np.ndarray:
        """Tokens of each text that the model goes through, all windows together, int64 [n]."""
        return np.diff(self.offsets)

    @property
    def text_lengths(self) -> np.ndarray:
        """How long each text is, int64 [n], whatever of it is cut or read twice; as it is read where nobody counted."""
        return self.lengths if self.whole is None else self.whole

    @property
    def total(self) -> int:
        """Tokens of all texts, T."""
        return int(self.offsets[-1])

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def take(self, rows: np.ndarray) -> "Tokens":
        """These texts in this order, in memory; what was counted over all texts is not counted anew."""
        lengths = self.lengths[rows]
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        ids = [self.token_ids[self.offsets[row] : self.offsets[row + 1]] for row in rows]
        return Tokens(np.concatenate(ids), offsets, truncated=0, **self._of_texts(rows))

    def followed_by(self, others: "Tokens") -> "Tokens":
        """These texts and then those, both of one tokenizer, in memory; what was counted is not counted anew."""
        return Tokens.together([self, others])

    @classmethod
    def together(cls, parts: Sequence["Tokens"]) -> "Tokens":
        """All texts of the parts, one or more and of one tokenizer, in their order and in memory; not counted anew."""
        firsts = [part.first_lengths for part in parts if part.first_lengths is not None]
        wholes = [part.whole for part in parts if part.whole is not None]
        windows = None
        if any(part.windows is not None for part in parts):
            windows = np.concatenate(
                [np.ones(len(part), dtype=np.int64) if part.windows is None else part.windows for part in parts]
            )
        return cls(
            np.concatenate([part.token_ids[: part.total] for part in parts]),
            np.cumsum(np.concatenate([[0], *(part.lengths for part in parts)])).astype(np.int64),
            truncated=0,
            first_lengths=np.concatenate(firsts) if len(firsts) == len(parts) else None,
            windows=windows,
            whole=np.concatenate(wholes) if len(wholes) == len(parts) else None,
        )

    def text(self, row: int) -> "Tokens":
        """One text alone."""
        begin, end = int(self.offsets[row]), int(self.offsets[row + 1])
        own = self._of_texts(slice(row, row + 1))
        return Tokens(self.token_ids[begin:end], np.array([0, end - begin]), truncated=0, **own)

    def _of_texts(self, rows: np.ndarray | slice) -> dict[str, Any]:
        """What is known of these texts, one by one."""
        return {
            name: None if of_all is None else of_all[rows]
            for name, of_all in (
                ("first_lengths", self.first_lengths),
                ("windows", self.windows),
                ("whole", self.whole),
            )
        }


def tokenise(
    texts: Sequence[str],
    tokenizer: "PreTrainedTokenizerBase",
    *,
    max_length: int,
    truncation: "Truncation" = "head+tail",
    several_fields: bool = False,
    windows: "Windows | None" = None,
    cache: Path | None = None,
    advance: Callable[[int], None] | None = None,
) -> Tokens:
    """Token ids of `texts`, read from the cache where they were encoded before.

    Args:
        texts: n texts.
        tokenizer: of the model that will read them.
        max_length: most tokens of a text, or of one of its windows, special tokens included.
        truncation: which part of a longer text stays: its head, its tail, or a quarter from the head and the rest from
            the tail (Sun et al. 2019, section 5.3.1, found this best on IMDb). "windows": all of it, in windows.
        several_fields: whether texts are what `join_fields` made; the fields are encoded as the tokenizer encodes a
            pair of texts, and of those that are too long together the longest are cut.
        windows: those that the truncation of this name means; None: there are none.
        cache: folder of the cache; None keeps the result in memory. A cache that cannot be written is done without.
        advance: called with the number of texts that are done, where there are many and they go into the cache.

    Raises:
        RecipeError: the windows overlap by more than half.
    """
    from tunelet.data._encode import Encoder

    encoder = Encoder(tokenizer, max_length, truncation, several_fields=several_fields, windows=windows)
    if cache is None:
        return encoder.encode(texts)
    from tunelet.data._token_cache import load, store
    from tunelet.data._token_parts import PART, stored

    folder = cache / "tokens" / _fingerprint(texts, tokenizer, encoder)
    tokens = load(folder)
    if tokens is None and len(texts) > PART:
        tokens = stored(texts, encoder, folder, advance)
    if tokens is None:
        encoded = encoder.encode(texts)
        # What was stored is read back: the ids then lie in the file and not in memory.
        tokens = (load(folder) if store(encoded, folder) else None) or encoded
    return tokens


def _fingerprint(texts: Sequence[str], tokenizer: "PreTrainedTokenizerBase", encoder: object) -> str:
    digest = hashlib.sha256()
    backend = getattr(tokenizer, "backend_tokenizer", None)
    digest.update((backend.to_str() if backend is not None else repr(sorted(tokenizer.get_vocab().items()))).encode())
    digest.update(repr((type(tokenizer).__name__, encoder)).encode())
    for text in texts:
        data = text.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "little"))
        digest.update(data)
    return digest.hexdigest()[:32]
