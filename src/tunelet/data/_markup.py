"""Cleaning of markup and stray characters, as reviews copied from web pages hold them; `clean_markup = false` skips it.

In this order: `<br>` and tags that end a block become a newline, other known HTML tags vanish (`<grin>` is not one, and
stays), entities are decoded once, line ends become "\\n", characters from 0x80 to 0x9f are read as the Windows-1252
punctuation that they were meant to be (2,300 of them in IMDb), other control characters are dropped, ends are stripped.
"""

import html
import re

_BLOCKS = "p|div|li|ul|ol|dl|dt|dd|h[1-6]|hr|tr|table|blockquote|pre|center"
_INLINE = "a|b|i|u|s|em|strong|span|font|small|big|sub|sup|strike|tt|code|del|ins|q|cite|mark|td|th|tbody|thead|img"
# Possessive: what was matched once is never tried shorter, so a tag that does not end costs no more than its length.
_ATTRIBUTES = r"""(?:\s++[a-z][\w:-]*+(?:\s*+=\s*+(?:"[^"<>]*+"|'[^'<>]*+'|[^\s"'<>=]++))?+)*+\s*+/?"""
_BREAK = re.compile(rf"</?br{_ATTRIBUTES}>", re.IGNORECASE)
_BLOCK = re.compile(rf"</?(?:{_BLOCKS}){_ATTRIBUTES}>", re.IGNORECASE)
_TAG = re.compile(rf"</?(?:{_INLINE}){_ATTRIBUTES}>", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
CONTROLS: dict[int, str | None] = dict.fromkeys([*range(32), *range(0x7F, 0xA0), 0xFEFF])
CONTROLS.update({code: char for code in range(0x80, 0xA0) if (char := bytes([code]).decode("cp1252", "ignore"))})
CONTROLS.update({ord("\t"): "\t", ord("\n"): "\n"})
_HAS_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ufeff]")


def clean(text: str) -> str:
    """The text as its reader saw it, without markup, undisplayable characters and surrounding whitespace."""
    if "<" in text:
        text = _TAG.sub("", _without_blocks(_BREAK.sub("\n", text)))
    if "&" in text:
        text = _ENTITY.sub(lambda match: html.unescape(match[0]), text)
    if _HAS_CONTROL.search(text):
        text = text.replace("\r\n", "\n").replace("\r", "\n").translate(CONTROLS)
    return text.strip()


def _without_blocks(text: str) -> str:
    """Each tag that ends a block becomes a newline, with the white space around it."""
    first, *others = _BLOCK.split(text)
    if not others:
        return text
    # A pattern that began with white space would be tried at every blank of a long run of them.
    return "\n".join([first.rstrip(), *(piece.strip() for piece in others[:-1]), others[-1].lstrip()])
