"""The routes: what is asked of a service, and what it answers."""

from typing import Any

import numpy as np
from fastapi import APIRouter, Request, Response

from tunelet.classifier import ExportedClassifier, decision_of
from tunelet.data import some
from tunelet.errors import DataError
from tunelet.serve._json_body import UniqueKeys
from tunelet.serve._problems import Refused, documented
from tunelet.serve._requests import ExplainRequest, PredictRequest, TextsRequest, request_models
from tunelet.serve._schemas import Health, Limits
from tunelet.serve._served import Served
from tunelet.serve._service import TEXTS, Service
from tunelet.serve._shapes import answer_models
from tunelet.serve._texts import Text, TextsForm
from tunelet.serve._work import ToExplain

OPEN = ("/healthz", "/readyz")  # need no token: what watches over a service has none


def routes(service: Service) -> APIRouter:
    """The routes of a service."""
    router = APIRouter(route_class=UniqueKeys)
    tasks = [served.classifier.task for served in service.models.values()]
    to_predict, to_explain = request_models(service.settings, list(service.models), tasks)
    answers = answer_models(tasks)
    refusals = documented(400, 401, 404, 408, 413, 415, 422, 429, 500, 503, 504)

    @router.post("/v1/predict", response_model=answers.predict, responses=refusals, tags=["models"])
    async def predict(asked: to_predict, request: Request) -> Any:  # type: ignore[valid-type]
        """Classify texts.

        Labels and probabilities are those of `tunelet predict`: cleaned as in training, calibrated where the run is.
        """
        return answers.predict(**await _predict(service, asked, request))

    @router.post("/v1/explain", response_model=answers.explain, responses=refusals, tags=["models"])
    async def explain(asked: to_explain, request: Request) -> Any:  # type: ignore[valid-type]
        """Say which words of texts speak for a label.

        By integrated gradients, and exactly for TF-IDF. It takes some ten times as long as classifying a text.
        """
        return answers.explain(**await _explain(service, asked, request))

    @router.get("/v1/models", response_model=answers.models, responses=documented(401), tags=["models"])
    async def models() -> Any:
        """List the models with their labels, the metrics of their runs with 95 % intervals, and the limits."""
        settings = service.settings
        return answers.models(
            models=[served.info() for served in service.models.values()],
            limits=Limits(
                texts=settings.max_texts,
                characters=settings.max_characters,
                body_bytes=settings.max_body,
                deadline_seconds=settings.deadline,
                queue_texts=settings.queue,
                explain_texts=min(settings.max_texts, settings.explain_queue),
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


async def _predict(service: Service, asked: PredictRequest, request: Request) -> dict[str, Any]:
    served = service.model(asked.model)
    task = served.classifier.task
    texts = _texts(service, served, asked, request, service.settings.max_texts)
    try:
        decision = decision_of(task, threshold=asked.threshold, min_confidence=asked.min_confidence)
    except DataError as error:
        confidence = asked.min_confidence is not None and not served.shape.takes_confidence
        raise Refused(422, error.message, field="min_confidence" if confidence else "threshold") from None
    rows = await service.answers(service.batcher, served, texts, asked.deadline)
    predictions = decision.predictions(np.stack(rows))
    return {"model": served.name, "predictions": [served.shape.predicted(each) for each in predictions]}


async def _explain(service: Service, asked: ExplainRequest, request: Request) -> dict[str, Any]:
    served = service.model(asked.model)
    if isinstance(served.classifier, ExportedClassifier):
        raise Refused(422, f"{served.name} is an export, which explains nothing", field="model")
    names = served.classifier.label_names
    if asked.label is not None and not served.shape.takes_label:
        raise Refused(422, "its answers are explained without a label: leave it out", field="label")
    if asked.label is not None and asked.label not in names:
        raise Refused(422, f"there is no such label; there is {some(names)}", field="label")
    most = min(service.settings.max_texts, service.settings.explain_queue)
    texts = [ToExplain(text, asked.label) for text in _texts(service, served, asked, request, most)]
    explanations = await service.answers(service.explainer, served, texts, asked.deadline)
    return {"model": served.name, "explanations": [served.shape.explained(each) for each in explanations]}


def _texts(service: Service, served: Served, asked: TextsRequest, request: Request, most: int) -> list[Text]:
    """The texts of a request, checked, and noted for the log."""
    texts = TextsForm(service.settings, served.classifier.task.text_columns, most).check(asked.texts)
    request.scope[TEXTS] = texts
    return texts


def described(served: Served) -> str:
    """A model in a line, for the log."""
    names = served.classifier.label_names
    return f"{served.name}: {', '.join(names[:5])}{', ...' if len(names) > 5 else ''}"
