"""The routes: what is asked of a service, and what it answers."""

from typing import Any

from fastapi import APIRouter, Request, Response

from tunelet._record import none_if_undefined
from tunelet.classifier import decision_of, predictions_of
from tunelet.errors import DataError
from tunelet.serve._problems import Refused, documented
from tunelet.serve._schemas import (
    Health,
    Limits,
    ModelsAnswer,
    PredictAnswer,
    PredictRequest,
    TextPrediction,
    request_model,
)
from tunelet.serve._served import Served
from tunelet.serve._service import TEXTS, Service
from tunelet.serve._texts import TextsForm

OPEN = ("/healthz", "/readyz")  # need no token: what watches over a service has none


def routes(service: Service) -> APIRouter:
    """The routes of a service."""
    router = APIRouter()
    columns = [served.classifier.task.text_columns for served in service.models.values()]
    body = request_model(service.settings, list(service.models), columns)
    refusals = documented(400, 401, 404, 408, 413, 415, 422, 429, 500, 503, 504)

    @router.post("/v1/predict", response_model=PredictAnswer, responses=refusals, tags=["models"])
    async def predict(asked: body, request: Request) -> Any:  # type: ignore[valid-type]
        """Classify texts.

        Labels and probabilities are those of `tunelet predict`: cleaned as in training, calibrated where the run is.
        """
        return await _predict(service, asked, request)

    @router.get("/v1/models", response_model=ModelsAnswer, responses=documented(401), tags=["models"])
    async def models() -> Any:
        """List the models with their labels, the metrics of their runs with 95 % intervals, and the limits."""
        settings = service.settings
        return ModelsAnswer(
            models=[served.info() for served in service.models.values()],
            limits=Limits(
                texts=settings.max_texts,
                characters=settings.max_characters,
                body_bytes=settings.max_body,
                deadline_seconds=settings.deadline,
                queue_texts=settings.queue,
            ),
        )

    @router.get("/healthz", response_model=Health, tags=["watching"])
    async def healthz() -> Any:
        """Whether the process is alive. Needs no token."""
        return Health(status="ok")

    @router.get("/readyz", response_model=Health, responses={503: {"model": Health}}, tags=["watching"])
    async def readyz(response: Response) -> Any:
        """Whether new requests are welcome. Needs no token."""
        response.status_code = 200 if service.phase == "ready" else 503
        return Health(status=service.phase)

    @router.get("/metrics", response_class=Response, tags=["watching"], responses=documented(401))
    async def metrics() -> Response:
        """Give the figures for Prometheus."""
        text, form = service.figures.text()
        return Response(text, media_type=form)

    return router


async def _predict(service: Service, asked: PredictRequest, request: Request) -> PredictAnswer:
    served = service.model(asked.model)
    task = served.classifier.task
    texts = TextsForm(service.settings, task.text_columns).check(asked.texts)
    request.scope[TEXTS] = texts
    try:
        decision = decision_of(task, threshold=asked.threshold, min_confidence=asked.min_confidence)
    except DataError as error:
        raise Refused(422, error.message, field="threshold") from None
    probabilities = await service.probabilities(served, texts, asked.deadline)
    return PredictAnswer(
        model=served.name,
        predictions=[
            TextPrediction(
                label=prediction.label,
                probability=none_if_undefined(prediction.probability),
                probabilities={name: none_if_undefined(value) for name, value in prediction.probabilities.items()},
            )
            for prediction in predictions_of(probabilities, task.label_names, decision)
        ],
    )


def described(served: Served) -> str:
    """A model in a line, for the log."""
    names = served.classifier.label_names
    return f"{served.name}: {', '.join(names[:5])}{', ...' if len(names) > 5 else ''}"
