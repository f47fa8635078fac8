"""Settings: the account's people, their roles and projects, and the links that let them in."""

from __future__ import annotations

from typing import Any

from fastapi import Request, Response

from aftercall.catalog.person import Person
from aftercall.catalog.roles import ROLES
from aftercall.errors import AftercallError, Conflict, NotFound
from aftercall.web.pages.forms import Form, read_form
from aftercall.web.pages.here import Administering, Here
from aftercall.web.pages.notices import done
from aftercall.web.pages.page_route import pages_router
from aftercall.web.pages.settings.menu import LINKS

router = pages_router()
PAGE = "settings/people.html"
ONE = "settings/person.html"
PATH = "/p/{project}/settings/people"


@router.get(PATH)
async def people(here: Administering) -> Response:
    return await here.answer(PAGE, _people)


@router.post(PATH)
async def add(request: Request, here: Administering) -> Response:
    """The page once more, with the link for the new person: it is shown this once."""
    form = await read_form(request)
    try:
        person, link = await here.services.read(_add, here, form)
    except AftercallError as error:
        sent = {name: form.text(name) for name in ("login", "name", "role")}
        return await here.again(PAGE, _people, error, sent=sent)
    return await here.answer(PAGE, _people, invited=person, link=link, reload=here.path("settings", "people"))


@router.get(PATH + "/{person_id}")
async def person(here: Administering, person_id: str) -> Response:
    return await here.answer(ONE, lambda here: _one(here, person_id))


@router.post(PATH + "/{person_id}")
async def save(request: Request, here: Administering, person_id: str) -> Response:
    form = await read_form(request)
    try:
        await here.services.read(_save, here, person_id, form)
    except AftercallError as error:
        return await here.again(ONE, lambda here: _one(here, person_id), error)
    return done(here.path("settings", "people"), "person-saved")


@router.post(PATH + "/{person_id}/link")
async def new_link(request: Request, here: Administering, person_id: str) -> Response:
    await read_form(request)
    person, link = await here.services.read(_link, here, person_id)
    return await here.answer(PAGE, _people, invited=person, link=link, reload=here.path("settings", "people"))


@router.post(PATH + "/{person_id}/active")
async def set_active(request: Request, here: Administering, person_id: str) -> Response:
    form = await read_form(request)
    try:
        await here.services.read(_set_active, here, person_id, form.text("active") == "yes")
    except AftercallError as error:
        return await here.again(PAGE, _people, error)
    return done(here.path("settings", "people"), "person-saved")


def _people(here: Here) -> dict[str, Any]:
    catalog = here.services.catalog
    return {
        "title": "Settings",
        "links": LINKS,
        "people": catalog.people.list(account=here.person.account_slug),
        "waiting": catalog.links.waiting("invitation"),
        "all_projects": {one.id: one for one in here.projects},
        "roles": ROLES,
    }


def _one(here: Here, person_id: str) -> dict[str, Any]:
    one = _of_account(here, person_id)
    return {**_people(here), "title": one.name, "person": one}


def _add(here: Here, form: Form) -> tuple[Person, str]:
    made = here.services.catalog.people.create(
        form.text("login"),
        name=form.text("name").strip() or None,
        role=form.text("role"),
        pii=form.ticked("pii"),
        projects=_projects(form),
        account=here.person.account_slug,
    )
    return made, _invitation(here, made)


def _save(here: Here, person_id: str, form: Form) -> None:
    one, people = _of_account(here, person_id), here.services.catalog.people
    projects = _projects(form)
    people.update(
        one.id,
        login=form.text("login"),
        name=form.text("name").strip(),
        role=form.text("role"),
        pii=form.ticked("pii"),
    )
    people.give_projects(one.id, projects)


def _set_active(here: Here, person_id: str, active: bool) -> None:
    one = _of_account(here, person_id)
    if one.id == here.person.id and not active:
        raise Conflict("Somebody else has to switch you off.")
    here.services.catalog.people.update(one.id, active=active)


def _link(here: Here, person_id: str) -> tuple[Person, str]:
    one = _of_account(here, person_id)
    return one, _invitation(here, one)


def _invitation(here: Here, one: Person) -> str:
    token = here.services.catalog.links.create("invitation", one.id)
    return f"{here.request.base_url}invitation?token={token}"


def _of_account(here: Here, person_id: str) -> Person:
    """Raises NotFound."""
    known = here.services.catalog.people.list(account=here.person.account_slug)
    found = next((one for one in known if str(one.id) == person_id), None)
    if found is None:
        raise NotFound("There is no such person in this account.")
    return found


def _projects(form: Form) -> list[int] | None:
    """None: all of them, those of later too."""
    return None if form.text("reach") == "all" else form.numbers("projects")
