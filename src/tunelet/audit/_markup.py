"""Remains of HTML and characters that control terminals, before cleaning and after it."""

import re

import numpy as np
from numpy.typing import NDArray

from tunelet._record import Record
from tunelet.audit._part import ExampleRecord, Part

_TAG = re.compile(r"</?[A-Za-z][A-Za-z0-9]{0,15}(?:\s[^<>]{0,500})?/?>|<!--|<!DOCTYPE", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_EXAMPLES = 5


class MarkupRecord(Record):
    """Remains of HTML.

    Attributes:
        tags, entities, controls: texts of the source that hold tags, entities, control characters; None: the source
            was not at hand.
        left: texts that hold tags or entities when cleaning is done.
        examples: of these.
    """

    tags: int | None
    entities: int | None
    controls: int | None
    left: int
    examples: tuple[ExampleRecord, ...]


def left_markup(part: Part) -> NDArray[np.bool_]:
    """Which of n texts hold tags or entities when cleaning is done, bool [n]."""
    return np.fromiter(map(_holds, part.examples.texts), dtype=bool, count=len(part.examples))


def markup(part: Part, left: NDArray[np.bool_]) -> MarkupRecord:
    """Counts of texts; `left` is what `left_markup` says."""
    counts: dict[str, int | None] = {"tags": None, "entities": None, "controls": None}
    if part.written is not None:
        tags = entities = controls = 0
        for text in part.written:
            tags += "<" in text and _TAG.search(text) is not None
            entities += "&" in text and _ENTITY.search(text) is not None
            controls += _CONTROL.search(text) is not None
        counts = {"tags": tags, "entities": entities, "controls": controls}
    examples = tuple(part.example(at) for at in np.flatnonzero(left)[:_EXAMPLES].tolist())
    return MarkupRecord(left=int(left.sum()), examples=examples, **counts)


def _holds(text: str) -> bool:
    tag = "<" in text and _TAG.search(text) is not None
    return tag or ("&" in text and _ENTITY.search(text) is not None)
