"""From the first request to the last: a server that says that it stops, answers what it took, and then ends."""

import asyncio
import functools
import os
import signal
import socket
from collections.abc import Coroutine
from pathlib import Path
from types import FrameType
from typing import Any

import uvicorn
from fastapi import FastAPI

from tunelet._arguments import checked
from tunelet._words import counted
from tunelet.errors import ServeError
from tunelet.serve._app import app_of
from tunelet.serve._connections import Connection
from tunelet.serve._log import LOGGER, logged_to_stderr
from tunelet.serve._loopback import is_loopback
from tunelet.serve._routes import described
from tunelet.serve._served import Runs
from tunelet.serve._service import Service
from tunelet.serve._settings import ServeSettings
from tunelet.serve._token import read_token
from tunelet.serve._waiting import sleep_while_waiting, switch_often

_TICK = 0.05  # seconds
_BACKLOG = 2048  # connections that wait to be taken


class Server(uvicorn.Server):
    """uvicorn's server, that stops in three steps: not ready, nothing new, end.

    When it is told to stop, `/readyz` says so at once, and for `drain` seconds everything is still answered, with
    `Connection: close`: whoever balances loads sends new requests elsewhere. Then new requests are answered 503 while
    what was taken is finished. A second signal ends it without waiting.
    """

    def __init__(self, app: FastAPI, service: Service) -> None:
        settings = service.settings
        super().__init__(
            uvicorn.Config(
                app,
                http=functools.partial(Connection, settings),  # type: ignore[arg-type]
                ws="none",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=max(1, round(2 * settings.deadline)),
                backlog=_BACKLOG,
            )
        )
        self._service = service
        self.interrupted = False

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to stop; on a second signal, end."""
        self.force_exit = self.should_exit
        self.should_exit = True
        self.interrupted = sig == signal.SIGINT
        self._service.phase = "stopping"

    async def main_loop(self) -> None:
        """Serve until told to stop, and then until everything that was taken has its answer."""
        await super().main_loop()
        self._service.phase = "stopping"
        LOGGER.info("stopping: %d texts are waiting", self._service.batcher.waiting)
        drain = 0.0 if self.interrupted else self._service.settings.drain
        await self._while_not_forced(asyncio.sleep(drain))
        await self._while_not_forced(self._service.finish())

    async def _while_not_forced(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        while not task.done() and not self.force_exit:
            await asyncio.wait([task], timeout=_TICK)
        task.cancel()


@checked
def serve(
    runs: Runs,
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    token_file: str | Path | None = None,
    device: str | None = None,
    settings: ServeSettings | None = None,
) -> None:
    """Serve finished runs over HTTP until the process is told to stop (SIGTERM, Ctrl-C).

    >>> try:
    ...     tunelet.serve("runs/first", host="0.0.0.0")
    ... except tunelet.TuneletError as error:
    ...     print(error.message)
    other machines reach 0.0.0.0: a service there demands a token

    Args:
        runs: one or several, each a run, its folder, or "NAME=FOLDER"; or a mapping from names to them. Without a name
            a run has that of its folder.
        host: address to listen at; one that other machines reach demands a token.
        port: to listen at; 0: any free one.
        token_file: file with the bearer token that requests must show.
        device: as for `Classifier.load`.
        settings: the limits; None: the defaults.

    Raises:
        ServeError: an address that cannot be listened at or demands a token, a bad token file, names that do not do.
        RunError, ModelError: a run cannot be loaded.
        KeyboardInterrupt: it was stopped by Ctrl-C.
    """
    if token_file is None and not is_loopback(host):
        raise ServeError(
            f"other machines reach {host}: a service there demands a token",
            "put one into a file and pass token_file='FILE', or listen at host='127.0.0.1'",
        )
    token = None if token_file is None else read_token(token_file)
    listening = _bound(host, port)
    sleep_while_waiting()
    switch_often()
    with listening, logged_to_stderr():
        settings = settings or ServeSettings()
        service = Service.loaded(runs, device=device, settings=settings)
        service.start()
        server = Server(app_of(service, token), service)
        _announce(service, listening)
        server.run([listening])
        LOGGER.info("stopped")
    if server.interrupted:
        raise KeyboardInterrupt


def _bound(host: str, port: int) -> socket.socket:
    """A socket that has the address, before anything is loaded. Raises ServeError where it cannot be had."""
    if not 0 <= port <= 65_535:  # some systems would take what is left of it
        raise ServeError(f"a port is a number from 0 to 65535, found {port}", "pass another port=...")
    listening = None
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind, protocol)
        if os.name != "nt":  # there it would let two servers share a port
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
    except (OSError, UnicodeError) as error:
        if listening is not None:
            listening.close()
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise ServeError(f"{host} port {port} cannot be listened at: {reason}", "pass another port=...") from None
    return listening


def _announce(service: Service, listening: socket.socket) -> None:
    host, port = listening.getsockname()[:2]
    for name, served in service.models.items():
        tokens = service.batcher.batch_tokens[name]
        LOGGER.info("model %s, batches of %s", described(served), counted(tokens, "token"))
    at = f"[{host}]" if ":" in host else host
    LOGGER.info("serving at http://%s:%d; / is a page to try it on, /openapi.json describes the rest", at, port)
