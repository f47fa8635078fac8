"""A drawing as PNG or SVG, made in this process: no browser, no network."""

from __future__ import annotations

import threading
from typing import Any, Literal

from aftercall.charts.drawing import Drawing
from aftercall.charts.kinds.parts import SCHEMA
from aftercall.charts.theme import CONFIG, TOKENS, Theme, themed
from aftercall.errors import InvalidInput

Spec = dict[str, Any]
ImageFormat = Literal["png", "svg"]

SIZES = {"kpi": (360, 150), "table": (720, 0)}
SIZE = (720, 360)
MOST_PIXELS = 4_000
_ROW = 26
_MOST_ROWS = 40
# One engine for the process; it starts in about two seconds, and draws one picture at a time.
_one_at_a_time = threading.Lock()


def image(
    drawing: Drawing,
    format: ImageFormat,
    *,
    theme: Theme = "light",
    width: int | None = None,
    height: int | None = None,
    scale: float = 2.0,
) -> bytes:
    """``width`` and ``height`` in CSS pixels; a PNG has ``scale`` times as many. Raises InvalidInput."""
    import vl_convert  # a hundred milliseconds that only who draws pays

    spec = themed(picture(drawing, width, height), theme)
    spec["background"] = TOKENS[theme]["--ground"]
    with _one_at_a_time:
        if format == "svg":
            return str(vl_convert.vegalite_to_svg(spec, allowed_base_urls=[])).encode()
        return bytes(vl_convert.vegalite_to_png(spec, scale=scale, allowed_base_urls=[]))


def picture(drawing: Drawing, width: int | None = None, height: int | None = None) -> Spec:
    """The spec of a picture: of what the page shows as HTML, too, and with the title on it."""
    wide, tall = SIZES.get(drawing.kind, SIZE)
    wide, tall = width or wide, height or tall
    if not (0 < wide <= MOST_PIXELS and 0 <= tall <= MOST_PIXELS):
        raise InvalidInput(f"width and height must be 1 to {MOST_PIXELS:,} pixels.")
    if drawing.empty:
        spec = _words(drawing.empty)
    elif drawing.figures is not None:
        spec = _figures(drawing)
    elif drawing.spec is not None:
        spec = drawing.spec
    else:
        spec, tall = _table(drawing, wide), tall or (min(len(drawing.table.rows), _MOST_ROWS) + 2) * _ROW
    return {
        "$schema": SCHEMA,
        "config": {**CONFIG, "padding": 16},
        **spec,
        "title": {"text": drawing.title, "anchor": "start", "color": "--text", "fontSize": 14, "offset": 12},
        "width": wide,
        "height": tall or SIZE[1],
        "autosize": {"type": "fit", "contains": "padding"},
    }


def _words(text: str) -> Spec:
    mark = {"type": "text", "fontSize": 13, "align": "center"}
    return {"data": {"values": [{"t": text}]}, "mark": mark, "encoding": {"text": {"field": "t"}}}


def _figures(drawing: Drawing) -> Spec:
    values = []
    for place, one in enumerate(drawing.figures or []):
        change = f"{one.change}  was {one.before}" if one.change else one.base or ""
        values.append({"o": place, "t": one.text, "l": one.label, "c": change})
    x: Spec = {"field": "o", "type": "ordinal", "axis": None, "scale": {"padding": 0}}

    def layer(field: str, size: int, dy: int, colour: str) -> Spec:
        mark = {"type": "text", "fontSize": size, "dy": dy, "color": colour, "align": "center"}
        return {"mark": mark, "encoding": {"x": x, "text": {"field": field, "type": "nominal"}}}

    layers = [
        layer("t", 30, -8, "--text"),
        layer("l", 12, 20, "--chart-text"),
        layer("c", 12, 40, "--chart-text"),
    ]
    return {"data": {"values": values}, "layer": layers}


def _table(drawing: Drawing, width: int) -> Spec:
    """Each cell a text; as many rows as fit on a page."""
    table = drawing.table
    rows = table.rows[:_MOST_ROWS] + ([table.totals] if table.totals else [])
    values = [
        {"r": 0, "c": at, "t": one.text, "h": 1, "n": int(one.number)}
        for at, one in enumerate(table.headings)
    ]
    for number, row in enumerate(rows, 1):
        for at, cell in enumerate(row):
            values.append({"r": number, "c": at, "t": cell.text, "h": 0, "n": int(cell.cell is not None)})
    band = max(40.0, (width - 32) / max(1, len(table.headings)) - 12)
    y: Spec = {"field": "r", "type": "ordinal", "axis": None}
    x: Spec = {"field": "c", "type": "ordinal", "axis": None, "scale": {"type": "band"}}

    def layer(number: int, align: str, place: float) -> Spec:
        words = {"field": "t", "type": "nominal"}
        where = {**x, "bandPosition": place}
        colour = {"condition": {"test": "datum.h", "value": "--chart-text"}, "value": "--text"}
        mark = {"type": "text", "align": align, "fontSize": 12, "limit": band}
        keep = [{"filter": f"datum.n == {number}"}]
        return {
            "transform": keep,
            "mark": mark,
            "encoding": {"x": where, "y": y, "text": words, "color": colour},
        }

    return {"data": {"values": values}, "layer": [layer(0, "left", 0), layer(1, "right", 1)]}
