"""Settings: the versions of the project's agent, with their functions and what is wrong with them."""

from __future__ import annotations

from typing import Any

from fastapi import Response

from aftercall.runtime import Loaded, checked, versions
from aftercall.web.pages.here import Here, Viewing
from aftercall.web.pages.page_route import pages_router
from aftercall.web.pages.settings.menu import LINKS

router = pages_router()


@router.get("/p/{project}/settings/agents")
async def agents(here: Viewing) -> Response:
    return await here.answer("settings/agents.html", _agents)


def _agents(here: Here) -> dict[str, Any]:
    home, slug = here.services.config.home, here.project.slug
    shown = versions(home, slug)
    return {
        "title": "Settings",
        "links": LINKS,
        "versions": [(one, checked(home, slug, one.version) or Loaded()) for one in shown[:50]],
        "older": max(len(shown) - 50, 0),
        "postcall": here.services.postcall,
    }
