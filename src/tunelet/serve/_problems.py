"""Errors of the service: one JSON shape for all of them, whatever part refuses, and the statuses that there are."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException as AnyHTTPException

STATUSES: Mapping[int, tuple[str, str]] = {
    400: ("bad_request", "The body is not JSON in UTF-8, or the Host header names another machine."),
    401: ("unauthorized", "The bearer token is missing or wrong."),
    404: ("not_found", "There is no such path or no such model."),
    405: ("method_not_allowed", "The path takes another method; the Allow header names it."),
    408: ("too_slow", "The body took too long to arrive."),
    413: ("too_large", "The body has more bytes than are taken."),
    415: ("unsupported_media_type", "The body is not declared as application/json."),
    422: ("invalid", "A field is missing, unknown, there twice, of another kind or over a limit; `field` names it."),
    429: ("queue_full", "Too many texts are waiting; the Retry-After header says in how many seconds to try again."),
    431: ("headers_too_large", "The headers have more bytes than are taken."),
    500: ("internal", "A fault of the service."),
    503: ("unavailable", "The service is stopping, or too many connections are open."),
    504: ("too_late", "The answer was not there by the deadline of the request."),
}


class Problem(BaseModel):
    """What is wrong with a request.

    Attributes:
        code: one word for programs.
        message: one sentence for people.
        field: the field of the request at fault, as `texts.3`; null where it is none.
    """

    code: str = Field(description="one word for programs", examples=["invalid"])
    message: str = Field(description="one sentence for people", examples=["expected a string"])
    field: str | None = Field(description="field of the request at fault; null: none", examples=["texts.3"])


class ProblemAnswer(BaseModel):
    """The body of every answer that is an error."""

    error: Problem


class Refused(HTTPException):
    """A request is not answered as asked. Raised anywhere while it is handled, also in what reads its body."""

    def __init__(
        self, status: int, message: str, *, field: str | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(status, message, dict(headers or {}))
        self.field = field


def problem(status: int, message: str, field: str | None = None) -> bytes:
    """The body of an error. ASCII alone: what it quotes of a request may hold what UTF-8 cannot encode."""
    code = STATUSES[status][0] if status in STATUSES else "refused"
    return json.dumps({"error": {"code": code, "message": message, "field": field}}).encode("ascii")


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The errors of a route for its description in OpenAPI."""
    return {
        status: {
            "model": ProblemAnswer,
            "description": STATUSES[status][1],
            "content": {
                "application/json": {
                    "example": {
                        "error": {
                            "code": STATUSES[status][0],
                            "message": STATUSES[status][1],
                            "field": "texts.3" if status == 422 else None,
                        }
                    }
                }
            },
        }
        for status in statuses
    }


def answer_problems(app: FastAPI) -> None:
    """Answer every error of an app in the one shape."""

    def answer(status: int, message: str, field: str | None, headers: Mapping[str, str] | None) -> Response:
        content = problem(status, message, field)
        return Response(content, status, headers=dict(headers or {}), media_type="application/json")

    @app.exception_handler(AnyHTTPException)
    async def _refused(request: Request, error: AnyHTTPException) -> Response:
        message = error.detail if isinstance(error, Refused) else _words(request, error)
        return answer(error.status_code, message, getattr(error, "field", None), error.headers)

    @app.exception_handler(RequestValidationError)
    async def _invalid(request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        if first["type"] == "json_invalid":
            return answer(
                400, f"the body is not JSON: {first['ctx']['error']} at character {first['loc'][1]}", None, {}
            )
        return answer(422, *_invalid_field(error.errors()), {})


def _words(request: Request, error: AnyHTTPException) -> str:
    if error.status_code == 400:
        return "the body is not JSON in UTF-8, or nested too deep"
    if error.status_code == 404:
        return "there is no such path; GET /openapi.json describes those that there are"
    if error.status_code == 405:
        return f"the path does not take {request.method[:20]}"
    return str(error.detail)


def _invalid_field(errors: Sequence[Mapping[str, Any]]) -> tuple[str, str | None]:
    """What is wrong with the first field at fault, and its name; a union has an error for each of its kinds."""
    first = errors[0]
    if len(first["loc"]) < 2:
        names = first["type"] == "string_unicode"
        return "a name of a field is no text" if names else "expected a JSON object with the field texts", None
    field = first["loc"][1]
    said = [str(error["msg"]).removeprefix("Input ") for error in errors if error["loc"][1:2] == (field,)]
    words = {"missing": "the field is missing", "extra_forbidden": "there is no such field"}
    return words.get(first["type"], f"the field {', or '.join(said)}"), str(field)[:100]
