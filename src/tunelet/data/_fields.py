"""Texts of several columns: read together, as a tokenizer reads a pair, and one string everywhere else.

The columns of a row are joined by a character that no text needs, the unit separator of ASCII. To everything that looks
at words it is white space; only the tokenizer's caller takes the string apart again.
"""

from collections.abc import Mapping, Sequence

from tunelet._words import counted
from tunelet.data._markup import clean
from tunelet.data._shape import is_null
from tunelet.errors import DataError

_SEPARATOR = "\x1f"


def join_fields(fields: Sequence[str]) -> str:
    """One text of the fields of a row, "" where all of them are blank."""
    if not any(field and not field.isspace() for field in fields):
        return ""
    return _SEPARATOR.join(field.replace(_SEPARATOR, " ") for field in fields)


def split_fields(text: str) -> list[str]:
    """The fields that `join_fields` made one text of."""
    return text.split(_SEPARATOR)


def shown_fields(text: str) -> str:
    """The text for a reader: its fields as paragraphs."""
    return "\n\n".join(field for field in split_fields(text) if field)


def clean_fields(text: str) -> str:
    """The text with each of its fields cleaned as `clean` does."""
    return join_fields([clean(field) for field in split_fields(text)])


def joined(item: object, columns: Sequence[str], where: str) -> str:
    """One text of what a caller passes for a row of several columns.

    Args:
        item: a list or tuple with a text for each column, a mapping by column, or what `join_fields` returned.
        columns: their names, in the order of training.
        where: of the item, for errors ("text 3").

    Raises:
        DataError: something else, or a column is missing.
    """
    names = " and ".join(map(repr, columns))
    hint = (
        f"pass a tuple of {counted(len(columns), 'text')} or a dict by column for each; or a file: "
        "tunelet predict RUN --input FILE --output FILE"
    )
    fields: list[object]
    if isinstance(item, str):
        fields = list(split_fields(item))
    elif isinstance(item, Mapping):
        fields = [item[name] for name in columns if name in item]
    elif isinstance(item, list | tuple):
        fields = list(item)
    else:
        raise DataError(f"{where}: expected the texts of {names}, found {type(item).__name__}", hint)
    texts = ["" if is_null(field) else field for field in fields]
    if len(texts) != len(columns):
        raise DataError(f"{where}: the run reads {names} together, found {len(texts)} of them", hint)
    kept = [field for field in texts if isinstance(field, str)]
    if len(kept) != len(texts):
        raise DataError(f"{where}: expected the texts of {names}, found something else among them", hint)
    return join_fields(kept)
