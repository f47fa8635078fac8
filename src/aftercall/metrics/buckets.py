"""Where each bucket of an interval begins. Computed here, once, with the zone's own rules, and handed to the
engine as a list: so the engine and the labels can never disagree about a clock change."""

from __future__ import annotations

import zoneinfo
from functools import lru_cache

from aftercall.metrics.query import MOST_ROWS, Interval
from aftercall.metrics.ranges import first_day, midnight, next_day
from aftercall.metrics.strict import refusal
from aftercall.model.times import to_datetime

_QUARTER_MS = 900_000
"""Every offset of today is a multiple of it, so a wall hour begins only at one."""
_HOUR_MS = 3_600_000
_LENGTHS = {"15m": _QUARTER_MS, "hour": _HOUR_MS, "day": 24 * _HOUR_MS}


def buckets(since: int, until: int, interval: Interval, zone: zoneinfo.ZoneInfo) -> list[int]:
    """The first moment of each bucket that the range touches; the first may be before ``since``.

    Raises QueryInvalid where there are more than an answer may have.
    """
    if until <= since:
        return []
    if (until - since) // _LENGTHS.get(interval, 7 * 24 * _HOUR_MS) > MOST_ROWS:
        raise refusal(
            "interval",
            f"{interval} gives more than {MOST_ROWS:,} rows: take a longer one, or a shorter range",
        )
    return list(_starts(since, until, interval, zone))


@lru_cache(maxsize=256)
def _starts(since: int, until: int, interval: Interval, zone: zoneinfo.ZoneInfo) -> tuple[int, ...]:
    if interval == "15m":
        return tuple(range(since - since % _QUARTER_MS, until, _QUARTER_MS))
    if interval == "hour":
        return _hours(since, until, zone)
    return _days(since, until, interval, zone)


def _days(since: int, until: int, unit: str, zone: zoneinfo.ZoneInfo) -> tuple[int, ...]:
    day = first_day(to_datetime(since).astimezone(zone).date(), unit)
    found = []
    while (start := midnight(day, zone)) < until:
        found.append(start)
        day = next_day(day, unit)
    return tuple(found)


def _hours(since: int, until: int, zone: zoneinfo.ZoneInfo) -> tuple[int, ...]:
    """Where the wall's date, hour or offset changes. The hour that comes twice is two buckets."""
    start = since - since % _QUARTER_MS
    while _hour(start - _QUARTER_MS, zone) == _hour(start, zone):
        start -= _QUARTER_MS
    found = []
    while start < until:
        found.append(start)
        start = _next_hour(start, zone)
    return tuple(found)


def _next_hour(start: int, zone: zoneinfo.ZoneInfo) -> int:
    after = start + _HOUR_MS
    if _hour(after - 1, zone) == _hour(start, zone) != _hour(after, zone):
        return after  # as it almost always is
    here, after = _hour(start, zone), start + _QUARTER_MS
    while _hour(after, zone) == here:
        after += _QUARTER_MS
    return after


def _hour(ms: int, zone: zoneinfo.ZoneInfo) -> str:
    """As the wall's clock says it: date, hour and offset."""
    wall = to_datetime(ms).astimezone(zone)
    return f"{wall:%Y-%m-%dT%H%z}"
