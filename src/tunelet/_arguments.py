"""What the public functions accept: their annotations, checked when they are called.

A wrong type would otherwise fail wherever it is first used, in the words of whatever it meets there. Ranges and names
are checked where they have a meaning: in the recipe's schema, by the readers of data.
"""

import functools
import inspect
import os
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from tunelet._variables import check_variables
from tunelet._words import shown
from tunelet.errors import TuneletError

P = ParamSpec("P")
R = TypeVar("R")

_WORDS = {str: "text", int: "a whole number", float: "a number", bool: "True or False", Path: "a path", None: "None"}


def checked(function: Callable[P, R]) -> Callable[P, R]:
    """Check the arguments of a public function against its annotations, and the environment. Raises TuneletError."""
    signature = inspect.signature(function)

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        check_variables()
        try:
            arguments = signature.bind(*args, **kwargs).arguments
        except TypeError as error:  # a name that there is not, or one that is missing: Python's own words are good
            raise TuneletError(f"{function.__name__}: {error}", f"see help({function.__qualname__})") from None
        for name, annotation in _annotations(function).items():
            if (
                name in arguments
                and name != "return"
                and signature.parameters[name].kind is not inspect.Parameter.VAR_KEYWORD
            ):
                _check(function.__name__, name, arguments[name], annotation)
        return function(*args, **kwargs)

    return call


@functools.cache
def _annotations(function: Callable[..., Any]) -> dict[str, Any]:
    return typing.get_type_hints(function)


def _check(function: str, name: str, value: Any, annotation: Any) -> None:
    if not _fits(value, annotation):
        words = _in_words(annotation)
        raise TuneletError(f"{function}: {name} takes {words}, found {shown(value)}", f"pass {words} as {name}")
    if isinstance(value, str | Path):
        try:
            writable = b"\0" not in os.fsencode(value)
        except UnicodeEncodeError:
            writable = False
        if not writable:
            raise TuneletError(
                f"{function}: {name} holds a character that neither a file's name nor a text has: {shown(str(value))}",
                f"pass {name} without NUL and lone surrogates",
            )


def _fits(value: Any, annotation: Any) -> bool:
    if annotation is Any:
        return True
    origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (typing.Union, types.UnionType):
        return any(_fits(value, kind) for kind in inner)
    if origin is typing.Literal:
        return any(type(value) is type(kind) and value == kind for kind in inner)
    if annotation is None or annotation is type(None):
        return value is None
    if origin is not None and issubclass(origin, Mapping):
        return isinstance(value, Mapping)
    if origin is not None and issubclass(origin, Sequence):
        return (
            isinstance(value, Sequence)
            and not isinstance(value, str | bytes)
            and all(_fits(v, inner[0]) for v in value)
        )
    if annotation is Path:
        return isinstance(value, os.PathLike)
    if annotation is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if annotation is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return not isinstance(annotation, type) or isinstance(value, annotation)


def _in_words(annotation: Any) -> str:
    origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (typing.Union, types.UnionType):
        words = list(dict.fromkeys(_in_words(kind) for kind in inner))
        return f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else words[0]
    if origin is typing.Literal:
        return ", ".join(repr(kind) for kind in inner)
    if annotation is type(None):
        return "None"
    if origin is not None and issubclass(origin, Mapping):
        return "a mapping"
    if origin is not None:
        return f"a list of {_in_words(inner[0])}" if inner else "a list"
    return _WORDS.get(annotation) or f"a {annotation.__name__}"
