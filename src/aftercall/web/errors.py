"""Every failure in the one JSON shape of aftercall.errors, whoever noticed it."""

from __future__ import annotations

import difflib
import logging
from collections.abc import Mapping
from typing import Any, ClassVar

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from aftercall.errors import (
    AftercallError,
    InternalError,
    InvalidInput,
    NotFound,
    TooLarge,
    Unavailable,
    UserError,
    error_body,
)
from aftercall.ingest.explain import shown
from aftercall.web.answers import Json

log = logging.getLogger(__name__)

FILTER_ERROR = "GET_CONVERSATIONS_FILTER_PARSE_ERROR"
"""What existing clients of the v3 list know a wrong parameter by."""


class MethodNotAllowed(UserError):
    status: ClassVar[int] = 405
    default_code: ClassVar[str] = "METHOD_NOT_ALLOWED"


def install(app: FastAPI) -> None:
    app.add_exception_handler(AftercallError, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(ClientDisconnect, _gone)


def answer(error: AftercallError, error_id: str, headers: Mapping[str, str] | None = None) -> Json:
    """``error`` as a response; what is our fault is logged with its id."""
    if isinstance(error, InternalError) and not isinstance(error, Unavailable):
        log.error("error_id %s: %s", error_id, error.message, exc_info=error)
    more = {"retry-after": "1"} if error.status == 503 else {}
    return Json(_storable(error_body(error, error_id)), error.status, {**(headers or {}), **more})


def unexpected(error: Exception, error_id: str) -> Json:
    """A fault of ours nobody foresaw: all of it in the log, nothing of it in the answer."""
    log.error("error_id %s: unexpected %s", error_id, type(error).__name__, exc_info=error)
    message = f"The server failed; nothing you sent was wrong. Its log has more under {error_id}."
    return Json(error_body(InternalError(message), error_id), 500)


def error_id_of(request: Request) -> str:
    error_id: str = request.state.error_id
    return error_id


async def _ours(request: Request, error: Exception) -> Json:
    assert isinstance(error, AftercallError)
    return answer(error, error_id_of(request))


async def _gone(request: Request, error: Exception) -> Json:
    """Nobody reads this answer: the client hung up while it was still sending."""
    return answer(InvalidInput("The connection broke off.", code="DISCONNECTED"), error_id_of(request))


async def _http(request: Request, error: Exception) -> Json:
    assert isinstance(error, HTTPException)
    return answer(_from_http(request, error), error_id_of(request), error.headers)


def _from_http(request: Request, error: HTTPException) -> AftercallError:
    if isinstance(error.__cause__, AftercallError):  # the framework wraps what reading a body raised
        return error.__cause__
    place = f"{request.method} {shown(request.url.path, 120)}"
    if error.status_code == 404:
        return NotFound(f"There is nothing at {place}: /docs lists what there is.", code="ROUTE_NOT_FOUND")
    if error.status_code == 405:
        return MethodNotAllowed(f"{place} is not possible: /docs lists the methods of each path.")
    if error.status_code == 413:
        return TooLarge("The body is too large.", code="BODY_TOO_LARGE")
    if error.status_code < 500:
        return InvalidInput(f"{shown(str(error.detail), 200)}: send one JSON value.", code="INVALID_BODY")
    return InternalError("The server failed; nothing you sent was wrong.")


async def _invalid(request: Request, error: Exception) -> Json:
    assert isinstance(error, RequestValidationError)
    faults = [_fault(request, one) for one in error.errors()[:5]]
    in_body = any(one["loc"][:1] == ("body",) for one in error.errors())
    route = getattr(request.scope.get("route"), "path", "")
    code = "INVALID_BODY" if in_body else FILTER_ERROR if route.startswith("/v3/") else "INVALID_INPUT"
    return answer(InvalidInput("; ".join(faults) + ".", code=code), error_id_of(request))


def _fault(request: Request, fault: dict[str, Any]) -> str:
    place, *path = (str(part) for part in fault["loc"])
    name = shown(".".join(path) or place, 80)
    if fault["type"] == "extra_forbidden":
        near = difflib.get_close_matches(name, _parameters(request), 1) if place == "query" else []
        hint = f' (did you mean "{near[0]}"?)' if near else ""
        return f'"{name}" is no {"parameter" if place == "query" else "field"} of this request{hint}'
    message = str(fault["msg"])
    return f'"{name}": {shown(message[:1].lower() + message[1:], 200)}'


def _parameters(request: Request) -> list[str]:
    route = request.scope.get("route")
    operations = request.app.openapi()["paths"].get(getattr(route, "path_format", ""), {})
    parameters = operations.get(request.method.lower(), {}).get("parameters", [])
    return [parameter["name"] for parameter in parameters if parameter["in"] == "query"]


def _storable(body: dict[str, Any]) -> dict[str, Any]:
    """A JSON body may have brought half a surrogate pair into a message, which no encoder takes."""
    return {
        key: value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value
        for key, value in body.items()
    }
