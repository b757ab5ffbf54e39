"""`GET /v1/about`: what the page says of the runs that are served, made when it is first asked for, and kept."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Query

from tunelet.classifier import ExportedClassifier
from tunelet.page import About, about
from tunelet.serve._problems import Refused, documented
from tunelet.serve._served import Served
from tunelet.serve._service import Service

_Name = Annotated[str | None, Query(description="name of the model; left out: the only one")]


def about_routes(service: Service) -> APIRouter:
    """The route, and what it has made so far."""
    router, runs = APIRouter(), _Runs()

    @router.get("/v1/about", response_model=About, responses=documented(401, 404, 422), tags=["models"])
    async def about(model: _Name = None) -> Any:
        """Say what a model's run came to: its metrics under the report's names, and its ROC curve as SVG."""
        return await runs.about(service.model(model))

    return router


class _Runs:
    """What there is to say of each run, by the name of its model."""

    def __init__(self) -> None:
        self._made: dict[str, About] = {}
        self._drawing = asyncio.Lock()  # one curve at a time

    async def about(self, served: Served) -> About:
        """Of one. Raises Refused for an export, which has no run beside it."""
        if isinstance(served.classifier, ExportedClassifier):
            raise Refused(404, f"{served.name} is an export, which has no run beside it", field="model")
        async with self._drawing:
            if served.name not in self._made:
                self._made[served.name] = await asyncio.to_thread(about, served.classifier.run)
            return self._made[served.name]
