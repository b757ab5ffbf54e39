"""The log, on stderr: lines that are one, whatever a client sent, and that quote no text unless asked."""

import logging
import sys
import time
import traceback

from tunelet._output import visible

LOGGER = logging.getLogger("tunelet.serve")


def where(error: BaseException) -> str:
    """An error by its class and the lines that it came through; its message may quote a text and is left out."""
    frames = traceback.extract_tb(error.__traceback__)[-8:]
    way = " < ".join(f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in reversed(frames))
    return f"fault: {type(error).__name__} at {way}"


class _OneLine(logging.Formatter):
    """One line, whatever a client sent: control characters are written as escapes, tracebacks are left out."""

    def format(self, record: logging.LogRecord) -> str:
        moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created))
        message = record.getMessage()
        if record.exc_info and record.exc_info[1] is not None:
            message = f"{message.strip()} {where(record.exc_info[1])}"
        line = visible(message).replace("\n", "\\n").replace("\t", "\\t")
        return f"{moment} {line}"


def log_to_stderr() -> None:
    """Send the lines of the service, and warnings of uvicorn, to stderr."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_OneLine())
    for name, level in (("tunelet.serve", logging.INFO), ("uvicorn", logging.WARNING)):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(level)
