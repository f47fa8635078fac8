"""What the timeline answers, for the OpenAPI document."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from aftercall.web.api.models import Shape


class DetailsShape(Shape):
    account_id: str
    started_at: str
    ended_at: str | None
    in_progress: bool
    duration_ms: int | None = Field(description="null while in progress.")
    agent_duration_ms: int | None = Field(description="Up to the handoff, else to the end.")
    ended_reason: str | None
    channel: str
    environment: str
    direction: str | None
    language: str | None
    variant_id: str | None
    variant_name: str | None
    agent_version: str | None
    from_number: str | None
    to_number: str | None
    tags: list[str]
    attributes: dict[str, Any]
    handoff: bool
    handoff_reason: str | None
    handoff_destination: str | None
    num_turns: int
    num_function_calls: int
    num_function_errors: int
    num_errors: int
    events_missing: int = Field(description="Events that the agent numbered and that have not arrived.")
    last_event_at: str


class StandingShape(Shape):
    status: Literal["in_progress", "pending", "ok", "failed"]
    due_at: str | None
    attempts: int
    error: str | None


class WriteShape(Shape):
    """One write of a metric."""

    event_id: str
    at: str
    offset_ms: int = Field(description="Since the conversation began.")
    source: str
    status: Literal["value", "null", "invalid"]
    value: Any = Field(description="As the metric's type; what does not fit as it was written.")
    reason: str | None = Field(description="Why it does not fit.")
    wins: bool = Field(description="It is the metric's value.")
    counts: bool = Field(description="False: taken back, or of an attempt that a later one replaced.")
    retracted: bool
    attempt: int | None = Field(description="Which post-call attempt wrote it.")
    evidence: Any
    lineage: dict[str, Any] | None


class ValueShape(Shape):
    """A metric of this conversation."""

    name: str
    display_name: str
    registered: bool
    type: str | None
    unit: str
    options: list[str]
    status: Literal["value", "null", "invalid", "not_written"] = Field(
        description="not_written: everything that was written was taken back."
    )
    value: Any
    reason: str | None
    source: str | None
    at: str | None
    evidence: Any
    lineage: dict[str, Any] | None
    sources_disagree: bool = Field(description="Two sources' last known values differ.")
    history: list[WriteShape] = Field(description="Everything ever written, in order.")


class ItemShape(Shape):
    event_id: str
    kind: str
    at: str
    offset_ms: int = Field(description="Since the conversation began.")
    source: str
    turn: int | None = Field(description="1, 2, 3..., both speakers counted: evidence and links use it.")
    quiet_ms: int | None = Field(description="Of a turn: since the last words before it had ended.")
    spoken_ms: int | None = Field(description="Of a turn: how long it took; null where nobody told.")
    data: dict[str, Any] = Field(description="The event's own fields.")


class TimelineShape(Shape):
    conversation_id: str
    project_id: str
    details: DetailsShape
    postcall: StandingShape
    metrics: list[ValueShape] = Field(description="In the order in which they were first written.")
    state: dict[str, Any]
    timeline: list[ItemShape] = Field(description="In the order in which it happened.")


_WRITE: dict[str, Any] = {
    "event_id": "018f-06",
    "at": "2026-03-01T09:30:09.000Z",
    "offset_ms": 9000,
    "source": "agent",
    "status": "value",
    "value": True,
    "reason": None,
    "wins": True,
    "counts": True,
    "retracted": False,
    "attempt": None,
    "evidence": None,
    "lineage": None,
}

TIMELINE: dict[str, Any] = {
    "conversation_id": "call-7f3a",
    "project_id": "dental",
    "details": {
        "account_id": "default",
        "started_at": "2026-03-01T09:30:00.000Z",
        "ended_at": "2026-03-01T09:30:40.000Z",
        "in_progress": False,
        "duration_ms": 40000,
        "agent_duration_ms": 40000,
        "ended_reason": "completed",
        "channel": "voice",
        "environment": "live",
        "direction": "inbound",
        "language": "en-GB",
        "variant_id": None,
        "variant_name": None,
        "agent_version": "3f2a9c",
        "from_number": "**********17",
        "to_number": None,
        "tags": [],
        "attributes": {},
        "handoff": False,
        "handoff_reason": None,
        "handoff_destination": None,
        "num_turns": 1,
        "num_function_calls": 0,
        "num_function_errors": 0,
        "num_errors": 0,
        "events_missing": 0,
        "last_event_at": "2026-03-01T09:30:40.000Z",
    },
    "postcall": {"status": "ok", "due_at": None, "attempts": 1, "error": None},
    "metrics": [
        {
            "name": "APPOINTMENT_BOOKED",
            "display_name": "Appointment booked",
            "registered": True,
            "type": "boolean",
            "unit": "",
            "options": [],
            "status": "value",
            "value": True,
            "reason": None,
            "source": "agent",
            "at": "2026-03-01T09:30:09.000Z",
            "evidence": None,
            "lineage": None,
            "sources_disagree": False,
            "history": [_WRITE],
        }
    ],
    "state": {"party_size": 2},
    "timeline": [
        {
            "event_id": "018f-02",
            "kind": "turn",
            "at": "2026-03-01T09:30:02.000Z",
            "offset_ms": 2000,
            "source": "agent",
            "turn": 1,
            "quiet_ms": None,
            "spoken_ms": 1800,
            "data": {"speaker": "agent", "text": "Good morning, how can I help?"},
        }
    ],
}
