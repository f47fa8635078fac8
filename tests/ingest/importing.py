"""Made-up conversations for the importer's tests, and short ways to import them into a server double."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx

from aftercall.ingest.importer import Import, Plan, Sender, Summary
from aftercall.ingest.importer.source import Source
from aftercall.testing import IngestServer

STARTED = "2026-03-02T09:30:00Z"
STARTED_MS = 1_772_443_800_000


def call(id_: str = "call-1", **changes: Any) -> dict[str, Any]:
    """A booking with every time told."""
    told = {
        "id": id_,
        "source": "made up",
        "lang": "en",
        "channel": "voice",
        "started_at": STARTED,
        "duration_ms": 20_000,
        "caller": "+15550123",
        "agent": "desk",
        "turns": [
            turn("agent", "Good morning", 1_000, 2_000),
            turn("user", "A table for two, please", 3_000, 5_000),
            turn("agent", "Done", 9_000, 9_500),
        ],
        "events": [tool("book_table", after_turn=2, start_ms=6_000, args={"seats": 2}, result={"ok": True})],
        "labels": {"outcome": "booked"},
    }
    return told | changes


def turn(
    speaker: str, text: str, start: int | None = None, end: int | None = None, **more: Any
) -> dict[str, Any]:
    return {"speaker": speaker, "text": text, "start_ms": start, "end_ms": end, **more}


def tool(name: str, **more: Any) -> dict[str, Any]:
    return {"type": "tool_call", "name": name, "args": {}, "result": {}, **more}


def write(path: Path, *lines: Any) -> Path:
    """Each line a value to encode, or text or bytes as they are."""
    path.write_bytes(b"".join(_line(line) + b"\n" for line in lines))
    return path


def _line(line: Any) -> bytes:
    if isinstance(line, bytes):
        return line
    return (line if isinstance(line, str) else json.dumps(line)).encode()


def run(server: IngestServer, path: Path, home: Path, **options: Any) -> Summary:
    with httpx.Client(base_url=server.url, trust_env=False) as client:
        plan = Plan(Source.of(str(path)), "star", "local", home, **options)
        return Import(plan, Sender(client, "star", patience_s=10), lambda summary, read: None).run()
