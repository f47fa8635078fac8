"""A browser's session: its cookie, and whether a request comes from our own pages.

Cross-site request forgery is met twice. The cookie is SameSite=Lax, so browsers leave it out of requests
that other sites make; and a request that may change something counts only when the browser says that it
comes from this very origin: by Sec-Fetch-Site, or where that is not sent (plain http on a real host name),
by Origin. There is no token in the pages, so nothing has to be carried through each form and script.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.requests import HTTPConnection
from starlette.responses import Response

from aftercall.catalog.sessions import LONGEST_MS

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def cookie_name(request: HTTPConnection) -> str:
    """Browsers keep cookies by host, whatever the port: two servers on one machine need two names."""
    if request.url.scheme == "https":
        return "__Host-aftercall"
    return f"aftercall_{request.url.port or 80}"


def session_token(request: HTTPConnection) -> str | None:
    return request.cookies.get(cookie_name(request))


def set_session(request: HTTPConnection, response: Response, token: str) -> None:
    """The server ends a session earlier when it is not used; the cookie itself lasts the longest time."""
    response.set_cookie(
        cookie_name(request),
        token,
        max_age=LONGEST_MS // 1000,
        path="/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="lax",
    )


def forget_session(request: HTTPConnection, response: Response) -> None:
    response.delete_cookie(
        cookie_name(request), path="/", secure=request.url.scheme == "https", httponly=True, samesite="lax"
    )


def is_own_request(request: HTTPConnection) -> bool:
    """Whether a request changes nothing, or was made by a page of this origin."""
    if request.scope["method"] in SAFE_METHODS:
        return True
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("origin")
    # The scheme is not compared: behind a proxy that ends TLS, ours is http and the browser's https.
    return bool(origin) and urlsplit(origin or "").netloc == request.headers.get("host")
