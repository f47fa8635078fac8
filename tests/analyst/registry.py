"""A small registry without conversations: enough to plan questions over."""

from __future__ import annotations

import zoneinfo
from typing import Any

from aftercall.analyst.access import Transcript, no_conversation
from aftercall.metrics import builtin
from aftercall.metrics.answer import Answer, BehindPage, Population
from aftercall.metrics.facts import Facts
from aftercall.metrics.query import Drill, Query
from aftercall.model.times import parse_ms

REASONS = ("booking", "billing question", "insurance", "cancellation", "other")
VALUES: dict[str, list[Any]] = {
    "channel": ["voice", "chat"],
    "language": ["en-US", "es-US"],
    "variant_name": ["brisk", "warm"],
    "ended_reason": ["completed", "user_hangup"],
    "PATIENT_VERIFIED": [True, False],
    "APPOINTMENT_BOOKED": [True],
}


def boolean(name: str, **facts: Any) -> Facts:
    return Facts(name=name, display_name=name, definition="", type="boolean", agg="rate", **facts)


def number(name: str, unit: str, **facts: Any) -> Facts:
    return Facts(name=name, display_name=name, definition="", type="number", unit=unit, **facts)


def categorical(name: str, *options: str) -> Facts:
    return Facts(
        name=name, display_name=name, definition="", type="categorical", agg="conversations", options=options
    )


METRICS = [
    boolean("APPOINTMENT_BOOKED", better="up"),
    boolean("APPOINTMENT_CANCELLED"),
    boolean("HUMAN_REQUESTED"),
    boolean("FOLLOW_UP_NEEDED"),
    boolean("NO_SLOT_FOUND"),
    boolean("PATIENT_VERIFIED"),
    categorical("CALL_REASON", *REASONS),
    categorical("CANCEL_REASON", "illness", "cost", "other"),
    categorical("SENTIMENT", "positive", "neutral", "negative"),
    categorical("TREATMENT", "filling", "crown"),
    number("PAYMENT_AMOUNT", "USD"),
    number("SLOTS_DECLINED", "slots"),
    number("WAIT_BEFORE", "s", synonyms=("queue time",)),
]


class Clinic:
    """Asked on Saturday, 21 November 2026, at 17:00 in Chicago."""

    revision = 1
    zone = zoneinfo.ZoneInfo("America/Chicago")
    now_ms = parse_ms("2026-11-21T17:00:00-06:00")

    def __init__(self) -> None:
        self.asked: list[Query] = []

    def facts(self) -> list[Facts]:
        return [*METRICS, *builtin.METRICS]

    def ask(self, query: Query) -> Answer:
        self.asked.append(query)
        known = VALUES.get(query.by[0].field, []) if query.by else []
        rows = [{"value": value, "conversations": 1} for value in known]
        return Answer([], rows, {}, None, Population(0, "", "", ""), {}, {}, None, None, 0.0, None, {})

    def behind(self, drill: Drill) -> BehindPage:
        return BehindPage([], 0, None)

    def read(self, conversation_id: str) -> Transcript:
        raise no_conversation(conversation_id)
