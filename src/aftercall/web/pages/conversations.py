"""The list of conversations, and each on a page of its own: their scripts ask the REST API for the rest."""

from __future__ import annotations

from typing import Any

from fastapi import Request, Response

from aftercall.catalog.definitions import MetricDefinition
from aftercall.metrics import builtin
from aftercall.metrics.facts import Facts
from aftercall.web.pages.conversations_columns import keep_columns, kept_columns
from aftercall.web.pages.conversations_fields import default_columns, field_of, field_of_metric
from aftercall.web.pages.forms import read_form
from aftercall.web.pages.here import Here, Viewing
from aftercall.web.pages.page_route import pages_router

router = pages_router()

_TRANSCRIPT = {
    "name": "transcript",
    "label": "Transcript",
    "type": "transcript",
    "kind": "builtin",
    "unit": "",
    "options": [],
    "about": "What was said, by words.",
}


@router.get("/p/{project}/conversations")
async def conversations(here: Viewing) -> Response:
    return await here.answer("conversations/list.html", _list)


@router.post("/p/{project}/conversations")
async def choose_columns(request: Request, here: Viewing) -> Response:
    """From the list's own script: a form with ``col`` for each. No page follows."""
    form = await read_form(request)
    await here.services.read(keep_columns, here, form.all("col"))
    return Response(status_code=204)


@router.get("/p/{project}/conversations/{conversation_id:path}")
async def conversation(here: Viewing, conversation_id: str) -> Response:
    return await here.answer("conversations/conversation.html", _one, title=conversation_id)


def _list(here: Here) -> dict[str, Any]:
    return {"title": "Conversations", "told": _told(here)}


def _one(here: Here) -> dict[str, Any]:
    return {"told": _told(here)}


def _told(here: Here) -> dict[str, Any]:
    """What the scripts of both pages need to know before they ask for anything."""
    metrics = [one for one in _metrics(here) if one.active]
    fields = [*map(field_of_metric, metrics), *map(field_of, _builtins(here)), _TRANSCRIPT]
    defaults = default_columns(metrics)
    return {
        "project": here.project.slug,
        "timezone": here.project.timezone,
        "may": {scope: here.may(scope) for scope in ("edit", "admin", "read:pii", "read:transcripts")},
        "fields": fields,
        "columns": kept_columns(here, fields) or defaults,
        "defaults": defaults,
    }


def _metrics(here: Here) -> tuple[MetricDefinition, ...]:
    return tuple(here.services.store.registries.of(here.project.id).metrics)


def _builtins(here: Here) -> list[Facts]:
    """Fields that a conversation has a value of, and that this person may see."""
    return [
        facts
        for facts in (*builtin.FIELDS, *builtin.METRICS)
        if facts.type not in ("ratio", "count") and (facts.scope is None or here.may(facts.scope))
    ]
