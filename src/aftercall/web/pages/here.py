"""Who looks at a page, at which project, and how the page answers.

@router.get("/p/{project}/things")
async def things(here: Viewing) -> Response:
    return await here.answer("things/list.html", _things)


def _things(here: Here) -> dict[str, Any]:  # in a reader's thread: it may ask catalog and store
    return {"title": "Things", "things": here.services.catalog.things(here.project.id)}
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import quote, urlsplit

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse

from aftercall.catalog.person import Person
from aftercall.catalog.principal import Scope
from aftercall.catalog.projects import Project
from aftercall.catalog.sessions import SignedIn
from aftercall.errors import AftercallError, NotFound, Unauthorized
from aftercall.web.caller import Caller, services_of
from aftercall.web.pages.environment import render
from aftercall.web.pages.notices import NOTICES
from aftercall.web.pages.page_route import html_answer, theme_of
from aftercall.web.pages.sections import SECTIONS, Section, section
from aftercall.web.services import Services
from aftercall.web.session import session_token

LAST_PROJECT = "aftercall_project"
"""The cookie with the slug of the project that this browser saw last."""


@dataclass(frozen=True, slots=True)
class Here:
    """A request of somebody who is signed in. ``projects``: those they may see, the oldest first."""

    request: Request
    caller: Caller
    person: Person
    session: SignedIn
    projects: tuple[Project, ...]
    chosen: Project | None

    @property
    def services(self) -> Services:
        return self.caller.services

    @property
    def project(self) -> Project:
        """The project in the page's address."""
        assert self.chosen is not None, "this page has no project in its address"
        return self.chosen

    def may(self, scope: Scope) -> bool:
        return self.caller.may(scope)

    def need(self, scope: Scope) -> None:
        """Raises Forbidden."""
        self.caller.need(scope)

    def path(self, *parts: str) -> str:
        """An address within the project; each part may be any text: ``here.path("conversations", id)``."""
        return "/p/" + "/".join(quote(part, safe="") for part in (self.project.slug, *parts))

    async def answer(
        self,
        template: str,
        work: Callable[[Here], dict[str, Any]] | None = None,
        *,
        status: int = 200,
        **context: Any,
    ) -> HTMLResponse:
        """The page of ``template`` with what ``work(here)`` returns; both run in a reader's thread.

        The template finds ``here``, ``shell`` (see templates/base.html) and the context, of which ``title``
        is a must.
        """

        def make() -> HTMLResponse:
            made = work(self) if work else {}
            around = shell(self)
            everything = {
                "here": self,
                "shell": around,
                "theme": around.theme,
                "error": None,
                **context,
                **made,
            }
            return html_answer(self.request, render(template, everything), status)

        return await self.services.read(make)

    async def again(
        self,
        template: str,
        work: Callable[[Here], dict[str, Any]] | None,
        error: AftercallError,
        **context: Any,
    ) -> HTMLResponse:
        """The page of a form once more, with what was wrong in ``error`` and the fields as they were sent."""
        if error.status >= 500:
            raise error
        return await self.answer(template, work, status=error.status, error=error.message, **context)


@dataclass(frozen=True, slots=True)
class Shell:
    """What base.html shows around a page. ``project``: the one the navigation leads into; on a page of none
    that is the one last looked at."""

    project: Project | None
    sections: tuple[Section, ...]
    current: Section | None
    theme: str
    notice: str | None
    path: str


def shell(here: Here) -> Shell:
    path = here.request.url.path
    parts = path.split("/")
    current = None
    if here.chosen is not None and len(parts) > 3 and parts[3] in {one.path for one in SECTIONS}:
        current = section(parts[3])
    notice = NOTICES.get(here.request.query_params.get("notice", ""))
    return Shell(here.chosen or last_project(here), SECTIONS, current, theme_of(here.request), notice, path)


def last_project(here: Here) -> Project | None:
    """The one this browser saw last, else the oldest."""
    last = here.request.cookies.get(LAST_PROJECT)
    return next((one for one in here.projects if one.slug == last), next(iter(here.projects), None))


def person_here(request: Request) -> Here:
    """For a reader's thread. Raises Unauthorized, NotFound (PROJECT_NOT_FOUND)."""
    services = services_of(request)
    found = services.catalog.sessions.find(session_token(request))
    if found is None:
        raise Unauthorized("You are signed out.", code="SIGNED_OUT")
    person, signed_in = found
    caller = Caller(services, person.principal)
    projects = tuple(caller.projects())
    chosen = None
    if "project" in request.path_params:
        slug = request.path_params["project"]
        chosen = next((one for one in projects if one.slug == slug), None)
        if chosen is None:
            raise NotFound("There is no such project, or you may not see it.", code="PROJECT_NOT_FOUND")
    return Here(request, caller, person, signed_in, projects, chosen)


def at_least(scope: Scope) -> Any:
    """A dependency: Here, of somebody whose role has ``scope``."""

    def load(request: Request) -> Here:
        here = person_here(request)
        here.need(scope)
        return here

    async def here(request: Request) -> Here:
        return await services_of(request).read(load, request)

    return Depends(here)


Viewing = Annotated[Here, at_least("read")]
Editing = Annotated[Here, at_least("edit")]
Administering = Annotated[Here, at_least("admin")]


def own_path(text: str) -> str:
    """A path of this server to go on to, or / for anything that could lead elsewhere."""
    parts = urlsplit(text)
    plain = text.startswith("/") and not text.startswith(("//", "/\\")) and text.isprintable()
    return text if plain and not parts.scheme and not parts.netloc and "\\" not in text else "/"
