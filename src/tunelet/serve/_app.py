"""The service as an ASGI application, for uvicorn or any other server."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from tunelet._arguments import checked
from tunelet._version import __version__
from tunelet.serve._about import about_routes
from tunelet.serve._answers import Answers
from tunelet.serve._middleware import BodyLimits, Gate, Heads
from tunelet.serve._page import page_paths, page_routes
from tunelet.serve._problems import answer_problems
from tunelet.serve._routes import OPEN, routes
from tunelet.serve._served import Runs
from tunelet.serve._service import Service
from tunelet.serve._settings import ServeSettings
from tunelet.serve._token import Token, read_token

_DESCRIPTION = """Text classifiers that were trained by tunelet.

Every error has the same form: `{"error": {"code", "message", "field"}}`.
"""


@checked
def app(
    runs: Runs,
    *,
    token_file: str | Path | None = None,
    device: str | None = None,
    settings: ServeSettings | None = None,
) -> FastAPI:
    """Finished runs as an ASGI application; what it needs is loaded here, and threads start with its lifespan.

    >>> app = tunelet.serve.app("runs/first")
    >>> "/v1/predict" in app.openapi()["paths"]
    True

    Args:
        runs: one or several, each a run, its folder, or "NAME=FOLDER"; or a mapping from names to them.
        token_file: with the bearer token that requests must show; None: only requests to localhost are let in.
        device: as for `Classifier.load`.
        settings: the limits; None: the defaults.

    Raises:
        ServeError: no token there, or a name that does not do.
        RunError, ModelError: a run cannot be loaded.
    """
    token = None if token_file is None else read_token(token_file)
    settings = settings or ServeSettings()
    return app_of(Service.loaded(runs, device=device, settings=settings), token)


def app_of(service: Service, token: Token | None) -> FastAPI:
    """The application of a service."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await asyncio.to_thread(service.start)
        yield
        await service.finish()

    app = FastAPI(
        title="tunelet",
        version=__version__,
        description=_DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,  # these pages load scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,  # /v1/predict/ is no path: a redirect would lead where the Host header says
    )
    app.state.service = service
    app.include_router(routes(service))
    app.include_router(about_routes(service))
    app.include_router(page_routes())
    answer_problems(app)
    if token is not None:
        _describe_token(app)
    # The last one is the first to see a request.
    app.add_middleware(BodyLimits, settings=service.settings)
    app.add_middleware(Gate, token=token, open_paths=(*OPEN, *page_paths()))
    app.add_middleware(Heads)
    app.add_middleware(Answers, service=service)
    return app


def _describe_token(app: FastAPI) -> None:
    """Say in the description which paths need the token."""
    made = app.openapi

    def openapi() -> dict[str, Any]:
        description = made()
        description["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        for path, methods in description["paths"].items():
            for operation in methods.values():
                operation["security"] = [] if path in OPEN else [{"token": []}]
        return description

    app.openapi = openapi  # type: ignore[method-assign]
