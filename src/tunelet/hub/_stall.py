"""A call that may hang runs beside the caller, who stops waiting when nothing has moved for a while.

Libraries bound each request but not what their retries add up to, and a name look-up is not bounded at all. The work
runs in a daemon thread: when the caller gives up, the thread cannot keep the process alive.
"""

import contextvars
import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class StalledError(TimeoutError):
    """Nothing moved for the `seconds` that the caller was willing to wait."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"nothing moved for {seconds:g} s")
        self.seconds = seconds


class Heartbeat:
    """The moment of the last sign of life; work calls it whenever something moved."""

    def __init__(self) -> None:
        self.last = time.monotonic()

    def __call__(self) -> None:
        self.last = time.monotonic()


def patiently(work: Callable[[Heartbeat], T], *, seconds: float) -> T:
    """The result of `work(heartbeat)`, or its exception.

    Args:
        work: called once, in a thread of its own, with the heartbeat to beat.
        seconds: how long no beat may come before the caller gives up.

    Raises:
        StalledError: no beat for `seconds`; the work goes on in the background until its own limits end it.
    """
    heartbeat = Heartbeat()
    results: list[T] = []
    failures: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work(heartbeat))
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=contextvars.copy_context().run, args=(run,), name="tunelet-patiently", daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(timeout=0.05)
        if thread.is_alive() and time.monotonic() - heartbeat.last > seconds:
            raise StalledError(seconds)
    if failures:
        raise failures[0]
    return results[0]
