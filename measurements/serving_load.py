"""Load on an HTTP service at a rate that does not depend on its answers (an open loop), in a process of its own.

    python measurements/serving_load.py URL BODIES --rate 200 --seconds 20

Requests are due at random moments (a Poisson process). A latency is counted from the moment that a request was due, not
from the one that it was sent: a client that waits for the service before it sends the next one does not see how long
people would have waited (coordinated omission). BODIES is a file with a JSON body a line. One JSON object is printed.
"""

import argparse
import asyncio
import json
import random
import time
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np

_TIMEOUT = 30.0  # seconds
_CONNECTIONS = 500


class Load:
    """Requests on up to 500 connections, each with one at a time."""

    def __init__(self, url: str, bodies: list[bytes]) -> None:
        self._place = urlsplit(url)
        self._bodies = bodies
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self._room = asyncio.Semaphore(_CONNECTIONS)
        self._connections: list[asyncio.StreamWriter] = []
        self.latencies: list[float] = []  # seconds, of answers with status 200
        self.statuses: Counter[str] = Counter()

    async def run(self, rate: float, seconds: float, warm_up: float) -> None:
        """Send for so long; what is due in the first `warm_up` seconds is not counted."""
        drawn, begin = random.Random(1), time.perf_counter()
        due, number, tasks = begin, 0, []
        while (due := due + drawn.expovariate(rate)) < begin + warm_up + seconds:
            if (wait := due - time.perf_counter()) > 0:
                await asyncio.sleep(wait)
            body = self._bodies[number % len(self._bodies)]
            tasks.append(asyncio.create_task(self._ask(body, due, counted=due > begin + warm_up)))
            number += 1
        await asyncio.gather(*tasks)
        for writer in self._connections:
            writer.close()

    async def _ask(self, body: bytes, due: float, *, counted: bool) -> None:
        async with self._room:
            try:
                status = await asyncio.wait_for(self._answered(body), _TIMEOUT)
            except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
                status = type(error).__name__
        if counted:
            self.statuses[status] += 1
            if status == "200":
                self.latencies.append(time.perf_counter() - due)

    async def _answered(self, body: bytes) -> str:
        """The status of an answer."""
        while self._idle:
            reader, writer = self._idle.pop()
            if reader.at_eof():  # closed by the service while it was at rest
                continue
            try:
                return await self._on_connection(reader, writer, body)
            except (ConnectionError, asyncio.IncompleteReadError) as error:
                if getattr(error, "partial", b""):
                    raise
                break  # closed as the request was on its way: as any client, once more on a new connection
        return await self._on_connection(*await self._connected(), body)

    async def _on_connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, body: bytes) -> str:
        writer.write(
            b"POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
            % (self._place.path.encode(), self._place.netloc.encode(), len(body), body)
        )
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
        await reader.readexactly(length)
        if b"connection: close" in head:
            writer.close()
        else:
            self._idle.append((reader, writer))
        return head.split()[1].decode()

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection(self._place.hostname, self._place.port)
        self._connections.append(writer)
        return reader, writer


def summary(load: Load, rate: float, seconds: float) -> dict[str, object]:
    """Figures of a load; latencies in milliseconds, None where nothing was answered."""
    milliseconds = 1000 * np.array(load.latencies)
    percentiles = {
        f"p{at}_ms": round(float(np.percentile(milliseconds, at)), 1) if len(milliseconds) else None
        for at in (50, 90, 99)
    }
    asked = load.statuses.total()
    return {"rate": rate, "seconds": seconds, "asked": asked, "statuses": dict(load.statuses), **percentiles}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("bodies", type=Path)
    parser.add_argument("--rate", type=float, required=True, help="requests per second")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--warm-up", type=float, default=2.0, help="seconds that are not counted")
    arguments = parser.parse_args()

    async def loaded() -> Load:
        load = Load(arguments.url, arguments.bodies.read_bytes().splitlines())
        await load.run(arguments.rate, arguments.seconds, arguments.warm_up)
        return load

    print(json.dumps(summary(asyncio.run(loaded()), arguments.rate, arguments.seconds)))


if __name__ == "__main__":
    main()
