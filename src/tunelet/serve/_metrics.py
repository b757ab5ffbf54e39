"""Figures for Prometheus, in a registry of the service's own."""

from collections.abc import Callable, Collection, Mapping

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from tunelet.serve._jobs import BatchDone

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_TOKENS = (16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16_384)
_TEXTS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
_METHODS = ("GET", "HEAD", "POST")
_REASONS = {
    400: "bad request", 401: "token", 408: "too slow", 413: "body", 415: "media type", 422: "field", 429: "queue",
    500: "fault", 503: "stopping", 504: "deadline",
}  # fmt: skip


class Figures:
    """All figures of a service.

    Args:
        paths: that have a line of their own; all others share one, for anybody may ask for any path.
        probes: paths that are not counted. What watches over a service asks there every few seconds, and the 503 of
            one that stops is a correct answer: it must not raise an alarm about errors, nor thin out the real ones.
        ready: whether new requests are welcome, asked when the figures are.
        waiting: by kind of work, how many texts wait, likewise.
    """

    def __init__(
        self,
        paths: Collection[str],
        probes: Collection[str],
        ready: Callable[[], bool],
        waiting: Mapping[str, Callable[[], int]],
    ) -> None:
        self._paths, self._probes = frozenset(paths), frozenset(probes)
        self._registry = registry = CollectorRegistry()
        self._requests = Counter(
            "tunelet_requests", "requests answered", ("method", "path", "status"), registry=registry
        )
        self._seconds = Histogram(
            "tunelet_request_seconds", "seconds to an answer", ("path",), buckets=_SECONDS, registry=registry
        )
        self._rejected = Counter("tunelet_rejected", "requests refused, by reason", ("reason",), registry=registry)
        for reason in _REASONS.values():
            self._rejected.labels(reason)  # so that it is there before the first
        self._texts = Counter("tunelet_texts", "texts classified", ("model",), registry=registry)
        self._batch_tokens = Histogram(
            "tunelet_batch_tokens", "tokens of a batch", ("model",), buckets=_TOKENS, registry=registry
        )
        self._batch_texts = Histogram(
            "tunelet_batch_texts", "texts of a batch", ("model",), buckets=_TEXTS, registry=registry
        )
        self._batch_seconds = Histogram(
            "tunelet_batch_seconds", "seconds that the model computed", ("model",), buckets=_SECONDS, registry=registry
        )
        welcome = Gauge("tunelet_ready", "1 while new requests are welcome, else 0", registry=registry)
        welcome.set_function(ready)
        queue = Gauge("tunelet_queue_texts", "texts that wait or are computed", ("work",), registry=registry)
        for work, count in waiting.items():
            queue.labels(work).set_function(count)

    def answered(self, method: str, path: str, status: int, seconds: float) -> None:
        """Count a request that is no probe."""
        if path in self._probes:
            return
        path = path if path in self._paths else "other"
        self._requests.labels(method if method in _METHODS else "other", path, str(status)).inc()
        self._seconds.labels(path).observe(seconds)
        if status in _REASONS:
            self._rejected.labels(_REASONS[status]).inc()

    def computed(self, batch: BatchDone) -> None:
        """Count a batch."""
        self._texts.labels(batch.model).inc(batch.texts)
        self._batch_texts.labels(batch.model).observe(batch.texts)
        self._batch_tokens.labels(batch.model).observe(batch.tokens)
        self._batch_seconds.labels(batch.model).observe(batch.seconds)

    def text(self) -> tuple[bytes, str]:
        """The figures in Prometheus' own form, and its media type."""
        return generate_latest(self._registry), CONTENT_TYPE_LATEST
