"""How the cores of a machine are shared by the workers of a service."""

import math
import sys
from dataclasses import dataclass

from tunelet._cores import available_cores, named_threads

# A worker holds the interpreter for about a tenth of the time of a batch, so more of them wait for each other.
_MOST_WORKERS = 8


@dataclass(frozen=True)
class Cores:
    """Threads, and among how many workers they are divided.

    Attributes:
        threads: of all workers together.
        workers: threads that compute batches.
    """

    threads: int
    workers: int

    @classmethod
    def shared(cls, threads: int, device: str | None) -> "Cores":
        """Eight workers at most, each with as many cores as another; one where an accelerator computes.

        Args:
            threads: 0: as OMP_NUM_THREADS says, else one a core.
            device: as for `Classifier.load`.
        """
        threads = threads or named_threads() or available_cores()
        each = math.ceil(threads / _MOST_WORKERS)
        return cls(threads, 1 if _accelerated(device) else threads // each)

    @property
    def each(self) -> int:
        """Threads of a worker while others compute as well."""
        return self.threads // self.workers


def _accelerated(device: str | None) -> bool:
    """Whether models may be on one; PyTorch is loaded where a model needs it."""
    torch = sys.modules.get("torch")
    return device != "cpu" and torch is not None and bool(torch.accelerator.is_available())
