"""What came out, counted: of a pilot, or of a backfill so far. Plain JSON, so that the catalog can keep it.

statuses     by metric: ok, unknown, not_applicable, ungrounded, failed; skipped, where a field's ``when``
             leaves the call out; already, where a value of this version stands there
values       by metric: how many have which value, by its JSON; of texts none
extractors   by metric: who found them
model_calls, tokens_in, tokens_out, cost    without answers that were stored; cost None: without prices
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from aftercall.catalog.backfills import Note
from aftercall.jobs.backfill_one import Event, One

MOST_VALUES = 200
OTHERS = ""
"""Counts what is beyond them."""
Counts = dict[str, Any]


def tally(ones: Iterable[One], texts: frozenset[str], before: Mapping[str, Any] | None = None) -> Counts:
    """``texts``: metrics whose values are not counted. ``before``: the tally that these are added to."""
    counts: Counts = json.loads(json.dumps(before or {}))
    for name in ("statuses", "values", "extractors"):
        counts.setdefault(name, {})
    for name in ("gone", "model_calls", "tokens_in", "tokens_out", "cost"):
        counts.setdefault(name, 0)
    for one in ones:
        _add(counts, one, texts)
    return counts


def failures(one: One) -> list[Note]:
    """What could not be said of a conversation, and why."""
    told = [(name, f"{reason} (nothing was written)") for name, reason in one.put_off.items()]
    for event in one.events:
        if status_of(event) == "failed":
            told.append(
                (str(event["name"]), str(_lineage(event).get("reason") or event.get("invalid") or ""))
            )
    return [
        Note("failure", one.conversation_id, {"metric": name, "reason": reason[:1_000]})
        for name, reason in told
    ]


def status_of(event: Event) -> str:
    return str(_lineage(event).get("status") or "ok")


def spent(event: Event) -> tuple[float, float, float, float | None]:
    """Model calls, tokens in, tokens out and cost: its share of what was asked together with it."""
    lineage = _lineage(event)
    share = 1 / max(int(lineage.get("shared_by") or 1), 1)
    if not lineage.get("requests"):
        return 0.0, 0.0, 0.0, 0.0
    cost = lineage.get("cost")
    return (
        lineage["requests"] * share,
        lineage.get("tokens_in", 0) * share,
        lineage.get("tokens_out", 0) * share,
        None if cost is None else cost * share,
    )


def _add(counts: Counts, one: One, texts: frozenset[str]) -> None:
    counts["gone"] += one.gone
    for name, status in (
        *((name, "already") for name in one.already),
        *((name, "skipped") for name in one.skipped),
        *((name, "failed") for name in one.put_off),
        *((str(event["name"]), status_of(event)) for event in one.events),
    ):
        _count(counts["statuses"], name, status)
    for event in one.events:
        name = str(event["name"])
        _count(counts["extractors"], name, str(_lineage(event).get("extractor")))
        if status_of(event) in ("ok", "ungrounded") and "invalid" not in event and name not in texts:
            _value(counts["values"].setdefault(name, {}), event.get("value"))
        if not _lineage(event).get("cached"):
            _spend(counts, event)


def _spend(counts: Counts, event: Event) -> None:
    calls, tokens_in, tokens_out, cost = spent(event)
    counts["model_calls"] += calls
    counts["tokens_in"] += tokens_in
    counts["tokens_out"] += tokens_out
    counts["cost"] = None if cost is None or counts["cost"] is None else counts["cost"] + cost


def _count(where: dict[str, dict[str, int]], name: str, key: str) -> None:
    of_metric = where.setdefault(name, {})
    of_metric[key] = of_metric.get(key, 0) + 1


def _value(values: dict[str, int], value: Any) -> None:
    key = json.dumps(value, ensure_ascii=False)
    if key not in values and len(values) >= MOST_VALUES:
        key = OTHERS
    values[key] = values.get(key, 0) + 1


def _lineage(event: Event) -> Mapping[str, Any]:
    return event.get("lineage") or {}
