"""The log, on stderr: lines that are one, whatever a client sent, and that quote no text unless asked."""

import logging
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

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


@contextmanager
def logged_to_stderr() -> Iterator[None]:
    """Send the lines of the service, and warnings of uvicorn, to stderr; afterwards they go where they went before."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_OneLine())
    loggers = {logging.getLogger("tunelet.serve"): logging.INFO, logging.getLogger("uvicorn"): logging.WARNING}
    before = [(logger, logger.handlers, logger.propagate, logger.level) for logger in loggers]
    for logger, level in loggers.items():
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(level)
    try:
        yield
    finally:
        for logger, handlers, propagate, level in before:
            logger.handlers, logger.propagate = handlers, propagate
            logger.setLevel(level)
