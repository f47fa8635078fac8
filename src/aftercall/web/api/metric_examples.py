"""One example answer for each shape of metric_models.py."""

from __future__ import annotations

from typing import Any

RANGE = {"from": "2026-02-01T00:00:00.000Z", "to": "2026-03-03T00:00:00.000Z"}
USAGE: dict[str, Any] = {
    "conversations": 912,
    "writes": 913,
    "invalid": 2,
    "nulls": 0,
    "sources": ["agent"],
    "last_written": "2026-03-02T17:41:09.000Z",
    "numbers": None,
    "values": [{"value": "booking", "conversations": 640}, {"value": "billing", "conversations": 272}],
    "more_values": False,
    "estimated": False,
    "invalid_values": ["Billing question"],
}
ITEM: dict[str, Any] = {
    "name": "CALL_REASON",
    "kind": "registered",
    "type": "categorical",
    "display_name": "Call reason",
    "definition": "Why they called.",
    "unit": "",
    "better": "none",
    "group": "",
    "synonyms": ["topic"],
    "owner": "operations",
    "active": True,
    "auto": False,
    "options": ["booking", "billing", "other"],
    "empty_values": ["", "no", "none", "n/a", "not mentioned"],
    "expected_sources": ["extraction"],
    "rate_base": None,
    "extraction": None,
    "numerator": None,
    "denominator": None,
    "multiplier": None,
    "column": "CALL_REASON",
    "drifted": [],
    "usage": USAGE,
}
LIST = {"project_id": "dental", "revision": 7, "reprojection": None, "range": RANGE, "metrics": [ITEM]}
VALUES = {"name": "CALL_REASON", "range": RANGE, "values": USAGE["values"], "more": False}
NEW_TYPE: dict[str, Any] = {
    "type": "categorical",
    "options": ["booking", "billing", "billing question", "other"],
}
PREVIEWED = {
    "conversations": 914,
    "checked": 914,
    "converts": 914,
    "invalid": 0,
    "null": 0,
    "samples": [
        {
            "written": "Billing question",
            "becomes": "billing question",
            "reason": None,
            "conversations": 2,
            "example": "call-7f3a",
        }
    ],
}
PREVIEW = {"name": "CALL_REASON", **NEW_TYPE, "preview": PREVIEWED}
YAML = "CALL_REASON: {type: categorical, options: [booking, billing, other], definition: Why they called.}\n"
FILE: dict[str, Any] = {"yaml": YAML}
PLAN = {
    "project_id": "dental",
    "revision": 7,
    "changes": [
        {
            "action": "change",
            "name": "CALL_REASON",
            "type": "categorical",
            "differences": [
                {"field": "options", "before": ["booking"], "after": ["booking", "billing", "other"]}
            ],
            "reprojects": True,
            "preview": PREVIEWED,
        }
    ],
    "drift": [
        {
            "name": "SENTIMENT",
            "differences": [{"field": "owner", "before": "", "after": "operations"}],
            "kept": False,
        }
    ],
    "unmanaged": ["SMS_SENT"],
    "unchanged": 31,
}
EXPORT = {"project_id": "dental", "yaml": YAML}
LINT = {
    "project_id": "dental",
    "findings": [
        {
            "code": "VALUE_OUTSIDE_OPTIONS",
            "severity": "error",
            "metric": "CALL_REASON",
            "message": "'CALL_REASON' is written with 'Billing question': none of its options.",
            "effect": "These values are kept as events and shown as invalid, but stand in no column:"
            " breakdowns leave the calls out.",
            "suggestion": "Add them as options, or write one of those that there are.",
            "patch": "CALL_REASON:\n  options: [booking, billing, other, Billing question]\n",
            "change": {"options": ["booking", "billing", "other", "Billing question"]},
            "place": None,
        }
    ],
}
CUSTOM: dict[str, Any] = {
    "name": "CALL_REASON",
    "type": "string",
    "description": "Why they called.",
    "expected_values": ["booking", "billing", "other"],
}
CUSTOMS = {"metrics": [CUSTOM]}
IMPORTED = {"dry_run": True, "created": ["CALL_REASON"], "updated": [], "unchanged": ["SENTIMENT"]}
