"""The command line: parse, call, print. No logic lives here that the Python API lacks."""

from tunelet.cli._flags import as_flags, line_of, shell_word
from tunelet.cli._main import main

__all__ = ["as_flags", "line_of", "main", "shell_word"]
