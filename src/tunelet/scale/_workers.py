"""The workers of a place, behind one method: it takes a function and jobs, and hands out results as they are done."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from tunelet.scale._job import Job, Work
from tunelet.scale._place import HERE, Place


class Workers(Protocol):
    """Processes that do jobs, each with threads of its own."""

    @property
    def count(self) -> int:
        """How many jobs are done at a time."""

    @property
    def cores(self) -> int:
        """Threads that each of them computes with."""

    def map(self, work: Work, jobs: Sequence[Job]) -> Iterator[tuple[int, Any]]:
        """The number of each job, from 0, with its result, as they are done.

        A job whose worker died, as by kill -9 or with its machine, is done again by another: so work must take up what
        an earlier try has left, and do nothing twice.

        Raises:
            TuneletError: a job raised it, or several workers died at the same job.
        """


class ThisProcess:
    """No further process: jobs are done where they are asked for, one after the other."""

    count = 1

    @property
    def cores(self) -> int:
        """Threads that it computes with."""
        return HERE.threads

    def map(self, work: Work, jobs: Sequence[Job]) -> Iterator[tuple[int, Any]]:
        """As described in `Workers`."""
        for number, job in enumerate(jobs):
            yield number, work(job.argument)


@contextmanager
def workers_at(place: Place) -> Iterator[Workers]:
    """The workers of a place; they end with the block, however it is left. One worker here is this process.

    Raises:
        RecipeError: Ray is not installed, or there is no such cluster.
    """
    if place.engine == "ray":
        from tunelet.scale._ray import ray_workers

        with ray_workers(place) as on_ray:
            yield on_ray
        return
    if place.is_here:
        yield ThisProcess()
        return
    from tunelet.scale._local import LocalWorkers

    here = LocalWorkers(place)
    try:
        yield here
    finally:
        here.end()
