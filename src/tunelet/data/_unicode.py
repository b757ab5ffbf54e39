"""What counts of a text's characters: normal forms in linear time, and characters that no reader sees."""

import re
import unicodedata
from functools import cache
from typing import Literal

# Soft hyphen, joiners that join nothing, directions, fillers, byte order mark; controls that are no white space.
_UNSEEN = (
    "\\x00-\\x08\\x0e-\\x1b\\x7f-\\x84\\x86-\\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f"
    "\u202a-\u202e\u2060-\u206f\u2800\u3164\ufeff\uffa0\ufff0-\ufffb"
)
# Seen where they choose between forms of what stands beside them (emoji, Persian, Indic scripts), unseen elsewhere.
_JOINERS = "\u200c\u200d\ufe00-\ufe0f"
_TO_DROP = re.compile(f"[{_UNSEEN}]+")
_TO_IGNORE = re.compile(f"[{_UNSEEN}{_JOINERS}]+")
_LONGEST_RUN = 30  # combining marks in a row that any language may need, with room to spare
_FEW = 1000  # characters that may be normalised whatever they are
_NOT_LATIN = re.compile(f"[^\\x00-\u02ff]{{{_LONGEST_RUN}}}")  # a quick search that finds any run of marks, too
_JOINER_OF_NOTHING = "\u034f"  # COMBINING GRAPHEME JOINER


def well_formed(text: str) -> str:
    """Half a surrogate pair (JSON can escape one) is no character: it becomes U+FFFD, which can be encoded."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def normal_form(form: Literal["NFC", "NFD", "NFKC"], text: str) -> str:
    """The normal form of a text, in time linear in its length.

    Sorting a run of n combining marks costs n^2, so runs are cut as in the Stream-Safe Text Format (UAX #15, section
    13): a joiner goes in after every 30 marks. Texts of any language are left alone by that.
    """
    if text.isascii():
        return text
    if len(text) > _FEW and _NOT_LATIN.search(text):
        text = _run_of_marks().sub(lambda run: f"{run[0]}{_JOINER_OF_NOTHING}", text)
    return unicodedata.normalize(form, text)


def as_seen(text: str) -> str:
    """A short text as a reader sees it: composed, unseen characters gone, white space single, none at the ends."""
    if not text.isascii() or not text.isprintable():
        text = _TO_DROP.sub("", normal_form("NFC", text))
    return " ".join(text.split()).strip("\u200c\u200d")


def without_unseen(text: str) -> str:
    """A text without any character that may be invisible; what is left is for comparing, not for showing."""
    return text if text.isascii() and text.isprintable() else _TO_IGNORE.sub("", text)


@cache
def _run_of_marks() -> re.Pattern[str]:
    marks = [code for code in range(0x300, 0x20000) if unicodedata.combining(chr(code))]
    ranges: list[list[int]] = []
    for code in marks:
        if ranges and code == ranges[-1][1] + 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    listed = "".join(f"{chr(low)}-{chr(high)}" for low, high in ranges)
    return re.compile(f"[{listed}]{{{_LONGEST_RUN}}}(?!{_JOINER_OF_NOTHING})")  # not where it was cut before
