"""Records: what is written as JSON, or read from it, is a frozen model whose attributes are the keys.

A record is built by who knows its values and checked then; read back, it is checked once more, against files that were
copied, edited or damaged. Keys that a record does not know are passed over: a later version may write more. What the
data cannot say has one spelling here, None, which is null in JSON; arithmetic has NaN for it, and `Value` and
`Interval` take that from who computes, never from a file.
"""

import math
from typing import Annotated, Any, Self, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, ValidationInfo

from tunelet._foreign import ForeignFileError, parse_json

SCHEMA_VERSION = 1  # of all files of a run folder together; raised where an old reader would misread a new file


class NewerFileError(ForeignFileError):
    """A later version of tunelet wrote the file, in a form that this one does not know."""


R = TypeVar("R", bound="Record")


class Record(BaseModel):
    """An object of JSON: no value is read from one of another kind, and no number is infinite."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True, allow_inf_nan=False, populate_by_name=True)

    def to_dict(self) -> dict[str, Any]:
        """Strict JSON, as it is written to disk and printed; entries that were never given are left out."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)

    def changed(self, **changes: Any) -> Self:
        """A copy with some values changed, checked as any record is."""
        return self.model_validate({name: getattr(self, name) for name in self.model_fields_set} | changes)

    def narrowed(self, record: type[R]) -> R:
        """The entries that it shares with another kind of record, as one of that."""
        known = record.model_fields.keys() & self.model_fields_set
        return record.model_validate({name: getattr(self, name) for name in known})


class FileRecord(Record):
    """The whole of a file.

    Attributes:
        schema_version: of its form; files of before there were versions are of the first.
    """

    schema_version: int = Field(default=SCHEMA_VERSION, ge=1)

    def to_dict(self) -> dict[str, Any]:
        """The record with its version, whether that was given or not."""
        return {"schema_version": self.schema_version, **super().to_dict()}


def none_if_undefined(value: Any) -> Any:
    """NaN as None, for what is printed and is no record."""
    return None if isinstance(value, float) and math.isnan(value) else value


def _undefined_as_none(value: Any, info: ValidationInfo) -> Any:
    return none_if_undefined(value) if info.mode == "python" else value  # a file has no NaN


def _interval(value: Any, info: ValidationInfo) -> Any:
    if not isinstance(value, list | tuple):
        return value
    return None if any(_undefined_as_none(bound, info) is None for bound in value) else tuple(value)


Value = Annotated[float | None, BeforeValidator(_undefined_as_none)]
"""A figure; None: the data cannot say. NaN becomes None where a record is built."""

Interval = Annotated[tuple[float, float] | None, BeforeValidator(_interval)]
"""(low, high) of a 95 % interval; None: there is none. A NaN among the two makes it None where a record is built."""


def as_number(value: float | None) -> float:
    """A figure for arithmetic: None becomes NaN."""
    return math.nan if value is None else value


def as_bounds(interval: tuple[float, float] | None) -> tuple[float, float]:
    """An interval for arithmetic: None becomes (NaN, NaN)."""
    return (math.nan, math.nan) if interval is None else interval


def parse_record(content: bytes, shape: type[R]) -> R:
    """A JSON object as a record. Raises ForeignFileError, whose message names the first entry that does not fit."""
    return _parse(as_text(content), shape)


def parse_lines(content: bytes, shape: type[R]) -> tuple[R, ...]:
    """JSON objects of one shape, one a line. Raises ForeignFileError."""
    records = []
    for number, line in enumerate(as_text(content).splitlines(), 1):
        try:
            records.append(_parse(line, shape))
        except ForeignFileError as error:
            raise ForeignFileError(f"line {number}: {error}") from None
    return tuple(records)


def _parse(text: str, shape: type[R]) -> R:
    value = parse_json(text)
    if issubclass(shape, FileRecord) and isinstance(value, dict):
        version = value.get("schema_version", 1)
        if isinstance(version, int) and version > SCHEMA_VERSION:
            raise NewerFileError(f"expected 'schema_version' {SCHEMA_VERSION} at most, found {version}")
    try:
        return shape.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = repr(".".join(map(str, first["loc"]))) if first["loc"] else "the whole"
        said = first["msg"].removeprefix("Input ")
        raise ForeignFileError(f"{where} {'is missing' if first['type'] == 'missing' else said}") from None


def as_text(content: bytes) -> str:
    """Bytes decoded as UTF-8. Raises ForeignFileError."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ForeignFileError(f"not UTF-8 at byte {error.start}") from None
