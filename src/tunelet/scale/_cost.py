"""What work will take, in time and in core-hours, reckoned from what one piece of it takes."""

from dataclasses import dataclass

from tunelet._words import counted, duration
from tunelet.scale._workers import Workers


@dataclass(frozen=True)
class Cost:
    """What work will take.

    Attributes:
        elapsed: seconds from its beginning to its end.
        core_seconds: seconds of all cores that compute, added up.
        workers: that there are.
        cores: of each worker.
    """

    elapsed: float
    core_seconds: float
    workers: int
    cores: int

    @classmethod
    def of(cls, jobs: int, seconds: float, workers: Workers, *, first: float = 0.0) -> "Cost":
        """Of as many jobs, of which one takes a worker so many seconds; each worker's first takes `first` more."""
        rounds, at_once = -(-jobs // workers.count), min(jobs, workers.count)
        core_seconds = (jobs * seconds + at_once * first) * workers.cores
        return cls(rounds * seconds + first, core_seconds, workers.count, workers.cores)

    @property
    def core_hours(self) -> float:
        """Hours of all cores that compute, added up."""
        return self.core_seconds / 3600

    @property
    def in_words(self) -> str:
        """In one line: about 2 min 50 s on 2 workers of 1 core each, 0.094 core-hours."""
        place = (
            f"{counted(self.workers, 'worker')} of {counted(self.cores, 'core')}{' each' if self.workers > 1 else ''}"
        )
        hours = f"{self.core_hours:,.0f}" if self.core_hours >= 100 else f"{self.core_hours:.2g}"
        return f"about {duration(self.elapsed)} on {place}, {hours} core-hours"
