"""Examples for backfills_models.py."""

from __future__ import annotations

from typing import Any

NEW: dict[str, Any] = {"metrics": ["RESOLUTION"], "over": {"last": "90d"}, "pilot": 20}
_TALLY: dict[str, Any] = {
    "statuses": {"RESOLUTION": {"ok": 17, "unknown": 2, "failed": 1}},
    "values": {
        "RESOLUTION": [
            {"value": "resolved", "conversations": 12},
            {"value": "handed off", "conversations": 5},
        ]
    },
    "extractors": {"RESOLUTION": {"llm": 20}},
    "failures": [
        {
            "conversation_id": "call-7f3a",
            "metric": "RESOLUTION",
            "reason": "MODEL_REFUSED: endpoint 'openai' (model 'gpt-4o') refused to answer",
        }
    ],
    "model_calls": 20,
    "tokens_in": 41210,
    "tokens_out": 1904,
    "cost": 0.122065,
}
_NOTHING: dict[str, Any] = {
    "statuses": {},
    "values": {},
    "extractors": {},
    "failures": [],
    "model_calls": 0,
    "tokens_in": 0,
    "tokens_out": 0,
    "cost": 0,
}
BACKFILL: dict[str, Any] = {
    "backfill_id": "bf-01a0c7e2-51f0-7c55-8d7e-3f0c8a1b2c3d",
    "project_id": "dental",
    "metrics": ["RESOLUTION"],
    "versions": {"RESOLUTION": "3f2a9c01d4e5"},
    "state": "waiting",
    "reason": None,
    "resume_at": None,
    "over": {"from": "2025-12-01T09:30:00.000Z", "to": "2026-03-01T09:30:00.000Z"},
    "where": [],
    "at_once": 4,
    "per_minute": None,
    "again": False,
    "by": "Ann",
    "created_at": "2026-03-01T09:30:00.000Z",
    "started_at": None,
    "ended_at": None,
    "total": 1840,
    "done": 0,
    "pilot": {
        "wanted": 20,
        "conversations": 20,
        "seconds": 9.31,
        **_TALLY,
        "estimate": {"conversations": 1840, "seconds": 856.5, "cost": 11.22998},
        "sample": [
            {
                "conversation_id": "call-7f3a",
                "metric": "RESOLUTION",
                "status": "ok",
                "value": "resolved",
                "counts": True,
                "reason": "The appointment was moved.",
                "quote": "You are booked for Friday at ten.",
                "turn": 9,
                "extractor": "llm",
                "before": None,
            }
        ],
    },
    "result": _NOTHING,
}
STARTED = {**BACKFILL, "state": "running", "started_at": "2026-03-01T09:32:10.000Z"}
CANCELLED = {**STARTED, "state": "cancelled", "ended_at": "2026-03-01T09:33:00.000Z"}
PILOTING = {**BACKFILL, "state": "piloting", "pilot": None}
LIST = {"backfills": [{**BACKFILL, "pilot": {**BACKFILL["pilot"], "failures": [], "sample": []}}]}
