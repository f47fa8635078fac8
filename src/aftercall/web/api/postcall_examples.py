"""Examples for postcall_models.py."""

from __future__ import annotations

from typing import Any

ATTEMPT: dict[str, Any] = {
    "number": 1,
    "attempt": "pc-6.1",
    "status": "failed",
    "counts": True,
    "retracted": False,
    "started_at": "2026-03-01T09:30:49.100Z",
    "ended_at": "2026-03-01T09:30:49.400Z",
    "duration_ms": 300.0,
    "version": "c6f1d0e5b2aa",
    "tried": 1,
    "retry_at": None,
    "llm_calls": 1,
    "metrics": [],
    "error": "NotImplementedError: no model is configured: see docs/models.md for how to turn one on",
    "traceback": 'Traceback (most recent call last):\n  File "functions/end_function.py", line 12...',
}
ATTEMPTS = {
    "conversation_id": "call-7f3a",
    "project_id": "dental",
    "status": "failed",
    "due_at": None,
    "attempts": [ATTEMPT],
}
REPLAY = {"conversation_id": "call-7f3a", "project_id": "dental", "attempt": "pc-6.2r"}
REPLAYED_FAILED = {"replayed": 12}
POSTCALL = {
    "project_id": "dental",
    "state": "running",
    "counts": {
        "due": 3,
        "oldest_due_at": "2026-03-01T09:31:02.000Z",
        "failed": 1,
        "deliveries": {"pending": 0, "delivered": 412, "failed": 2, "dropped": 0},
    },
    "failures": [
        {
            "conversation_id": "call-7f3a",
            "started_at": "2026-03-01T09:30:00.000Z",
            "failed_at": "2026-03-01T09:30:49.400Z",
            "attempts": 1,
            "error": "NotImplementedError: no model is configured: see docs/models.md for how to turn one on",
            "retry_at": None,
        }
    ],
    "cursor": None,
}
WEBHOOK: dict[str, Any] = {
    "id": 2,
    "project_id": "dental",
    "name": "CRM",
    "url": "https://crm.example.com/hooks/aftercall",
    "active": True,
    "created_at": "2026-03-01T09:00:00.000Z",
    "updated_at": "2026-03-01T09:00:00.000Z",
}
WEBHOOKS = {"webhooks": [WEBHOOK]}
NEW_WEBHOOK = {**WEBHOOK, "secret": "whsec_5d41..."}
WEBHOOK_TEST = {"delivered": False, "response_code": 404, "error": "HTTP 404: no such hook"}
DELIVERY: dict[str, Any] = {
    "id": "dl_9f2c5d41e0a7b3c6d8f1a2b4",
    "webhook_id": 2,
    "conversation_id": "call-7f3a",
    "attempt": "pc-6.1",
    "status": "pending",
    "tries": 1,
    "tries_left": 7,
    "response_code": 503,
    "error": "HTTP 503: try later",
    "next_try_at": "2026-03-01T09:31:00.000Z",
    "created_at": "2026-03-01T09:30:50.000Z",
    "updated_at": "2026-03-01T09:30:55.000Z",
}
DELIVERIES = {"deliveries": [DELIVERY], "cursor": None}
AGENT_VERSIONS = {
    "project_id": "dental",
    "versions": [
        {
            "version": "c6f1d0e5b2aa",
            "current": True,
            "added_at": "2026-02-27T12:00:00.000Z",
            "source": "/srv/agents/dental",
            "python": "/srv/agents/venv/bin/python",
            "python_version": "3.12.4",
            "files": 31,
            "functions": [
                {
                    "name": "find_slots",
                    "flow": "booking",
                    "kind": "function",
                    "file": "flows/booking/functions/find_slots.py",
                    "description": "Free times on a day",
                    "parameters": [
                        {"name": "day", "type": "str", "description": "ISO date", "required": True}
                    ],
                    "latency": None,
                    "error": None,
                }
            ],
            "problems": [],
        }
    ],
}
