"""One example answer for each shape, shown in /openapi.json and on its page."""

from __future__ import annotations

from typing import Any

TURN: dict[str, Any] = {
    "user_input": "I'd like to move my cleaning to Friday",
    "user_input_dtmf": "",
    "user_input_datetime": "2026-03-01T09:30:04.200Z",
    "barge_in": False,
    "agent_response": "Friday at ten is free. Shall I book it?",
    "agent_response_datetime": "2026-03-01T09:30:08.100Z",
    "latency": 820,
    "translated_user_input": "",
    "english_agent_response": "",
    "intents": ["reschedule"],
    "entities": [{"type": "day", "value": "Friday"}],
    "is_ood": False,
    "is_silence": False,
}
CONVERSATION: dict[str, Any] = {
    "id": "call-7f3a",
    "account_id": "default",
    "project_id": "dental",
    "variant_id": "v2",
    "variant_name": "calm voice",
    "environment": "live",
    "started_at": "2026-03-01T09:30:00.000Z",
    "channel": "voice",
    "from_number": "**********17",
    "to_number": "**********00",
    "in_progress": False,
    "num_turns": 1,
    "total_duration": 48,
    "polyai_duration": 41,
    "handoff": True,
    "handoff_reason": "asked for billing",
    "handoff_destination": "front desk",
    "num_silences": 0,
    "num_ood": 0,
    "metrics": {"APPOINTMENT_BOOKED": "true", "SMS_SENT": ["confirmation", "directions"]},
    "state": {"patient": "returning"},
    "turns": [TURN],
}
CONVERSATIONS = {"conversations": [CONVERSATION], "cursor": "eyJ2IjoxfQ", "next_offset": 1}
AGENT_CONVERSATION: dict[str, Any] = {
    "conversationId": "call-7f3a",
    "accountId": "default",
    "projectId": "dental",
    "createdAt": "2026-03-01T09:30:00.310Z",
    "startedAt": "2026-03-01T09:30:00.000Z",
    "finishedAt": "2026-03-01T09:30:48.000Z",
    "channel": "voice",
    "fromNumber": "**********17",
    "toNumber": "**********00",
    "language": "en-GB",
    "variantId": "v2",
    "clientEnv": "live",
    "totalDuration": 48,
    "duration": 41,
    "inProgress": False,
    "handoff": True,
    "handoffDestination": "front desk",
    "handoffReason": "asked for billing",
    "direction": "inbound",
    "tags": ["reschedule"],
    "polyScore": None,
    "shortSummary": None,
    "deploymentId": "2026-02-27",
    "note": None,
    "audioUrl": None,
    "turns": [TURN],
    "metrics": {"APPOINTMENT_BOOKED": "true"},
    "functionEvents": [
        {
            "id": "018f-03",
            "name": "find_slots",
            "startedAt": "2026-03-01T09:30:05.000Z",
            "durationMs": 210,
            "arguments": {"day": "Friday"},
            "result": ["10:00"],
            "error": None,
        }
    ],
}
AGENT_CONVERSATIONS = {"conversations": [AGENT_CONVERSATION], "count": 1, "limit": 50, "offset": 0}
EVENTS_IN = {
    "schema": 1,
    "events": [
        {"kind": "start", "conversation_id": "call-7f3a", "id": "018f-01", "at": "2026-03-01T09:30:00Z"},
        {
            "kind": "turn",
            "conversation_id": "call-7f3a",
            "id": "018f-02",
            "at": 1772357404200,
            "speaker": "user",
            "text": "I'd like to move my cleaning to Friday",
        },
        {"kind": "metric", "conversation_id": "call-7f3a", "id": "018f-04", "name": "APPOINTMENT_BOOKED"},
        {"kind": "end", "conversation_id": "call-7f3a", "id": "018f-05", "reason": "completed"},
    ],
}
REFUSAL = {
    "position": 2,
    "event_id": "018f-04",
    "code": "UNKNOWN_KIND",
    "reason": 'There is no kind "metirc". Did you mean "metric"?',
}
INGESTED: dict[str, Any] = {"accepted": 3, "duplicates": 0, "clock_corrected": 0, "rejected": [REFUSAL]}
ONE_IN: dict[str, Any] = {"accepted": 1, "duplicates": 0, "clock_corrected": 0, "rejected": []}
REJECT = {
    "id": "019e5a3c-6b1e-7c7e-9d53-0d9a1b8e6f11",
    "received_at": "2026-03-01T09:30:10.000Z",
    "conversation_id": "call-7f3a",
    "event_id": "018f-04",
    "position": 2,
    "code": "UNKNOWN_KIND",
    "reason": 'There is no kind "metirc". Did you mean "metric"?',
    "payload": '{"kind": "metirc", "conversation_id": "call-7f3a", "name": "APPOINTMENT_BOOKED"}',
}
REJECTS = {"rejects": [REJECT], "count": 1, "next_before": None}
MENDED = {"kind": "metric", "conversation_id": "call-7f3a", "id": "018f-04", "name": "APPOINTMENT_BOOKED"}
REPLAYED = {"replayed": 12, "remaining": 3}
PROJECT = {
    "slug": "dental",
    "name": "Dental clinic",
    "account_id": "default",
    "timezone": "Europe/London",
    "currency": "GBP",
    "created_at": "2026-02-27T12:00:00.000Z",
    "registry_revision": 7,
}
PROJECTS = {"projects": [PROJECT]}
REGISTRY = {
    "project_id": "dental",
    "revision": 7,
    "metrics": [
        {
            "name": "APPOINTMENT_BOOKED",
            "column": "APPOINTMENT_BOOKED",
            "type": "boolean",
            "options": [],
            "empty_values": ["", "no", "none", "n/a", "not mentioned"],
            "display_name": "APPOINTMENT_BOOKED",
            "definition": "",
            "unit": "",
            "auto": True,
            "active": True,
        }
    ],
}
KEY = {
    "id": 4,
    "prefix": "ac_live_9f2c",
    "name": "dental agent",
    "scopes": ["ingest"],
    "project": "dental",
    "created_at": "2026-02-27T12:00:00.000Z",
    "last_used_at": None,
    "revoked_at": None,
}
KEYS = {"keys": [KEY]}
NEW_KEY = {**KEY, "key": "ac_live_9f2c..."}
EVENTS = {
    "conversation_id": "call-7f3a",
    "project_id": "dental",
    "events": [
        {
            "event_id": "018f-06",
            "kind": "metric",
            "at": "2026-03-01T09:30:09.000Z",
            "received_at": "2026-03-01T09:30:09.120Z",
            "source": "agent",
            "seq": 6,
            "retracted": False,
            "invalid": "'soon' is not a number",
            "event": {
                "kind": "metric",
                "conversation_id": "call-7f3a",
                "id": "018f-06",
                "name": "WAIT",
                "value": "soon",
            },
        }
    ],
}
ALIVE = {"status": "alive"}
READY = {"status": "ready", "postcall": "running"}
