"""Days that are named: weekdays, months, quarters, years, dates, and ranges between two of these."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from dateutil import parser
from dateutil.relativedelta import relativedelta

Over = dict[str, Any]
WEEKDAY = r"(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday)"
_MONTH = (
    r"(?:january|february|march|april|may|june|july|august|september|october|november|december"
    r"|jan|feb|mar|apr|jun|jul|aug|sept|sep|oct|nov|dec)"
)
_WORDS = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"]
_DAY = rf"(?:\d{{1,2}}(?:st|nd|rd|th)?|{'|'.join(_WORDS)})"
_DATE = (
    rf"(?:\d{{4}}-\d\d-\d\d|\d{{1,2}}/\d{{1,2}}(?:/\d{{2,4}})?|(?:the )?{_DAY} (?:of )?{_MONTH}(?: \d{{4}})?"
    rf"|{_MONTH} (?:the )?{_DAY}(?: \d{{4}})?)"
)
_PERIOD = rf"{_MONTH}(?: (?:of )?\d{{4}})?"
_QUARTER = r"(?:q[1-4]|(?:the )?(?:1st|2nd|3rd|4th|first|second|third|fourth) quarter)(?: (?:of )?\d{4})?"
_NAMED = rf"(?:(?:last |this )?{WEEKDAY}|yesterday|today|now|the day before yesterday)"
_ANY = (
    rf"(?:{_DATE}|{_QUARTER}|{_PERIOD}|{_NAMED}|20\d\d|(?:the )?(?:start"
    rf"|beginning) of (?:the|this) (?:week|month|quarter|year)|last (?:week|month|quarter"
    rf"|year))"
)
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "1st": 1, "2nd": 2, "3rd": 3, "4th": 4}

_BETWEEN = re.compile(
    rf"\b(?:between|from) (?P<low>{_ANY}) (?:and|to|until|till|through|up to) (?P<high>{_ANY})\b"
)
_SINCE = re.compile(
    rf"\b(?:since|starting(?: from| on)?) (?P<low>{_ANY})(?: on(?:wards?)?)?\b"
    rf"|\bfrom (?P<low2>{_ANY}) on(?:wards?)?\b"
)
_AFTER = re.compile(rf"\bafter (?P<low>{_ANY})\b")
_UNTIL = re.compile(rf"\b(?P<how>until|till|up to|before) (?P<high>{_ANY})\b")
_ONE = re.compile(
    rf"\b(?:(?P<date>{_DATE})|(?P<quarter>{_QUARTER})|(?P<month>(?:last "
    rf"|this )?{_PERIOD})|(?P<named>(?:last |this )?{WEEKDAY}|the day before yesterday)"
    r"|(?<=in )(?P<year>20\d\d))\b"
)
_ORDINAL = re.compile(rf"\b(?:{'|'.join(_WORDS)})\b")


def whole(first: date, last: date) -> Over:
    return {"from": first.isoformat(), "to": last.isoformat()}


def weekday(name: str) -> int:
    return [day.lower() for day in calendar.day_name].index(name)


def span(text: str, now: date) -> tuple[date, date] | None:
    """First and last day of what a text names; None where it names no day that there is."""
    text = text.removeprefix("the ")
    fixed = {"today": 0, "now": 0, "yesterday": 1, "day before yesterday": 2}
    if text in fixed:
        day = now - timedelta(days=fixed[text])
        return day, day
    if found := re.fullmatch(rf"(?:(last|this) )?({WEEKDAY})", text):
        return _weekday(found, now)
    if found := re.fullmatch(r"(?:start|beginning) of (?:the|this) (week|month|quarter|year)", text):
        first = _first(now, found[1])
        return first, first
    if found := re.fullmatch(r"last (week|month|quarter|year)", text):
        last = _first(now, found[1]) - timedelta(days=1)
        return _first(last, found[1]), last
    if found := re.fullmatch(r"(?:q(?P<n>[1-4])|(?P<nth>\w+) quarter)(?: (?:of )?(?P<year>\d{4}))?", text):
        return _quarter(int(found["n"] or _ORDINALS[found["nth"]]), found["year"], now)
    if found := re.fullmatch(rf"(?:(last|this) )?({_MONTH})(?: (?:of )?(\d{{4}}))?", text):
        return _month(found[2], found[3], found[1] or "", now)
    if re.fullmatch(r"20\d\d", text):
        return date(int(text), 1, 1), date(int(text), 12, 31)
    return _date(text, now)


def _weekday(found: re.Match[str], now: date) -> tuple[date, date]:
    back = (now.weekday() - weekday(found[2])) % 7
    if found[1] == "this" and back == 0:
        return now, now
    day = now - timedelta(days=back or 7)
    return day, day


def _first(day: date, unit: str) -> date:
    if unit == "week":
        return day - timedelta(days=day.weekday())
    month = {"month": day.month, "quarter": (day.month - 1) // 3 * 3 + 1, "year": 1}[unit]
    return day.replace(month=month, day=1)


def _quarter(number: int, year: str | None, now: date) -> tuple[date, date]:
    first = date(int(year) if year else now.year, number * 3 - 2, 1)
    if not year and first > now:
        first = first.replace(year=first.year - 1)
    return first, first + relativedelta(months=3) - timedelta(days=1)


def _month(name: str, year: str | None, which: str, now: date) -> tuple[date, date]:
    number = [one.lower()[:3] for one in calendar.month_name].index(name[:3])
    first = date(int(year) if year else now.year, number, 1)
    if not year and (first > now or (which == "last" and number == now.month)):
        first = first.replace(year=first.year - 1)
    return first, first + relativedelta(months=1) - timedelta(days=1)


def _date(text: str, now: date) -> tuple[date, date] | None:
    try:
        found = parser.parse(_ORDINAL.sub(_digits, text.replace(" of ", " ")), default=_midnight(now))
    except (ValueError, OverflowError):
        return None
    day = date(found.year, found.month, found.day)
    has_year = re.search(r"\d{4}|/\d+/\d+", text) is not None
    if not has_year and day > now:
        day -= relativedelta(years=1)
    return day, day


def _digits(match: re.Match[str]) -> str:
    return str(_WORDS.index(match.group()) + 1)


def _midnight(day: date) -> Any:
    from datetime import datetime

    return datetime(day.year, 1, 1)


def is_unclear(text: str) -> bool:
    """3/5 is a day in March or in May."""
    found = re.fullmatch(r"(\d{1,2})/(\d{1,2})(?:/\d+)?", text)
    return found is not None and found[1] != found[2] and int(found[1]) <= 12 and int(found[2]) <= 12


def _between(match: re.Match[str], now: date) -> Over | None:
    low, high = span(match["low"], now), span(match["high"], now)
    if low is None or high is None:
        return None
    first, last = low[0], high[1]
    if first > last and not re.search(r"\d{4}", match["low"]):
        first = first - relativedelta(years=1)
    return whole(first, last) if first <= last else None


def _since(match: re.Match[str], now: date) -> Over | None:
    low = span(match["low"] or match["low2"], now)
    return None if low is None else {"from": low[0].isoformat()}


def _after(match: re.Match[str], now: date) -> Over | None:
    low = span(match["low"], now)
    return None if low is None else {"from": (low[1] + timedelta(days=1)).isoformat()}


def _until(match: re.Match[str], now: date) -> Over | None:
    high = span(match["high"], now)
    if high is None:
        return None
    return {"to": (high[0] - timedelta(days=1) if match["how"] == "before" else high[1]).isoformat()}


def _one(match: re.Match[str], now: date) -> Over | None:
    if match["month"] == "may" and not re.search(
        r"(?:in|of|for|during|last|this) $", match.string[: match.start()]
    ):
        return None
    if match["month"] == "march" and re.search(r"\b(?:to|will) $", match.string[: match.start()]):
        return None
    text = match.group().strip()
    if is_unclear(text):
        return None
    found = span(text, now)
    return None if found is None else whole(*found)


Reader = Callable[[re.Match[str], date], Over | None]
RANGES: tuple[tuple[re.Pattern[str], Reader], ...] = (
    (_BETWEEN, _between),
    (_SINCE, _since),
    (_AFTER, _after),
    (_UNTIL, _until),
)
DAYS: tuple[tuple[re.Pattern[str], Reader], ...] = ((_ONE, _one),)
