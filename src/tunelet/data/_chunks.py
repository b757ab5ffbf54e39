"""Any number of texts or rows, a bounded part of them at a time."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")


def packed(items: Iterable[tuple[int, Item]], *, most: int, size: int) -> Iterator[list[Item]]:
    """The items in their order, in lists of bounded size. An iterator is read as far as the next list needs it.

    Args:
        items: any number of them, each behind its own size.
        most: items in a list.
        size: of all items in a list; a larger one is a list by itself.
    """
    pack: list[Item] = []
    held = 0
    for own, item in items:
        if pack and (len(pack) == most or held + own > size):
            yield pack
            pack, held = [], 0
        pack.append(item)
        held += own
    if pack:
        yield pack


def chunks(texts: Iterable[str], *, most: int, characters: int, whole: int | None = None) -> Iterator[list[str]]:
    """Texts, `packed` by their characters.

    Args:
        texts: any number of them.
        most: texts in a list.
        characters: of all texts in a list; a longer text is a list by itself.
        whole: of each text only so many characters count; None: all.
    """
    sized = ((len(text) if whole is None else min(len(text), whole), text) for text in texts)
    return packed(sized, most=most, size=characters)
