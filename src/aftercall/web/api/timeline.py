"""GET /v1/conversations/{project}/{id}/timeline: one conversation as a person reads it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
from fastapi import APIRouter

from aftercall.catalog.projects import Project
from aftercall.model.codec import plain
from aftercall.model.events import State, Turn
from aftercall.model.times import iso
from aftercall.store.fold import Conversation, order, sane_ms
from aftercall.store.incoming import KINDS, Entry
from aftercall.store.projection import agent_duration_ms
from aftercall.store.reader import Found
from aftercall.web.answers import Json
from aftercall.web.api import timeline_models as models
from aftercall.web.api.agents import no_conversation
from aftercall.web.api.documented import answers
from aftercall.web.api.privacy import View
from aftercall.web.api.values import values
from aftercall.web.caller import Caller, ReadingTranscripts

router = APIRouter(tags=["Conversations"])

_ENVELOPE = ("kind", "conversation_id", "id", "at", "seq", "source")
_FACTS = ("direction", "language", "variant_id", "variant_name", "agent_version")


@router.get(
    "/v1/conversations/{project}/{conversation_id:path}/timeline",
    summary="A conversation as a person reads it",
    **answers(models.TimelineShape, models.TIMELINE),
)
async def timeline(caller: ReadingTranscripts, project: str, conversation_id: str) -> Json:
    """What was said and what happened, in order; and every metric with its value, who wrote it, and all
    that was ever written of it. Only what counts is on the timeline: what was taken back, and what an
    attempt wrote that a later one replaced, stands in the metrics' histories and among the events.

    Scope: `read:transcripts`; whole phone numbers need `read:pii`.
    """
    return await caller.answer(_timeline, project, conversation_id)


def _timeline(caller: Caller, slug: str, conversation_id: str) -> dict[str, Any]:
    project = caller.project(slug)
    found = caller.services.store.reader.get(project.id, conversation_id)
    if found is None:
        raise no_conversation(conversation_id, slug)
    c = found.conversation
    view = View.of(caller)
    registry = caller.services.store.registries.of(project.id)
    return {
        "conversation_id": conversation_id,
        "project_id": project.slug,
        "details": _details(found, project, view),
        "postcall": {
            "status": c.postcall.status or "in_progress",
            "due_at": None if c.postcall.due_at is None else iso(c.postcall.due_at),
            "attempts": c.postcall.attempts,
            "error": c.postcall.error,
        },
        "metrics": values(found, registry, view),
        "state": c.plain_state(),
        "timeline": list(_items(c, view)),
    }


def _details(found: Found, project: Project, view: View) -> dict[str, Any]:
    c = found.conversation
    facts = c.facts
    return {
        "account_id": project.account_slug,
        "started_at": iso(c.started_at),
        "ended_at": None if c.ended_at is None else iso(max(c.ended_at, c.started_at)),
        "in_progress": c.ended_at is None,
        "duration_ms": None if c.ended_at is None else max(c.ended_at - c.started_at, 0),
        "agent_duration_ms": None if c.ended_at is None else agent_duration_ms(c),
        "ended_reason": c.ended_reason,
        "channel": facts.get("channel", "voice"),
        "environment": facts.get("environment", "live"),
        **{name: facts.get(name) for name in _FACTS},
        "from_number": view.number(facts.get("from_number")),
        "to_number": view.number(facts.get("to_number")),
        "tags": facts.get("tags", []),
        "attributes": facts.get("attributes", {}),
        "handoff": c.handoff is not None,
        "handoff_reason": c.handoff.reason if c.handoff else None,
        "handoff_destination": c.handoff.destination if c.handoff else None,
        "num_turns": c.num_turns,
        "num_function_calls": c.function_calls,
        "num_function_errors": c.function_errors,
        "num_errors": c.failures,
        "events_missing": c.seqs_missing,
        "last_event_at": iso(max(one.at for one in found.events)),
    }


def _items(c: Conversation, view: View) -> Iterator[dict[str, Any]]:
    """Every event that counts. ``quiet_ms`` is the time since the last words before a turn had ended."""
    turn = 0
    silent_since: int | None = None
    for one in sorted(c.entries, key=order):
        item = {
            "event_id": one.event_id,
            "kind": KINDS[type(one.event)],
            "at": iso(one.at),
            "offset_ms": one.at - c.started_at,
            "source": one.event.source,
            "turn": None,
            "quiet_ms": None,
            "spoken_ms": None,
            "data": _data(one, view),
        }
        if isinstance(one.event, Turn):
            turn += 1
            ended = sane_ms(one.event.ended_at, one.received_at)
            item["turn"] = turn
            item["quiet_ms"] = None if silent_since is None else max(one.at - silent_since, 0)
            item["spoken_ms"] = None if ended is None else max(ended - one.at, 0)
            silent_since = one.at if ended is None else max(ended, one.at)
        yield item


def _data(one: Entry, view: View) -> dict[str, Any]:
    """The event's own fields; a state's values as plain JSON."""
    told: dict[str, Any] = msgspec.to_builtins(one.event)
    if isinstance(one.event, State):
        told["set"] = {key: plain(value) for key, value in one.event.set.items()}
    shown = view.event({**told, "kind": KINDS[type(one.event)]})
    return {name: value for name, value in shown.items() if name not in _ENVELOPE}
