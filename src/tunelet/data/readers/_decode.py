"""From a file on disk to its text: compression, the magic numbers of binary formats, and character encodings.

The extension says what is expected and the first bytes must agree, so a mislabelled file ends in one clear line rather
than in noise. Files are UTF-8 (a byte-order mark is accepted); UTF-16 and UTF-32 are read when they announce themselves
with a byte-order mark, as spreadsheets write them.
"""

import codecs
import csv
import gzip
import io
import zlib
from pathlib import Path

from tunelet.errors import DataError

COMPRESSIONS = {".gz": "gzip", ".zst": "zstd"}

_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_MAGICS = {
    _GZIP: "gzip data",
    _ZSTD: "zstd data",
    b"PAR1": "Parquet data",
    b"ARROW1": "Arrow data",
    b"PK\x03\x04": "a zip archive or a spreadsheet",
    b"\xd0\xcf\x11\xe0": "an old Office document",
    b"BZh91AY": "bzip2 data",
    b"\xfd7zXZ": "xz data",
    b"7z\xbc\xaf": "a 7-Zip archive",
    b"%PDF-": "a PDF",
    b"\x89PNG": "an image",
    b"\xff\xd8\xff": "an image",
    b"GIF87a": "an image",
    b"GIF89a": "an image",
    b"SQLite format 3": "an SQLite database",
    b"\x7fELF": "a program",
}
_MARKS = (  # UTF-32 first: its little-endian mark begins with that of UTF-16
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def read_bytes(path: Path) -> bytes:
    """The content of a file, decompressed when its name ends in `.gz` or `.zst`."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}", "check the file and its permissions") from None
    compression = COMPRESSIONS.get(path.suffix.lower())
    if compression is None or not content:
        return content
    found = describe_binary(content)
    if found != f"{compression} data":
        kind = found or "no compressed data"
        raise DataError(f"{path} should hold {compression} data by its name, found {kind}", "correct its extension")
    try:
        return gzip.decompress(content) if compression == "gzip" else _decompress_zstd(content)
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise DataError(f"{path} is broken {compression} data ({error})", "fetch or compress the file again") from None


def _decompress_zstd(content: bytes) -> bytes:
    import zstandard

    frames = []
    while content:
        frame = zstandard.ZstdDecompressor().decompressobj()
        try:
            frames.append(frame.decompress(content))
        except zstandard.ZstdError as error:
            raise ValueError(str(error).removeprefix("zstd decompressor error: ")) from None
        if not frame.eof:
            raise ValueError("it ends in the middle")
        content = frame.unused_data
    return b"".join(frames)


def describe_binary(content: bytes) -> str:
    """Which binary format these bytes begin with, or "" when none that is known."""
    return next((name for magic, name in _MAGICS.items() if content.startswith(magic)), "")


def decode(content: bytes, path: Path, *, quoted_rows: bool = False) -> str:
    """The text of a text file.

    Args:
        content: its bytes, decompressed.
        path: its name, for errors.
        quoted_rows: whether a row may run over several lines (CSV), so that an error can name the row.

    Raises:
        DataError: binary content, or bytes that are not UTF-8 (the byte, its offset and its row are named).
    """
    mark, encoding = next(((mark, name) for mark, name in _MARKS if content.startswith(mark)), (b"", "utf-8"))
    if encoding == "utf-8" and (kind := describe_binary(content)):
        raise DataError(f"{path} should be a text file by its name, found {kind}", _binary_hint(path, kind))
    if encoding == "utf-8" and (offset := content.find(b"\0")) >= 0:
        hint = "convert it to CSV, JSON lines or Parquet; text in UTF-16 must be saved as UTF-8"
        raise DataError(f"{path} should be a text file by its name, found a NUL byte at offset {offset}", hint)
    body = content[len(mark) :]
    try:
        return body.decode(encoding)
    except UnicodeDecodeError as error:
        offset = error.start + len(mark)
        row = _row_at(body[: error.start].decode(encoding), quoted_rows=quoted_rows)
        if encoding != "utf-8":
            message = f"{path} begins as {encoding[:-3].upper()} but breaks off at byte offset {offset}, {row}"
            raise DataError(message, "save it as UTF-8") from None
        message = f"{path} is not UTF-8: byte 0x{body[error.start]:02x} at offset {offset}, {row}"
        hint = f"save it as UTF-8, for example: iconv -f WINDOWS-1252 -t UTF-8 {path.name} > utf8-{path.name}"
        raise DataError(message, hint if path.suffix not in COMPRESSIONS else "save it as UTF-8") from None


def _binary_hint(path: Path, kind: str) -> str:
    extension = {"gzip data": ".gz", "zstd data": ".zst"}.get(kind)
    if extension:
        return f"rename it to {path.name}{extension}"
    if kind == "Parquet data":
        return f"rename it to {path.stem}.parquet"
    return "save its table as CSV, JSON lines or Parquet"


def _row_at(before: str, *, quoted_rows: bool) -> str:
    """Where the text after `before` stands; rows are counted as a spreadsheet does, the header being row 1."""
    line = before.count("\n") + 1
    if not quoted_rows:
        return f"row {line}"
    try:
        row = sum(1 for _ in csv.reader(io.StringIO(before + "?", newline="")))
    except csv.Error:
        return f"line {line}"
    return f"row {row}" if row == line else f"row {row} (line {line})"
