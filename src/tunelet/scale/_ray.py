"""Workers on a Ray cluster: each job is a task, which Ray gives to another machine where one is lost.

Results come back through Ray's object store; files that jobs write have to lie where all machines see them.
"""

import logging
import os
import socket
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from tunelet._words import first_line
from tunelet.errors import RecipeError, RunError
from tunelet.scale._job import MOST_DEATHS, Answer, Job, Work, answered
from tunelet.scale._place import Place

_ANSWERING = 10.0  # seconds that a cluster has to answer


@contextmanager
def ray_workers(place: Place) -> Iterator["RayWorkers"]:
    """The workers of a cluster; one that this process started ends with the block.

    Raises:
        RecipeError: Ray is not installed, or there is no such cluster.
    """
    try:
        import ray
    except ImportError:
        raise RecipeError("on='ray' needs Ray, which is not installed", "pip install 'tunelet[scale]'") from None
    mine = not ray.is_initialized()
    if mine:
        _connect(ray, place.address)
    try:
        yield RayWorkers(ray, place.workers)
    finally:
        if mine:
            ray.shutdown()


def _connect(ray: Any, address: str | None) -> None:
    """Join the named cluster, or the one that runs here, else start one."""
    quiet = {"log_to_driver": False, "logging_level": logging.ERROR}
    named = address or os.environ.get("RAY_ADDRESS")
    try:
        if named:
            _check_answers(named)
            ray.init(address=named, **quiet)
            return
        try:
            ray.init(address="auto", **quiet)
        except ConnectionError:
            ray.init(include_dashboard=False, **quiet)
    except (ConnectionError, RuntimeError, ValueError, OSError) as error:
        raise RecipeError(
            f"no Ray cluster at {named or 'this machine'} ({first_line(error, without=type(error).__name__)[:200]})",
            "start one with Ray's own command, or pass its address: on='ray://HOST:10001'",
        ) from None


def _check_answers(address: str) -> None:
    """Raise OSError where nobody answers: Ray itself would try for minutes."""
    host, _, port = address.rpartition("//")[2].rpartition(":")
    if host and port.isdigit():
        socket.create_connection((host, int(port)), timeout=_ANSWERING).close()


class RayWorkers:
    """Tasks of a cluster."""

    def __init__(self, ray: Any, count: int) -> None:
        """Take a share of the cluster's cores for each worker."""
        self._ray = ray
        cores = int(ray.cluster_resources().get("CPU", 1))
        self.count = count or cores
        self.cores = max(1, cores // self.count)

    def map(self, work: Work, jobs: Sequence[Job]) -> Iterator[tuple[int, Any]]:
        """As described in `Workers`."""
        ray = self._ray
        # Only the loss of a worker or its machine is tried again: an error would come again.
        environment = {"env_vars": {"OMP_NUM_THREADS": str(self.cores)}}
        task = ray.remote(num_cpus=self.cores, max_retries=MOST_DEATHS - 1, runtime_env=environment)(answered)
        waiting = deque(range(len(jobs)))
        running: dict[Any, int] = {}
        while waiting or running:
            while waiting and len(running) < self.count:
                number = waiting.popleft()
                running[task.remote(work, jobs[number].argument)] = number
            (done,), _ = ray.wait(list(running), num_returns=1)
            number = running.pop(done)
            yield number, self._taken(done, jobs[number]).value()

    def _taken(self, done: Any, job: Job) -> Answer:
        errors = self._ray.exceptions
        try:
            answer = self._ray.get(done)
        except (errors.WorkerCrashedError, errors.NodeDiedError, errors.OutOfMemoryError) as error:
            raise RunError(
                f"{job.name}: {MOST_DEATHS} workers died at it ({type(error).__name__})",
                "if the memory was full, take fewer: workers=1",
            ) from None
        assert isinstance(answer, Answer)  # noqa: S101
        return answer
