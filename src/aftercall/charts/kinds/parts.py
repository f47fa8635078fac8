"""What several kinds of charts have in common."""

from __future__ import annotations

from typing import Any

from aftercall.charts.marks import Mark, Marks
from aftercall.charts.theme import colours
from aftercall.charts.tile import Tile
from aftercall.charts.value import NOT_KNOWN, REST, Format
from aftercall.metrics.query import Query

Spec = dict[str, Any]

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
_PAD = "floor(datum.value / 60) + ':' + format(floor(datum.value % 60), '02d')"
_HOURS = "floor(datum.value / 3600) + ':' + format(floor(datum.value % 3600 / 60), '02d') + ' h'"
DURATION = f"datum.value >= 3600 ? {_HOURS} : datum.value >= 60 ? {_PAD} : format(datum.value, '~g') + ' s'"
_SYMBOLS = {"EUR": "€", "GBP": "£", "USD": "$", "JPY": "¥", "INR": "₹"}
_TIMES = {
    "15m": "%-d %b %H:%M",
    "hour": "%-d %b %H:%M",
    "day": "%-d %b",
    "week": "%-d %b",
    "month": "%b %Y",
    "quarter": "%b %Y",
    "year": "%Y",
}


def data(marks: list[Mark]) -> Spec:
    return {"values": [mark.datum() for mark in marks]}


def value_axis(format_: Format, title: str = "", **more: Any) -> Spec:
    """Of an axis along which values grow. Its expressions are fixed texts: no name of a metric is in one."""
    axis: Spec = {"title": title or None, "tickCount": 4, **more}
    if format_.kind == "duration":
        axis["labelExpr"] = DURATION
    elif format_.kind == "percent":
        axis["format"] = "~%"
    elif format_.kind == "currency":
        axis["labelExpr"] = f"'{_SYMBOLS.get(format_.unit, '')}' + format(datum.value, '~s')"
    else:
        axis["labelExpr"] = (
            "abs(datum.value) >= 10000 ? format(datum.value, '~s') : format(datum.value, ',~r')"
        )
    return axis


def time_axis(query: Query, **more: Any) -> Spec:
    pattern = _TIMES[query.interval or "day"]
    return {"title": None, "grid": False, "format": pattern, **more}


def series_colour(tile: Tile, marks: Marks, names: list[str] | None = None) -> Spec:
    """One colour for each series in an explicit domain: a filter that takes one away recolours none of the
    others while they keep their order. The rest and what is not known are grey."""
    names = marks.series if names is None else names
    if len(names) <= 1:
        return {"value": colours(1, tile.colour)[0]}
    told = [one for one in names if one not in (REST, NOT_KNOWN)]
    by_name = dict(zip(told, colours(len(told), tile.colour), strict=True))
    shades = {REST: "--chart-8", NOT_KNOWN: "--chart-line"}
    return {
        "field": "s",
        "type": "nominal",
        "sort": names,
        "scale": {"domain": names, "range": [by_name.get(one, shades.get(one)) for one in names]},
    }


TIP: Spec = {"field": "tip", "type": "nominal"}


def whole(format_: Format) -> Spec:
    """Of a scale: a share of nothing more than one is not drawn against twenty."""
    return {"nice": True, "zero": True}
