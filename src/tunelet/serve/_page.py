"""The page to try the models on, at `/`: its files as they are, under a policy that lets nothing else in."""

from collections.abc import Callable

from fastapi import APIRouter, Response

from tunelet.page import files, policy

_HEADERS = {
    "Content-Security-Policy": policy("http"),
    "Cache-Control": "no-cache",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_KINDS = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


def page_paths() -> dict[str, bytes]:
    """Path -> content, of all files of the page. They hold nothing of the models, and need no token."""
    return {"/" if name == "index.html" else f"/{name}": content for name, content in files("http").items()}


def page_routes() -> APIRouter:
    """A route for each file."""
    router = APIRouter(include_in_schema=False)
    for path, content in page_paths().items():
        router.add_api_route(path, _answer(path, content), methods=["GET", "HEAD"])
    return router


def _answer(path: str, content: bytes) -> Callable[[], Response]:
    kind = _KINDS[f".{path.rpartition('.')[2]}" if path != "/" else ".html"]

    def answer() -> Response:
        return Response(content, media_type=kind, headers=_HEADERS)

    return answer
