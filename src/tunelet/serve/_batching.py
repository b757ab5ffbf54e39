"""Requests of many connections, gathered into batches: a bounded queue, and workers that compute.

A worker is a thread that computes a batch on a core of its own. Workers need not wait for each other, as the threads
of one product do, and so a core that the event loop or another process takes for a while holds up one batch and not
all. A batch that is alone gets every core. Tokenising is done by the workers as well, so that the event loop is never
blocked. Nothing waits for a batch to fill: what has arrived while batches were computed is the next one. Requests take
turns text by text, so a request with one text does not wait behind one with hundreds.
"""

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tunelet.serve._jobs import BatchDone, ClosedError, FullError, Job, LateError, Work
from tunelet.serve._lanes import Lane, Piece, compute_with, warm_up

_CHUNK = 32  # texts that are tokenised together: many are quicker than one by one, and a huge text delays few
_LONGEST_RETRY = 60  # seconds
# Of the time to its deadline that a job may wait, as it seems now. Who takes more jobs than it can finish in time
# computes each of them until shortly after its deadline, and finishes none.
_PATIENCE = 0.5


class Batcher:
    """The queue and its workers.

    Args:
        models: what is computed with each, by name.
        queue: texts that may wait or be computed together.
        batch_tokens: of a batch; 0: as many as take about a fifteenth of a second, measured at the start.
        workers: threads that each compute a batch at a time.
        threads: that PyTorch computes a batch with which is alone; else the workers share them. 0: as it chooses.
        note: called after each batch, by the worker that computed it.
    """

    def __init__(
        self,
        models: Mapping[str, Work],
        *,
        queue: int,
        batch_tokens: int = 0,
        workers: int = 1,
        threads: int = 0,
        note: Callable[[BatchDone], None] | None = None,
    ) -> None:
        self._lanes = {name: Lane(work, batch_tokens, workers) for name, work in models.items()}
        self._turns = deque(self._lanes)
        self._queue, self._threads, self._note = queue, threads, note
        self._changed = threading.Condition()
        self._gathering = threading.Lock()  # of the worker that looks for its next batch
        self._computing = 0  # workers
        self._taking = True
        self._workers = [
            threading.Thread(target=self._work, name=f"tunelet-batches-{number}", daemon=True)
            for number in range(workers)
        ]

    def start(self) -> None:
        """Start the workers, once every model has computed its first texts. Raises what fails in that."""
        for lane in self._lanes.values():
            warm_up(lane, self._threads // len(self._workers))
        for worker in self._workers:
            worker.start()

    @property
    def batch_tokens(self) -> dict[str, int]:
        """Tokens of a batch by model, once started."""
        return {name: lane.batch_tokens for name, lane in self._lanes.items()}

    @property
    def waiting(self) -> int:
        """Texts that were taken and have no answer yet."""
        return sum(lane.waiting for lane in self._lanes.values())

    def submit(self, job: Job) -> None:
        """Take a job; its `done` is called in any case. Raises FullError or ClosedError, and then it is not."""
        with self._changed:
            if not self._taking:
                raise ClosedError
            lane, waiting = self._lanes[job.model], self.waiting
            if waiting + len(job.texts) > self._queue:
                raise FullError(_retry_after(sum(each.seconds for each in self._lanes.values())))
            ahead = self._seconds_ahead(lane)
            if waiting and ahead > _PATIENCE * (job.deadline - time.monotonic()):
                raise FullError(_retry_after(ahead))
            lane.waiting += len(job.texts)
            lane.jobs.append(job)
            self._changed.notify()

    def stop(self) -> None:
        """Take nothing new; what was taken is still computed, and then the workers end."""
        with self._changed:
            self._taking = False
            self._changed.notify_all()

    def join(self, seconds: float) -> bool:
        """Wait for the workers to end; whether they did."""
        until = time.monotonic() + seconds
        for worker in self._workers:
            worker.join(max(0.0, until - time.monotonic()))
        return not any(worker.is_alive() for worker in self._workers)

    def _seconds_ahead(self, lane: Lane) -> float:
        """How long what waits for a model will take, as it seems now.

        Models take turns batch by batch. So while this one computes, each of the others gets about as much time, one
        batch at least, but no more than it has work for.
        """
        others = (each for each in self._lanes.values() if each is not lane)
        return lane.seconds + sum(min(each.seconds, max(lane.seconds, each.batch_seconds)) for each in others)

    def _work(self) -> None:
        while True:
            batch: list[Piece] = []
            with self._gathering:
                if (name := self._next_lane()) is None:
                    return
                lane = self._lanes[name]
                try:
                    batch = self._gathered(lane)
                except BaseException as error:  # a panic of a library's, too: whoever asks next is answered
                    self._drop(lane, error)
            try:
                if batch:
                    with self._share() as workers:
                        self._compute(name, lane, batch, workers)
            except BaseException as error:  # likewise
                for piece in batch:
                    self._finish(piece.job, _as_exception(error))

    def _drop(self, lane: Lane, error: BaseException) -> None:
        """Finish every job that waits in a lane with a fault."""
        with self._changed:
            jobs = [*lane.jobs, *(piece.job for piece in lane.ready)]
            lane.jobs.clear()
            lane.ready.clear()
        for job in jobs:
            self._finish(job, _as_exception(error))

    @contextmanager
    def _share(self) -> Iterator[int]:
        """The number of workers whose cores a batch gets: every one's, or its own where others have work as well."""
        with self._changed:
            alone = not self._computing and not any(lane.jobs or lane.ready for lane in self._lanes.values())
            self._computing += 1
        workers = len(self._workers) if alone else 1
        compute_with(self._threads * workers // len(self._workers))
        try:
            yield workers
        finally:
            with self._changed:
                self._computing -= 1

    def _next_lane(self) -> str | None:
        """The model whose turn it is, of those with work; None: there will be none."""
        with self._changed:
            while True:
                for _ in range(len(self._turns)):
                    self._turns.rotate(-1)
                    lane = self._lanes[self._turns[-1]]
                    if lane.jobs or lane.ready:
                        return self._turns[-1]
                if not self._taking:
                    return None
                self._changed.wait()

    def _gathered(self, lane: Lane) -> list[Piece]:
        """Texts up to the budget, one at least if any waits."""
        batch: list[Piece] = []
        tokens = 0
        while lane.ready or self._tokenise_some(lane):
            if not lane.ready:  # none of these could be tokenised
                continue
            piece = lane.ready[0]
            if not self._of_use(piece.job):
                lane.ready.popleft()
                continue
            if batch and tokens + piece.text.length > lane.batch_tokens:
                break
            batch.append(lane.ready.popleft())
            tokens += piece.text.length
        return batch

    def _tokenise_some(self, lane: Lane) -> bool:
        """Tokenise the next texts, one of each job in turn; False where none waits."""
        chosen: list[tuple[Job, int]] = []
        while lane.jobs and len(chosen) < _CHUNK:
            job = lane.jobs.popleft()
            if not self._of_use(job):
                continue
            chosen.append((job, job._next))
            job._next += 1
            if job._next < len(job.texts):
                lane.jobs.append(job)
        if chosen:
            self._encode(lane, chosen)
        return bool(chosen)

    def _encode(self, lane: Lane, chosen: list[tuple[Job, int]]) -> None:
        try:
            encoded = lane.work.encode([job.texts[row] for job, row in chosen])
        except Exception as error:
            if len(chosen) == 1:
                self._finish(chosen[0][0], error)
                return
            for one in chosen:  # one text must not take the others down with it
                self._encode(lane, [one])
            return
        lane.ready += [Piece(job, row, text) for (job, row), text in zip(chosen, encoded, strict=True)]

    def _of_use(self, job: Job) -> bool:
        """Whether somebody waits for the rest of a job; if not, it is finished here."""
        if not job._over and (job.given_up or time.monotonic() > job.deadline):
            self._finish(job, LateError())
        return not job._over

    def _compute(self, name: str, lane: Lane, batch: list[Piece], workers: int) -> None:
        begin = time.perf_counter()
        try:
            answers = lane.work.compute([piece.text for piece in batch])
        except Exception as error:
            if len(batch) == 1:
                self._finish(batch[0].job, error)
                return
            for piece in batch:  # likewise
                if not piece.job._over:
                    self._compute(name, lane, [piece], workers)
            return
        seconds = time.perf_counter() - begin
        with self._changed:
            lane.took(len(batch), seconds * workers)
        # Before any answer leaves: who has the answer may read the figures.
        if self._note is not None:
            self._note(BatchDone(name, len(batch), sum(piece.text.length for piece in batch), seconds))
        for piece, answer in zip(batch, answers, strict=True):
            there = piece.job._answers
            there[piece.row] = answer
            if len(there) == len(piece.job.texts):
                self._finish(piece.job, [there[row] for row in range(len(there))])

    def _finish(self, job: Job, answer: list[Any] | Exception) -> None:
        with self._changed:  # two workers may have a text each of the same job
            if job._over:
                return
            job._over = True
            self._lanes[job.model].waiting -= len(job.texts)
        job.done(answer)


def _retry_after(seconds: float) -> int:
    return min(max(1, math.ceil(seconds)), _LONGEST_RETRY)


def _as_exception(error: BaseException) -> Exception:
    return error if isinstance(error, Exception) else RuntimeError(type(error).__name__)
