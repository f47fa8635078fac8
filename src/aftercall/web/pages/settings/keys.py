"""Settings: API keys. The page shows them; making and revoking goes through the REST API."""

from __future__ import annotations

from typing import Any

from fastapi import Response

from aftercall.catalog.principal import Scope
from aftercall.web.pages.here import Administering, Here
from aftercall.web.pages.page_route import pages_router
from aftercall.web.pages.settings.menu import LINKS

router = pages_router()

SCOPES: tuple[tuple[Scope, str], ...] = (
    ("ingest", "Send events: what an agent process needs"),
    ("read", "Numbers, lists and facts"),
    ("read:transcripts", "What was said, and searching it"),
    ("read:pii", "Whole phone numbers"),
    ("edit", "Correct values, change dashboards"),
    ("admin", "Everything"),
)


@router.get("/p/{project}/settings/keys")
async def keys(here: Administering) -> Response:
    return await here.answer("settings/keys.html", _keys)


def _keys(here: Here) -> dict[str, Any]:
    every = here.services.catalog.keys.list(account=here.person.account_slug)
    mine = [one for one in every if one.project_slug in (None, here.project.slug)]
    return {
        "title": "Settings",
        "links": LINKS,
        "keys": [one for one in reversed(mine) if one.revoked_at is None],
        "revoked": [one for one in reversed(mine) if one.revoked_at is not None][:20],
        "scopes": SCOPES,
        "base_url": str(here.request.base_url).rstrip("/"),
    }
