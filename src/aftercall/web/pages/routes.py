"""Every page, in one list: a new module of pages is one line here."""

from __future__ import annotations

from fastapi import APIRouter

from aftercall.web.pages import (
    account,
    analytics,
    analytics_vega,
    assets,
    conversations,
    docs,
    enter,
    home,
    invitation,
    metrics,
    set_up,
    sign_in,
    soon,
)
from aftercall.web.pages.settings import agents, keys, people, project, webhooks

PAGES = (
    docs,
    assets,
    sign_in,
    enter,
    invitation,
    set_up,
    account,
    home,
    analytics_vega,
    analytics,
    conversations,
    metrics,
    project,
    agents,
    people,
    keys,
    webhooks,
    soon,
)

router = APIRouter(include_in_schema=False)
for module in PAGES:
    router.include_router(module.router)
router.include_router(home.nowhere)
