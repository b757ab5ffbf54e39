"""How a service behaves: its limits, with defaults for a small machine."""

from dataclasses import dataclass, fields

from tunelet._words import shown
from tunelet.errors import ServeError

_MAY_BE_ZERO = ("batch_tokens", "threads", "drain")
_MOST = 2**40


@dataclass(frozen=True)
class ServeSettings:
    """The limits of a service. Whatever is over one of them is refused, and the answer says which.

    Attributes:
        queue: texts that may wait together; over it a request is answered 429.
        explain_queue: the same of texts that are to be explained, which takes some ten times as long.
        deadline: seconds within which a request is answered, or else 504; it may ask for fewer.
        max_texts: texts of a request.
        max_characters: characters of a text.
        max_body: bytes of a request.
        body_seconds: within which a request has arrived in whole, headers and body each, or else 408.
        batch_tokens: tokens that go through the model together; 0: as many as take a fifteenth of a second.
        connections: that are open together; more than texts in the queue, so that who is too much learns when to
            come back.
        drain: seconds for which a service that was told to stop by SIGTERM still answers, while `/readyz` says that it
            is not ready.
        threads: that models compute with, together; 0: as OMP_NUM_THREADS says, else one a core.
        log_texts: write the texts of each request to the log.
    """

    queue: int = 256
    explain_queue: int = 16
    deadline: float = 10.0
    max_texts: int = 128
    max_characters: int = 100_000
    max_body: int = 1 << 20
    body_seconds: float = 10.0
    batch_tokens: int = 0
    connections: int = 512
    drain: float = 1.0
    threads: int = 0
    log_texts: bool = False

    def __post_init__(self) -> None:
        """Raise ServeError for a limit that nothing could stay under."""
        for field in fields(self):
            value, whole = getattr(self, field.name), isinstance(field.default, int)
            if field.name == "log_texts":
                continue
            least = 0 if field.name in _MAY_BE_ZERO else 1 if whole else 0.001
            kind = int if whole else (int, float)
            if isinstance(value, bool) or not isinstance(value, kind) or not least <= value <= _MOST:
                raise ServeError(
                    f"{field.name}: expected a {'whole ' if whole else ''}number from {least} on, found {shown(value)}",
                    f"leave it out: it is {field.default} then",
                )
        if self.max_texts > self.queue:
            raise ServeError(
                f"a request of {self.max_texts} texts would never fit into a queue of {self.queue}",
                f"pass max_texts={self.queue}, or a longer queue",
            )
