"""The texts of a request: one or a list, each a string, or an object by column where a run reads several."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tunelet._words import counted
from tunelet.serve._problems import Refused
from tunelet.serve._settings import ServeSettings

Text = str | Mapping[str, str]
_EXAMPLE = "A joy from start to end."


@dataclass(frozen=True)
class TextsForm:
    """What the field `texts` takes.

    Attributes:
        settings: with the limits.
        columns: the columns that a model reads together; one: each text is a string.
        most: texts of a request.
    """

    settings: ServeSettings
    columns: tuple[str, ...]
    most: int

    def check(self, value: Any) -> list[Text]:
        """The texts as a list. Raises Refused, with the field of the first that is at fault."""
        one = not isinstance(value, list)
        texts = [value] if one else value
        if not 1 <= len(texts) <= self.most:
            said = f"expected 1 to {counted(self.most, 'text')}, found {len(texts):,}"
            raise Refused(422, said, field="texts")
        for row, text in enumerate(texts):
            self._check_text(text, "texts" if one else f"texts.{row}")
        return texts

    def _check_text(self, text: Any, field: str) -> None:
        several = len(self.columns) > 1
        if several and isinstance(text, dict):
            for name in text.keys() | set(self.columns):
                if name not in self.columns or name not in text:
                    expected = " and ".join(map(repr, self.columns))
                    raise Refused(422, f"expected an object with {expected}", field=f"{field}.{str(name)[:100]}")
            for name, part in text.items():
                self._check_string(part, f"{field}.{name}", "a string")
            return
        if several:
            raise Refused(422, f"expected an object with {' and '.join(map(repr, self.columns))}", field=field)
        self._check_string(text, field, "a string, or a list of strings" if field == "texts" else "a string")

    def _check_string(self, text: Any, field: str, expected: str) -> None:
        if not isinstance(text, str):
            raise Refused(422, f"expected {expected}, found {_KINDS.get(type(text), 'something else')}", field=field)
        if len(text) > (most := self.settings.max_characters):
            raise Refused(422, f"expected at most {most:,} characters, found {len(text):,}", field=field)
        if not text.isascii():
            try:
                text.encode()
            except UnicodeEncodeError as error:
                said = f"holds half a surrogate pair at character {error.start}, which is no character"
                raise Refused(422, said, field=field) from None


_KINDS = {
    bool: "a truth value",
    int: "a number",
    float: "a number",
    type(None): "null",
    list: "a list",
    dict: "an object",
}


def texts_schema(settings: ServeSettings, columns: Sequence[Sequence[str]], most: int) -> dict[str, Any]:
    """The JSON schema of the field.

    Args:
        settings: with the limits.
        columns: of each model.
        most: texts of a request.
    """
    string = {"type": "string", "maxLength": settings.max_characters}
    kinds: list[dict[str, Any]] = [string] if any(len(names) == 1 for names in columns) else []
    for names in dict.fromkeys(tuple(names) for names in columns if len(names) > 1):
        properties = dict.fromkeys(names, string)
        kinds.append(
            {"type": "object", "properties": properties, "required": list(names), "additionalProperties": False}
        )
    array = {
        "type": "array",
        "items": kinds[0] if len(kinds) == 1 else {"anyOf": kinds},
        "minItems": 1,
        "maxItems": most,
    }
    first = columns[0]
    example = _EXAMPLE if len(first) == 1 else dict.fromkeys(first, _EXAMPLE)
    return {
        "anyOf": [*kinds, array],
        "description": "one text, or a list of them; an object with a string for each column where the model reads "
        "several columns together",
        "examples": [[example], example],
    }
