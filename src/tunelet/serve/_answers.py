"""Around every answer: a line in the log, the figures, and what becomes of an error that nobody expected."""

import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tunelet._words import counted
from tunelet.serve._log import LOGGER, where
from tunelet.serve._middleware import refuse
from tunelet.serve._service import TEXTS, Service

_LONGEST_PATH = 200  # characters
_CLOSE = (b"connection", b"close")


class Answers:
    """Writes a line for each request: method, path, status, milliseconds, texts; no query string.

    While the service stops, each answer closes its connection.
    """

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app, self._service = app, service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begin, status = time.perf_counter(), 0

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                if self._service.stops and _CLOSE not in message["headers"]:
                    message = {**message, "headers": [*message["headers"], _CLOSE]}
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except Exception as error:
            LOGGER.error("%s", where(error))
            if not status:
                await refuse(noted, 500, "a fault of the service; its log has more")
        seconds = time.perf_counter() - begin
        self._service.figures.answered(scope["method"], scope["path"], status, seconds)
        texts = scope.get(TEXTS, ())
        line = f"{scope['method']} {scope['path'][:_LONGEST_PATH]} {status} {1000 * seconds:.1f} ms"
        line += f" {counted(len(texts), 'text')}" if texts else ""
        LOGGER.info("%s", f"{line} {list(texts)!r}" if texts and self._service.settings.log_texts else line)
