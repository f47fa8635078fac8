"""From ``over`` to moments, and from a range to the one it is compared with.

Moments are epoch milliseconds, ends exclusive. Days, weeks and months are those of a clock on a wall in the
zone; where a clock change leaves a wall time out, the moment of the change is meant, and where it comes
twice, the first.
"""

from __future__ import annotations

import calendar
import re
import zoneinfo
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from aftercall.metrics.query import AllTime, Between, Calendar, Compare, Last, Over
from aftercall.metrics.strict import near, refusal, shown
from aftercall.model.times import EARLIEST_MS, datetime_ms, to_datetime

LATEST_MS = 4_102_444_800_000
"""2100-01-01: no call is later. EARLIEST_MS is the other end: an earlier start is a wrong clock."""
_HOUR_MS = 3_600_000
_LENGTHS = {"h": _HOUR_MS, "d": 24 * _HOUR_MS, "w": 7 * 24 * _HOUR_MS}
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_MONTHS = {"month": 1, "quarter": 3, "year": 12}


@dataclass(frozen=True)
class Range:
    """``since`` None: from the first conversation. ``until`` None: up to now, or to the newest if that is
    later. ``days``: both ends are midnights."""

    since: int | None
    until: int | None
    days: bool = False


def zone_of(name: str, place: str = "timezone") -> zoneinfo.ZoneInfo:
    """Raises QueryInvalid with the nearest IANA name."""
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):  # OSError: "Europe" is a directory
        nearest = near(name, zoneinfo.available_timezones())
        raise refusal(place, f"is {shown(name)}, which is no IANA time zone", nearest=nearest) from None


def range_of(over: Over, zone: zoneinfo.ZoneInfo, now: int) -> Range:
    """Raises QueryInvalid."""
    if isinstance(over, AllTime):
        return Range(None, None)
    if isinstance(over, Last):
        return _last(over, zone, now)
    if isinstance(over, Calendar):
        return _preset(over, zone, now)
    return _between(over, zone)


def _last(over: Last, zone: zoneinfo.ZoneInfo, now: int) -> Range:
    number, unit = re.findall(r"\d+|\D+", over.last)
    if unit == "mo":
        wall = _local(now, zone)
        count = wall.year * 12 + wall.month - 1 - int(number)
        if count < 2000 * 12:
            return Range(EARLIEST_MS, now)
        return Range(_bounded(_at_wall(_months_before(wall, int(number)), zone)), now)
    return Range(_bounded(now - int(number) * _LENGTHS[unit]), now)


def _preset(over: Calendar, zone: zoneinfo.ZoneInfo, now: int) -> Range:
    """What is still going on ends now; what is over is whole."""
    today = _local(now, zone).date()
    unit = {"today": "day", "yesterday": "day"}.get(over.preset) or over.preset.split("_")[1]
    first = first_day(today, unit)
    if over.preset == "today" or over.preset.startswith("this_"):
        return Range(midnight(first, zone), now)
    before = first_day(first - timedelta(days=1), unit)
    return Range(midnight(before, zone), midnight(first, zone), days=True)


def _between(over: Between, zone: zoneinfo.ZoneInfo) -> Range:
    since = None if over.since is None else moment(over.since, zone, "over.from")[0]
    until = None if over.to is None else moment(over.to, zone, "over.to")
    # A pure date as the end is meant with all of its day; of a time, the moment itself is not.
    end = None if until is None else until[1] if is_date(over.to or "") else until[0]
    if since is not None and end is not None and since > end:
        raise refusal("over", "is a range that ends before it begins: swap from and to")
    pure = over.since is not None and over.to is not None and is_date(over.since) and is_date(over.to)
    return Range(
        None if since is None else _bounded(since), None if end is None else _bounded(end), days=pure
    )


def moment(text: str, zone: zoneinfo.ZoneInfo, place: str) -> tuple[int, int]:
    """First millisecond of what the text names, and the first after it: a day, or a moment.

    Raises QueryInvalid.
    """
    try:
        if is_date(text):
            day = date.fromisoformat(text)
            return midnight(day, zone), midnight(day + timedelta(days=1), zone)
        told = datetime.fromisoformat(text)
        ms = datetime_ms(told) if told.tzinfo else _at_wall(told, zone)
        return ms, ms + 1
    except (ValueError, OverflowError):
        raise refusal(
            place, f"is {shown(text)}: use ISO 8601, such as 2026-03-01 or 2026-03-01T09:30:00Z"
        ) from None


def is_date(text: str) -> bool:
    return _DATE.fullmatch(text) is not None


def compared(range_: Range, with_: Compare, zone: zoneinfo.ZoneInfo) -> Range:
    """Of a range with both ends, the one before it."""
    since, until = range_.since, range_.until
    assert since is not None and until is not None
    if with_ != "previous_period":
        unit = with_.removeprefix("previous_")
        return Range(_earlier(since, unit, zone), _earlier(until, unit, zone), range_.days)
    if not range_.days:
        return Range(_bounded(2 * since - until), since)
    first, end = _local(since, zone).date(), _local(until, zone).date()
    return Range(_bounded(midnight(first - (end - first), zone)), since, days=True)


def _earlier(ms: int, unit: str, zone: zoneinfo.ZoneInfo) -> int:
    """The same wall time, a unit before."""
    wall = _local(ms, zone)
    if unit in _MONTHS:
        return _bounded(_at_wall(_months_before(wall, _MONTHS[unit]), zone))
    days = timedelta(days=7 if unit == "week" else 1)
    return _bounded(_at_wall(wall.replace(tzinfo=None) - days, zone))


def first_day(day: date, unit: str) -> date:
    """Of the calendar unit that holds it: day, week (from Monday), month, quarter or year."""
    if unit == "day":
        return day
    if unit == "week":
        return day - timedelta(days=day.weekday())
    month = {"month": day.month, "quarter": (day.month - 1) // 3 * 3 + 1, "year": 1}[unit]
    return day.replace(month=month, day=1)


def next_day(day: date, unit: str) -> date:
    """The first day of the unit after the one that begins with ``day``."""
    if unit in ("day", "week"):
        return day + timedelta(days=1 if unit == "day" else 7)
    months = day.year * 12 + day.month - 1 + _MONTHS[unit]
    return date(months // 12, months % 12 + 1, 1)


def midnight(day: date, zone: zoneinfo.ZoneInfo) -> int:
    return _at_wall(datetime.combine(day, time()), zone)


def _at_wall(wall: datetime, zone: zoneinfo.ZoneInfo) -> int:
    """The first moment at which a clock on the wall shows it, or has gone past it."""
    ms = datetime_ms(wall.replace(tzinfo=zone, fold=0).astimezone(UTC))
    if _local(ms, zone).replace(tzinfo=None) == wall.replace(tzinfo=None):
        return ms
    return _change_before(ms, zone)


def _change_before(ms: int, zone: zoneinfo.ZoneInfo) -> int:
    """In a gap zoneinfo counts with the offset of before and lands behind it: back to the change itself."""
    early, late = ms - 24 * _HOUR_MS, ms
    offset = _local(late, zone).utcoffset()
    while late - early > 1:
        middle = (early + late) // 2
        early, late = (early, middle) if _local(middle, zone).utcoffset() == offset else (middle, late)
    return late


def _months_before(wall: datetime, months: int) -> datetime:
    count = wall.year * 12 + wall.month - 1 - months
    year, month = count // 12, count % 12 + 1
    day = min(wall.day, calendar.monthrange(year, month)[1])
    return wall.replace(year=year, month=month, day=day, tzinfo=None)


def _local(ms: int, zone: zoneinfo.ZoneInfo) -> datetime:
    return to_datetime(ms).astimezone(zone)


def iso(ms: int, zone: zoneinfo.ZoneInfo) -> str:
    """ISO 8601 with the zone's offset; milliseconds only where there are some."""
    return _local(ms, zone).isoformat(timespec="milliseconds" if ms % 1000 else "seconds")


def _bounded(ms: int) -> int:
    return min(max(ms, EARLIEST_MS), LATEST_MS)
