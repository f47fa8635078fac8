"""Signing in with a password, and out again. Who is wrong too often waits."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from aftercall.catalog.person import LONGEST_LOGIN
from aftercall.web.caller import services_of
from aftercall.web.pages.environment import render
from aftercall.web.pages.forms import read_form
from aftercall.web.pages.here import Viewing, own_path
from aftercall.web.pages.notices import NOTICES, done
from aftercall.web.pages.page_route import html_answer, pages_router, theme_of
from aftercall.web.services import Services
from aftercall.web.session import forget_session, session_token, set_session

router = pages_router()

FREE_FAILURES = 5
"""Of one sign-in name at one address; then each costs a longer wait (see catalog/throttle.py)."""
FREE_BY_ADDRESS = 30
"""Of one address with any names."""
FREE_BY_LOGIN = 100
"""Of one sign-in name from anywhere: guessing from many addresses is slowed down too."""


@dataclass(frozen=True, slots=True)
class _Try:
    services: Services
    login: str
    password: str
    address: str
    browser: str

    def names(self) -> dict[str, int]:
        login = self.login.strip().casefold()[:LONGEST_LOGIN]
        return {
            f"both {self.address} {login}": FREE_FAILURES,
            f"address {self.address}": FREE_BY_ADDRESS,
            f"login {login}": FREE_BY_LOGIN,
        }

    def run(self) -> tuple[str | None, int]:
        """The new session's token, or None and how long to wait (milliseconds) until the next try."""
        catalog = self.services.catalog
        wait = catalog.throttle.begin(self.names())
        if wait:
            return None, wait
        person = catalog.people.with_password(self.login, self.password)
        if person is None:
            return None, 0
        catalog.throttle.forget(self.names())
        return catalog.sessions.begin(person.id, self.browser), 0


@router.get("/sign-in")
async def sign_in_page(request: Request) -> Response:
    services = services_of(request)
    if await services.read(services.catalog.sessions.find, session_token(request)) is not None:
        return RedirectResponse(own_path(request.query_params.get("next", "/")), status_code=303)
    return await _page(request, request.query_params.get("next", ""))


@router.post("/sign-in")
async def sign_in(request: Request) -> Response:
    form, services = await read_form(request), services_of(request)
    address = request.client.host if request.client else ""
    asked = _Try(
        services, form.text("login"), form.text("password"), address, request.headers.get("user-agent", "")
    )
    token, wait_ms = await services.aside(asked.run)
    if token is not None:
        answer = done(own_path(form.text("next", "/")))
        set_session(request, answer, token)
        return answer
    if wait_ms:
        error = f"Too many tries: wait {_spell(wait_ms)} and try again."
        page = await _page(request, form.text("next"), asked.login, error, 429)
        page.headers["Retry-After"] = str(-(-wait_ms // 1000))
        return page
    return await _page(request, form.text("next"), asked.login, "This name and password do not match.", 401)


@router.post("/sign-out")
async def sign_out(request: Request) -> Response:
    await read_form(request)  # refuses other sites'
    services = services_of(request)
    await services.read(services.catalog.sessions.end, session_token(request))
    answer = done("/sign-in", "signed-out")
    forget_session(request, answer)
    return answer


@router.post("/sign-out/elsewhere")
async def sign_out_elsewhere(request: Request, here: Viewing) -> Response:
    await read_form(request)
    token = session_token(request)
    await here.services.read(here.services.catalog.sessions.end_all, here.person.id, but=token)
    return done("/account", "signed-out-elsewhere")


async def _page(
    request: Request, back: str, login: str = "", error: str | None = None, status: int = 200
) -> Response:
    services = services_of(request)

    def make() -> Response:
        context = {
            "title": "Sign in",
            "theme": theme_of(request),
            "next": back,
            "login": login[:LONGEST_LOGIN],
            "error": error,
            "notice": NOTICES.get(request.query_params.get("notice", "")),
            "anyone": services.catalog.people.anyone_has_a_password(),
        }
        return html_answer(request, render("entry/sign_in.html", context), status)

    return await services.read(make)


def _spell(wait_ms: int) -> str:
    seconds = -(-wait_ms // 1000)
    return f"{seconds} seconds" if seconds < 120 else f"{-(-seconds // 60)} minutes"
