"""When calls come: more on Mondays than on Saturdays, more at ten than at noon, more each week."""

from __future__ import annotations

import random
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("America/Chicago")
"""Where the clinic is: its callers sleep at night."""

WEEKDAYS = (1.35, 1.1, 1.0, 1.05, 0.9, 0.3, 0.08)
"""Monday to Sunday."""
HOURS = {
    7: 1.0, 8: 6.0, 9: 10.0, 10: 11.0, 11: 8.0, 12: 4.5, 13: 6.5, 14: 8.5, 15: 9.0, 16: 7.5, 17: 4.5, 18: 2.0,
    19: 1.2, 20: 0.8, 21: 0.4, 22: 0.2, 6: 0.3,
}  # fmt: skip
SATURDAY_HOURS = {8: 2.0, 9: 9.0, 10: 11.0, 11: 9.0, 12: 6.0, 13: 1.5, 15: 0.5, 17: 0.4}
GROWTH = 0.9
"""How much busier the last day is than the first: 0.9 is 90 %."""
OPENS = 9
LATEST_MS = 900_000
"""The last call of the past begins this long before its end, so that it is over by then."""


def days_before(until: int, days: int) -> list[date]:
    """So many days up to ``until``; its own day is one of them once the clinic has opened."""
    now = at_clinic(until - LATEST_MS)
    last = now.date() if now.hour >= OPENS else now.date() - timedelta(days=1)
    return [last - timedelta(days=back) for back in range(days - 1, -1, -1)]


def at_clinic(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, ZONE)


def weight_of(day: date, place: float, chance: random.Random) -> float:
    """``place``: 0.0 for the first day, 1.0 for the last."""
    return WEEKDAYS[day.weekday()] * (1 + GROWTH * place) * chance.uniform(0.88, 1.12)


def moments(chance: random.Random, calls: int, days: list[date], until: int) -> list[int]:
    """So many moments within these days, in order, none of them after ``until``. Epoch milliseconds."""
    last = max(1, len(days) - 1)
    weights = [weight_of(day, place / last, chance) for place, day in enumerate(days)]
    latest = until - LATEST_MS
    chosen: list[int] = []
    while len(chosen) < calls:
        found = moment(chance, chance.choices(days, weights)[0])
        if found < latest:
            chosen.append(found)
    return sorted(chosen)


def moment(chance: random.Random, day: date) -> int:
    """A time of that day at which somebody might call."""
    hours = SATURDAY_HOURS if day.weekday() >= 5 else HOURS
    hour = chance.choices(list(hours), list(hours.values()))[0]
    start = datetime.combine(day, time(hour), ZONE)
    return int(start.timestamp() * 1000) + chance.randrange(3_600_000)
