"""Lines over time, one for each series; the period before as a dashed one. Points are what is clicked."""

from __future__ import annotations

from aftercall.charts.kinds.parts import TIP, Spec, data, series_colour, time_axis, value_axis
from aftercall.charts.marks import Marks
from aftercall.charts.tile import Tile
from aftercall.metrics.query import Query

_MOST_DOTS = 45
"""Beyond so many the line alone is shown, and a dot where the pointer is."""


def spec(tile: Tile, query: Query, marks: Marks, before: Marks | None) -> Spec:
    x = {"field": "at", "type": "temporal", "scale": {"type": "utc"}, "axis": time_axis(query)}
    y = {
        "field": "y",
        "type": "quantitative",
        "axis": value_axis(marks.format, marks.value_label),
        "scale": {"zero": True, "nice": True},
    }
    colour = series_colour(tile, marks)
    layers: list[Spec] = []
    if before is not None:
        layers.append(_before(before, y))
    invalid = "break-paths-show-path-domains"
    line: Spec = {"type": "line", "invalid": invalid, "clip": False}
    layers.append({"mark": line, "encoding": {"y": y, "color": colour}})
    shown = 1 if len(marks.marks) <= _MOST_DOTS else 0
    dots: Spec = {"type": "circle", "size": 22, "opacity": shown, "tooltip": None}
    layers.append({"mark": dots, "encoding": {"y": y, "color": colour}})
    # Larger than what is seen, so that it can be hit.
    targets: Spec = {"type": "circle", "size": 320, "opacity": 0, "cursor": "pointer"}
    layers.append({"mark": targets, "encoding": {"y": y, "tooltip": TIP}})
    return {"data": data(marks.marks), "layer": layers, "encoding": {"x": x}}


def _before(before: Marks, y: Spec) -> Spec:
    mark = {"type": "line", "strokeDash": [4, 4], "strokeWidth": 1.5, "tooltip": None}
    colour = {"value": "--chart-8"}
    # Each series has its line, all of one colour: which is which the tooltip of the present one says.
    detail = {"field": "s", "type": "nominal"}
    return {"data": data(before.marks), "mark": mark, "encoding": {"y": y, "color": colour, "detail": detail}}
