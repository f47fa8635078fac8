"""Routes that answer with pages: their failures are pages too, with a status and a way out."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from aftercall.errors import AftercallError, InternalError, InvalidInput, NotFound, Unauthorized
from aftercall.web.errors import error_id_of
from aftercall.web.pages.assets import takes_gzip
from aftercall.web.pages.environment import render
from aftercall.web.services import Services

log = logging.getLogger(__name__)

TITLES = {
    400: "That did not work",
    403: "Not allowed",
    404: "Not here",
    409: "Somebody was faster",
    503: "Not ready",
}

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self';"
    " img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Vary": "Accept-Encoding, Cookie",
}


class PageRoute(APIRoute):
    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def page(request: Request) -> Response:
            try:
                return await handle(request)
            except AftercallError as error:
                return await _failed(request, error)
            except (RequestValidationError, HTTPException):
                return await _failed(request, NotFound("There is no such page: its address is not complete."))
            except ClientDisconnect:
                return await _failed(request, InvalidInput("The connection broke off."))
            except Exception as error:  # logged whole, answered as a page without details
                log.error("error_id %s: unexpected %s", error_id_of(request), error, exc_info=error)
                return await _failed(request, InternalError("The server failed; its log says why."))

        return page


def pages_router() -> APIRouter:
    """The router of a module of pages."""
    return APIRouter(route_class=PageRoute, include_in_schema=False)


async def _failed(request: Request, error: AftercallError) -> Response:
    if isinstance(error, Unauthorized):
        return _to_sign_in(request)
    context = {
        "status": error.status,
        "title": TITLES.get(error.status, "Something went wrong"),
        "message": error.message,
        "error_id": error_id_of(request),
        "theme": theme_of(request),
    }
    services: Services = request.app.state.services
    html = await services.read(render, "error.html", context)
    return html_answer(request, html, error.status)


def _to_sign_in(request: Request) -> Response:
    """And afterwards back, where the page can be asked for again."""
    back = ""
    if request.method == "GET" and request.url.path != "/":
        asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        back = f"?next={quote(asked, safe='')}"
    return RedirectResponse(f"/sign-in{back}", status_code=303)


def html_answer(request: Request, html: str, status: int = 200) -> HTMLResponse:
    """For a reader's thread when the page is large: it is compressed here."""
    import gzip

    content, headers = html.encode("utf-8", "replace"), dict(HEADERS)
    if takes_gzip(request) and len(content) > 1_000:
        headers["Content-Encoding"], content = "gzip", gzip.compress(content, compresslevel=5, mtime=0)
    return HTMLResponse(content, status, headers)


def theme_of(request: Request) -> str:
    """``light`` or ``dark`` when it was chosen, else ``system``. A cookie, so that no page flashes white."""
    chosen = request.cookies.get("aftercall_theme")
    return chosen if chosen in ("light", "dark") else "system"
