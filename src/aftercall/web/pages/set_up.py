"""The first minutes: who came in by the server's link chooses a name and a password, or does so later."""

from __future__ import annotations

from fastapi import Request, Response

from aftercall.errors import AftercallError, InvalidInput
from aftercall.web.pages.forms import Form, read_form
from aftercall.web.pages.here import Here, Viewing
from aftercall.web.pages.notices import done
from aftercall.web.pages.page_route import pages_router
from aftercall.web.session import set_session

router = pages_router()


@router.get("/set-up")
async def set_up_page(here: Viewing) -> Response:
    if here.person.has_password:
        return done("/")
    sent = {"login": here.person.login, "name": here.person.name}
    return await here.answer("entry/set_up.html", title="Set up your account", sent=sent)


@router.post("/set-up")
async def set_up(request: Request, here: Viewing) -> Response:
    form = await read_form(request)
    if here.person.has_password:
        return done("/")
    sent = {name: form.text(name).strip() for name in ("login", "name")}
    try:
        token = await here.services.aside(_set_up, here, form, sent)
    except AftercallError as error:
        return await here.again("entry/set_up.html", None, error, title="Set up your account", sent=sent)
    answer = done("/", "welcome")
    set_session(request, answer, token)
    return answer


def _set_up(here: Here, form: Form, sent: dict[str, str]) -> str:
    password = chosen_password(form)
    catalog = here.services.catalog
    catalog.people.update(here.person.id, login=sent["login"], name=sent["name"])
    catalog.people.set_password(here.person.id, password)
    return catalog.sessions.begin(here.person.id, here.request.headers.get("user-agent", ""))


def chosen_password(form: Form) -> str:
    """Raises InvalidInput. Whether it is good enough, the catalog says."""
    if form.text("password") != form.text("again"):
        raise InvalidInput("The two passwords are not the same.")
    return form.text("password")
