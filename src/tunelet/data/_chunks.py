"""Any number of texts, a bounded part of them at a time."""

from collections.abc import Iterable, Iterator


def chunks(texts: Iterable[str], *, most: int, characters: int, whole: int | None = None) -> Iterator[list[str]]:
    """The texts in their order, in lists of bounded size. An iterator is read as far as the next list needs it.

    Args:
        texts: any number of them.
        most: texts in a list.
        characters: of all texts in a list; a longer text is a list by itself.
        whole: of each text only so many characters count; None: all.
    """
    chunk: list[str] = []
    held = 0
    for text in texts:
        counted = len(text) if whole is None else min(len(text), whole)
        if chunk and (len(chunk) == most or held + counted > characters):
            yield chunk
            chunk, held = [], 0
        chunk.append(text)
        held += counted
    if chunk:
        yield chunk
