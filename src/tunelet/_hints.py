"""Hints for two kinds of readers: `--text COL` for who typed a command, `text='COL'` for who called a function.

An error's hint is written once, with flags. The command line prints it as it is; `str` of the error, which is what
Python shows, names the arguments. A command within a hint (`tunelet compare RUN RUN`) is typed either way and stays.
"""

import re
from collections.abc import Callable

_COMMAND = re.compile(r"\b(?:tunelet|pip|uv|python3?|git) [a-z][^`;]*")
_VALUE = r"""'[^']*'|"[^"]*"|[^\s;`]*[^\s,;`.?:)'"]"""  # the full stop of a sentence is no part of it
_FLAG = re.compile(rf"(?<![\w-])--(?P<name>[a-z][a-z-]*)(?:[ =](?P<value>{_VALUE}))?")
_NO_VALUES = frozenset(  # words that follow a flag in a sentence
    ("added", "and", "are", "as", "for", "goes", "in", "is", "it", "needs", "on", "or", "shows", "takes", "to", "with")
)
_SWITCHES = frozenset(("baseline", "private", "random-weights", "resume", "verbose", "with-texts"))
_ARGUMENTS = {"set": "settings", "lr": "learning_rate"}  # where the flag has another name


def as_arguments(hint: str) -> str:
    """A hint with the flags in it as arguments of a Python function."""
    return _outside_commands(hint, lambda text: _FLAG.sub(_argument, text))


def _outside_commands(hint: str, change: Callable[[str], str]) -> str:
    changed, end = [], 0
    for command in _COMMAND.finditer(hint):
        changed += [change(hint[end : command.start()]), command[0]]
        end = command.end()
    return "".join([*changed, change(hint[end:])])


def _argument(flag: re.Match[str]) -> str:
    name, value = flag["name"], flag["value"]
    argument = _ARGUMENTS.get(name, name.replace("-", "_"))
    if name in _SWITCHES:
        return f"{argument}=True" + (f" {value}" if value else "")
    if value is None:
        return argument
    if value in _NO_VALUES:
        return f"{argument} {value}"
    value = value.strip("'\"")
    if name == "set":
        key, _, raw = value.partition("=")
        return f"{argument}={{{key!r}: {_literal(raw)}}}"
    if name == "seeds":
        return f"{argument}=({value.replace(',', ', ')})"
    return f"{argument}={_literal(value)}"


def _literal(value: str) -> str:
    """As Python writes it: a number, True, False, or text."""
    if value in ("true", "false"):
        return value.capitalize()
    return value if re.fullmatch(r"-?\d[\d_]*(\.\d+)?(e-?\d+)?", value) else repr(value)
