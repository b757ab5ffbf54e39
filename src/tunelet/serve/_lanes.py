"""What waits for each model of a service, how fast that model is, and how many tokens make a batch of it."""

import sys
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from tunelet.serve._jobs import Encoded, Job, Work

_BATCH_SECONDS = 1 / 15  # that a batch may take where nobody says how many tokens it has
_LEAST, _MOST = 256, 16_384  # tokens of a batch that is chosen so
_WARM_UPS = (1, 16, 16)  # texts: one builds what is built once, the last is timed


@dataclass
class Piece:
    """One text of a job, tokenised."""

    job: Job
    row: int
    text: Encoded


@dataclass
class Lane:
    """What waits for one model, and how fast that model is.

    Attributes:
        work: what is computed.
        batch_tokens: of a batch.
        jobs: those with texts that are not tokenised yet.
        ready: tokenised texts in their order.
        waiting: texts that were taken and have no answer yet.
        workers: that compute what waits.
        text_seconds, batch_seconds: that a text and a batch of the last ones took a worker; 0.0: none was computed yet.
    """

    work: Work
    batch_tokens: int
    workers: int = 1
    jobs: deque[Job] = field(default_factory=deque)
    ready: deque[Piece] = field(default_factory=deque)
    waiting: int = 0
    text_seconds: float = 0.0
    batch_seconds: float = 0.0

    @property
    def seconds(self) -> float:
        """How long computing what waits would take if no other model had anything to do."""
        return self.waiting * self.text_seconds / self.workers

    def took(self, texts: int, seconds: float) -> None:
        """Note how long a batch took."""
        self.text_seconds = _smoothed(self.text_seconds, seconds / texts)
        self.batch_seconds = _smoothed(self.batch_seconds, seconds)


def _smoothed(before: float, now: float) -> float:
    return 0.8 * before + 0.2 * now if before else now


def compute_with(threads: int) -> None:
    """Let the thread that calls this compute with so many; 0: as it is. A graph has its own threads."""
    if threads and (torch := sys.modules.get("torch")) is not None and torch.get_num_threads() != threads:
        torch.set_num_threads(threads)


def warm_up(lane: Lane, threads: int) -> None:
    """Compute a few texts, so that the first request does not wait for it, and choose the tokens of a batch."""
    if lane.work.sample is None:
        return
    with ThreadPoolExecutor(1) as place:  # a thread's number of threads is its own
        place.submit(_measure, lane, threads).result()


def _measure(lane: Lane, threads: int) -> None:
    compute_with(threads)
    for count in _WARM_UPS:
        encoded = lane.work.encode([lane.work.sample] * count)
        begin = time.perf_counter()
        lane.work.compute(encoded)
        seconds = time.perf_counter() - begin
    lane.took(len(encoded), seconds)  # the last one alone: the first also builds and loads
    if not lane.batch_tokens:
        rate = sum(text.length for text in encoded) / seconds
        lane.batch_tokens = int(min(max(_LEAST, rate * _BATCH_SECONDS), _MOST))
