"""The metrics of one conversation: each with its value, where it comes from, and its whole history."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET

from aftercall.catalog.definitions import MetricDefinition, Registry
from aftercall.model.events import Metric, PostCall
from aftercall.model.times import iso
from aftercall.model.values import NotCoercible, infer_type, is_value
from aftercall.store.attempts import attempt_of
from aftercall.store.fold import Conversation, order
from aftercall.store.incoming import Entry
from aftercall.store.reader import Found
from aftercall.store.writes import metric_value
from aftercall.web.api.privacy import View


def values(found: Found, registry: Registry, view: View) -> list[dict[str, Any]]:
    """In the order in which they were first written."""
    c = found.conversation
    told = sorted(found.events, key=order)
    attempts = {
        one.event.attempt: number
        for number, one in enumerate((one for one in told if type(one.event) is PostCall), 1)
    }
    standing = {one.event_id for one in c.writes}
    by_name: dict[str, list[Entry]] = {}
    for one in told:
        if isinstance(one.event, Metric):
            by_name.setdefault(one.event.name, []).append(one)
    return [
        _metric(name, writes, c, registry.by_name.get(name), standing, attempts)
        for name, writes in by_name.items()
    ]


def _metric(
    name: str,
    writes: list[Entry],
    c: Conversation,
    metric: MetricDefinition | None,
    standing: set[str],
    attempts: dict[str, int],
) -> dict[str, Any]:
    winner = c.metrics[name][-1] if name in c.metrics else None
    history = [_write(one, metric, c, standing, attempts, winner) for one in writes]
    won = next((one for one in history if one["wins"]), None)
    return {
        "name": name,
        "display_name": name if metric is None else metric.display_name,
        "registered": metric is not None,
        "type": None if metric is None else metric.type,
        "unit": "" if metric is None else metric.unit,
        "options": [] if metric is None else list(metric.options),
        "status": "not_written" if won is None else won["status"],
        "value": None if won is None else won["value"],
        "reason": None if won is None else won["reason"],
        "source": None if won is None else won["source"],
        "at": None if won is None else won["at"],
        "evidence": None if won is None else won["evidence"],
        "lineage": None if won is None else won["lineage"],
        "sources_disagree": _disagree(history),
        "history": history,
    }


def _write(
    one: Entry,
    metric: MetricDefinition | None,
    c: Conversation,
    standing: set[str],
    attempts: dict[str, int],
    winner: Entry | None,
) -> dict[str, Any]:
    event: Metric = one.event
    status, value, reason = _value(event, metric)
    attempt = attempt_of(one)
    return {
        "event_id": one.event_id,
        "at": iso(one.at),
        "offset_ms": one.at - c.started_at,
        "source": event.source,
        "status": status,
        "value": value,
        "reason": reason,
        "wins": winner is not None and one.event_id == winner.event_id,
        "counts": one.event_id in standing,
        "retracted": one.event_id in c.retracted,
        "attempt": None if attempt is None else attempts.get(attempt),
        "evidence": event.evidence,
        "lineage": event.lineage,
    }


def _value(event: Metric, metric: MetricDefinition | None) -> tuple[str, Any, str | None]:
    """How it stands (value, null or invalid), the value as its column has it, and why it does not fit."""
    told = True if event.value is UNSET else event.value
    type_ = (infer_type(told) or "boolean") if metric is None else metric.type
    try:
        value = metric_value(event, type_, () if metric is None else metric.options)
    except NotCoercible as fault:
        return "invalid", told, str(fault)
    return ("null" if value is None else "value"), value, None


def _disagree(history: list[dict[str, Any]]) -> bool:
    """Whether two sources' last known values differ."""
    last = {
        one["source"]: one["value"]
        for one in history
        if one["counts"] and one["status"] == "value" and is_value(one["value"])
    }
    return len(set(last.values())) > 1
