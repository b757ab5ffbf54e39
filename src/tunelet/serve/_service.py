"""A service at work: its models, its queue, its figures, and whether it is ready."""

import asyncio
import math
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Literal

from tunelet.classifier import ExportedClassifier
from tunelet.errors import TuneletError
from tunelet.serve._batching import Batcher
from tunelet.serve._cores import Cores
from tunelet.serve._jobs import ClosedError, FullError, Job, LateError
from tunelet.serve._metrics import Figures
from tunelet.serve._problems import Refused
from tunelet.serve._served import Runs, Served, load_models
from tunelet.serve._settings import ServeSettings
from tunelet.serve._work import Explaining, Predicting

Phase = Literal["starting", "ready", "stopping"]
PATHS = (
    "/", "/v1/predict", "/v1/explain", "/v1/models", "/v1/about", "/healthz", "/readyz", "/metrics", "/openapi.json",
)  # fmt: skip
PROBES = ("/healthz", "/readyz")
_POLL = 0.02  # seconds
TEXTS = "tunelet.texts"  # where a route leaves in a request's scope the texts that it was asked about


class Service:
    """What all routes share.

    Attributes:
        models: by name.
        settings: with the limits.
        phase: "stopping" from the moment that it was told to stop, though it may still answer for a while.
    """

    def __init__(self, models: Mapping[str, Served], settings: ServeSettings, cores: Cores) -> None:
        self.models, self.settings = models, settings
        self.figures = Figures(
            PATHS,
            PROBES,
            ready=lambda: self.phase == "ready",
            waiting={"predict": lambda: self.batcher.waiting, "explain": lambda: self.explainer.waiting},
        )
        self.batcher = Batcher(
            {name: Predicting(served.classifier) for name, served in models.items()},
            queue=settings.queue,
            batch_tokens=settings.batch_tokens,
            workers=cores.workers,
            threads=cores.threads,
            note=self.figures.computed,
        )
        # Explaining a text takes as long as a batch: predictions must not wait behind it.
        self.explainer = Batcher(
            {
                name: Explaining(served.classifier)
                for name, served in models.items()
                if not isinstance(served.classifier, ExportedClassifier)
            },
            queue=settings.explain_queue,
            batch_tokens=1,
            threads=cores.threads,
        )
        self.phase: Phase = "starting"

    @classmethod
    def loaded(cls, runs: Runs, *, device: str | None, settings: ServeSettings) -> "Service":
        """A service of runs and exports; arguments and errors as for `load_models`."""
        models = load_models(runs, device=device, threads=Cores.shared(settings.threads, device).each)
        return cls(models, settings, Cores.shared(settings.threads, device))  # only now is PyTorch there

    def start(self) -> None:
        """Compute the first texts of every model, and be ready. Once is enough."""
        if self.phase == "starting":
            self.batcher.start()
            self.explainer.start()
            self.phase = "ready"

    @property
    def stops(self) -> bool:
        """Whether it was told to stop."""
        return self.phase == "stopping"

    async def finish(self) -> None:
        """Take nothing new, and compute what was taken: as long as the longest deadline, and one batch more."""
        self.phase = "stopping"
        self.batcher.stop()
        self.explainer.stop()
        until = time.monotonic() + 2 * self.settings.deadline
        # Asked again and again, and not waited for in a thread, which a second signal could not end.
        while not (self.batcher.join(0) and self.explainer.join(0)) and time.monotonic() < until:
            await asyncio.sleep(_POLL)

    def model(self, name: str | None) -> Served:
        """The model of this name; None: the only one. Raises Refused."""
        listed = ", ".join(self.models)
        if name is None:
            if len(self.models) > 1:
                raise Refused(422, f"expected the name of a model, one of {listed}", field="model")
            return next(iter(self.models.values()))
        if name not in self.models:
            raise Refused(404, f"there is no such model; there is {listed}", field="model")
        return self.models[name]

    async def answers(
        self, batcher: Batcher, served: Served, texts: Sequence[Any], deadline: float | None
    ) -> list[Any]:
        """What a batcher computes of texts, in their order.

        Args:
            batcher: one of the service's two.
            served: the model.
            texts: checked ones.
            deadline: seconds; None: that of the service.

        Raises:
            Refused: the queue is full, the service is stopping, the deadline has passed, or the model cannot do it.
        """
        seconds = self.settings.deadline if deadline is None else deadline
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[list[Any]] = loop.create_future()

        def settle(result: list[Any] | Exception) -> None:
            if answer.done():
                return
            if isinstance(result, Exception):
                answer.set_exception(result)
            else:
                answer.set_result(result)

        def done(result: list[Any] | Exception) -> None:
            with suppress(RuntimeError):  # the loop has been closed: nobody waits
                loop.call_soon_threadsafe(settle, result)

        job = Job(served.name, texts, time.monotonic() + seconds, done)
        try:
            batcher.submit(job)
            async with asyncio.timeout(seconds):
                return await answer
        except FullError as error:
            wait = {"Retry-After": str(error.retry_after)}
            raise Refused(429, "too many texts are waiting", headers=wait) from None
        except ClosedError:
            wait = {"Retry-After": str(math.ceil(self.settings.drain) + 1), "Connection": "close"}
            raise Refused(503, "the service is stopping", headers=wait) from None
        except (TimeoutError, LateError):
            raise Refused(504, f"no answer within {seconds:g} seconds") from None
        except TuneletError as error:
            raise Refused(422, error.message, field="model") from None
        finally:
            job.given_up = True  # of no effect on one that is done
