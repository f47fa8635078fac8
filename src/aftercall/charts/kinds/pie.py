"""Donut and pie. Every slice has its name and value in the legend, which no slice is too thin for."""

from __future__ import annotations

from dataclasses import replace

from aftercall.charts.kinds.parts import TIP, Spec, data, series_colour
from aftercall.charts.marks import Mark, Marks
from aftercall.charts.tile import Tile
from aftercall.charts.value import NOT_KNOWN

_THIN = 0.06
"""Of the whole: below that there is no room for words in a slice."""
_LONGEST_NAME = 26


def spec(tile: Tile, marks: Marks, total: str) -> Spec:
    whole = sum(mark.value or 0 for mark in marks.marks)
    labelled = []
    for mark in marks.marks:
        part = (mark.value or 0) / whole if whole else 0
        name = mark.x if len(mark.x) <= _LONGEST_NAME else f"{mark.x[: _LONGEST_NAME - 1]}…"
        labelled.append((replace(mark, series=f"{name}  {mark.text}"), part))
    slices = [mark for mark, _ in labelled]
    values = data(slices)
    for datum, (mark, part) in zip(values["values"], labelled, strict=True):
        datum["tip"] = f"{mark.x}\n{mark.text} ({part:.1%})"
        datum["p"] = f"{part:.0%}" if part >= _THIN else ""
        datum["pale"] = mark.x == NOT_KNOWN
    names = list(dict.fromkeys(mark.series for mark in slices))
    legend: Spec = {"orient": "right", "direction": "vertical", "columns": 1, "rowPadding": 5, "offset": 14}
    colour = {**_colour(tile, marks, slices, names), "legend": legend}
    theta = {"field": "y", "type": "quantitative", "stack": True}
    order = {"field": "order", "type": "quantitative"}
    for place, datum in enumerate(values["values"]):
        datum["order"] = place
    hole = "min(width, height) / 2 * 0.62" if tile.kind == "donut" else "0"
    arc: Spec = {
        "type": "arc",
        "innerRadius": {"expr": hole},
        "outerRadius": {"expr": "min(width, height) / 2"},
        "padAngle": 0.012,
        "cursor": "pointer",
    }
    middle = "min(width, height) / 2 * 0.81" if tile.kind == "donut" else "min(width, height) / 2 * 0.7"
    words: Spec = {"type": "text", "radius": {"expr": middle}, "fontSize": 11}
    on_slice = {"condition": {"test": "datum.pale", "value": "--text"}, "value": "--ground"}
    layers: list[Spec] = [
        {"mark": arc, "encoding": {"color": colour, "tooltip": TIP}},
        {
            "mark": {**words, "fontWeight": 600, "tooltip": None},
            "encoding": {"text": {"field": "p"}, "color": on_slice},
        },
    ]
    chart: Spec = {"data": values, "layer": layers, "encoding": {"theta": theta, "order": order}}
    if tile.kind == "donut":
        middle_mark: Spec = {"type": "text", "fontSize": 18, "fontWeight": 600, "color": "--text"}
        figure = {"data": {"values": [{"t": total}]}, "mark": {**middle_mark, "tooltip": None}}
        alone: Spec = {"theta": None, "order": None, "text": {"field": "t"}}
        layers.append({**figure, "encoding": alone})
    return chart


def _colour(tile: Tile, marks: Marks, slices: list[Mark], names: list[str]) -> Spec:
    by_label = {mark.series: mark.x for mark in slices}
    encoded = series_colour(tile, marks, list(dict.fromkeys(by_label[name] for name in names)))
    if "scale" in encoded:
        encoded["scale"] = {**encoded["scale"], "domain": names}
        encoded["sort"] = names
        return encoded
    shades = [str(encoded["value"])]
    return {"field": "s", "type": "nominal", "scale": {"domain": names, "range": shades}}
