"""What the tokenizer of the page does otherwise than the one that the model was trained with.

@huggingface/tokenizers, in JavaScript, knows the usual parts of a `tokenizer.json`. It normalises by fixed rules where
the file has a map of characters of its own (ALBERT, DeBERTa and others of SentencePiece). The characters for which the
two differ are looked up, and the page gives no answer for a text that holds one.
"""

import base64
import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

from tunelet._words import shown
from tunelet.errors import ExportError

_KNOWN = {
    "normalizer": {
        "NFC", "NFD", "NFKC", "NFKD", "Lowercase", "Strip", "StripAccents", "Replace", "BertNormalizer", "Precompiled",
        "Sequence",
    },
    "pre_tokenizer": {
        "BertPreTokenizer", "ByteLevel", "Whitespace", "WhitespaceSplit", "Metaspace", "CharDelimiterSplit", "Split",
        "Punctuation", "Digits", "Sequence",
    },
    "model": {"BPE", "WordPiece", "Unigram"},
    "post_processor": {"ByteLevel", "TemplateProcessing", "RobertaProcessing", "BertProcessing", "Sequence"},
}  # fmt: skip
_BEHAVIOURS = {"Isolated", "Removed"}  # of a split
# What the page's tokenizer does in the place of a map: drops, makes blanks of, and normalises all but the wide tilde.
_DROPPED = re.compile("[\x01-\x08\x0b\x0e-\x1f\x7f\x8f\x9f]")
_BLANK = re.compile("[\t\n\x0c\r\xa0\u1680\u2000-\u200f\u2028\u2029\u202f\u205f\u2581\u3000\ufeff\ufffd]")
_TILDE = "\uff5e"
_MOST = 500  # characters; a map that differs more is for another language, or of another kind


def unlike(tokenizer: Mapping[str, Any]) -> str:
    """The characters that the page reads in another way than the model.

    Args:
        tokenizer: the content of a `tokenizer.json`.

    Raises:
        ExportError: it has a part that the page does not know, or differs too much.
    """
    hint = "pass to='onnx', and run that where the library tokenizers is"
    for kind, known in _KNOWN.items():
        for part in _parts(tokenizer.get(kind)):
            if part.get("type") not in known or part.get("behavior", "Isolated") not in _BEHAVIOURS:
                raise ExportError(f"the page cannot read texts as this model does ({shown(part.get('type'))})", hint)
    normalizers = list(_parts(tokenizer.get("normalizer")))
    lowers = any(part["type"] == "Lowercase" for part in normalizers)
    maps = [part["precompiled_charsmap"] for part in normalizers if part["type"] == "Precompiled"]
    found = "".join(sorted({each for content in maps for each in _differing(content, lowers=lowers)}))
    if len(found) > _MOST:
        raise ExportError("the page cannot read texts as this model does (its map of characters)", hint)
    return found


def _parts(part: Mapping[str, Any] | None) -> Iterator[Mapping[str, Any]]:
    """A part of a tokenizer, and those that it is a sequence of."""
    if part is None:
        return
    yield part
    for name in ("normalizers", "pretokenizers", "processors"):
        for each in part.get(name, ()):
            yield from _parts(each)


def _differing(content: str, *, lowers: bool) -> Iterator[str]:
    """The characters for which a map gives something else than the fixed rules; `lowers`: of small letters alone."""
    from tokenizers import normalizers

    by_map = normalizers.Precompiled(base64.b64decode(content))
    for code in range(1, 0x110000):
        character = chr(code)
        if unicodedata.category(character) in ("Cn", "Co", "Cs") or (lowers and character != character.lower()):
            continue
        if by_map.normalize_str(character) != _by_rules(character):
            yield character


def _by_rules(character: str) -> str:
    kept = _BLANK.sub(" ", _DROPPED.sub("", character))
    return kept if kept == _TILDE else unicodedata.normalize("NFKC", kept)
