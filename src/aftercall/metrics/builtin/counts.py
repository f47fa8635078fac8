"""Counts: conversations and callers, which are never the same thing."""

from __future__ import annotations

from aftercall.metrics.facts import Facts
from aftercall.metrics.query import Measure

CONVERSATIONS = Facts(
    name="conversations",
    display_name="Conversations",
    definition="Every conversation that started in the time asked for, those still in progress included.",
    type="count",
    unit="conversations",
    agg="conversations",
    format="count",
    synonyms=("calls", "volume"),
)
CALLERS = Facts(
    name="callers",
    display_name="Callers",
    definition="Different phone numbers that called. Conversations without a number count for none.",
    type="count",
    unit="callers",
    agg="callers",
    format="count",
    means=Measure(metric="conversations", agg="callers"),
    synonyms=("unique callers", "people"),
)
FACTS = (CONVERSATIONS, CALLERS)
