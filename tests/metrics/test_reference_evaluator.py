"""The reference against numbers worked out by hand: what the judge says must itself be judged."""

from __future__ import annotations

from typing import Any

import pytest

from tests.metrics.reference.answer import Reference
from tests.metrics.reference.groups import OTHER
from tests.metrics.reference.measure import percentile
from tests.metrics.reference.span import HOUR, MINUTE
from tests.metrics.reference.values import Metric

MIDNIGHT = 1_774_742_400_000
"""2026-03-29T00:00Z, an hour before London's clocks go forward."""
NOW = MIDNIGHT + 30 * HOUR
REGISTRY = {
    metric.name: metric
    for metric in (
        Metric("BOOKED", "boolean"),
        Metric("RESOLVED", "boolean", base="known"),
        Metric("REASON", "categorical", options=("Billing", "Other")),
        Metric("SCORE", "number"),
        Metric("NOTE", "text"),
    )
}
Event = dict[str, Any]


def call(id_: str, start: int, *events: Event, ends_after: int | None = 60_000, **facts: Any) -> list[Event]:
    told = [{"kind": "start", "at": start, **facts}, *({"at": start + 1_000, **event} for event in events)]
    if ends_after is not None:
        told.append({"kind": "end", "at": start + ends_after})
    return [{"conversation_id": id_, "id": f"e{i}", **event} for i, event in enumerate(told)]


def wrote(name: str, *value: Any, **more: Any) -> Event:
    event = {"kind": "metric", "name": name, **more}
    return {**event, "value": value[0]} if value else event


def said(speaker: str, text: str) -> Event:
    return {"kind": "turn", "speaker": speaker, "text": text}


EVENTS = [
    *call(
        "one",
        MIDNIGHT + 30 * MINUTE,
        wrote("BOOKED"),
        wrote("REASON", "billing"),
        wrote("SCORE", 1),
        said("user", "My insurance card"),
        from_number="+1",
        channel="voice",
        tags=["vip", "test"],
    ),
    *call(
        "two",
        MIDNIGHT + 90 * MINUTE,
        wrote("BOOKED", None),
        wrote("RESOLVED", True, source="extraction"),
        wrote("SCORE", "n/a"),
        wrote("NOTE", "None"),
        {"kind": "handoff", "at": MIDNIGHT + 90 * MINUTE + 30_000},
        from_number="+1",
        channel="chat",
        tags=["vip"],
        ends_after=120_000,
    ),
    *call(
        "three",
        MIDNIGHT + 26 * HOUR,
        wrote("SCORE", 4),
        wrote("SCORE", 3, source="human"),
        wrote("RESOLVED", False, source="extraction"),
        wrote("NOTE", "wants a call back"),
        said("user", "insurance"),
        said("agent", "your card?"),
        channel="voice",
        ends_after=None,
    ),
]


def answer(*measures: Any, **query: Any) -> dict[str, Any]:
    told: dict[str, Any] = {"over": {"last": "30d"}, **query}
    return Reference(EVENTS, REGISTRY, NOW, "UTC").answer({"measures": list(measures), **told})


def number(metric: str, agg: str, **more: Any) -> Any:
    [value] = answer({"metric": metric, "agg": agg, **more})["totals"].values()
    return value


COUNT = {"metric": "conversations", "agg": "conversations"}


@pytest.mark.parametrize(
    ("metric", "agg", "more", "expected"),
    [
        ("conversations", "conversations", {}, 3),
        ("conversations", "callers", {}, 1),
        ("SCORE", "conversations", {}, 2),
        ("SCORE", "events", {}, 3),
        ("SCORE", "events", {"source": "agent"}, 2),
        ("SCORE", "sum", {}, 4),
        ("SCORE@agent", "sum", {}, 5),
        ("SCORE", "p50", {}, 2),
        ("duration", "avg", {}, 90),
        ("duration", "max", {"where": [{"field": "channel", "op": "eq", "value": "sms"}]}, None),
        ("BOOKED", "rate", {}, 1 / 3),
        ("BOOKED", "rate", {"base": "known"}, 1),
        ("RESOLVED", "rate", {}, 1 / 2),
        ("RESOLVED", "rate", {"base": {"metric": "BOOKED"}}, 0),
        ("REASON", "rate", {"value": "Billing"}, 1 / 3),
        ("REASON", "distinct", {}, 1),
        ("containment", "value", {}, 1 / 2),
        ("repeat_contact", "rate", {}, 1 / 2),
        (
            "handoff",
            "sum",
            {"divide_by": {"metric": "BOOKED", "agg": "conversations"}, "multiplier": 100},
            100,
        ),
        (
            "SCORE",
            "sum",
            {"divide_by": {"metric": "NOTE", "agg": "conversations", "where": [{"any": []}]}},
            None,
        ),
    ],
)
def test_numbers(metric: str, agg: str, more: dict[str, Any], expected: Any) -> None:
    assert (
        number(metric, agg, **more) == pytest.approx(expected)
        if expected is not None
        else (number(metric, agg, **more) is None)
    )


@pytest.mark.parametrize(
    ("field", "op", "value", "found"),
    [
        ("BOOKED", "eq", True, {"one"}),
        ("BOOKED", "ne", True, set()),
        ("BOOKED", "exists", None, {"one"}),
        ("BOOKED", "written", None, {"one", "two"}),
        ("BOOKED", "not_written", None, {"three"}),
        ("BOOKED", "not_flagged", None, {"two", "three"}),
        ("SCORE", "is_invalid", None, {"two"}),
        ("SCORE", "between", [1, 3], {"one", "three"}),
        ("SCORE@agent", "gt", 3, {"three"}),
        ("NOTE", "flagged", None, {"three"}),
        ("NOTE", "contains", "CALL", {"three"}),
        ("NOTE", "not_contains", "CALL", {"two"}),
        ("REASON", "in", ["BILLING"], {"one"}),
        ("tags", "contains", "vip", {"one", "two"}),
        ("tags", "not_contains", "test", {"two", "three"}),
        ("transcript", "contains", "card INSURANCE", {"one"}),
        ("transcript", "not_contains", "insurance", {"two"}),
        ("abandoned", "eq", True, set()),
        ("ended_at", "not_exists", None, {"three"}),
    ],
)
def test_conditions(field: str, op: str, value: Any, found: set[str]) -> None:
    for negated in (False, True):
        test = {"field": field, "op": op, "value": value}
        wanted = {"one", "two", "three"} - found if negated else found
        where = [{"not": test} if negated else test]
        reference = Reference(EVENTS, REGISTRY, NOW, "UTC")
        assert {c.id for c in reference.population({"where": where}, (None, None))} == wanted


def test_a_day_of_23_hours_holds_what_began_on_it() -> None:
    asked = answer(
        COUNT, interval="day", over={"from": "2026-03-29", "to": "2026-03-30"}, timezone="Europe/London"
    )
    assert asked["rows"] == [
        {"bucket": "2026-03-29T00:00:00+00:00", "conversations": 2},
        {"bucket": "2026-03-30T00:00:00+01:00", "conversations": 1},
    ]


def test_groups_limit_and_other() -> None:
    average = {"metric": "duration", "agg": "avg"}
    told = answer(COUNT, average, by=["tags"], limit=1, other=True)
    assert told["rows"] == [
        {"tags": "vip", "conversations": 2, "duration.avg": 90},
        {"tags": OTHER, "conversations": 2, "duration.avg": 60},
    ]
    assert told["totals"] == {"conversations": 3, "duration.avg": 90}


def test_missing_tells_three_kinds_of_nothing_apart() -> None:
    told = answer({"metric": "SCORE", "agg": "avg"}, {"metric": "BOOKED", "agg": "rate"})
    assert told["missing"]["SCORE.avg"] == {"null": 0, "not_written": 0, "invalid": 1}
    assert told["missing"]["BOOKED.rate"] == {"null": 1, "not_written": 1, "invalid": 0}
    assert told["bases"] == {"BOOKED.rate": {"base": "all", "conversations": 3}}


def test_the_period_before() -> None:
    told = answer(COUNT, over={"last": "12h"}, compare="previous_period")
    assert told["totals"] == {"conversations": 1} and told["previous"]["totals"] == {"conversations": 0}
    told = answer(COUNT, over={"last": "1d"}, compare="previous_period")
    assert told["previous"]["totals"] == {"conversations": 2}


def test_having_and_sort() -> None:
    told = answer(COUNT, by=["channel"], having=[{"measure": "conversations", "op": "gt", "value": 1}])
    assert told["rows"] == [{"channel": "voice", "conversations": 2}]
    told = answer(COUNT, by=["channel"], sort=[{"field": "conversations", "order": "asc"}])
    assert [row["channel"] for row in told["rows"]] == ["chat", "voice"]


def test_percentiles_lie_between_two_values() -> None:
    assert percentile([1, 2, 3, 4], 0.5) == 2.5
    assert percentile([1, 2, 3, 4, 5], 0.95) == pytest.approx(4.8)
    assert percentile([7], 0.99) == 7


def test_write_once_keeps_the_first_of_its_source() -> None:
    events = call(
        "x",
        MIDNIGHT,
        wrote("SCORE", 1, write_once=True),
        wrote("SCORE", 2),
        wrote("SCORE", 9, source="import"),
    )
    [of_x] = Reference(events, REGISTRY, NOW, "UTC").calls
    assert of_x.metric("SCORE").value == of_x.metric("SCORE", "agent").value == 1
    assert of_x.metric("SCORE", "import").value == 9 and len(of_x.writes("SCORE")) == 2
