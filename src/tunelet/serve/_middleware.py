"""What is decided before a route is: who may ask, and how much of a body is read, and for how long."""

import asyncio
import time
from collections.abc import Collection

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tunelet._words import bytes_in_words
from tunelet.serve._loopback import host_of, is_loopback
from tunelet.serve._problems import Refused, problem
from tunelet.serve._settings import ServeSettings
from tunelet.serve._token import Token


class Gate:
    """Lets in who shows the token. Without one, only who calls this machine by a name of its own.

    A page on the web may point a name of its own at 127.0.0.1 and so have a browser read what a service on this machine
    answers (DNS rebinding); its requests name that host.
    """

    def __init__(self, app: ASGIApp, token: Token | None, open_paths: Collection[str]) -> None:
        self._app, self._token, self._open = app, token, frozenset(open_paths)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif self._token is None:
            if is_loopback(host_of(_header(scope, b"host").decode("latin-1"))):
                await self._app(scope, receive, send)
            else:
                said = "the Host header names another machine; a service for others is started with a token file"
                await refuse(send, 400, said)
        elif scope["path"] in self._open or self._token.is_shown_by(_header(scope, b"authorization")):
            await self._app(scope, receive, send)
        else:
            said = "expected the header Authorization: Bearer TOKEN"
            await refuse(send, 401, said, (b"www-authenticate", b'Bearer realm="tunelet"'))


class Heads:
    """Answers HEAD as GET, without the body (RFC 9110, section 9.3.2): some of what watches over services asks so."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def bare(message: Message) -> None:
            await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

        await self._app({**scope, "method": "GET"}, receive, bare)


class BodyLimits:
    """Reads no more of a body than the limit, no longer than the limit, and nothing that is not declared as JSON.

    All of it is checked when a route asks for the body: a path that there is not is answered 404, whatever was sent.
    """

    def __init__(self, app: ASGIApp, settings: ServeSettings) -> None:
        self._app, self._settings = app, settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "POST":
            receive = _Body(scope, receive, self._settings).receive
        await self._app(scope, receive, send)


class _Body:
    """The body of one request."""

    def __init__(self, scope: Scope, receive: Receive, settings: ServeSettings) -> None:
        self._scope, self._receive, self._settings = scope, receive, settings
        self._read = 0
        self._until = time.monotonic() + settings.body_seconds
        self._ended = False

    async def receive(self) -> Message:
        if self._ended:  # what follows is the end of the connection, which may take its time
            return await self._receive()
        if self._read == 0:
            self._check_headers()
        try:
            async with asyncio.timeout(self._until - time.monotonic()):
                message = await self._receive()
        except TimeoutError:
            seconds = f"{self._settings.body_seconds:g} seconds"
            raise Refused(408, f"the body took longer than {seconds}", headers={"Connection": "close"}) from None
        self._read += len(message.get("body", b""))
        self._check_size(self._read)
        self._ended = not message.get("more_body", False)
        return message

    def _check_headers(self) -> None:
        kind, _, parameters = _header(self._scope, b"content-type").lower().partition(b";")
        charset = parameters.replace(b" ", b"").replace(b'"', b"")
        if kind.strip() != b"application/json" or charset not in (b"", b"charset=utf-8"):
            raise Refused(415, "expected the header Content-Type: application/json, in UTF-8")
        if _header(self._scope, b"content-encoding") not in (b"", b"identity"):
            raise Refused(415, "expected a body that is not compressed")
        length = _header(self._scope, b"content-length")
        self._check_size(int(length) if length.isdigit() else 0)

    def _check_size(self, size: int) -> None:
        if size > self._settings.max_body:
            raise Refused(413, f"expected at most {bytes_in_words(self._settings.max_body)}, found more")


async def refuse(send: Send, status: int, message: str, *headers: tuple[bytes, bytes]) -> None:
    """Answer with an error from outside of the routes."""
    body = problem(status, message)
    described = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode()), *headers]
    await send({"type": "http.response.start", "status": status, "headers": described})
    await send({"type": "http.response.body", "body": body})


def _header(scope: Scope, name: bytes) -> bytes:
    found: bytes = next((value for key, value in scope["headers"] if key == name), b"")
    return found
