"""Bodies in JSON whose objects hold each key once: of two values for one, readers take the first or the last."""

import json
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from tunelet.serve._problems import Refused

_LONGEST = 100  # characters of the name of a field


class UniqueKeys(APIRoute):
    """A route that refuses a body in which an object holds a key twice, which RFC 8259 (section 4) gives no meaning."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler of FastAPI, which is given a request that parses its body so."""
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            return await handle(_Request(request.scope, request.receive))

        return answer


class _Request(Request):
    """A request whose body is parsed under that rule."""

    async def json(self) -> Any:
        return _parsed(await self.body())


class _Repeating(dict[str, Any]):
    """An object that holds a key twice."""

    key: str


def _parsed(body: bytes) -> Any:
    """The value. Raises Refused where a key is there twice, and what `json.loads` raises."""
    repeats = False

    def as_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal repeats
        found = dict(pairs)
        if len(found) == len(pairs):
            return found
        repeats = True
        twice = _Repeating(found)
        twice.key = next(name for name, times in Counter(name for name, _ in pairs).items() if times > 1)
        return twice

    value = json.loads(body, object_pairs_hook=as_object)
    if repeats:
        raise Refused(422, "the field is there twice", field=next(_repeated(value))[:_LONGEST])
    return value


def _repeated(value: Any) -> Iterator[str]:
    """The keys that are there twice, each with the way to it (`texts.3.title`), the outermost of a branch first.

    There is one wherever an object was `_Repeating`: one in a value that another replaced lies in one that is, too.
    """
    waiting: list[tuple[str, Any]] = [("", value)]
    while waiting:
        way, found = waiting.pop()
        if isinstance(found, _Repeating):
            yield way + found.key
        parts = found.items() if isinstance(found, dict) else enumerate(found) if isinstance(found, list) else ()
        waiting += reversed([(f"{way}{name}."[:_LONGEST], part) for name, part in parts])
