"""What uvicorn leaves open at the level of a connection: how long headers may be, how long they may take, and who has
said all but listens.

Below, a message is a request as HTTP has it, its head and its body.
"""

from asyncio import TimerHandle, Transport
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from tunelet._words import bytes_in_words
from tunelet.serve._problems import problem
from tunelet.serve._settings import ServeSettings

_REASONS = {
    400: b"Bad Request", 408: b"Request Timeout", 431: b"Request Header Fields Too Large", 503: b"Service Unavailable",
}  # fmt: skip
_MOST_BESIDE = 1 << 16  # bytes of a message beside its body: head and trailers, which are kept until it is answered
_FRAME = 16  # bytes around a chunk of a body: its length and two line ends


class Connection(HttpToolsProtocol):
    """A connection that is closed when nothing comes of it.

    - Headers arrive within `body_seconds`, or it is answered 408. Longer ones than 64 KiB are answered 431 and not
      kept, but for what came in one piece with their beginning; neither are trailers behind a body.
    - A body that goes on after its answer (413 comes before the whole of it) is thrown away for as long, so that a
      client that does not read while it writes gets the answer, too.
    - A client that has sent its message and closed its side of the connection still gets the answer.
    - A client that does not read its answers is cut off after the same time.
    """

    def __init__(self, settings: ServeSettings, **given: Any) -> None:
        super().__init__(**given)
        self._settings = settings
        self._patience: TimerHandle | None = None
        self._unread: TimerHandle | None = None
        self._in_message = self._in_head = self._deaf = False
        self._beside = 0  # bytes of the message so far beside its body

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > self._settings.connections:
            self._refuse(503, "too many connections are open")
            return
        self._wait_for_message()

    def connection_lost(self, exc: Exception | None) -> None:
        self._no_more_waiting()
        if self._unread is not None:
            self._unread.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._deaf:
            return
        self._beside += len(data)
        super().data_received(data)
        if self._beside > _MOST_BESIDE and not self.transport.is_closing():
            self._refuse_head()
            return
        answered = self.cycle is None or self.cycle.response_complete
        if answered and not self.transport.is_closing():
            self._wait_for_message()  # an empty line or two is no message either
        else:
            self._no_more_waiting()

    def eof_received(self) -> bool | None:  # type: ignore[override]
        waits = self.cycle is not None and not self.cycle.response_complete and not self.cycle.more_body
        if waits:
            self.cycle.keep_alive = False
        return waits

    def on_message_begin(self) -> None:
        self._in_message = self._in_head = True
        self._beside = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_head = False
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._beside = max(0, self._beside - len(body))
        super().on_body(body)

    def on_chunk_complete(self) -> None:
        self._beside = max(0, self._beside - _FRAME)

    def on_message_complete(self) -> None:
        self._in_message = False
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        self._refuse(400, "this is not HTTP/1.1 as the service understands it")

    def pause_writing(self) -> None:
        super().pause_writing()
        self._unread = self.loop.call_later(self._settings.body_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._unread is not None:
            self._unread.cancel()

    def _wait_for_message(self) -> None:
        if self._patience is None:
            self._patience = self.loop.call_later(self._settings.body_seconds, self._give_up)

    def _no_more_waiting(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _give_up(self) -> None:
        if self._in_head:
            self._refuse(408, "the headers took too long")
        else:
            self.transport.close()  # it has its answer, or has asked for nothing

    def _refuse_head(self) -> None:
        """Answer, and throw away what still comes: a client that does not read while it writes gets the answer, too."""
        self._deaf = True
        if not self._in_head:  # but behind its body: who answers is told that the client has gone
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        elif self.cycle is None or self.cycle.response_complete:
            self._answer(431, f"the headers have more than {bytes_in_words(_MOST_BESIDE)}")
        else:  # the answer to the request before it comes first, and is the last
            self.cycle.keep_alive = False
        self._no_more_waiting()
        self._patience = self.loop.call_later(self._settings.body_seconds, self.transport.close)

    def _refuse(self, status: int, message: str) -> None:
        """Answer before there is a request, and close."""
        self._answer(status, message)
        self.transport.close()

    def _answer(self, status: int, message: str) -> None:
        body = problem(status, message)
        self.transport.write(
            b"HTTP/1.1 %d %s\r\ncontent-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n\r\n%s"
            % (status, _REASONS[status], len(body), body)
        )
