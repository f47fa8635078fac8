"""An invitation, or a new password given by an administrator: the link lets a person choose a password."""

from __future__ import annotations

from fastapi import Request, Response

from aftercall.catalog.person import Person
from aftercall.errors import AftercallError, NotFound
from aftercall.web.caller import services_of
from aftercall.web.pages.environment import render
from aftercall.web.pages.forms import Form, read_form
from aftercall.web.pages.notices import done
from aftercall.web.pages.page_route import html_answer, pages_router, theme_of
from aftercall.web.pages.set_up import chosen_password
from aftercall.web.services import Services
from aftercall.web.session import set_session

router = pages_router()


@router.get("/invitation")
async def invitation_page(request: Request) -> Response:
    return await _page(request, request.query_params.get("token", ""))


@router.post("/invitation")
async def accept(request: Request) -> Response:
    form, services = await read_form(request), services_of(request)
    browser = request.headers.get("user-agent", "")
    try:
        session = await services.aside(_accept, services, form, browser)
    except AftercallError as error:
        return await _page(request, form.text("token"), error)
    answer = done("/", "welcome")
    set_session(request, answer, session)
    return answer


def _accept(services: Services, form: Form, browser: str) -> str:
    catalog, token = services.catalog, form.text("token")
    person, password = _invited(services, token), chosen_password(form)
    catalog.people.check_password(person, password)  # before the link is used up
    if catalog.links.use("invitation", token) is None:
        raise _over()
    catalog.people.set_password(person.id, password)
    return catalog.sessions.begin(person.id, browser)


def _invited(services: Services, token: str) -> Person:
    person = services.catalog.links.find("invitation", token)
    if person is None:
        raise _over()
    return person


def _over() -> NotFound:
    return NotFound(
        "This invitation was used already, or its time is over: ask an administrator for a new one."
    )


async def _page(request: Request, token: str, error: AftercallError | None = None) -> Response:
    services = services_of(request)

    def make() -> Response:
        context = {
            "title": "Choose a password",
            "theme": theme_of(request),
            "token": token,
            "person": _invited(services, token),
            "error": error and error.message,
        }
        return html_answer(request, render("entry/invitation.html", context), error.status if error else 200)

    return await services.read(make)
