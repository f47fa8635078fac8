"""What is hidden in the demo's two months: nothing announces it, but who asks the data finds it.

* INCIDENT: for three workdays every card payment fails with the same error. Payments fall to nothing,
  handoffs to billing and bad moods rise, and the callers come back in the days after.
* INSURER: one insurer's line mostly stops answering in the last weeks; INSURANCE_VERIFIED becomes unknown.
* COMING BACK: callers whose matter was left open call again within three days, far more often than others.
* PHANTOM: variant B sometimes books although the caller has said no. APPOINTMENT_BOOKED says yes, the
  transcript says no, and some of those callers ring to complain. A caller always meets the same variant.
* SLOW SPANISH: in the last days the agent takes a second longer to answer in Spanish.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

TERMINAL_ERROR = "TX-31: terminal certificate expired"
INSURER = "Bluefinch"
PHANTOM_VARIANT = "brisk"

TIMEOUTS_USUAL = 0.03
TIMEOUTS_PLANTED = 0.72
PHANTOM_SHARE = 0.13
"""Of variant B's bookings, from the first day on."""
SLOW_SPANISH_MS = 1_050

COMES_BACK = {"terminal": 0.85, "insurer": 0.6, "phantom": 0.7, "full": 0.3}
"""Chance that the caller rings again within three days, by what was left open."""


@dataclass(frozen=True, slots=True)
class Planted:
    """The days on which things happen, within these days of history."""

    incident: tuple[date, ...]
    insurer_from: date
    slow_from: date

    @classmethod
    def within(cls, days: list[date]) -> Planted:
        """The incident begins on a Tuesday near the 60th of 100 days, so that the days after it show, too."""
        start = days[len(days) * 6 // 10]
        while start.weekday() != 1:
            start += timedelta(days=1)
        incident = tuple(start + timedelta(days=place) for place in range(3))
        return cls(incident, days[len(days) * 7 // 10], days[len(days) * 8 // 10])
