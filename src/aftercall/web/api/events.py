"""GET /v1/conversations/{project}/{id}/events: everything told of one conversation, valid or not."""

from __future__ import annotations

from typing import Any

import msgspec
from fastapi import APIRouter

from aftercall.catalog.definitions import Registry
from aftercall.catalog.projects import Project
from aftercall.model.events import Metric
from aftercall.model.times import iso
from aftercall.model.values import NotCoercible
from aftercall.store.fold import fold, order
from aftercall.store.incoming import KINDS, Entry, entry
from aftercall.store.loader import read_body
from aftercall.store.queries import sql
from aftercall.store.writes import metric_value
from aftercall.web.answers import Json
from aftercall.web.api import examples
from aftercall.web.api.agents import no_conversation
from aftercall.web.api.documented import answers
from aftercall.web.api.models import EventsShape
from aftercall.web.api.privacy import View
from aftercall.web.caller import Caller, ReadingTranscripts

router = APIRouter(tags=["Conversations"])


@router.get(
    "/v1/conversations/{project}/{conversation_id:path}/events",
    summary="Everything told of a conversation",
    **answers(EventsShape, examples.EVENTS),
)
async def list_events(caller: ReadingTranscripts, project: str, conversation_id: str) -> Json:
    """Each event as it was sent, in the order in which they happened; of a metric's, whether the value
    fits the metric's type and, if not, why.

    Scope: `read:transcripts`. Without `read:pii` phone numbers are masked and log entries marked as
    personal are hidden.
    """
    return await caller.answer(_list, project, conversation_id)


def _list(caller: Caller, slug: str, conversation_id: str) -> dict[str, Any]:
    project = caller.project(slug)
    told = _told(caller, project, conversation_id)
    if not told:
        raise no_conversation(conversation_id, slug)
    conversation = fold([one for one, _ in told])
    if conversation.erased:
        raise no_conversation(conversation_id, slug)
    registry = caller.services.store.registries.of(project.id)
    view = View.of(caller)
    return {
        "conversation_id": conversation_id,
        "project_id": project.slug,
        "events": [
            _shown(one, body, one.event_id in conversation.retracted, registry, view) for one, body in told
        ],
    }


def _told(caller: Caller, project: Project, conversation_id: str) -> list[tuple[Entry, str]]:
    """The events with their bodies, in order; of copies the first to arrive, as everywhere."""
    records = caller.services.store.engine.select_json(
        sql("events", "of_conversations"),
        {"project": project.id, "conversations": [conversation_id]},
        list[tuple[str, str, int, int, int, str]],
    )
    latest_first = sorted(records, key=lambda record: record[4])
    kept = {record[1]: record for record in latest_first}
    told = [
        (entry(read_body(conversation_id, event_id, body), event_id, at, received_at, rev), body)
        for _, event_id, at, received_at, rev, body in kept.values()
    ]
    return sorted(told, key=lambda one: order(one[0]))


def _shown(one: Entry, body: str, retracted: bool, registry: Registry, view: View) -> dict[str, Any]:
    return {
        "event_id": one.event_id,
        "kind": KINDS[type(one.event)],
        "at": iso(one.at),
        "received_at": iso(one.received_at),
        "source": one.event.source,
        "seq": one.seq,
        "retracted": retracted,
        "invalid": _fault(one, registry),
        "event": view.event(_as_sent(one, body)),
    }


def _as_sent(one: Entry, body: str) -> dict[str, Any]:
    try:
        sent: dict[str, Any] = msgspec.json.decode(body, type=dict[str, Any])
    except msgspec.MsgspecError:
        # A number beyond any range in a field nobody knows: legal JSON that few programs can read.
        sent = msgspec.to_builtins(one.event)
    return sent


def _fault(one: Entry, registry: Registry) -> str | None:
    if not isinstance(one.event, Metric):
        return None
    metric = registry.by_name.get(one.event.name)
    if metric is None:
        return one.event.invalid
    try:
        metric_value(one.event, metric.type, metric.options)
    except NotCoercible as fault:
        return str(fault)
    return None
