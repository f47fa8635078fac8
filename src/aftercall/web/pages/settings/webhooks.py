"""Settings: webhooks and the log of what was sent to them. Changes go through the REST API."""

from __future__ import annotations

from typing import Any, get_args

from fastapi import Response

from aftercall.catalog.deliveries import DeliveryStatus
from aftercall.catalog.webhooks import Webhook
from aftercall.errors import NotFound
from aftercall.web.api.cursor import read_cursor, write_cursor
from aftercall.web.pages.here import Administering, Here
from aftercall.web.pages.page_route import pages_router
from aftercall.web.pages.settings.menu import LINKS

router = pages_router()
PATH = "/p/{project}/settings/webhooks"
STATUSES: tuple[DeliveryStatus, ...] = get_args(DeliveryStatus)
ON_A_PAGE = 50


@router.get(PATH)
async def webhooks(here: Administering) -> Response:
    return await here.answer("settings/webhooks.html", _webhooks)


@router.get(PATH + "/{webhook_id}")
async def webhook(here: Administering, webhook_id: str) -> Response:
    return await here.answer("settings/webhook.html", lambda here: _webhook(here, webhook_id))


def _webhooks(here: Here) -> dict[str, Any]:
    catalog, project = here.services.catalog, here.project
    hooks = catalog.webhooks.list(project.id)
    last = {
        hook.id: next(iter(catalog.deliveries.list(project.id, webhook_id=hook.id, limit=1)), None)
        for hook in hooks
    }
    return {"title": "Settings", "links": LINKS, "webhooks": hooks, "last": last}


def _webhook(here: Here, webhook_id: str) -> dict[str, Any]:
    """Raises NotFound, and InvalidInput for a cursor that is none of ours."""
    hook, asked = _own(here, webhook_id), here.request.query_params
    status = next((one for one in STATUSES if one == asked.get("status")), None)
    cursor = asked.get("cursor")
    found = here.services.catalog.deliveries.list(
        here.project.id,
        webhook_id=hook.id,
        status=status,
        limit=ON_A_PAGE + 1,
        before=read_cursor(here.project.id, cursor, "INVALID_INPUT") if cursor else None,
    )
    page = found[:ON_A_PAGE]
    more = len(found) > len(page)
    return {
        "title": hook.name,
        "links": LINKS,
        "hook": hook,
        "deliveries": page,
        "statuses": STATUSES,
        "status": status,
        "cursor": write_cursor(here.project.id, (page[-1].created_at, page[-1].id)) if more else None,
        "first_page": not cursor,
    }


def _own(here: Here, webhook_id: str) -> Webhook:
    known = here.services.catalog.webhooks.list(here.project.id)
    found = next((one for one in known if str(one.id) == webhook_id), None)
    if found is None:
        raise NotFound("There is no such webhook in this project.", code="WEBHOOK_NOT_FOUND")
    return found
