"""CSV and TSV of any length, in the dialects that `readers._delimited` recognises in files that are read whole."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from tunelet.data._raw import RawTable
from tunelet.data.readers._delimited import (
    ESCAPES,
    REPEATED_HEADER,
    UnfitError,
    broken_row,
    hide,
    may_be_repeated,
    names_in,
    plain_cells,
    plain_row,
    shown_again,
    uneven_row,
)
from tunelet.data.readers._delimiter import (
    DELIMITERS,
    SEP_LINE,
    SNIFFED_CHARACTERS,
    csv_rows,
    declared_delimiter,
    sniff_delimiter,
)
from tunelet.data.readers._settings import MOST_COLUMNS
from tunelet.data.readers._swallowed import swallowed_note
from tunelet.data.readers.streams._chunk import Chunk, Form, TableStream, cells_of, packed, size_of, strings
from tunelet.data.readers.streams._text import StreamedText
from tunelet.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa

_LINE_ENDS = "\r\n"


@dataclass(frozen=True)
class _Row:
    """A row with content: its number in the file from 1, blank ones counted, its cells, and how it stands there."""

    at: int
    cells: list[str]
    line: str


@dataclass(frozen=True)
class _Dialect:
    """How rows are cut into cells.

    Attributes:
        delimiter: between two cells.
        escape: of `ESCAPES`, where backslashes stand before quotation marks; "" where these are doubled.
        quoted: whether a quotation mark is more than a mark like others.
        lead: whether a line that names the delimiter stands before the rows.
    """

    delimiter: str
    escape: str = ""
    quoted: bool = True
    lead: bool = False

    def rows(self, text: StreamedText) -> Iterator[_Row]:
        """All rows with content. Raises DataError for one that cannot be cut."""
        return self._csv(text) if self.quoted else self._plain(text)

    def _csv(self, text: StreamedText) -> Iterator[_Row]:
        taken: list[str] = []

        def lines() -> Iterator[str]:
            for line in islice(text.lines(), int(self.lead), None):
                taken.append(line)
                yield hide(line, self.escape) if self.escape else line

        at = int(self.lead)
        try:
            for cells in csv_rows(lines(), self.delimiter, text.settings.max_cell, strict=True):
                at += 1
                line = "".join(taken)
                taken.clear()
                if len(cells) > MOST_COLUMNS:
                    text.settings.check_cells(f"{text.file.name}: row {at:,}", 1, len(cells))
                if cells:
                    yield _Row(at, shown_again(cells) if self.escape else cells, line)
        except csv.Error as error:
            raise broken_row(error, at + 1, text.file.name, text.settings) from None

    def _plain(self, text: StreamedText) -> Iterator[_Row]:
        for at, line in enumerate(text.lines("\n"), 1):
            line = line.rstrip(_LINE_ENDS)
            if cells := plain_row(line, self.delimiter):
                longest = text.settings.max_cell
                if len(line) > longest and max(map(len, cells)) > longest:
                    raise text.settings.cell_too_long(text.file.name, f"a cell of row {at:,}", longest, at_least=True)
                yield _Row(at, cells, line)


@dataclass
class _Survey:
    """What going through all rows once has shown.

    Attributes:
        dialect: by which they were cut.
        head: cells of the first rows, as many as one chunk.
        rows: number of rows with content.
        repeats: numbers of the rows that are like the first.
        uneven: the first row whose number of cells is another than the first row's: row, cells, those expected.
        trimmed: whether all rows are even without the empty cells at the end of some.
        swallowed: whether a cell holds both a tabulator and a line feed.
    """

    dialect: _Dialect
    head: list[list[str]] = field(default_factory=list)
    rows: int = 0
    repeats: list[int] = field(default_factory=list)
    uneven: tuple[int, int, int] | None = None
    trimmed: bool = True
    swallowed: bool = False

    @classmethod
    def of(cls, text: StreamedText, dialect: _Dialect) -> "_Survey":
        """Raises DataError for a row that cannot be cut, or of another width than the first."""
        survey = cls(dialect)
        names: list[str] = []
        width = least = size = 0
        for row in dialect.rows(text):
            cells = row.cells
            if not survey.rows:
                width = least = len(cells)
                while least and not cells[least - 1].strip():
                    least -= 1
                names = _bare(cells)
            elif _is_again(cells, names):
                survey.repeats.append(row.at)
            survey.rows += 1
            if len(cells) != width:
                survey.uneven = survey.uneven or (row.at, len(cells), width)
            if survey.trimmed and (len(cells) < least or any(cell.strip() for cell in cells[least:])):
                survey.trimmed = False
            if not survey.swallowed and any("\t" in cell and "\n" in cell for cell in cells):
                survey.swallowed = True
            if (size := size + size_of(len(row.line), len(cells))) <= _HEAD_SIZE and survey.rows <= _HEAD_ROWS:
                survey.head.append(cells)
        if survey.uneven and not survey.trimmed:
            raise _UnevenError(text, survey)
        if survey.uneven:
            survey.head = [cells[:least] for cells in survey.head]
        return survey


class _UnevenError(UnfitError):
    """Rows of different widths; the survey is there nevertheless."""

    def __init__(self, text: StreamedText, survey: _Survey) -> None:
        assert survey.uneven is not None  # noqa: S101  (it is what is refused)
        error = uneven_row(text.file.name, *survey.uneven)
        super().__init__(error.message, error.hint)
        self.survey = survey


_HEAD_ROWS, _HEAD_SIZE = 4096, 2**24


class DelimitedStream(TableStream):
    """A CSV or TSV file."""

    def __init__(self, text: StreamedText, form: str, survey: _Survey, names: Sequence[str]) -> None:
        self.source, self._text, self._dialect = text.file.name, text, survey.dialect
        if not survey.rows:
            raise DataError(f"{self.source} is empty", "expected rows of texts and labels")
        head = list(survey.head)
        headless, self.columns = names_in(head, self.source, names)
        self._header = [] if headless else head.pop(0)
        again = bool(self._header) and may_be_repeated(self._header)
        self._names_again = _bare(self._header) if again else []
        repeats = survey.repeats if again else []
        self.rows = survey.rows - bool(self._header) - len(repeats)
        if not self.rows:
            raise DataError(f"{self.source} holds a header and no rows", "expected rows of texts and labels below it")
        head = [cells for cells in head if not _is_again(cells, self._names_again)]
        self.head = RawTable(
            dict(zip(self.columns, map(list, zip(*head, strict=True)), strict=True))
            if head
            else {name: [] for name in self.columns},
            f"{form}, {'no header' if headless else 'header'}",
            headless=headless,
            dropped={REPEATED_HEADER: repeats} if repeats else {},
            notes=swallowed_note(head, range(1 + bool(self._header), self.rows + 2), self._dialect.delimiter),
        )
        text.settings.check_table(self.source, self.head.columns)
        if self._dialect.quoted and not self._dialect.escape and not survey.uneven and self._dialect.delimiter in ",\t":
            self.form: Form | None = "," if self._dialect.delimiter == "," else "\t"
            first = next(iter(self._dialect.rows(text)))
            self.header = "" if headless else first.line.rstrip(_LINE_ENDS)

    @classmethod
    def of_csv(cls, text: StreamedText, names: Sequence[str]) -> "DelimitedStream":
        """Delimiter and quoting are recognised as `parse_csv` recognises them."""
        sample = text.sample(SNIFFED_CHARACTERS + 1)
        sep_line = SEP_LINE.match(sample)
        if sep_line:
            sample = sample[sep_line.end() :]
        declared = declared_delimiter(text.settings, sep_line)
        delimiter = declared or sniff_delimiter(sample)
        quoting = ""
        try:
            survey = _Survey.of(text, _Dialect(delimiter, lead=bool(sep_line)))
        except DataError as error:
            escaped = cls._with_backslashes(text, sample, declared, lead=bool(sep_line))
            if escaped is None:
                if declared or not isinstance(error, UnfitError):
                    raise
                raise error.proposing(sample, delimiter) from None
            survey, delimiter = escaped, escaped.dialect.delimiter
            quoting = ", quotation marks after backslashes"
        return cls(text, f"CSV, {DELIMITERS.get(delimiter, repr(delimiter))}{quoting}", survey, names)

    @classmethod
    def of_tsv(cls, text: StreamedText, names: Sequence[str]) -> "DelimitedStream":
        """Quoted as CSV is, or plain, where a quotation mark is a mark like others, as `parse_tsv` has it."""
        plain = _Dialect("\t", quoted=False)
        first = next((row.cells for row in plain.rows(text)), [])
        quotes_all = all(cell[:1] == cell[-1:] == '"' for cell in first)
        try:
            survey = _Survey.of(text, _Dialect("\t"))
            if (survey.swallowed and not quotes_all) or survey.uneven:
                survey = _even(text, plain) or survey
        except _UnevenError:
            even = _even(text, plain)
            if even is None:
                raise
            survey = even
        except DataError:
            survey = _Survey.of(text, plain)
        return cls(text, "TSV", survey, names)

    @staticmethod
    def _with_backslashes(text: StreamedText, sample: str, declared: str, *, lead: bool) -> _Survey | None:
        if not any('\\"' in line for line in text.lines()):
            return None
        for escape in ESCAPES:
            dialect = _Dialect(declared or sniff_delimiter(hide(sample, escape)), escape, lead=lead)
            try:
                return _Survey.of(text, dialect)
            except DataError:
                continue
        return None

    def schema(self) -> "pa.Schema":
        """Texts."""
        return strings(self.columns)

    def chunks(self) -> Iterator[Chunk]:
        """Raises DataError where the file changed."""
        start = 0
        for pack in packed(self._sized()):
            lines = [row.line.rstrip(_LINE_ENDS) for row in pack] if self.form else []
            column = cells_of([row.cells for row in pack], self.columns)
            yield Chunk(start, len(pack), column, lines, numbers=[row.at for row in pack])
            start += len(pack)

    def _sized(self) -> Iterator[tuple[int, _Row]]:
        rows = self._dialect.rows(self._text)
        if self._header:
            next(rows)
        for row in rows:
            if not _is_again(row.cells, self._names_again):
                yield size_of(len(row.line), len(row.cells)), row

    def fingerprint(self) -> str:
        """SHA-256 of the file."""
        return self._text.file.fingerprint()


def _bare(cells: list[str]) -> list[str]:
    """The cells as names, without the empty ones at the end."""
    names = plain_cells(cells)
    while names and not names[-1]:
        names.pop()
    return names


def _is_again(cells: list[str], names: list[str]) -> bool:
    """Whether a row is the row of these names once more."""
    return bool(names) and names[0] in cells[0] and _bare(cells) == names


def _even(text: StreamedText, dialect: _Dialect) -> _Survey | None:
    try:
        survey = _Survey.of(text, dialect)
    except DataError:
        return None
    return None if survey.uneven else survey
