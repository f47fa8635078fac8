"""When: words of time as ``over``, ``interval``, hours of the day and days of the week.

What a preset of the Query says exactly becomes one; all else becomes dates in the project's zone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from dateutil.relativedelta import relativedelta

from aftercall.analyst.planner import dates
from aftercall.analyst.planner.tokens import Text

Over = dict[str, Any]
_UNIT = r"(?P<unit>hour|day|week|month|quarter|year)s?"
_PRESET = re.compile(
    rf"\b(?:in |for |of |over |during |within )?(?:the )?(?P<which>this|current|last"
    rf"|previous|prior) (?:calendar )?{_UNIT}(?: so far| to date)?\b(?! and a half)"
)
_LAST_N = re.compile(
    rf"\b(?:in |for |of |over |during |within |from )?(?:the )?(?:last|past|previous"
    rf"|prior|recent|trailing) (?P<n>\d+|few|couple of|couple) (?:calendar )?{_UNIT}\b"
)
_PAST = re.compile(rf"\b(?:in |for |of |over |during |within )?(?:the )?past {_UNIT}\b")
_LAST_SPAN = re.compile(
    r"\b(?:in |for |over |during |within )?(?:the )?(?:last|past) (?P<n>\d+)(?P<unit>d|h|w|mo)\b"
)
_AGO = re.compile(rf"\b(?P<n>\d+|a|an|couple of|few) {_UNIT} ago\b")
_WITHIN = re.compile(r"(?:in|over|during|within|for) the last ")
_WORDS: tuple[tuple[re.Pattern[str], Over], ...] = (
    (re.compile(r"\b(?:so far )?today(?: so far)?\b"), {"preset": "today"}),
    (re.compile(r"\byesterday\b"), {"preset": "yesterday"}),
    (re.compile(r"\b(?:week to date|wtd)\b"), {"preset": "this_week"}),
    (re.compile(r"\b(?:month to date|mtd)\b"), {"preset": "this_month"}),
    (re.compile(r"\b(?:quarter to date|qtd)\b"), {"preset": "this_quarter"}),
    (re.compile(r"\b(?:year to date|ytd|so far this year)\b"), {"preset": "this_year"}),
    (
        re.compile(
            r"\b(?:ever|(?:of|for|over|since|from) all time|all time|all of it|to date"
            r"|so far in total|all of history|"
            r"(?:since|from) the (?:very )?(?:beginning|start)|since (?:we"
            r"|it) (?:started|began|launched)|in history|"
            r"(?:the )?(?:whole|entire) (?:history|period|time)|overall history|altogether)\b"
        ),
        {"all": True},
    ),
)
_PARTS = re.compile(
    r"\b(?P<day>this|yesterday|today) (?P<part>morning|afternoon|evening|night)\b|\b(?P<tonight>tonight)\b"
)
_HOURS = {"morning": (0, 12), "afternoon": (12, 18), "evening": (18, 24), "night": (18, 24)}
_FUTURE = re.compile(
    rf"\b(?:tomorrow|(?:the )?(?:next|coming|upcoming"
    rf"|following) (?:\d+ )?(?:{dates.WEEKDAY}|{_UNIT.replace('?P<unit>', '?:')})"
    r"|in the future|forecast\w*|predict\w*|projected?|will (?:we|it|there|they|the"
    r"|our|be|you)|going to be|expect(?:ed)?"
    r"|by (?:the )?end of (?:the|this|next) (?:week|month|quarter|year))\b"
)
_INTERVALS: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(
            r"\b(?:by|per|each|every|for each|for every) (?:calendar )?(?P<u>day|week"
            r"|month|quarter|year)\b(?! of)"
        ),
        "",
    ),
    (
        re.compile(
            r"\b(?P<u>day|week|month|quarter|year) (?:by|over|on|after) (?:day|week|month|quarter|year)\b"
        ),
        "",
    ),
    (re.compile(r"\b(?:on a )?(?P<u>daily|weekly|monthly|quarterly|yearly|annual(?:ly)?)(?: basis)?\b"), ""),
    (re.compile(r"\b(?:per|each|every) hour\b(?! of)|\bhourly\b|\bhour by hour\b"), "hour"),
    (re.compile(r"\b(?:by|per|every) (?:15 minutes|quarter (?:of an )?hour)\b"), "15m"),
)
_TREND = re.compile(
    r"\b(?:over time|trend(?:s|ing|ed)?(?: over time)?(?: of| in| for)?|time series"
    r"|timeline|evol(?:ve|ved|ution|ving)(?: of| in)?|develop(?:ed|ment|ing)(?: of)?"
    r"|history of|progress(?:ed|ion)(?: of)?)\b"
)
_AND_UNIT = re.compile(r"\b(?:by|per) .*?\band (?:by |per )?(?P<u>day|week|month|quarter|year)\b(?! of)")
_ADVERBS = {"daily": "day", "weekly": "week", "monthly": "month", "quarterly": "quarter", "yearly": "year"}
_CLOCK = r"\d{1,2}(?::\d\d)?(?:[ap]\.?m\.?)?"
_HOUR = re.compile(
    rf"\b(?:(?P<how>before|after|until|from) (?P<at>\d{{1,2}}(?::\d\d)?[ap]\.?m\.?"
    rf"|\d{{1,2}}:\d\d|noon|midnight)"
    rf"|between (?P<low>{_CLOCK}|noon) and (?P<high>\d{{1,2}}(?::\d\d)?[ap]\.?m\.?"
    rf"|\d{{1,2}}:\d\d|noon|midnight)"
    r"|(?:in|during) (?:the )?(?P<part>morning|afternoon|evening)s?)(?!\w)"
)
_DAYS = re.compile(
    rf"\b(?:on |at |over |during )?(?:the )?(?:(?P<ends>weekends?(?! of))|(?P<work>weekdays"
    rf"|workdays|working days|business days)|(?P<name>{dates.WEEKDAY})s)\b"
)


@dataclass
class When:
    """``over`` None: nothing was said. ``spans``: (first token, end, what it was taken for)."""

    over: Over | None = None
    second: Over | None = None
    """Another period that was named: for a comparison."""
    interval: str | None = None
    trend: bool = False
    where: list[dict[str, Any]] = field(default_factory=list)
    future: str = ""
    unclear: str = ""
    spans: list[tuple[int, int, str, str]] = field(default_factory=list)


def find(text: Text, now: date) -> When:
    """Takes the tokens it understands. ``now``: today in the project's zone."""
    when = When()
    for first, end, _ in text.find(_FUTURE):
        when.future = when.future or text.words(first, end)
        text.take(first, end)
    found = sorted(_periods(text, now), key=lambda one: one[0])
    for first, end, over in found:
        when.spans.append((first, end, "over", said(over)))
        if when.over is None:
            when.over = over
        elif when.second is None:
            when.second = over
        else:
            when.unclear = text.words(first, end)
    _intervals(text, when)
    _clock(text, when)
    return when


def said(over: Over) -> str:
    if "preset" in over:
        return str(over["preset"]).replace("_", " ")
    if "last" in over:
        return f"the last {over['last']}"
    if "all" in over:
        return "all time"
    return " ".join(f"{name} {value}" for name, value in over.items())


Reader = Callable[[re.Match[str], date], Over | None]


def _periods(text: Text, now: date) -> Iterator[tuple[int, int, Over]]:
    readers: list[tuple[re.Pattern[str], Reader]] = [
        *dates.RANGES,
        (_PARTS, _part),
        (_LAST_N, _last_n),
        (_LAST_SPAN, lambda m, _: {"last": f"{m['n']}{m['unit']}"}),
        (_PAST, lambda m, _: _last(1, m["unit"])),
        (_AGO, _ago),
        (_PRESET, _preset),
        *dates.DAYS,
        *((pattern, lambda _m, _n, over=over: dict(over)) for pattern, over in _WORDS),
    ]
    for pattern, reader in readers:
        for first, end, match in list(text.find(pattern)):
            over = reader(match, now)
            if over is not None:
                first = _with_preposition(text, first)
                text.take(first, end)
                yield first, end, over


def _with_preposition(text: Text, first: int) -> int:
    before = first - 1
    little = ("in", "on", "for", "during", "from", "of", "over", "within", "the", "at")
    while before >= 0 and not text.taken[before] and text.tokens[before].word in little:
        before -= 1
    return before + 1


def _preset(match: re.Match[str], _: date) -> Over | None:
    which, unit = match["which"], match["unit"]
    if unit == "hour":
        return None if which in ("this", "current") else {"last": "1h"}
    current = which in ("this", "current")
    if unit == "day":
        return {"preset": "today" if current else "yesterday"}
    if not current and _WITHIN.match(match.group()):  # "over the last month" is not last month
        return _last(1, unit)
    return {"preset": f"{'this' if current else 'last'}_{unit}"}


def _last_n(match: re.Match[str], _: date) -> Over:
    return _last(_count(match["n"]), match["unit"])


def _count(text: str) -> int:
    return {"couple": 2, "couple of": 2, "few": 3, "a": 1, "an": 1}.get(text) or int(text)


def _last(count: int, unit: str) -> Over:
    """A past week is seven days up to now."""
    months = {"month": 1, "quarter": 3, "year": 12}
    if unit in months:
        return {"last": f"{count * months[unit]}mo"}
    return {"last": f"{count * 7}d" if unit == "week" else f"{count}{unit[0]}"}


def _ago(match: re.Match[str], now: date) -> Over | None:
    """A week ago is a week of the calendar, three days ago a day."""
    count, unit = _count(match["n"]), match["unit"]
    if unit == "hour":
        return None
    if unit == "day":
        return dates.whole(now - timedelta(days=count), now - timedelta(days=count))
    if unit == "week":
        first = now - timedelta(days=now.weekday() + 7 * count)
        return dates.whole(first, first + timedelta(days=6))
    step = {"month": 1, "quarter": 3, "year": 12}[unit]
    first = (now - relativedelta(months=count * step)).replace(day=1)
    if unit == "quarter":
        first = first.replace(month=(first.month - 1) // 3 * 3 + 1)
    if unit == "year":
        first = first.replace(month=1)
    return dates.whole(first, first + relativedelta(months=step) - timedelta(days=1))


def _part(match: re.Match[str], now: date) -> Over:
    day = now - timedelta(days=1) if match["day"] == "yesterday" else now
    low, high = _HOURS[match["part"] or "night"]
    end = f"{day + timedelta(days=1)}T00:00" if high == 24 else f"{day}T{high:02}:00"
    return {"from": f"{day}T{low:02}:00", "to": end}


def _intervals(text: Text, when: When) -> None:
    for pattern, interval in _INTERVALS:
        for first, end, match in text.find(pattern):
            unit = interval or match["u"]
            when.interval = _ADVERBS.get(unit, "year" if unit.startswith("annual") else unit)
            text.take(first, end)
            when.spans.append((first, end, "interval", f"for each {when.interval}"))
    if when.interval is None and (found := _AND_UNIT.search(text.line)) is not None:
        span = text.span(found, "u")
        if span is not None and text.is_free(*span):
            when.interval = found["u"]
            text.take(*span)
            when.spans.append((*span, "interval", f"for each {when.interval}"))
    for first, end, _ in text.find(_TREND):
        when.trend = True
        text.take(first, end)
        when.spans.append((first, end, "interval", "over time"))


def _clock(text: Text, when: When) -> None:
    for first, end, match in text.find(_HOUR):
        low, high = _hours(match)
        if low >= high:
            continue
        value: Any = [low, high - 1]
        when.where.append({"field": "hour_of_day", "op": "between", "value": value})
        text.take(first, end)
        when.spans.append((first, end, "where", f"between {low}:00 and {high}:00"))
    for first, end, match in text.find(_DAYS):
        if match["ends"]:
            condition = {"field": "day_of_week", "op": "gte", "value": 6}
        elif match["work"]:
            condition = {"field": "day_of_week", "op": "lte", "value": 5}
        else:
            condition = {"field": "day_of_week", "op": "eq", "value": dates.weekday(match["name"]) + 1}
        when.where.append(condition)
        text.take(first, end)
        when.spans.append((first, end, "where", text.words(first, end)))


def _hours(match: re.Match[str]) -> tuple[int, int]:
    if match["part"]:
        return {"morning": (6, 12), "afternoon": (12, 18), "evening": (18, 24)}[match["part"]]
    if match["low"]:
        high = _hour(match["high"])
        low = _hour(match["low"])
        if not match["low"].rstrip(".").endswith("m") and "p" in match["high"] and low + 12 < high:
            low += 12 if low < 8 else 0
        return low, high or 24
    hour = _hour(match["at"])
    return (0, hour) if match["how"] in ("before", "until") else (hour, 24)


def _hour(text: str) -> int:
    if text in ("noon", "midnight"):
        return 12 if text == "noon" else 0
    hour = int(re.match(r"\d+", text).group())  # type: ignore[union-attr]
    if "p" in text and hour < 12:
        hour += 12
    return 0 if "a" in text and hour == 12 else min(hour, 24)
