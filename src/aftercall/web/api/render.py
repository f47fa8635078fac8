"""A conversation as the Conversations API shows it: the v3 item (snake_case) and the agent's (camelCase).

Both are made from the same fold that makes the columns, so they cannot say anything else.
"""

from __future__ import annotations

from typing import Any

from msgspec import UNSET

from aftercall.catalog.projects import Project
from aftercall.model.events import FunctionCall, Metric
from aftercall.model.events import Turn as TurnEvent
from aftercall.model.times import iso
from aftercall.model.turns import Turn, Utterance, joined, pair
from aftercall.model.values import is_value, plain
from aftercall.store.fold import Conversation
from aftercall.store.incoming import Entry
from aftercall.store.projection import agent_duration_ms
from aftercall.store.reader import Found
from aftercall.web.answers import encoder
from aftercall.web.api.privacy import View


def v3_item(found: Found, project: Project, view: View, *, latency: bool) -> dict[str, Any]:
    c = found.conversation
    facts = c.facts
    return {
        "id": found.conversation_id,
        "account_id": project.account_slug,
        "project_id": project.slug,
        "variant_id": facts.get("variant_id"),
        "variant_name": facts.get("variant_name"),
        "environment": facts.get("environment", "live"),
        "started_at": iso(c.started_at),
        "channel": facts.get("channel", "voice"),
        "from_number": view.number(facts.get("from_number")),
        "to_number": view.number(facts.get("to_number")),
        "in_progress": c.ended_at is None,
        "num_turns": c.num_turns,
        "total_duration": total_seconds(c),
        "polyai_duration": agent_duration_ms(c) // 1000,
        "handoff": c.handoff is not None,
        "handoff_reason": c.handoff.reason if c.handoff else None,
        "handoff_destination": c.handoff.destination if c.handoff else None,
        "num_silences": sum(_said(entry).is_silence for entry in c.turns),
        "num_ood": sum(_said(entry).is_ood for entry in c.turns),
        "metrics": metrics(c),
        "state": c.plain_state() if view.transcripts else {},
        "turns": turns(c, latency=latency) if view.transcripts else [],
    }


def agent_item(found: Found, project: Project, view: View) -> dict[str, Any]:
    c = found.conversation
    facts = c.facts
    return {
        "conversationId": found.conversation_id,
        "accountId": project.account_slug,
        "projectId": project.slug,
        "createdAt": iso(min(entry.received_at for entry in found.events)),
        "startedAt": iso(c.started_at),
        "finishedAt": None if c.ended_at is None else iso(max(c.ended_at, c.started_at)),
        "channel": facts.get("channel", "voice"),
        "fromNumber": view.number(facts.get("from_number")),
        "toNumber": view.number(facts.get("to_number")),
        "language": facts.get("language"),
        "variantId": facts.get("variant_id"),
        "clientEnv": facts.get("environment", "live"),
        "totalDuration": total_seconds(c),
        "duration": agent_duration_ms(c) // 1000,
        "inProgress": c.ended_at is None,
        "handoff": c.handoff is not None,
        "handoffDestination": c.handoff.destination if c.handoff else None,
        "handoffReason": c.handoff.reason if c.handoff else None,
        "direction": facts.get("direction"),
        "tags": facts.get("tags", []),
        "polyScore": None,
        "shortSummary": None,
        "deploymentId": facts.get("agent_version"),
        "note": None,
        "audioUrl": None,
        "turns": turns(c, latency=True) if view.transcripts else [],
        "metrics": metrics(c),
        "functionEvents": function_events(c) if view.transcripts else [],
    }


def total_seconds(c: Conversation) -> int:
    """Whole seconds from start to end; 0 while in progress."""
    return 0 if c.ended_at is None else max(c.ended_at - c.started_at, 0) // 1000


def metrics(c: Conversation) -> dict[str, str | list[str]]:
    """Each metric's known values as text: a list where there is more than one, nothing where there is none.

    Only the writes of the source that wins: what an agent wrote beside a human's correction is history.
    """
    shown: dict[str, str | list[str]] = {}
    for name, writes in c.metrics.items():
        values = [value for value in map(_metric_text, writes) if value is not None]
        if values:
            shown[name] = values[0] if len(values) == 1 else values
    return shown


def _metric_text(entry: Entry) -> str | None:
    event = entry.event
    assert isinstance(event, Metric)
    value = event.value
    if value is UNSET:
        return "true"
    if value is None:
        return None
    return plain(value) if is_value(value) else encoder.encode(value).decode()


def turns(c: Conversation, *, latency: bool) -> list[dict[str, Any]]:
    return [_turn(turn, latency=latency) for turn in pair(map(_utterance, c.turns))]


def _said(entry: Entry) -> TurnEvent:
    event = entry.event
    assert isinstance(event, TurnEvent)
    return event


def _utterance(entry: Entry) -> Utterance:
    said = _said(entry)
    return Utterance(
        event_id=entry.event_id,
        speaker=said.speaker,
        text=said.text,
        at=entry.at,
        interrupted=said.interrupted,
        latency_ms=said.latency_ms,
        dtmf=said.dtmf,
        translated_text=said.translated_text,
        is_silence=said.is_silence,
        is_ood=said.is_ood,
        intents=said.intents,
        entities=said.entities,
    )


def _turn(turn: Turn, *, latency: bool) -> dict[str, Any]:
    user, agent = turn.user, turn.agent
    both = user + agent
    return {
        "user_input": joined(user),
        "user_input_dtmf": "".join(said.dtmf for said in user if said.dtmf),
        "user_input_datetime": iso(user[0].at) if user else None,
        "barge_in": any(said.interrupted for said in both),
        "agent_response": joined(agent),
        "agent_response_datetime": iso(agent[0].at) if agent else None,
        "latency": _latency(agent) if latency else None,
        "translated_user_input": _translated(user),
        "english_agent_response": _translated(agent),
        "intents": [intent for said in both for intent in said.intents or ()],
        "entities": [entity for said in both for entity in said.entities or ()],
        "is_ood": any(said.is_ood for said in both),
        "is_silence": any(said.is_silence for said in both),
    }


def _latency(agent: list[Utterance]) -> float | None:
    """Milliseconds until the agent's first sound."""
    return next((said.latency_ms for said in agent if said.latency_ms is not None), None)


def _translated(side: list[Utterance]) -> str:
    return " ".join(said.translated_text for said in side if said.translated_text)


def function_events(c: Conversation) -> list[dict[str, Any]]:
    return [
        {
            "id": entry.event_id,
            "name": entry.event.name,
            "startedAt": iso(entry.at),
            "durationMs": entry.event.duration_ms,
            "arguments": entry.event.arguments,
            "result": entry.event.result,
            "error": entry.event.error,
        }
        for entry in c.entries
        if isinstance(entry.event, FunctionCall)
    ]
