"""A heatmap: two keys, and the shade of each cell is its value. No grid lies under it."""

from __future__ import annotations

from typing import Any

from aftercall.charts.kinds.parts import TIP, Spec, value_axis
from aftercall.charts.marks import Cells
from aftercall.charts.theme import colour
from aftercall.charts.tile import Tile
from aftercall.charts.value import bucket_text, format_of, key_text
from aftercall.metrics.answer import Answer, Column
from aftercall.metrics.query import Query

_CLOCKS: dict[str, range] = {"hour_of_day": range(24), "day_of_week": range(1, 8)}


def spec(tile: Tile, query: Query, answer: Answer, cells: Cells) -> Spec:
    across, down = _sides(answer)
    (measure,) = (column for column in answer.columns if column.role == "measure")
    format_ = format_of(measure, tile)
    found: dict[tuple[Any, Any], int] = {}
    for number, row in enumerate(answer.rows):
        found.setdefault((_key(row, across), _key(row, down)), number)
    xs, ys = _values(answer, across), _values(answer, down)
    values = []
    for x in xs:
        for y in ys:
            place = found.get((x, y))
            value = answer.rows[place][measure.name] if place is not None else None
            if place is None:
                if measure.format != "count" or tile.gaps:
                    continue
                place, value = cells.add(_row(across, x, down, y)), 0
            words = [_words(across, x, query), _words(down, y, query)]
            text = format_.text(value)
            values.append({"x": words[0], "s": words[1], "y": value, "t": text})
            values[-1] |= {"tip": f"{words[1]}, {words[0]}\n{text}", "c": [place, 0, 0]}
    plain = {"title": None, "grid": False, "domain": False, "ticks": False, "labelLimit": 150}
    legend = value_axis(format_, orient="right", gradientLength={"expr": "max(60, height - 30)"})
    legend |= {"direction": "vertical", "gradientThickness": 10, "title": None, "tickCount": 3, "offset": 10}
    shades = ["--chart-line", colour(tile.colour or 1)]
    domain_x = list(dict.fromkeys(_words(across, one, query) for one in xs))
    domain_y = list(dict.fromkeys(_words(down, one, query) for one in ys))
    return {
        "data": {"values": values},
        "mark": {"type": "rect", "cursor": "pointer", "cornerRadius": 2},
        "encoding": {
            "x": _side("x", domain_x, plain),
            "y": _side("s", domain_y, {**plain, "labelOverlap": False}),
            "color": {
                "field": "y",
                "type": "quantitative",
                "scale": {"range": shades, "domainMin": 0, "interpolate": "lab"},
                "legend": legend,
            },
            "tooltip": TIP,
        },
    }


def _side(field: str, domain: list[str], axis: Spec) -> Spec:
    scale = {"domain": domain, "paddingInner": 0.08, "paddingOuter": 0}
    return {"field": field, "type": "ordinal", "sort": domain, "scale": scale, "axis": axis}


def _sides(answer: Answer) -> tuple[Column, Column]:
    """(across, down): time and the clock run across; of two names that with fewer values."""
    first, second = (column for column in answer.columns if column.role != "measure")
    ranks = {"hour_of_day": 0, "day_of_week": 2}
    first_rank, second_rank = (
        0 if one.role == "bucket" else ranks.get(one.name, 3) for one in (first, second)
    )
    if first_rank == second_rank:
        fewer = len(_values(answer, first)) <= len(_values(answer, second))
        return (first, second) if fewer else (second, first)
    return (first, second) if first_rank < second_rank else (second, first)


_OTHER = ("other",)
"""A key that no value is."""


def _key(row: dict[str, Any], column: Column) -> Any:
    return _OTHER if row.get("other") and row[column.name] is None else row[column.name]


def _values(answer: Answer, column: Column) -> list[Any]:
    clock = _CLOCKS.get(column.name)
    if clock is not None:
        return list(clock)
    return list(dict.fromkeys(_key(row, column) for row in answer.rows))


def _row(across: Column, x: Any, down: Column, y: Any) -> dict[str, Any]:
    row = {across.name: None if x is _OTHER else x, down.name: None if y is _OTHER else y}
    return row | ({"other": True} if _OTHER in (x, y) else {})


def _words(column: Column, value: Any, query: Query) -> str:
    if column.role == "bucket":
        return bucket_text(value, query.interval or "day")
    if value is _OTHER:
        return key_text(column, None, other=True)
    return key_text(column, value)
