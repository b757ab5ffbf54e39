"""What is computed and for whom: the texts of a request on their way, and what may become of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol


class Encoded(Protocol):
    """A text that is ready to be computed, with its tokens."""

    @property
    def length(self) -> int: ...


class Work(Protocol):
    """What is computed: `encode` makes texts ready, `compute` has an answer for each. `sample` is one to begin with."""

    sample: Any

    def encode(self, texts: Sequence[Any]) -> Sequence[Any]: ...

    def compute(self, texts: Sequence[Any]) -> Sequence[Any]: ...


class FullError(Exception):
    """The queue has no room for the texts of a request, or they would wait too long in it."""

    def __init__(self, retry_after: int) -> None:
        super().__init__()
        self.retry_after = retry_after  # seconds


class ClosedError(Exception):
    """Nothing new is taken."""


class LateError(Exception):
    """The deadline passed before all texts had been computed."""


@dataclass(eq=False)
class Job:
    """The texts of a request on their way.

    Attributes:
        model: by name.
        texts: at least one.
        deadline: by `time.monotonic()`; what is later is not computed.
        done: called once, by the thread that computes, with an answer for each text or what went wrong.
        given_up: nobody waits for the answer any more. Set by who gave the job.
    """

    model: str
    texts: Sequence[Any]
    deadline: float
    done: Callable[[list[Any] | Exception], None]
    given_up: bool = False
    _next: int = 0
    _answers: dict[int, Any] = field(default_factory=dict)
    _over: bool = False


@dataclass(frozen=True)
class BatchDone:
    """A batch that was computed: its model, its texts, their tokens, the seconds that it took."""

    model: str
    texts: int
    tokens: int
    seconds: float
