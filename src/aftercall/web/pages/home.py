"""Where one lands: / leads to the project last seen, and the first project is made here."""

from __future__ import annotations

from fastapi import Request, Response

from aftercall.errors import AftercallError, NotFound
from aftercall.web.pages.forms import read_form
from aftercall.web.pages.here import LAST_PROJECT, Administering, Viewing, last_project
from aftercall.web.pages.notices import done
from aftercall.web.pages.page_route import pages_router
from aftercall.web.pages.sections import landing
from aftercall.web.session import SAFE_METHODS

router = pages_router()


@router.get("/")
async def home(here: Viewing) -> Response:
    project = last_project(here)
    return done(f"/p/{project.slug}" if project else "/projects/new")


@router.get("/p/{project}")
async def project_home(here: Viewing) -> Response:
    answer = done(here.path(landing().path))
    secure = here.request.url.scheme == "https"
    answer.set_cookie(
        LAST_PROJECT, here.project.slug, max_age=31_536_000, samesite="lax", httponly=True, secure=secure
    )
    return answer


@router.get("/projects/new")
async def new_project(here: Viewing) -> Response:
    return await here.answer("new_project.html", title="New project", sent={})


@router.post("/projects/new")
async def make_project(request: Request, here: Administering) -> Response:
    form = await read_form(request)
    sent = {name: form.text(name).strip() for name in ("slug", "name", "timezone", "currency")}
    try:
        made = await here.services.read(
            here.services.catalog.projects.create,
            sent["slug"],
            account=here.person.account_slug,
            name=sent["name"] or None,
            timezone=sent["timezone"] or "UTC",
            currency=sent["currency"].upper() or "USD",
        )
    except AftercallError as error:
        return await here.again("new_project.html", None, error, title="New project", sent=sent)
    return done(f"/p/{made.slug}/settings/keys", "project-made")


nowhere = pages_router()
"""Included last: what no other page has."""


@nowhere.api_route("/p/{project}/{rest:path}", methods=[*SAFE_METHODS, "POST"])
async def not_found(here: Viewing, rest: str) -> Response:
    raise NotFound("There is no such page in this project. It may have moved, or the address has a mistake.")
