"""A service as it is: a real server on a free port of this machine, in a thread; and a model that can be held."""

import signal
import socket
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import httpx
import numpy as np

from tunelet import Classifier
from tunelet.serve import ServeSettings, _server
from tunelet.serve._app import app_of
from tunelet.serve._cores import Cores
from tunelet.serve._served import Served
from tunelet.serve._service import Service
from tunelet.serve._token import Token


class Held:
    """A classifier that computes nothing while it is held, remembers what it computed, and can be made slower.

    Everything else is the classifier's own.
    """

    def __init__(self, classifier: Classifier) -> None:
        self._classifier = classifier
        self._free = threading.Event()
        self._free.set()
        self._entered = threading.Semaphore(0)
        self.batches: list[list[str]] = []  # texts
        self.breaks_on = self.no_token_in = ""
        self.seconds_a_text = 0.0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._classifier, name)

    def encode(self, texts: Sequence[Any]) -> list[Any]:
        if self.no_token_in and any(self.no_token_in in str(text) for text in texts):
            raise RuntimeError("no token in this text")
        return self._classifier.encode(texts)

    def probabilities_of_encoded(self, texts: Sequence[Any]) -> np.ndarray:
        self._entered.release()
        assert self._free.wait(60)
        time.sleep(self.seconds_a_text * len(texts))
        self.batches.append([text.text for text in texts])
        if self.breaks_on and any(self.breaks_on in text.text for text in texts):
            raise RuntimeError("no memory for this text")
        return self._classifier.probabilities_of_encoded(texts)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Nothing is computed inside."""
        while self._entered.acquire(blocking=False):
            pass
        self._free.clear()
        try:
            yield
        finally:
            self._free.set()

    def wait_until_asked(self) -> None:
        """Wait until a batch is about to be computed."""
        assert self._entered.acquire(timeout=60)


class Running:
    """A service that runs, and how to speak to it."""

    def __init__(self, server: _server.Server, service: Service, port: int) -> None:
        self.server, self.service, self.port = server, service, port
        self.url = f"http://127.0.0.1:{port}"

    def client(self, **options: Any) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=60, **options)

    def stop(self, number: int = signal.SIGTERM) -> None:
        """What a signal does; a thread gets none."""
        self.server.handle_exit(number, None)

    def connect(self) -> socket.socket:
        """A bare connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=60)


@contextmanager
def running(
    models: Mapping[str, Any], settings: ServeSettings | None = None, token: Token | None = None
) -> Iterator[Running]:
    """Serve classifiers by name, one batch at a time."""
    served = {name: Served(name, model) for name, model in models.items()}
    service = Service(served, settings or ServeSettings(drain=0), Cores(threads=1, workers=1))
    service.start()
    server = _server.Server(app_of(service, token), service)
    listening = _server._bound("127.0.0.1", 0)
    thread = threading.Thread(target=server.run, args=([listening],))
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        yield Running(server, service, listening.getsockname()[1])
    finally:
        server.handle_exit(signal.SIGTERM, None)
        thread.join(60)
        assert not thread.is_alive()
