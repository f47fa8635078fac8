"""Events of made-up calls, and the few requests that most tests of this folder make."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import httpx

START = 1_772_357_400_000
"""2026-03-01T09:30:00Z."""

Event = dict[str, Any]


def start(cid: str, at: int = START, **more: Any) -> Event:
    return {"kind": "start", "conversation_id": cid, "id": f"{cid[:100]}-start", "at": at, **more}


def said(kind: str, cid: str, at: int, **more: Any) -> Event:
    return {"kind": kind, "conversation_id": cid, "at": at, **more}


def turn(cid: str, speaker: str, text: str, at: int, **more: Any) -> Event:
    return {"kind": "turn", "conversation_id": cid, "speaker": speaker, "text": text, "at": at, **more}


def metric(cid: str, name: str, *value: Any, **more: Any) -> Event:
    event = {"kind": "metric", "conversation_id": cid, "name": name, "at": START + 5_000, **more}
    return {**event, "value": value[0]} if value else event


def end(cid: str, at: int, **more: Any) -> Event:
    return {"kind": "end", "conversation_id": cid, "id": f"{cid[:100]}-end", "at": at, **more}


def call(cid: str, at: int = START, **facts: Any) -> list[Event]:
    """A whole short call."""
    return [
        start(cid, at, **facts),
        turn(cid, "user", "hello, a cleaning please", at + 1_000),
        turn(cid, "agent", "Friday at ten?", at + 2_000),
        end(cid, at + 10_000),
    ]


def send(client: httpx.Client, events: list[Event]) -> dict[str, Any]:
    """Send them, and have all of them accepted."""
    response = client.post("/v1/ingest", json={"schema": 1, "events": events})
    assert response.status_code == 200, response.text
    told: dict[str, Any] = response.json()
    assert told["rejected"] == [], told
    return told


def listed(client: httpx.Client, slug: str, **params: Any) -> dict[str, Any]:
    response = client.get(f"/v3/default/{slug}/conversations", params=params)
    assert response.status_code == 200, response.text
    told: dict[str, Any] = response.json()
    return told


def ids(client: httpx.Client, slug: str, **params: Any) -> list[str]:
    return [one["id"] for one in listed(client, slug, **params)["conversations"]]


def agent_path(slug: str, cid: str) -> str:
    return f"/v1/agents/{slug}/conversations/{quote(cid, safe='')}"


def events_path(slug: str, cid: str) -> str:
    return f"/v1/conversations/{slug}/{quote(cid, safe='')}/events"


def assert_error(response: httpx.Response, status: int, code: str) -> str:
    """The one error shape; its message."""
    told = response.json()
    assert response.status_code == status, response.text
    assert set(told) == {"success", "error", "error_id", "error_code", "error_message", "data"}
    assert told["success"] is False
    assert told["error_code"] == code, told
    assert told["error"] == told["error_message"]
    assert told["error_id"] == response.headers["X-PolyAI-Correlation-Id"]
    message: str = told["error"]
    return message
