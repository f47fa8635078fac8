"""Conditions and ranges of time in words."""

from __future__ import annotations

from typing import Any

from aftercall.metrics.query import AllOf, AnyOf, Condition, Not, Query

_OPS = {
    "eq": "is",
    "ne": "is not",
    "in": "is one of",
    "not_in": "is none of",
    "gt": "more than",
    "gte": "at least",
    "lt": "less than",
    "lte": "at most",
    "between": "between",
    "contains": "contains",
    "not_contains": "does not contain",
    "exists": "is known",
    "not_exists": "is not known",
    "flagged": "",
    "not_flagged": "",
    "written": "was written",
    "not_written": "was not written",
    "is_invalid": "is invalid",
}


def conditions(query: Query) -> str:
    """All that a query's conversations have in common; empty: all of them are meant."""
    return " and ".join(one(where) for where in query.where)


def one(where: Any) -> str:
    if isinstance(where, AnyOf):
        return "(" + " or ".join(map(one, where.any)) + ")"
    if isinstance(where, AllOf):
        return " and ".join(map(one, where.all))
    if isinstance(where, Not):
        return f"not {one(where.negated)}"
    return _test(where)


def _test(test: Condition) -> str:
    if test.field == "transcript":
        who = {"user": "the caller", "agent": "the agent", None: "somebody"}[test.speaker]
        return f'{who} {"said" if test.op == "contains" else "did not say"} "{test.value}"'
    if test.op in ("flagged", "not_flagged"):
        return f"{'' if test.op == 'flagged' else 'without '}{test.field}"
    value = "" if test.value is None else f" {_value(test.value, test.op)}"
    return f"{test.field} {_OPS[test.op]}{value}"


def _value(value: Any, op: str) -> str:
    if isinstance(value, list):
        return (" and " if op == "between" else ", ").join(str(one) for one in value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def day(iso: str) -> str:
    return iso[:10]


def range_text(since: str, to: str, timezone: str) -> str:
    """Days where both ends are midnights, the last one included; else minutes."""
    from datetime import datetime, timedelta

    if since[11:19] == "00:00:00" and to[11:19] == "00:00:00":
        last = (datetime.fromisoformat(to) - timedelta(seconds=1)).date().isoformat()
        return f"on {day(since)}" if last == day(since) else f"from {day(since)} to {last}"
    return f"from {since[:16].replace('T', ' ')} to {to[:16].replace('T', ' ')}"
