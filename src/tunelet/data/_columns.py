"""Which column holds the texts and which the labels, each with its reason: names decide first, then the values' shape.

Nothing is guessed between equals: two candidates of the same rank are an error that names both and the flag to pass.
"""

import difflib
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from tunelet._choice import Choice
from tunelet._words import counted, points
from tunelet.data._raw import RawTable
from tunelet.data._shape import Shape, shape_of
from tunelet.data._spellings import some
from tunelet.errors import DataError

# A rank is consulted only when those before it name no column.
TEXT_NAMES = (
    ("text", "texts", "review", "reviews", "sentence", "content", "comment", "body", "message", "document", "tweet"),
    (
        "review_text",
        "text_clean",
        "clean_text",
        "post",
        "article",
        "utterance",
        "question",
        "sms",
        "email",
        "description",
    ),
    ("title", "headline", "subject", "summary"),
)
_LABEL_NAMES = (
    ("label", "labels", "sentiment", "category", "class", "target", "y"),
    ("polarity", "topic", "intent", "emotion", "tag", "genre", "spam", "is_spam"),
    ("rating", "ratings", "stars", "score", "grade"),
)
_ID_NAMES = ("id", "ids", "idx", "guid", "uuid", "uid", "index", "row_id", "text_id", "review_id", "unnamed_0")
_NOT_CONTENT = {"id", "idx", "index", "length", "len", "count", "words", "date", "time", "url", "hash", "lang"}
_NOT_CONTENT |= {"language", "user", "author", "name", "type", "source"}

KNOWN_NAMES = frozenset(name for rank in (*TEXT_NAMES, *_LABEL_NAMES, _ID_NAMES) for name in rank)

NO_TEXT_WORDS = frozenset({*_NOT_CONTENT, *_LABEL_NAMES[0]})  # `label_text` holds labels

TRAINED_ON = "the column that was trained on"
ABSENT = "there is none called "
_NAMED = "named with --"


@dataclass(frozen=True)
class Columns:
    """The columns chosen.

    Attributes:
        text: the column of the texts, as a screen shows it ("title + body" where several are read together).
        label: the column of the labels; None where no labels are needed.
        ids: columns named as ids, the likeliest first.
        texts: the names behind `text`.
    """

    text: Choice[str]
    label: Choice[str] | None
    ids: tuple[str, ...]
    texts: tuple[str, ...]


def choose_columns(
    table: RawTable,
    *,
    text: str | Sequence[str] | None,
    label: str | None,
    labelled: bool,
    known: Mapping[str, str | Sequence[str]] = MappingProxyType({}),
    apart: Collection[str] = (),
) -> Columns:
    """The columns of texts and labels in a table.

    Args:
        table: the training split.
        text: the column that the user named, if any; several are read together, in this order.
        label: the column that the user named, if any.
        labelled: whether labels are needed.
        known: role ("text", "label") -> the columns that a run was trained on, which go before any recognition.
        apart: columns that are named for something else, and so are not recognised.

    Raises:
        DataError: a named column is missing, none fits, or several do.
    """
    shapes = {name: shape_of(values) for name, values in table.columns.items() if name not in apart}
    chosen_texts = _texts(table, listed(text), listed(known.get("text")))
    chosen_text = chosen_texts[0] if chosen_texts else None
    chosen_label = column_named(table, label, "label") or _trained(table, known, "label") if labelled else None
    if chosen_label and chosen_label.value in [choice.value for choice in chosen_texts]:
        raise DataError(
            f"column {chosen_label.value!r} is named for the texts and for the labels",
            "name two columns: text='COL' and label='COL'",
        )

    ids = [name for name in shapes if plain_name(name) in _ID_NAMES]
    free = {name: shape for name, shape in shapes.items() if name not in ids and shape.values}
    empty = {
        name: shape for name, shape in shapes.items() if not shape.values
    }  # their names still tell what is missing
    for choice in chosen_texts:
        free.pop(choice.value, None)
    if labelled and not chosen_label:
        chosen_label = _by_name(free, _LABEL_NAMES, "label") or _by_name(empty, _LABEL_NAMES[:1], "label")
    if chosen_label:
        free.pop(chosen_label.value, None)
    if not chosen_text:
        chosen_text = _by_name(free, TEXT_NAMES, "text") or _by_name(empty, TEXT_NAMES[:1], "text")
    if not chosen_text:
        chosen_text = _text_by_shape(free, list(shapes), table)
    free.pop(chosen_text.value, None)
    if labelled and not chosen_label:
        chosen_label = _label_by_shape(free, list(shapes), chosen_text.value, table)
    texts = tuple(choice.value for choice in chosen_texts) or (chosen_text.value,)
    taken = {*texts, chosen_label.value if chosen_label else None}
    ids = sorted(set(ids) - taken, key=lambda name: _ID_NAMES.index(plain_name(name)))
    if not table.headless:
        if "text" not in table.roles:
            chosen_text = _beside_trained(chosen_text, listed(known.get("text")))
        chosen_label = chosen_label and _beside_trained(chosen_label, listed(known.get("label")))
    return Columns(Choice(" + ".join(texts), chosen_text.reason), chosen_label, tuple(ids), texts)


def listed(names: str | Sequence[str] | None) -> list[str]:
    """One name, or several, or none."""
    return [names] if isinstance(names, str) else list(names or ())


def _texts(table: RawTable, named: Sequence[str], known: Sequence[str]) -> list[Choice[str]]:
    """The columns of the texts where they are named, given or known, one or several; else none."""
    if named and known and len(named) != len(known):
        trained = " and ".join(map(repr, known))
        message = f"the run was trained on {trained}, found {counted(len(named), 'name')} of text columns"
        raise DataError(message, "name as many, in the same order: text=['COL', 'OTHER']")
    if len(named) > 1:
        chosen = [choice for name in named if (choice := column_named(table, name, "text"))]
        if len({choice.value for choice in chosen}) < len(chosen):
            message = f"a column of texts is named twice: {', '.join(map(repr, named))}"
            raise DataError(message, "name each once: text=['COL', 'OTHER']")
        return chosen
    if not named and len(known) > 1:
        missing = [name for name in known if name not in table.columns]
        if missing:
            message = f"the run reads {' and '.join(map(repr, known))} together, the data has no {missing[0]!r}"
            raise DataError(message, "name the columns in the same order: text=['COL', 'OTHER']")
        return [Choice(name, TRAINED_ON) for name in known]
    single = column_named(table, named[0] if named else None, "text") or _trained(table, {"text": known}, "text")
    return [single] if single else []


def column_named(table: RawTable, name: str | None, role: str) -> Choice[str] | None:
    """The column that the user named, or that the source gives beyond doubt; None: neither. Raises DataError."""
    if name is None:
        return Choice(role, table.roles[role]) if role in table.roles else None
    columns = list(table.columns)
    same = [column for column in columns if column == name]
    same = same or [column for column in columns if column.casefold() == name.strip().casefold()]
    same = same or [column for column in columns if table.headless and column == f"column {name}"]
    if len(same) == 1:
        return Choice(same[0], f"{_NAMED}{role}")
    message = f"there is no column {name!r} for the {role}s, found {some(columns)}"
    near = difflib.get_close_matches(name, columns, n=1)
    raise DataError(message, f"did you mean {role}={near[0]!r}?" if near else f"pass one of them: {role}='COL'")


def _trained(table: RawTable, known: Mapping[str, str | Sequence[str]], role: str) -> Choice[str] | None:
    """The column that a run was trained on, where the table has it; None: recognise another."""
    name = next(iter(listed(known.get(role))), None)
    same = [column for column in table.columns if name and column.casefold() == name.strip().casefold()]
    same = [column for column in same if column == name] or same
    if len(same) != 1 or (table.headless and role == "text" and not shape_of(table.columns[same[0]]).strings):
        return None  # without a header a name is only a number: that column may hold something else here
    return Choice(same[0], TRAINED_ON)


def _beside_trained(chosen: Choice[str], names: Sequence[str]) -> Choice[str]:
    """The column; where it was recognised, its reason also says which training column is absent."""
    name = " + ".join(names)
    recognised = name and chosen.reason != TRAINED_ON and not chosen.reason.startswith(_NAMED)
    return Choice(chosen.value, f"{chosen.reason}; {ABSENT}{name!r}") if recognised else chosen


def _by_name(shapes: Mapping[str, Shape], ranks: Sequence[Sequence[str]], role: str) -> Choice[str] | None:
    def fits(name: str) -> bool:
        return role == "label" or shapes[name].strings

    words = {name: set(plain_name(name).split("_")) for name in shapes if fits(name)}
    exact = [[name for name in words if plain_name(name) in rank] for rank in ranks]
    beside = NO_TEXT_WORDS if role == "text" else _NOT_CONTENT
    compound = [name for name in words if words[name] & set(ranks[0]) - {"y"} and not words[name] & beside]
    for names in (exact[0], compound, *exact[1:]):
        if len(names) > 1:
            like = [name for name in names if (shapes[name].like_text if role == "text" else shapes[name].like_label)]
            names = like or names
        if len(names) > 1:
            raise _ambiguous(names, role)
        if names:
            return Choice(names[0], "recognised by its name")
    return None


def _text_by_shape(shapes: Mapping[str, Shape], columns: list[str], table: RawTable) -> Choice[str]:
    strings = [name for name, shape in shapes.items() if shape.strings]
    long = sorted((name for name in strings if shapes[name].like_text), key=lambda name: -shapes[name].length)
    prefix = f"{table.headless}; " if table.headless else ""
    if len(long) == 1:
        shape = shapes[long[0]]
        share = f"{points(shape.distinct / shape.values, 0)} of them distinct"
        return Choice(long[0], f"{prefix}its values are long and varied (mean {shape.length:.0f} characters, {share})")
    if len(long) > 1:
        raise _ambiguous(long, "text")
    content = [name for name in strings if not shapes[name].moments] or strings
    varied = [name for name in content if not shapes[name].like_label] or content
    if len(varied) == 1:
        return Choice(varied[0], f"{prefix}the only column of strings that can be texts")
    if varied:
        raise _ambiguous(varied, "text")
    message = f"expected a column of texts, found {some(columns) or 'no columns with values'}"
    deeper = [name for name, shape in shapes.items() if shape.nested]
    lift = f"where they lie within {some(deeper[:3])}, write them into a column of their own; else " if deeper else ""
    named = next((name for name in columns if plain_name(name) in TEXT_NAMES[0]), "COL")
    raise DataError(message, f"{lift}name the column of texts: text={named!r}")


def _label_by_shape(shapes: Mapping[str, Shape], columns: list[str], text: str, table: RawTable) -> Choice[str]:
    like = [name for name, shape in shapes.items() if shape.like_label]
    few = [name for name in like if shapes[name].distinct > 1] or like  # not a column with one value in every row
    prefix = "no header; " if table.headless else ""
    if len(few) == 1:
        distinct = shapes[few[0]].distinct
        return Choice(few[0], f"{prefix}it holds few distinct values ({distinct})")
    if len(few) > 1:
        raise _ambiguous(few, "label")
    if len(shapes) == 1:
        return Choice(next(iter(shapes)), f"{prefix}the only column left beside {text!r}")
    if shapes:
        raise _ambiguous(list(shapes), "label")
    raise DataError(
        f"expected a column of labels beside {text!r}, found {some(columns)}", "add one, or name it: label='COL'"
    )


def _ambiguous(candidates: Sequence[str], role: str) -> DataError:
    return DataError(
        f"several columns could hold the {role}s: {some(candidates)}", f"name one: {role}={candidates[0]!r}"
    )


def names_labels(columns: Sequence[str]) -> bool:
    """Whether a column is called as labels are."""
    return any(plain_name(name) in rank for name in columns for rank in _LABEL_NAMES)


def plain_name(name: str) -> str:
    """`reviewText`, `Review Text` and `review-text` are one name."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.strip())
    return re.sub(r"[\W_]+", "_", spaced.casefold()).strip("_")
