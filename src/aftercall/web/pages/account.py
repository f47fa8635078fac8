"""One's own account: name, password, and where one is signed in."""

from __future__ import annotations

from typing import Any

from fastapi import Request, Response

from aftercall.errors import AftercallError, InvalidInput
from aftercall.web.pages.forms import Form, read_form
from aftercall.web.pages.here import Here, Viewing
from aftercall.web.pages.notices import done
from aftercall.web.pages.page_route import pages_router
from aftercall.web.pages.set_up import chosen_password
from aftercall.web.session import set_session

router = pages_router()
PAGE = "account.html"


@router.get("/account")
async def account(here: Viewing) -> Response:
    return await here.answer(PAGE, _account)


@router.post("/account/name")
async def rename(request: Request, here: Viewing) -> Response:
    form = await read_form(request)
    try:
        people = here.services.catalog.people
        await here.services.read(people.update, here.person.id, name=form.text("name").strip())
    except AftercallError as error:
        return await here.again(PAGE, _account, error)
    return done("/account", "saved")


@router.post("/account/password")
async def change_password(request: Request, here: Viewing) -> Response:
    form = await read_form(request)
    try:
        token = await here.services.aside(_change, here, form)
    except AftercallError as error:
        return await here.again(PAGE, _account, error)
    answer = done("/account", "password-changed")
    set_session(request, answer, token)
    return answer


def _account(here: Here) -> dict[str, Any]:
    return {
        "title": "Your account",
        "sessions": here.services.catalog.sessions.list(here.person.id),
        "browser": browser_name,
    }


def _change(here: Here, form: Form) -> str:
    """The token of the only session that is left: a new one."""
    catalog, person = here.services.catalog, here.person
    names = {f"password of {person.id}": 5}
    if catalog.throttle.begin(names):
        raise InvalidInput("Too many tries: wait a moment and try again.")
    if person.has_password and catalog.people.with_password(person.login, form.text("current")) is None:
        raise InvalidInput("This is not your present password.")
    catalog.throttle.forget(names)
    catalog.people.set_password(person.id, chosen_password(form))
    return catalog.sessions.begin(person.id, here.request.headers.get("user-agent", ""))


def browser_name(agent: str) -> str:
    """``Chrome on Linux``, as far as one can tell from what a browser says of itself."""
    browsers = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"))
    systems = ("Android", "iPhone", "iPad", "Windows", "Mac OS X", "Linux")
    name = next((name for mark, name in (*browsers, ("Safari/", "Safari")) if mark in agent), "A browser")
    system = next((one for one in systems if one in agent), None)
    return f"{name} on {system.replace(' OS X', '')}" if system else name
