"""The text of a file line by line, decompressed and decoded on the way, however long the file is."""

import codecs
import hashlib
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Literal

from tunelet.data.readers._content import BROKEN, check_compression, open_data_file
from tunelet.data.readers._decompression import DECODERS, PIECE, plain
from tunelet.data.readers._encoding import binary, byte_order_mark, named_encoding_is_needed, undecodable
from tunelet.data.readers._settings import CELLS_A_LINE, FileSettings
from tunelet.errors import DataError

_START = 64  # bytes; no mark of a format or an encoding is longer
_EXPLAINED = 2**26  # bytes: how far into a file what cannot be decoded is still explained with its row and encoding


class StreamedFile:
    """A file that is read from its beginning more than once, and must not change in between.

    Attributes:
        path: the file.
        name: what to call it in errors.
    """

    def __init__(self, path: Path, name: str, compression: str = "") -> None:
        self.path, self.name = path, name
        self._compression = compression
        self._state: tuple[int, int, int] | None = None

    @contextmanager
    def opened(self) -> Iterator[BinaryIO]:
        """The file; raises DataError where it is not what it was when it was opened first."""
        with open_data_file(self.path) as file:
            self._check(file)
            yield file
            self._check(file)

    def _check(self, file: BinaryIO) -> None:
        of_file = os.fstat(file.fileno())
        state = (of_file.st_ino, of_file.st_size, of_file.st_mtime_ns)
        if self._state not in (None, state):
            raise DataError(f"{self.name} changed while it was read", "read it once it is written")
        self._state = state

    def fingerprint(self) -> str:
        """SHA-256 of the bytes as they lie on the disk."""
        digest = hashlib.sha256()
        with self.opened() as file:
            for piece in plain(file):
                digest.update(piece)
        return digest.hexdigest()

    def pieces(self) -> Iterator[bytes]:
        """The bytes, decompressed. Raises DataError for broken data."""
        with self.opened() as file:
            if not self._compression:
                yield from plain(file)
                return
            if not check_compression(file.read(16), self.name, self._compression):
                return
            try:
                yield from DECODERS[self._compression](file)
            except BROKEN as error:
                message = f"{self.name} is broken {self._compression} data ({error})"
                raise DataError(message, "fetch or compress the file again") from None


class StreamedText:
    """The text of a file in pieces and in lines.

    Attributes:
        file: the file.
        settings: its encoding, and how long a line may be.
    """

    def __init__(self, file: StreamedFile, settings: FileSettings, *, quoted_rows: bool = False) -> None:
        self.file, self.settings = file, settings
        self._quoted_rows = quoted_rows
        self._encoding = ""
        self._mark = b""

    def sample(self, characters: int) -> str:
        """The first so many characters, or all."""
        text = ""
        for piece in self._pieces():
            text += piece
            if len(text) >= characters:
                break
        return text[:characters]

    def lines(self, ends: Literal["any", "\n"] = "any") -> Iterator[str]:
        """Each line with its end, which is that of Unix, Windows or an old Macintosh, or a line feed alone."""
        marks = "\r\n" if ends == "any" else "\n"
        held: list[str] = []  # pieces of a line whose end is yet to come: joined once, however many they are
        size = 0
        for text in self._pieces():
            held.append(text)
            size += len(text)
            if any(mark in text for mark in marks) or held[0].endswith("\r"):
                rest = "".join(held)
                lines = list(io.StringIO(rest, newline="")) if ends == "any" else _at_line_feeds(rest)
                # A carriage return at the end of a piece may be half of a line's end.
                held = [] if lines[-1].endswith("\n") else [lines.pop()]
                size = sum(map(len, held))
                yield from lines
            if size > CELLS_A_LINE * self.settings.max_cell:
                raise self.settings.cell_too_long(self.file.name, "a line", size)
        if held:
            yield "".join(held)

    def _pieces(self) -> Iterator[str]:
        """The text, decoded. Raises DataError for an empty or binary file, and for what is otherwise encoded."""
        decoder: codecs.IncrementalDecoder | None = None
        at = 0
        for piece in _begun(self.file.pieces()):
            if decoder is None:
                self._choose_encoding(piece)
                decoder = codecs.getincrementaldecoder(self._encoding)()
                piece = piece[len(self._mark) :]
                at = len(self._mark)
            yield from self._decoded(decoder, piece, at)
            at += len(piece)
        if decoder is not None:
            yield from self._decoded(decoder, b"", at, final=True)

    def _decoded(
        self, decoder: codecs.IncrementalDecoder, piece: bytes, at: int, *, final: bool = False
    ) -> Iterator[str]:
        if self._encoding == "utf-8" and (zero := piece.find(b"\0")) >= 0:
            raise binary(Path(self.file.name), at + zero, self._up_to(at + zero) or piece)
        held = len(decoder.getstate()[0])  # bytes of a character whose end was not in the piece before
        try:
            text = decoder.decode(piece, final)
        except UnicodeDecodeError as error:
            raise self._undecodable(at - held + error.start) from None
        except UnicodeError:
            raise self._undecodable(at) from None
        if "\0" in text:
            raise binary(Path(self.file.name), at + text.index("\0"), piece)
        if text:
            yield text

    def _choose_encoding(self, start: bytes) -> None:
        if self._encoding:
            return
        self._mark, own = byte_order_mark(start, Path(self.file.name))
        named = self.settings.encoding
        if named and not own and named_encoding_is_needed(named, self.file.pieces()):
            own = named
        self._encoding = own or "utf-8"

    def _undecodable(self, offset: int) -> DataError:
        """The error for bytes that cannot be decoded."""
        content = self._up_to(offset)
        if content is None:
            message = f"{self.file.name} is not {self._encoding.upper()} at byte offset {offset:,}"
            return DataError(message, "save it as UTF-8 where it was made, or name its encoding: encoding='NAME'")
        mark = len(self._mark)
        path = Path(self.file.name)
        return undecodable(content, path, self._encoding, mark, offset - mark, quoted_rows=self._quoted_rows)

    def _up_to(self, offset: int) -> bytes | None:
        """The content as far as a byte and a little further; None where that is too much."""
        if offset > _EXPLAINED:
            return None
        content = b""
        for piece in self.file.pieces():
            content += piece
            if len(content) > offset + PIECE:
                break
        return content


def _begun(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The same pieces, the first of them long enough to tell what they are; decoders begin with less."""
    start = b""
    for piece in pieces:
        start += piece
        if len(start) >= _START:
            break
    if start:
        yield start
    yield from pieces


def _at_line_feeds(text: str) -> list[str]:
    lines = [f"{line}\n" for line in text.split("\n")]
    last = lines.pop().removesuffix("\n")
    return [*lines, last] if last else lines
