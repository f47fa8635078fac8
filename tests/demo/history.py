"""Two simulated months as tests read them: what a call shows, nothing of how it was planned."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from aftercall.demo.simulator.rhythm import at_clinic

Event = dict[str, Any]
UNTIL = 1_795_300_000_000
"""A Saturday afternoon at the clinic in November 2026."""
CALLS = 2_000
DAYS = 60


@dataclass(frozen=True)
class Seen:
    """One call by its wire events."""

    events: list[Event]

    @property
    def start(self) -> Event:
        return self.events[0]

    @property
    def began(self) -> datetime:
        return at_clinic(self.start["started_at"])

    @property
    def day(self) -> date:
        return self.began.date()

    @property
    def person(self) -> str:
        number: str = self.start["from_number" if self.start["direction"] == "inbound" else "to_number"]
        return number

    @property
    def variant(self) -> str:
        name: str = self.start["variant_name"]
        return name

    @property
    def is_spanish(self) -> bool:
        return any(event["kind"] == "update" and event.get("language") == "es-US" for event in self.events)

    def of(self, kind: str) -> list[Event]:
        return [event for event in self.events if event["kind"] == kind]

    def turns(self, speaker: str) -> list[Event]:
        return [event for event in self.of("turn") if event["speaker"] == speaker]

    def called(self, function: str) -> list[Event]:
        return [event for event in self.of("function_call") if event["name"] == function]

    def has(self, metric: str) -> bool:
        return any(event["name"] == metric for event in self.of("metric"))

    def value(self, metric: str) -> Any:
        """The last one written; True without a value. Raises IndexError where it was not written."""
        return [event.get("value", True) for event in self.of("metric") if event["name"] == metric][-1]
