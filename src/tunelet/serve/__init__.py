"""The serve room: finished runs behind HTTP.

Requests of many connections are gathered into batches from a bounded queue; what is over a limit is refused in one
documented form. The room can be called: `tunelet.serve("runs/first")` serves a run.
"""

from tunelet._lazy import callable_room
from tunelet.errors import ServeError

try:
    import fastapi  # noqa: F401
    import httptools  # noqa: F401
    import prometheus_client  # noqa: F401
    import uvicorn  # noqa: F401
except ImportError as error:
    raise ServeError(
        f"serving needs the package {error.name}, which is not installed", "pip install 'tunelet[serve]'"
    ) from None

from tunelet.serve._app import app
from tunelet.serve._server import serve
from tunelet.serve._settings import ServeSettings

__all__ = ["ServeSettings", "app", "serve"]

callable_room(__name__, serve)
