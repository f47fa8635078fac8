"""The one-time link that the server's machine gives out: it signs in the local administrator.

with a running server: sign_in_link(config, running.url)  ->  "http://127.0.0.1:8440/enter?token=..."
"""

from __future__ import annotations

from fastapi import Request, Response

from aftercall.catalog.catalog import Catalog
from aftercall.catalog.links import LIFETIME_MS
from aftercall.catalog.person import Person
from aftercall.config import Config
from aftercall.web.caller import services_of
from aftercall.web.pages.environment import render
from aftercall.web.pages.forms import read_form
from aftercall.web.pages.notices import done
from aftercall.web.pages.page_route import html_answer, pages_router, theme_of
from aftercall.web.session import set_session

router = pages_router()

MINUTES = LIFETIME_MS["enter"] // 60_000


def sign_in_link(config: Config, url: str) -> str:
    """A link for the server at ``url``: good once, for 15 minutes, for the local administrator, who is
    made when there is none. Any process of this home may call it; the server's own, too."""
    with Catalog.open(config.catalog_url) as catalog:
        return new_link(catalog, url)


def first_link(config: Config, url: str) -> str | None:
    """As ``sign_in_link``, while nobody has a password to sign in with; else None."""
    with Catalog.open(config.catalog_url) as catalog:
        return None if catalog.people.anyone_has_a_password() else new_link(catalog, url)


def new_link(catalog: Catalog, url: str) -> str:
    token = catalog.links.create("enter", catalog.people.local_admin().id)
    return f"{url.rstrip('/')}/enter?token={token}"


@router.get("/enter")
async def enter_page(request: Request) -> Response:
    """Signs in at once. Where another site led here, or a browser only looks ahead, one press is needed:
    nobody shall be signed in as somebody else by a page they merely visited."""
    token = request.query_params.get("token", "")
    site = request.headers.get("sec-fetch-site", "none")
    ahead = "prefetch" in request.headers.get("sec-purpose", request.headers.get("purpose", ""))
    if site in ("none", "same-origin") and not ahead:
        return await _enter(request, token)
    return await _page(request, token, over=False)


@router.post("/enter")
async def enter(request: Request) -> Response:
    form = await read_form(request)
    return await _enter(request, form.text("token"))


async def _enter(request: Request, token: str) -> Response:
    services = services_of(request)
    browser = request.headers.get("user-agent", "")

    def work() -> tuple[Person, str] | None:
        person = services.catalog.links.use("enter", token)
        return None if person is None else (person, services.catalog.sessions.begin(person.id, browser))

    entered = await services.read(work)
    if entered is None:
        return await _page(request, "", over=True)
    person, session = entered
    answer = done("/" if person.has_password else "/set-up")
    set_session(request, answer, session)
    return answer


async def _page(request: Request, token: str, *, over: bool) -> Response:
    context = {
        "title": "Sign in",
        "theme": theme_of(request),
        "token": token,
        "over": over,
        "minutes": MINUTES,
    }
    html = await services_of(request).read(render, "entry/enter.html", context)
    return html_answer(request, html, 410 if over else 200)
