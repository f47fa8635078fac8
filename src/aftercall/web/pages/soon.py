"""The sections that are not built yet: each has a page that says so, and what it will hold."""

from __future__ import annotations

from fastapi import Response

from aftercall.web.pages.here import Viewing
from aftercall.web.pages.page_route import pages_router
from aftercall.web.pages.sections import SECTIONS, Section

router = pages_router()


def _add(section: Section) -> None:
    @router.get(f"/p/{{project}}/{section.path}", name=f"{section.path}_soon")
    async def soon(here: Viewing) -> Response:
        return await here.answer("soon.html", title=section.name, section=section)


for _section in SECTIONS:
    if _section.soon is not None:
        _add(_section)
