"""One tile of every kind, and of the ways in which a kind can look different."""

from __future__ import annotations

from typing import Any

ALL = {"label": "All"}
ENDED = {"label": "Ended", "where": [{"field": "in_progress", "op": "eq", "value": False}]}
BOOKED = {"label": "Booked", "where": [{"field": "BOOKED", "op": "flagged"}]}

TILES: dict[str, dict[str, Any]] = {
    "kpi": {"kind": "kpi", "query": {"compare": "previous_period"}},
    "kpi of two": {
        "kind": "kpi",
        "query": {"measures": [{"metric": "conversations"}, {"metric": "BOOKED", "agg": "events"}]},
    },
    "line": {"kind": "line", "query": {"interval": "day", "compare": "previous_period"}},
    "lines": {"kind": "line", "query": {"interval": "day", "by": ["channel"]}},
    "bar over time": {"kind": "bar", "query": {"interval": "day"}},
    "bar stacked": {"kind": "bar", "query": {"interval": "week", "by": ["channel"]}},
    "bar grouped": {
        "kind": "bar",
        "layout": "grouped",
        "query": {"interval": "week", "by": ["channel"]},
    },
    "bar by name": {"kind": "bar", "query": {"by": ["REASON"], "limit": 3, "other": True}},
    "bar of two names": {"kind": "bar", "layout": "share", "query": {"by": ["REASON", "channel"]}},
    "bar by hour": {"kind": "bar", "query": {"by": ["hour_of_day"]}},
    "donut": {"kind": "donut", "query": {"by": ["REASON"], "limit": 2, "other": True}},
    "pie": {"kind": "pie", "query": {"by": ["channel"]}},
    "table": {
        "kind": "table",
        "query": {
            "by": ["REASON"],
            "measures": [{"metric": "conversations"}, {"metric": "VALUE", "agg": "conversations"}],
        },
    },
    "heatmap": {"kind": "heatmap", "query": {"by": ["day_of_week", "hour_of_day"]}},
    "heatmap over time": {"kind": "heatmap", "query": {"interval": "day", "by": ["REASON"]}},
    "funnel": {"kind": "funnel", "steps": [ALL, ENDED, BOOKED]},
    "histogram": {"kind": "histogram", "query": {"by": [{"field": "duration", "bucket": 15}]}},
}
