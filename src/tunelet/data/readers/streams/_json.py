"""JSON lines of any length."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from tunelet.data._raw import RawTable, columns_from_objects
from tunelet.data.readers._json import LINES_HINT, json_object
from tunelet.data.readers._settings import MOST_COLUMNS
from tunelet.data.readers.streams._chunk import Chunk, Form, TableStream, packed, size_of
from tunelet.data.readers.streams._text import StreamedText
from tunelet.errors import DataError

_HEAD_ROWS, _HEAD_SIZE = 4096, 2**24


class JsonLinesStream(TableStream):
    """A file with an object of JSON in each line; blank lines are passed over."""

    form: Form | None = "json"

    def __init__(self, text: StreamedText) -> None:
        self.source, self._text = text.file.name, text
        names: dict[str, None] = {}
        head: list[dict[str, Any]] = []
        self.rows = 0
        total = 0
        for size, (_, row, _) in self._sized():
            self.rows += 1
            names.update(dict.fromkeys(row))
            if len(names) > MOST_COLUMNS:
                text.settings.check_cells(self.source, 1, len(names))
            for name, value in row.items():
                if isinstance(value, str) and len(value) > text.settings.max_cell:
                    place = f"text {self.rows:,} of column {name[:50]!r}"
                    raise text.settings.cell_too_long(self.source, place, len(value))
            if (total := total + size) <= _HEAD_SIZE and self.rows <= _HEAD_ROWS:
                head.append(row)
        if not names:
            raise DataError(f"{self.source} holds no rows", LINES_HINT)
        self.columns = list(names)
        columns = columns_from_objects(head)
        absent: dict[str, list[object]] = {name: [None] * len(head) for name in names if name not in columns}
        self.head = RawTable(columns | absent, "JSON lines")
        text.settings.check_table(self.source, self.head.columns)

    def chunks(self) -> Iterator[Chunk]:
        """Raises DataError where the file changed."""
        start = 0
        for pack in packed(self._sized()):
            lines, rows, numbers = zip(*pack, strict=True)
            yield Chunk(start, len(pack), _values(rows), lines, numbers=numbers)
            start += len(pack)

    def _sized(self) -> Iterator[tuple[int, tuple[str, dict[str, Any], int]]]:
        """Each line with its object and its number, behind what it counts for."""
        for at, line in enumerate(self._text.lines("\n"), 1):
            line = line.lstrip("\ufeff").strip()
            if line:
                row = json_object(line, self.source, at)
                yield size_of(2 * len(line), len(row) + line.count("{") + line.count("[")), (line, row, at)

    def fingerprint(self) -> str:
        """SHA-256 of the file."""
        return self._text.file.fingerprint()


def _values(rows: Sequence[dict[str, Any]]) -> Any:
    return lambda name: [row.get(name) for row in rows]


def with_members(line: str, members: dict[str, Any]) -> str:
    """An object of JSON, as it stands, with further members at its end."""
    inside = line.rstrip()[:-1].rstrip()
    added = json.dumps(members, ensure_ascii=False, allow_nan=False)[1:]
    return f"{inside}{'' if inside == '{' else ', '}{added}"
