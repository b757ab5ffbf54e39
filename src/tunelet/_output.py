"""The one way out to the terminal.

Labels, texts, paths, column names and model types are other people's, and may hold sequences that move the cursor, set
a window's title or turn the order of the letters round: they are made visible. `standard_streams` guards stdout and
stderr for as long as a command runs, what libraries print included. rich writes sequences of its own on purpose:
`console` checks the texts that it is given, and writes past the guard.
"""

import json
import os
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from tunelet.errors import DataError

if TYPE_CHECKING:
    from rich.console import Console

# C0 but tabulator and line feed, DEL, C1; marks, embeddings, overrides and isolates of bidirectional text; the line
# ends that are Unicode's own; lone surrogates, which no encoding can write.
_HIDDEN = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029\ud800-\udfff]")

_PLAIN_WIDTH = 80  # of a terminal that does not know its own


class OutputError(Exception):
    """Standard output cannot be written; the message says why."""


def visible(text: str) -> str:
    """The text with every control character written as its escape: ESC as \\x1b."""
    return _HIDDEN.sub(lambda match: match[0].encode("unicode_escape", "surrogatepass").decode("ascii"), text)


def json_line(value: dict[str, Any]) -> str:
    """One JSON object on one line; control characters are escaped as JSON has it, so that the value stays exact."""
    text = json.dumps(value, ensure_ascii=not _writes_unicode(sys.stdout), allow_nan=False)
    return _HIDDEN.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def send(path: Path) -> None:
    """Write the bytes of a file to stdout: data for a pipe or a file, which nothing is made visible in.

    Raises BrokenPipeError where nobody reads them, OutputError where they cannot be written.
    """
    try:
        sys.stdout.flush()
        with path.open("rb") as file:
            shutil.copyfileobj(file, sys.stdout.buffer, 2**20)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(error.strerror or str(error)) from None


def refuse_terminal() -> None:
    """Raises DataError where stdout is a terminal, which bytes would only disturb."""
    if sys.stdout.isatty():
        raise DataError("standard output is a terminal, which cannot show such bytes", "send it into a file: > FILE")


def console(*, stderr: bool = False) -> "Console":
    """A rich console on stdout or stderr, whose texts are made visible before they are laid out."""
    from rich.console import Console
    from rich.segment import Segment

    class Guarded(Console):
        def render_str(self, text: str, **options: Any) -> Any:
            return super().render_str(visible(text), **options)

        def render(self, renderable: Any, options: Any = None) -> Any:  # what came as a finished rich.text.Text, too
            for segment in super().render(renderable, options):
                yield segment if segment.control else Segment(visible(segment.text), segment.style)

    stream = sys.stderr if stderr else sys.stdout
    guarded = Guarded(file=stream.unguarded() if isinstance(stream, _Guard) else stream, stderr=stderr)
    if guarded.width < 1:  # COLUMNS=0, as some shells within editors have it: rich would write nothing
        guarded.width = _PLAIN_WIDTH
    return guarded


@contextmanager
def standard_streams() -> Iterator[None]:
    """Guard stdout and stderr for a while, in any encoding, open, closed or full.

    Raises OutputError where stdout cannot be written; where stderr cannot, there is nowhere to say so.
    """
    _open_closed_ones()
    before = sys.stdout, sys.stderr
    for stream in before:
        if hasattr(stream, "reconfigure"):  # latin-1 and ASCII have no room for most letters
            stream.reconfigure(errors="backslashreplace")
    sys.stdout, sys.stderr = _Guard(before[0], lasting=True), _Guard(before[1], lasting=False)
    try:
        yield
        sys.stdout.flush()
    finally:
        sys.stderr.flush()
        sys.stdout, sys.stderr = before


def abandon(stream: TextIO) -> None:
    """Discard what is still to be written to a stream: its reader has gone, or it cannot be written."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


class _Guard:
    """A text stream that writes control characters visibly, as another one's front."""

    def __init__(self, stream: TextIO, *, lasting: bool, guarded: bool = True) -> None:
        self._stream, self._lasting, self._guarded = stream, lasting, guarded

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def unguarded(self) -> TextIO:
        """The same stream for a writer that guards by itself."""
        return _Guard(self._stream, lasting=self._lasting, guarded=False)  # type: ignore[return-value]

    def write(self, text: str) -> int:
        with self._failing():
            # A carriage return is how progress bars of libraries write a line anew.
            self._stream.write("\r".join(map(visible, text.split("\r"))) if self._guarded else text)
        return len(text)

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        with self._failing():
            self._stream.flush()

    @contextmanager
    def _failing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if not self._lasting:
                abandon(self._stream)
            elif isinstance(error, BrokenPipeError):
                raise
            else:
                raise OutputError(error.strerror or str(error)) from None


def _open_closed_ones() -> None:
    """A stream that was closed (`>&-`) is opened on nothing: else the next file that is opened would take its place."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            try:
                os.fstat(number)
            except OSError:
                while os.open(os.devnull, os.O_RDWR) < number:
                    pass
            stream = open(os.devnull, "r" if number == 0 else "w", encoding="utf-8")  # noqa: PTH123, SIM115
            setattr(sys, name, stream)


def _writes_unicode(stream: Any) -> bool:
    return str(getattr(stream, "encoding", None) or "").lower().replace("-", "").startswith("utf")
