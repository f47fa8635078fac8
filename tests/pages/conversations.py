"""Made-up calls for the tests of the conversations' pages."""

from __future__ import annotations

from typing import Any

import httpx

from aftercall.model.times import now_ms

Event = dict[str, Any]
HOUR = 3_600_000


def send(api: httpx.Client, events: list[Event]) -> None:
    for start in range(0, len(events), 1_000):
        answer = api.post("/v1/ingest", json={"events": events[start : start + 1_000]})
        assert answer.status_code == 200, answer.text
        assert answer.json()["rejected"] == [], answer.text


def register(api: httpx.Client, name: str, **fields: Any) -> None:
    answer = api.put(f"/v1/metrics/{name}", json=fields)
    assert answer.status_code in (200, 201), answer.text


def call(cid: str, begun: int | None = None, *, over: bool = True, **start: Any) -> list[Event]:
    """A call about an appointment, with one of everything that can lie over a transcript."""
    at = now_ms() - HOUR if begun is None else begun
    events: list[Event] = [
        {
            "kind": "start",
            "at": at,
            "language": "en-GB",
            "from_number": "+447700900123",
            "tags": ["vip"],
            **start,
        },
        said("agent", at + 1_000, "Good morning, the dental clinic. How can I help?", ended_at=at + 3_000),
        said(
            "user", at + 4_000, "I need to move my appointment because of my insurance", ended_at=at + 7_000
        ),
        {"kind": "flow", "at": at + 7_100, "flow": "booking", "step": "find"},
        {
            "kind": "function_call",
            "at": at + 7_200,
            "name": "find_slots",
            "arguments": {"day": "tuesday"},
            "result": {"slots": ["09:00", "10:30"]},
            "duration_ms": 140,
        },
        {"kind": "state", "at": at + 7_300, "set": {"slots": 2}},
        {"kind": "log", "at": at + 7_400, "content": "two slots found"},
        said(
            "agent", at + 9_000, "Tuesday at nine?", latency_ms=2_400, interrupted=True, ended_at=at + 10_000
        ),
        said("user", at + 16_000, "Yes please", ended_at=at + 17_000),
        {
            "kind": "function_call",
            "at": at + 17_500,
            "name": "book_slot",
            "arguments": {"slot": "09:00"},
            "error": "timeout talking to the calendar",
        },
        {"kind": "metric", "at": at + 18_000, "name": "APPOINTMENT_BOOKED"},
    ]
    if over:
        events += [
            {"kind": "end", "at": at + 20_000, "reason": "completed"},
            {
                "kind": "metric",
                "at": at + 21_000,
                "name": "CALL_REASON",
                "value": "move",
                "source": "extraction",
                "evidence": [{"turn": 2, "quote": "move my appointment"}],
                "lineage": {"extractor": "rules"},
            },
        ]
    return [{"conversation_id": cid, "id": f"e{place}", **one} for place, one in enumerate(events)]


def said(speaker: str, at: int, text: str, **fields: Any) -> Event:
    return {"kind": "turn", "speaker": speaker, "at": at, "text": text, **fields}


def short(cid: str, at: int, **metrics: Any) -> list[Event]:
    """A call of two utterances that writes these metrics."""
    events: list[Event] = [
        {"kind": "start", "at": at, "from_number": "+4477009001"},
        said("agent", at + 500, "Hello"),
        said("user", at + 2_000, f"Good day, this is {cid}"),
        *(
            {"kind": "metric", "at": at + 3_000, "name": name, "value": value}
            for name, value in metrics.items()
        ),
        {"kind": "end", "at": at + 60_000, "reason": "user_hangup"},
    ]
    return [{"conversation_id": cid, "id": f"e{place}", **one} for place, one in enumerate(events)]
