"""A histogram: how many have a value in each step of a number. Its bars touch, because the steps do."""

from __future__ import annotations

from aftercall.charts.kinds.parts import TIP, Spec, value_axis
from aftercall.charts.marks import Cells
from aftercall.charts.theme import colour
from aftercall.charts.tile import Tile
from aftercall.charts.value import Format, format_of
from aftercall.metrics.answer import Answer
from aftercall.metrics.query import Query

_MOST_STEPS = 400


def spec(tile: Tile, query: Query, answer: Answer, cells: Cells) -> Spec:
    by, measure = (next(c for c in answer.columns if c.role == role) for role in ("by", "measure"))
    width = query.by[0].bucket
    assert isinstance(width, int | float)
    steps, shown = Format(by.format, None, by.unit), format_of(measure, tile)
    found = {row[by.name]: number for number, row in enumerate(answer.rows) if row[by.name] is not None}
    values = []
    for lower in _lowers(sorted(found), width):
        place = found.get(lower)
        value = 0 if place is None else answer.rows[place][measure.name]
        if place is None:
            place = cells.add({by.name: lower})
        text = shown.text(value)
        heading = f"{steps.text(lower)} to {steps.text(lower + width)}"
        values.append({"n": lower, "n2": lower + width, "y": value, "t": text})
        values[-1] |= {"tip": f"{heading}\n{text}", "c": [place, 0, 0]}
    x_axis = value_axis(steps, tile.axis_label or by.label, grid=False, tickMinStep=width)
    y_axis = value_axis(shown)
    return {
        "data": {"values": values},
        "mark": {"type": "rect", "cursor": "pointer", "x2Offset": -1},
        "encoding": {
            "x": {
                "field": "n",
                "type": "quantitative",
                "axis": x_axis,
                "scale": {"nice": False, "zero": False},
            },
            "x2": {"field": "n2"},
            "y": {"field": "y", "type": "quantitative", "axis": y_axis, "scale": {"zero": True}},
            "y2": {"datum": 0},
            "color": {"value": colour(tile.colour or 1)},
            "tooltip": TIP,
        },
    }


def _lowers(known: list[float], width: float) -> list[float]:
    """With the empty steps between them, while these are not so many that no bar could be seen."""
    if not known or (known[-1] - known[0]) / width > _MOST_STEPS:
        return known
    there = set(known)
    count = round((known[-1] - known[0]) / width) + 1
    every = [known[0] + width * i for i in range(count)]
    return every if there <= set(every) else known
