"""From the bytes of a text file to its text.

Files are UTF-8; UTF-16 and UTF-32 are read when they announce themselves with a byte order mark, as spreadsheets write
them. Anything else must be named: an eight-bit encoding decodes every file, so a wrong one makes noise, not an error.
What the bytes look like is worth a hint, though, with a word of the text to judge it by.
"""

import codecs
import csv
import io
import re
from collections.abc import Iterable
from pathlib import Path

from tunelet.data.readers._content import COMPRESSIONS, GIT_LFS, ZIP, describe_binary
from tunelet.errors import DataError

_MARKS = (  # UTF-32 first: its little-endian mark begins with that of UTF-16
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# What is suggested, where several fit alike the first of them: the encodings of Windows, which contain the ISO ones.
_LIKELY = (
    *("cp1252", "cp1251", "cp1250", "cp932", "gb18030", "big5", "cp949", "euc_jp", "koi8-r", "cp1253", "cp1254"),
    *("cp1255", "cp1256", "cp1257", "cp874", "iso8859-2", "iso8859-9", "iso8859-15", "cp866", "cp850", "mac-roman"),
)
_ALIKE = 0.85  # of the best candidate's score
_SAMPLE = 100_000  # bytes
_MIXED = re.compile(r"[a-z][\u0370-\u06ff]|[\u0370-\u06ff][a-z]", re.IGNORECASE)  # Latin letters within a foreign word
_CONTROL = re.compile(r"[\0-\x08\x0e-\x1f\ufffe\uffff]")


def decode(content: bytes | bytearray, path: Path, *, encoding: str = "", quoted_rows: bool = False) -> str:
    """The text of a text file.

    Args:
        content: its bytes, decompressed.
        path: its name, for errors.
        encoding: of a file that is not UTF-8, as the user names it; a byte order mark, and UTF-8, win over it.
        quoted_rows: whether a row may run over several lines (CSV), so that an error can name the row.

    Raises:
        DataError: binary content, or bytes that are not so encoded (the byte, its offset and its row are named).
    """
    mark, own = byte_order_mark(content, path)
    if encoding and not own and named_encoding_is_needed(encoding, [content]):
        own = encoding
    own = own or "utf-8"
    if own == "utf-8" and (offset := content.find(b"\0")) >= 0:
        raise binary(path, offset, content)
    try:
        text = str(memoryview(content)[len(mark) :], own)
    except UnicodeError as error:
        start = error.start if isinstance(error, UnicodeDecodeError) else 0
        raise undecodable(content, path, own, len(mark), start, quoted_rows=quoted_rows) from None
    if "\0" in text:
        raise binary(path, text.index("\0"), content)
    return text


def byte_order_mark(start: bytes | bytearray, path: Path) -> tuple[bytes, str]:
    """The mark at the beginning of a text file, and the encoding that it stands for; both empty where there is none.

    Raises DataError where the first bytes are those of a file of another kind.
    """
    mark, own = next(((mark, name) for mark, name in _MARKS if start.startswith(mark)), (b"", ""))
    if not own and (kind := describe_binary(start)):
        raise DataError(f"{path} should be a text file by its name, found {kind}", _binary_hint(path, kind))
    return mark, own


def named_encoding_is_needed(encoding: str, pieces: Iterable[bytes | bytearray]) -> bool:
    """Whether a file without a mark is in the encoding that the user names, and not in UTF-8."""
    if _seven_bit(encoding):
        return True
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        if any(b"\0" in piece or not isinstance(decoder.decode(piece), str) for piece in pieces):
            return True
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return True
    return False


def binary(path: Path, offset: int, content: bytes | bytearray) -> DataError:
    """The error for a NUL byte at an offset of what should be a text file."""
    message = f"{path} should be a text file by its name, found a NUL byte at offset {offset}"
    if wide := _wide_encoding(content):
        return DataError(message, f"the bytes look like {wide.upper()}, if they are: encoding={wide!r}")
    return DataError(message, "convert it to CSV, JSON lines or Parquet")


def _wide_encoding(content: bytes | bytearray) -> str:
    """UTF-16 without its mark, or ""."""
    odd, even = content[1::2].count(0), content[::2].count(0)
    encoding = "utf-16-le" if odd > even else "utf-16-be"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        return ""
    return "" if _CONTROL.search(text) else encoding


def undecodable(
    content: bytes | bytearray, path: Path, encoding: str, mark: int, start: int, *, quoted_rows: bool
) -> DataError:
    """The error for bytes of a text file that are not so encoded.

    Args:
        content: from the beginning of the file to behind the byte at fault, or all of it.
        path: its name.
        encoding: in which it was read.
        mark: bytes of its byte order mark.
        start: of the byte at fault, counted from behind the mark.
        quoted_rows: as for `decode`.
    """
    body = content[mark:]
    row = _row_at(body[:start].decode(encoding, "replace"), quoted_rows=quoted_rows)
    offset = start + mark
    if mark:
        message = f"{path} begins as {encoding.removesuffix('-le').removesuffix('-be').upper()} but breaks off at byte"
        return DataError(f"{message} offset {offset}, {row}", "save it as UTF-8")
    message = f"{path} is not {encoding.upper()}: byte 0x{body[start]:02x} at offset {offset}, {row}"
    if encoding == "utf-8" and _mostly_utf8(body, start):
        # To decode all of it otherwise would make noise of the rest.
        hint = "save each of the files that it was put together from as UTF-8, or correct such rows"
        raise DataError(f"{message}; other rows are UTF-8, so that no encoding fits all of them", hint)
    likely = "" if content.isascii() else suggest_encoding(content)
    if not likely:
        return DataError(message, "save it as UTF-8 where it was made, or name its encoding: encoding='NAME'")
    word = next((word for word in re.findall(r'[^\s",;]+', content.decode(likely)) if not word.isascii()), "")
    return DataError(message, f"the bytes look like {likely} ({word[:20]!r}), if they are: encoding={likely!r}")


def _mostly_utf8(body: bytes | bytearray, start: int) -> bool:
    """Whether characters beyond ASCII are UTF-8 before the first byte that is not, and in most of the file."""
    if body[:start].isascii():
        return False
    text = body.decode("utf-8", "replace")
    wrong = text.count("\ufffd")
    return sum(not character.isascii() for character in text) >= 2 * wrong


def suggest_encoding(content: bytes | bytearray) -> str:
    """The encoding, other than UTF-8, that these bytes are probably in, or "" where none fits."""
    import chardet

    sample = b""
    for word in re.finditer(rb'[^\s",;]*[\x80-\xff][^\s",;]*', content):
        sample += word[0][:_SAMPLE] + b"\n"
        if len(sample) > _SAMPLE:
            break
    if _decodes(content, "cp1252") and not re.search(r"[^\W\d_]", re.sub(r"[ -~]", "", sample.decode("cp1252"))):
        return "cp1252"  # nothing but the marks that word processors put in: quotes, dashes, the euro
    scores: dict[str, float] = {}
    for candidate in chardet.detect_all(sample, ignore_threshold=True):
        name = _likely_name(candidate["encoding"] or "")
        if name and _reads_well(sample, name):
            scores[name] = max(candidate["confidence"], scores.get(name, 0.0))
    best = max(scores.values(), default=0.0)
    first = [name for name in _LIKELY if scores.get(name, 0.0) >= _ALIKE * best > 0.0]
    rest = sorted((name for name in scores if name not in first), key=lambda name: -scores[name])
    return next((name for name in (*first, *rest) if _decodes(content, name)), "")


def _likely_name(name: str) -> str:
    """Python's name of an encoding among the likely ones; ISO 8859-1 and its like are called by what contains them."""
    try:
        codec = codecs.lookup(name).name
    except LookupError:
        return ""
    wider = {"iso8859-1": "cp1252", "shift_jis": "cp932", "gb2312": "gb18030", "euc_kr": "cp949"}
    codec = wider.get(codec, codec)
    return next((likely for likely in _LIKELY if codecs.lookup(likely).name == codec), "")


def _reads_well(sample: bytes, encoding: str) -> bool:
    """Whether the words of a sample have neither control characters nor letters of several scripts."""
    text = sample.decode(encoding, "replace")
    return not _CONTROL.search(text) and not _MIXED.search(text)


def _seven_bit(encoding: str) -> bool:
    """Whether an encoding writes any script in the bytes of ASCII, so that its files are UTF-8 by their bytes."""
    return codecs.lookup(encoding).name.startswith(("iso2022", "hz", "utf-7"))


def _decodes(content: bytes | bytearray, encoding: str) -> bool:
    try:
        content.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _binary_hint(path: Path, kind: str) -> str:
    extension = next((suffix for suffix, name in COMPRESSIONS.items() if kind == f"{name} data"), "")
    if kind == GIT_LFS:
        return "fetch the file itself: git lfs pull"
    if kind == ZIP:
        return f"rename it to {path.stem}.xlsx if it is a spreadsheet, else to {path.name}.zip"
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
