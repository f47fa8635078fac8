"""Two periods as one range and the Query's ``compare``: only where the second is exactly what that says."""

from __future__ import annotations

import zoneinfo
from dataclasses import dataclass
from typing import Any, get_args

from aftercall.analyst.planner.frame import Frame
from aftercall.analyst.planner.parts import Parts
from aftercall.analyst.planner.plan import Refused
from aftercall.metrics.query import Compare, Query
from aftercall.metrics.ranges import Range, compared, range_of

_CURRENT = {"last_week": "this_week", "last_month": "this_month", "last_quarter": "this_quarter"}
_CURRENT |= {"last_year": "this_year", "yesterday": "today"}
_UNITS = {"today": "day", "yesterday": "day"}


@dataclass(frozen=True)
class Clock:
    """``now`` in epoch milliseconds."""

    zone: zoneinfo.ZoneInfo
    now: int

    def range(self, over: dict[str, Any]) -> Range:
        return range_of(Query.read({"over": over}).over, self.zone, self.now)


def compare(frame: Frame, parts: Parts, clock: Clock) -> None:
    """Sets over and compare. Raises Refused where two periods are named that no comparison joins."""
    when, wanted = parts.when, parts.wanted
    if wanted.before:
        unit = wanted.before.removeprefix("previous_")
        if when.over is None and unit != "period":
            frame.over = {"preset": "today" if unit == "day" else f"this_{unit}"}
        frame.compare = wanted.before
        return
    if when.second is not None and when.over is not None:
        first, second = when.over, when.second
        frame.over, frame.compare = first, _between(first, second, clock)
        if frame.compare is None and _begins(second, clock) > _begins(first, clock):
            frame.over, frame.compare = second, _between(second, first, clock)
        if frame.compare is None:
            raise Refused(
                "unclear",
                "Two periods are named that cannot be laid beside each other: ask for one, compared with the"
                " one before it, or ask twice.",
            )
        return
    if wanted.compare is not None and when.over is not None and _is_behind(parts):
        preset = when.over.get("preset", "")
        if preset in _CURRENT:
            frame.over = {"preset": _CURRENT[preset]}
            frame.compare = f"previous_{_UNITS.get(preset) or preset.split('_')[1]}"
            return
        raise Refused("unclear", "Compared with that, but which period is asked for? Name both.")
    if wanted.change:
        _changed(frame, parts)
    elif wanted.compare is not None and not frame.groups:
        if when.over is None:
            raise Refused("unclear", "Compared with what? Name a period, or two values of a field.")
        frame.compare = previous(frame.over)


def previous(over: dict[str, Any] | None) -> str:
    """The period before, by the calendar where the range is a unit of it that is not over yet."""
    preset = (over or {}).get("preset", "")
    if preset in _UNITS:
        return "previous_day"
    return f"previous_{preset.split('_')[1]}" if preset else "previous_period"


def _changed(frame: Frame, parts: Parts) -> None:
    """ "Have handoffs increased since last month?" """
    if frame.interval is not None or parts.when.trend:
        return
    over = frame.over or {}
    since = next((unit for unit in ("week", "month", "quarter", "year") if _since(parts, unit)), None)
    if since is not None:
        frame.over, frame.compare = {"preset": f"this_{since}"}, f"previous_{since}"
    elif "all" in over or ("from" in over and "to" not in over):
        frame.interval = "week"
    else:
        frame.compare = previous(frame.over)


def _since(parts: Parts, unit: str) -> bool:
    return f"since last {unit}" in parts.text.line or f"from last {unit}" in parts.text.line


def _is_behind(parts: Parts) -> bool:
    """Whether the one period that is named stands behind "compared with"."""
    places = [first for first, _, role, _ in parts.when.spans if role == "over"]
    return bool(places) and parts.wanted.compare is not None and places[0] > parts.wanted.compare > 0


def _begins(over: dict[str, Any], clock: Clock) -> int:
    return clock.range(over).since or 0


def _between(first: dict[str, Any], second: dict[str, Any], clock: Clock) -> str | None:
    one, two = clock.range(first), clock.range(second)
    if one.since is None or two.since is None:
        return None
    preset, other = first.get("preset", ""), second.get("preset", "")
    if _CURRENT.get(other) == preset and preset:  # as much of the last as there is of this one
        return previous(first)
    if one.until is None or two.until is None:
        return None
    for name in (previous(first), *get_args(Compare)):
        before = compared(one, name, clock.zone)
        if (before.since, before.until) == (two.since, two.until):
            return str(name)
    return None
