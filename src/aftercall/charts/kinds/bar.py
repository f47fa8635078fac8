"""Bars: upright along time and the clock, lying along names, so that no name has to be turned to be read."""

from __future__ import annotations

from aftercall.charts.kinds.parts import TIP, Spec, data, series_colour, time_axis, value_axis
from aftercall.charts.marks import Marks
from aftercall.charts.tile import Tile
from aftercall.metrics.query import Query

_HEIGHT = "min(34, bandwidth('y') * 0.94)"
"""Pixels: of two values only, bars as high as the tile would look like nothing but colour."""


def spec(tile: Tile, query: Query, marks: Marks, before: Marks | None) -> Spec:
    if marks.axis.time or marks.axis.clock:
        return _upright(tile, query, marks, before)
    return _lying(tile, marks, before)


def _upright(tile: Tile, query: Query, marks: Marks, before: Marks | None) -> Spec:
    x: Spec = {"field": "x", "type": "ordinal", "sort": marks.xs, "axis": {"title": None, "grid": False}}
    if marks.axis.time:
        starts = sorted({mark.at for mark in marks.marks if mark.at is not None})
        words = f"utcFormat(datum.value, '{time_axis(query)['format']}')"
        axis = {"title": None, "grid": False, "labelExpr": words, "labelSeparation": 12}
        x = {"field": "at", "type": "ordinal", "sort": starts, "axis": axis}
    y = _value(tile, marks)
    encoding = {"x": x, "y": y, "color": series_colour(tile, marks), "tooltip": TIP}
    if tile.layout == "grouped" and len(marks.series) > 1:
        encoding["xOffset"] = {"field": "s", "type": "nominal", "sort": marks.series}
    bars: Spec = {"data": data(marks.marks), "mark": _bar(), "encoding": encoding}
    if before is None or len(marks.series) > 1:
        return bars
    tick: Spec = {"type": "tick", "thickness": 2, "tooltip": None}
    shades = {"x": x, "y": {**y, "stack": None}, "color": {"value": "--chart-8"}}
    return {"layer": [bars, {"data": data(before.marks), "mark": tick, "encoding": shades}]}


def _lying(tile: Tile, marks: Marks, before: Marks | None) -> Spec:
    names = {"title": None, "grid": False, "labelLimit": 180, "labelOverlap": False}
    y: Spec = {"field": "x", "type": "nominal", "sort": marks.xs, "axis": names}
    x = _value(tile, marks)
    encoding = {"y": y, "x": x, "color": series_colour(tile, marks), "tooltip": TIP}
    grouped = tile.layout == "grouped" and len(marks.series) > 1
    if grouped:
        encoding["yOffset"] = {"field": "s", "type": "nominal", "sort": marks.series}
    bar = _bar() if grouped else {**_bar(), "height": {"expr": _HEIGHT}}
    layers: list[Spec] = [{"mark": bar, "encoding": encoding}]
    if len(marks.series) <= 1:
        x["axis"] = None
        words: Spec = {"type": "text", "align": "left", "dx": 5, "tooltip": None}
        told = {"y": y, "x": x, "text": {"field": "t", "type": "nominal"}}
        layers.append({"mark": words, "encoding": told})
        # Room for the longest of these words beside the longest bar.
        x["scale"] = {**x["scale"], "domainMax": _roomy(marks)}
        if before is not None:
            tick: Spec = {"type": "tick", "thickness": 2, "tooltip": None}
            shades = {"y": y, "x": x, "color": {"value": "--chart-8"}}
            layers.append({"data": data(before.marks), "mark": tick, "encoding": shades})
    return {"data": data(marks.marks), "layer": layers}


def _roomy(marks: Marks) -> float:
    most = max((mark.value or 0 for mark in marks.marks), default=0)
    return most * 1.22 if most > 0 else 1


def _value(tile: Tile, marks: Marks) -> Spec:
    several = len(marks.series) > 1
    stack = {"stacked": "zero", "share": "normalize", "grouped": None}[tile.layout] if several else None
    # Averages and rates of parts do not add up to anything: bars of them stand beside each other at zero.
    axis = value_axis(marks.format, marks.value_label, domain=False)
    if tile.layout == "share" and several:
        axis = {"title": marks.value_label or None, "format": "~%", "tickCount": 4}
    return {
        "field": "y",
        "type": "quantitative",
        "stack": stack,
        "axis": axis,
        "scale": {"zero": True, "nice": True},
    }


def _bar() -> Spec:
    return {"type": "bar", "cursor": "pointer", "minBandSize": 2}
