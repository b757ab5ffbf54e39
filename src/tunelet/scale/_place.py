"""Where work is done: `on='local'`, `on='ray'` or `on='ray://HOST:PORT'`, and by how many workers."""

from dataclasses import dataclass
from typing import Literal

from tunelet._choice import nearest
from tunelet._cores import available_cores, named_threads
from tunelet.errors import RecipeError

_ENGINES = ("local", "ray")
_CLIENT = "ray://"


@dataclass(frozen=True)
class Place:
    """Where work is done.

    Attributes:
        engine: "local", processes of this machine, or "ray".
        address: of a Ray cluster; None: the one that RAY_ADDRESS names, or that runs on this machine, or a new one.
        workers: how many jobs are done at a time; 0: on Ray as many as the cluster has cores.
    """

    engine: Literal["local", "ray"] = "local"
    address: str | None = None
    workers: int = 1

    @classmethod
    def of(cls, on: str, workers: int | None) -> "Place":
        """From the arguments of a user. Raises RecipeError."""
        if workers is not None and workers < 1:
            raise RecipeError(f"workers: expected at least 1, found {workers}", "for example workers=2")
        if on.startswith(_CLIENT) and len(on) > len(_CLIENT):
            return cls("ray", on, workers or 0)
        if on == "ray":
            return cls("ray", None, workers or 0)
        if on != "local":
            raise RecipeError(f"there is no place {on!r} to work on", nearest(on, (*_ENGINES, "ray://HOST:PORT")))
        return cls("local", None, workers or 1)

    @property
    def is_here(self) -> bool:
        """Whether this process does the work itself, with all of its threads."""
        return self.engine == "local" and self.workers == 1

    @property
    def threads(self) -> int:
        """Of each worker on this machine: its cores, or what OMP_NUM_THREADS says, divided among them."""
        return max(1, (named_threads() or available_cores()) // max(1, self.workers))


HERE = Place()
