"""Who asks (a key, or a person who is signed in), what they may do, and which project they speak of."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Concatenate, ParamSpec

from fastapi import Depends, Header, Request, Security
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer

from aftercall.catalog.actor import acting
from aftercall.catalog.principal import Principal, Scope
from aftercall.catalog.projects import Project
from aftercall.errors import Forbidden, InvalidInput, NotFound, Unauthorized
from aftercall.ingest.explain import shown
from aftercall.web.answers import Json, encoder
from aftercall.web.services import Services
from aftercall.web.session import is_own_request, session_token

P = ParamSpec("P")

_key_header = APIKeyHeader(name="x-api-key", auto_error=False, description="An API key: `ac_live_...`")
_bearer = HTTPBearer(auto_error=False, description="The same key as a bearer token")

ProjectHeader = Annotated[
    str | None,
    Header(
        alias="x-aftercall-project",
        description="Which project, by slug: needed with a key for the whole account, else the key's own.",
    ),
]


@dataclass(frozen=True, slots=True)
class Caller:
    """A request whose key or session was found good. Its methods are for the services' threads: they ask
    the catalog."""

    services: Services
    principal: Principal

    def may(self, scope: Scope) -> bool:
        return self.principal.may(scope)

    def need(self, scope: Scope) -> None:
        """Raises Forbidden."""
        if self.may(scope):
            return
        if self.principal.person_id is not None:
            raise Forbidden(f"Your role does not include {scope}: an administrator can change that.")
        raise Forbidden(f"This key lacks the scope {scope}: make one that has it (POST /v1/keys).")

    def project(self, slug: str, account: str | None = None) -> Project:
        """Raises Forbidden where the key is for another one, NotFound where there is none."""
        own = self.principal
        if account is not None and account != own.account_slug:
            raise Forbidden(
                f"This key belongs to the account {own.account_slug!r}, not to {_quoted(account)}."
                if own.person_id is None
                else f"You belong to the account {own.account_slug!r}, not to {_quoted(account)}."
            )
        # Told apart before looking: a key must not learn which other projects there are.
        if own.project_slug not in (None, slug):
            raise Forbidden(f"This key is for the project {own.project_slug!r}, not for {_quoted(slug)}.")
        try:
            found = self.services.catalog.projects.find(slug, account=own.account_slug)
        except InvalidInput:  # no project can have such a slug
            found = None
        # To a person, a project that they may not see is one that does not exist.
        if found is None or not own.reaches(found.account_id, found.id):
            message = f"There is no project {_quoted(slug)}{self._nearest(slug)}"
            raise NotFound(message, code="PROJECT_NOT_FOUND")
        return found

    def chosen_project(self, header: str | None) -> Project:
        """The key's own project, or for an account-wide key the one that the header names."""
        own = self.principal.project_slug
        if header is None and own is None:
            raise InvalidInput(
                "This key is for the whole account: name the project in the header x-aftercall-project."
                if self.principal.person_id is None
                else "Name the project in the header x-aftercall-project.",
                code="PROJECT_REQUIRED",
            )
        return self.project(header if header is not None else own or "")

    def projects(self) -> list[Project]:
        """Those that are reached, the oldest first."""
        own = self.principal
        projects = self.services.catalog.projects.list(account=own.account_slug)
        return [one for one in projects if own.reaches(one.account_id, one.id)]

    def _nearest(self, slug: str) -> str:
        slugs = [project.slug for project in self.projects()]
        near = difflib.get_close_matches(slug[:63], slugs, 3, cutoff=0.5) or slugs[:3]
        hint = f": did you mean {' or '.join(map(repr, near))}?" if near else "."
        return f"{hint} POST /v1/projects makes one."

    async def answer(
        self, work: Callable[Concatenate[Caller, P], Any], *args: P.args, **kwargs: P.kwargs
    ) -> Json:
        """``work(self, ...)`` and the encoding of what it returns, in a reader's thread."""

        def encoded() -> bytes:
            with acting(self.principal.label):
                return encoder.encode(work(self, *args, **kwargs))

        return Json(await self.services.read(encoded))


def _quoted(text: str) -> str:
    return repr(shown(text, 80))


@dataclass(frozen=True, slots=True)
class Presented:
    """What a request brings to say who asks. ``own``: it changes nothing, or comes from our own pages."""

    key: str | None = None
    session: str | None = None
    own: bool = False


async def presented_key(
    request: Request,
    header: Annotated[str | None, Security(_key_header)],
    bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)],
) -> Presented:
    key = header or (bearer.credentials if bearer else None)
    if key:  # which no other site can make a browser send: then the cookie does not count
        return Presented(key)
    return Presented(None, session_token(request), is_own_request(request))


PresentedKey = Annotated[Presented, Depends(presented_key)]


def services_of(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


def authenticate(services: Services, presented: Presented, scope: Scope) -> Caller:
    """Raises Unauthorized or Forbidden."""
    caller = Caller(services, _principal(services, presented))
    caller.need(scope)
    return caller


def _principal(services: Services, presented: Presented) -> Principal:
    if presented.key:
        principal = services.catalog.keys.verify(presented.key)
        if principal is None:
            raise Unauthorized("This key is unknown or revoked.")
        return principal
    if not presented.session:
        raise Unauthorized("A key is needed: send it as x-api-key or as Authorization: Bearer.")
    found = services.catalog.sessions.find(presented.session)
    if found is None:
        raise Unauthorized("You are signed out: sign in again.", code="SIGNED_OUT")
    if not presented.own:
        raise Forbidden(
            "A session may change something only from this server's own pages: from elsewhere use a key.",
            code="CROSS_SITE",
        )
    return found[0].principal


def needs(scope: Scope) -> Any:
    """A dependency: the Caller, whose key or role has ``scope``."""

    async def caller(request: Request, key: PresentedKey) -> Caller:
        services = services_of(request)
        return await services.read(authenticate, services, key, scope)

    return Depends(caller)


Reading = Annotated[Caller, needs("read")]
ReadingTranscripts = Annotated[Caller, needs("read:transcripts")]
Editing = Annotated[Caller, needs("edit")]
Administering = Annotated[Caller, needs("admin")]
