"""Ranges and buckets of time, as a person with a calendar and a wall clock of that zone counts them.

Moments are epoch milliseconds; ranges are (first, end) with ``end`` exclusive, None where open.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

MINUTE = 60_000
HOUR, DAY = 60 * MINUTE, 24 * 60 * MINUTE
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Range = tuple[int | None, int | None]


def ms_of(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def local(ms: int, zone: ZoneInfo) -> datetime:
    return (_EPOCH + timedelta(milliseconds=ms)).astimezone(zone)


def at_wall(day: date, clock: time, zone: ZoneInfo) -> int:
    """When the wall clock shows that: the first time where it does so twice, and the moment after the gap
    where it never does."""
    ms = ms_of(datetime.combine(day, clock, zone).astimezone(UTC))
    if local(ms, zone).replace(tzinfo=None) == datetime.combine(day, clock):
        return ms
    before, after = ms - 12 * HOUR, ms + 12 * HOUR
    while after - before > 1:  # the one moment at which the offset changes
        middle = (before + after) // 2
        before, after = (
            (middle, after)
            if local(middle, zone).utcoffset() == local(before, zone).utcoffset()
            else (before, middle)
        )
    return after


def midnight(day: date, zone: ZoneInfo) -> int:
    return at_wall(day, time(), zone)


def first_day(interval: str, day: date) -> date:
    """Of the calendar unit that holds this day."""
    if interval == "week":
        return day - timedelta(days=day.weekday())
    month = {"month": day.month, "quarter": (day.month - 1) // 3 * 3 + 1, "year": 1}
    return day.replace(day=1, month=month[interval]) if interval in month else day


def next_day(interval: str, day: date) -> date:
    """The first day of the next unit, ``day`` being the first of one."""
    if interval in ("day", "week"):
        return day + timedelta(days=1 if interval == "day" else 7)
    return add_months(day, {"month": 1, "quarter": 3, "year": 12}[interval])


def add_months(day: date, months: int) -> date:
    count = day.year * 12 + day.month - 1 + months
    first = date(count // 12, count % 12 + 1, 1)
    last = add_months(first, 1) - timedelta(days=1) if day.day > 28 else first
    return first.replace(day=min(day.day, last.day) if day.day > 28 else day.day)


def bucket(ms: int, interval: str, zone: ZoneInfo) -> int:
    """Start of the bucket that holds this moment. Hours and quarters of hours are the wall clock's; an hour
    that comes twice is two."""
    if interval not in ("15m", "hour"):
        return midnight(first_day(interval, local(ms, zone).date()), zone)
    length = HOUR if interval == "hour" else 15 * MINUTE
    wall = local(ms, zone)
    into = (wall.minute * 60 + wall.second) * 1000 + wall.microsecond // 1000
    return ms - into % length


def next_bucket(start: int, interval: str, zone: ZoneInfo) -> int:
    if interval in ("15m", "hour"):
        return start + (HOUR if interval == "hour" else 15 * MINUTE)
    return midnight(next_day(interval, local(start, zone).date()), zone)


def buckets(first: int, end: int, interval: str, zone: ZoneInfo) -> list[int]:
    """Every bucket that a range touches; an empty range touches none."""
    found: list[int] = []
    at = bucket(first, interval, zone)
    while first < end and at < end:
        found.append(at)
        at = next_bucket(at, interval, zone)
    return found


def label(ms: int, zone: ZoneInfo) -> str:
    return local(ms, zone).isoformat(timespec="milliseconds" if ms % 1000 else "seconds")


def range_of(over: dict[str, Any], now: int, zone: ZoneInfo) -> Range:
    if "all" in over:
        return None, None
    if "last" in over:
        found = re.fullmatch(r"(\d+)(h|d|w|mo)", over["last"])
        assert found is not None
        number, unit = int(found[1]), found[2]
        if unit == "mo":
            wall = local(now, zone)
            return at_wall(add_months(wall.date(), -number), wall.time(), zone), now
        return now - number * {"h": HOUR, "d": DAY, "w": 7 * DAY}[unit], now
    if "preset" in over:
        return preset(over["preset"], now, zone)
    since, to = over.get("from"), over.get("to")
    return (
        None if since is None else moment(since, zone, end=False),
        None if to is None else moment(to, zone, end=True),
    )


def moment(text: str, zone: ZoneInfo, *, end: bool) -> int:
    """A pure date is its midnight, and as an end the midnight after it."""
    if len(text) == 10:
        day = date.fromisoformat(text)
        return midnight(day + timedelta(days=1) if end else day, zone)
    told = datetime.fromisoformat(text)
    return ms_of(told) if told.tzinfo else at_wall(told.date(), told.time(), zone)


def preset(name: str, now: int, zone: ZoneInfo) -> Range:
    """What is over is whole; what is still going on ends now."""
    today = local(now, zone).date()
    if name in ("today", "yesterday"):
        unit, which = "day", "this" if name == "today" else "last"
    else:
        which, unit = name.split("_")
    first = first_day(unit, today)
    if which == "last":
        first, end = first_day(unit, first - timedelta(days=1)), first
        return midnight(first, zone), midnight(end, zone)
    return midnight(first, zone), now


def whole(over: dict[str, Any]) -> bool:
    """Whether the range was told in days, not in moments."""
    if "preset" in over:
        return over["preset"] == "yesterday" or str(over["preset"]).startswith("last_")
    return "from" in over and "to" in over and len(over["from"]) == len(over["to"]) == 10


def shifted(over: Range, compare: str, zone: ZoneInfo, *, whole_days: bool) -> Range:
    """What it is compared with: a range as long right before it (as many days, where it was told in days), or
    the same by the clock a calendar unit ago."""
    first, end = over
    assert first is not None and end is not None
    if compare == "previous_period":
        days = [local(ms, zone).date() for ms in over if ms is not None]
        if whole_days:
            return midnight(days[0] - (days[1] - days[0]), zone), first
        return first - (end - first), first
    unit = compare.removeprefix("previous_")
    return _earlier(first, unit, zone), _earlier(end, unit, zone)


def _earlier(ms: int, unit: str, zone: ZoneInfo) -> int:
    wall = local(ms, zone)
    if unit in ("day", "week"):
        day = wall.date() - timedelta(days=1 if unit == "day" else 7)
    else:
        day = add_months(wall.date(), -{"month": 1, "quarter": 3, "year": 12}[unit])
    return at_wall(day, wall.time(), zone)
