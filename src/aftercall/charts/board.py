"""The filters of a whole board, and what they make of a tile's question."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from pydantic import Field

from aftercall.charts.tile import Tile
from aftercall.metrics.query import AllTime, Between, Calendar, Interval, Last, Over, Query, Where
from aftercall.metrics.strict import Strict

_HOURS = {"h": 1, "d": 24, "w": 168, "mo": 730}
_PRESET_DAYS = {
    "today": 1,
    "yesterday": 1,
    "this_week": 7,
    "last_week": 7,
    "this_month": 31,
    "last_month": 31,
    "this_quarter": 92,
    "last_quarter": 92,
    "this_year": 366,
    "last_year": 366,
}
_FITTING: tuple[tuple[float, Interval], ...] = ((2, "hour"), (100, "day"), (800, "week"))
"""Up to so many days: at most about a hundred buckets, which is what a tile can show."""


class Filters(Strict):
    """``over`` None: each tile's own time."""

    over: Over | None = None
    where: Annotated[list[Where], Field(default_factory=list, max_length=50)]
    timezone: Annotated[str | None, Field(max_length=64)] = None


def narrowed(tile: Tile, filters: Filters | None = None) -> Query:
    """The tile's question among the conversations that the filters leave."""
    query = tile.question()
    if filters is None:
        return query
    told: dict[str, object] = {"where": [*query.where, *filters.where]}
    if filters.timezone is not None and query.timezone is None:
        told["timezone"] = filters.timezone
    if filters.over is not None and not tile.keep_time:
        told["over"] = filters.over
        if query.interval is not None and not tile.keep_interval:
            told["interval"] = fitting(filters.over)
    return query.model_copy(update=told)


def fitting(over: Over) -> Interval:
    """The interval that suits a range of that length; of one with an open end, months."""
    days = _days(over)
    if days is None:
        return "month"
    return next((interval for most, interval in _FITTING if days <= most), "month")


def _days(over: Over) -> float | None:
    if isinstance(over, Last):
        number = over.last.rstrip("hdwmo")
        return int(number) * _HOURS[over.last[len(number) :]] / 24
    if isinstance(over, Calendar):
        return _PRESET_DAYS[over.preset]
    if isinstance(over, AllTime) or over.since is None:
        return None
    return _between(over)


def _between(over: Between) -> float | None:
    """None also of what is no date: the query says so better."""
    try:
        since = date.fromisoformat(str(over.since)[:10])
        until = date.fromisoformat(over.to[:10]) if over.to else datetime.now().astimezone().date()
    except ValueError:
        return None
    return (until - since).days + 1.0
