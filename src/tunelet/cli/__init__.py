"""The command line: parse, call, print. No logic lives here that the Python API lacks."""

from tunelet.cli._main import main

__all__ = ["main"]
