"""Arguments as they are typed: the library says `text='COL'`, and who typed a command reads `--text COL`.

An error's hint names arguments of the Python API. Here they become options, as the commands themselves have them:
`out=...` stands for any value and becomes `--out`, `resume=True` becomes `--resume`, a list becomes an option for each
of its values, and a mapping of settings one `--set` for each of them.
"""

import ast
import re
import shlex
from collections.abc import Mapping
from functools import cache
from typing import Any

from tunelet.errors import TuneletError

_TEXT = r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\""""
_VALUE = (
    rf"(?:{_TEXT})|\.\.\.|True|-?\d[\d_]*(?:\.\d+)?(?:e-?\d+)?"
    rf"|\{{(?:{_TEXT}|[^{{}}'\"])*\}}|\[(?:{_TEXT}|[^\[\]'\"])*\]|\((?:{_TEXT}|[^()'\"])*\)"
)
_ARGUMENT = re.compile(rf"(?<![\w.\-])(?P<name>[a-z_]+)=(?P<value>{_VALUE})")


def line_of(error: TuneletError) -> str:
    """An error as one line of the command line: its message, and its hint with options in the place of arguments."""
    return str(TuneletError(error.message, as_flags(error.hint)))


def as_flags(text: str) -> str:
    """A sentence with the arguments of the Python API in it as options of the command line."""
    return _ARGUMENT.sub(_option, text)


def shell_word(text: str) -> str:
    """A text as one word of a shell."""
    if re.fullmatch(r"[\w.=/:@+,-]+", text):
        return text
    # Double quotes serve in every shell, but for what they do not hide from that of Unix.
    return shlex.quote(text) if re.search(r'["$`\\!]', text) else f'"{text}"'


def _option(argument: re.Match[str]) -> str:
    flag = _flags().get(argument["name"])
    try:
        value = ast.literal_eval(argument["value"])
    except (SyntaxError, ValueError):
        return argument[0]
    if flag is None:
        return argument[0]
    if value is ... or value is True:
        return flag
    if isinstance(value, Mapping):
        return " ".join(f"{flag} {shell_word(f'{key}={_setting(one)}')}" for key, one in value.items())
    if isinstance(value, list):
        return " ".join(f"{flag} {shell_word(str(one))}" for one in value)
    return f"{flag} {shell_word(','.join(map(str, value)) if isinstance(value, tuple) else str(value))}"


def _setting(value: Any) -> str:
    """As it follows `--set KEY=`, where a text needs no quotes."""
    from tunelet.recipe import toml_value

    return value if isinstance(value, str) else toml_value(value)


@cache
def _flags() -> dict[str, str]:
    """Parameter of any command -> the option that sets it; the first command that has it decides."""
    import typer

    from tunelet.cli._app import app

    flags: dict[str, str] = {}
    waiting: list[Any] = [typer.main.get_command(app)]
    while waiting:
        command = waiting.pop(0)
        waiting += getattr(command, "commands", {}).values()
        for parameter in command.params:
            if long := [option for option in parameter.opts if option.startswith("--")]:
                flags.setdefault(parameter.name, long[0])
    return flags
