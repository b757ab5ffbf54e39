"""No text makes a function that touches texts take more time than in proportion to its length.

Repetitions of short pieces are what patterns and normal forms are slow on. Four times the text may take ten times as
long, or a tenth of a second: a quadratic function takes sixteen times as long, and seconds. Processor time is counted.
"""

import time
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from encoders import minilm_folder
from tunelet._output import visible
from tunelet.data import clean, clean_fields, normalise, tokenise
from tunelet.data._labels import label_name
from tunelet.data._spellings import look, look_alikes
from tunelet.data._split import split
from tunelet.data._unicode import normal_form
from tunelet.data.readers._header import header_reason
from tunelet.evaluation._ngrams import Corpus
from tunelet.model import load_tokenizer

ALPHABET = (
    "<>/=&;#!-_.,:'\" \t\n\r\0\x1f\x85aAbx09p\u00a0\u00ad\u0301\u0316\u0327\u0345\u05b0\u200b\u200d\u034f\u1100\u1161"
    "\u11a8\uac00\ufb01\ufdfa\ufe0f\ufeff\U0001f600"
)
PIECE = st.one_of(
    st.text(ALPHABET, min_size=1, max_size=3),
    st.sampled_from(["<a ", "<p ", "</p>", "<br ", ' x="', "x='", "x=1 ", "&#1", "&amp", "&lt;", "a-", "a_1", "1.0"]),
)  # fmt: skip


@cache
def tokenizer() -> Any:
    return load_tokenizer(minilm_folder())


def baseline(text: str) -> Any:
    half = len(text) // 2
    texts = [text[:half] + " word", text[half:] + " word"]
    return [kind.ngrams().features(texts) for kind in Corpus(texts).learn(np.arange(2))]


FUNCTIONS: dict[str, tuple[Callable[[str], Any], int]] = {
    "clean": (clean, 20_000),
    "clean fields": (clean_fields, 20_000),
    "normalise": (normalise, 20_000),
    "NFC": (lambda text: normal_form("NFC", text), 20_000),
    "a label": (label_name, 20_000),
    "look": (look, 20_000),
    "look-alikes": (lambda text: look_alikes([text, text.upper()]), 20_000),
    "made visible": (visible, 20_000),
    "header": (lambda text: header_reason([[text, text], ["a", text]]), 20_000),
    "tokenise": (lambda text: tokenise([text], tokenizer(), max_length=64), 20_000),
    "baseline": (baseline, 2_000),
}


def seconds(function: Callable[[str], Any], text: str) -> float:
    begin = time.process_time()
    function(text)
    return time.process_time() - begin


@pytest.mark.parametrize("name", FUNCTIONS)
def test_time_grows_with_the_length(name: str) -> None:
    function, size = FUNCTIONS[name]

    @settings(deadline=None, max_examples=25)
    @given(st.text(ALPHABET, max_size=3), PIECE, st.text(ALPHABET, max_size=2))
    @example("a<b", "\n", "")
    @example("<a", " ", "")
    @example("e", "\u0301\u0316", "")
    @example("", "<p", "")
    @example("<p x=", "'", "")
    def bounded(before: str, piece: str, after: str) -> None:
        text = before + piece * (size // len(piece)) + after
        longer = before + piece * (4 * size // len(piece)) + after
        short, long = seconds(function, text), seconds(function, longer)
        if long > max(0.1, 10 * short):  # once more, for what else the machine does
            short, long = max(short, seconds(function, text)), min(long, seconds(function, longer))
        assert long <= max(0.1, 10 * short), (name, before, piece, after, short, long)

    bounded()


def test_many_copies_are_split_in_linear_time() -> None:
    from tunelet.data import Examples

    def of(size: int) -> Examples:
        texts = tuple(f"text {row % 7}" for row in range(size))
        return Examples(tuple(map(str, range(size))), texts, tuple("ab"[row % 2] for row in range(size)))

    one, many = of(5_000), of(20_000)
    short, long = (seconds(lambda _, part=part: split(part, validation_size=0.2, seed=1), "") for part in (one, many))  # type: ignore[misc]
    assert long <= max(0.3, 10 * short)
