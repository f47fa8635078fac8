"""Every kind of tile: each mark, cell and figure leads to exactly as many conversations as it shows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from aftercall.charts.drawing import Drawing
from aftercall.charts.image import image
from tests.charts.conftest import HOSTILE, drawn
from tests.charts.tiles import TILES
from tests.metrics.desk import Desk


def marks(value: Any) -> Iterator[dict[str, Any]]:
    """Every datum of the spec, wherever its data stands."""
    if isinstance(value, dict):
        if "values" in value and isinstance(value["values"], list):
            yield from (one for one in value["values"] if "c" in one)
        for one in value.values():
            yield from marks(one)
    elif isinstance(value, list):
        for one in value:
            yield from marks(one)


def behind(desk: Desk, drawing: Drawing, cell: Any) -> int:
    row, measure, previous = cell
    drill = drawing.drill
    source = drill.previous if previous else drill
    assert source is not None
    told = {"query": source.query, "measure": drill.measures[measure], "limit": 1}
    if row >= 0:
        told["row"] = source.rows[row]
    return desk.behind(told)[1]


@pytest.mark.parametrize("name", TILES)
def test_every_number_opens_as_many_conversations_as_it_says(clinic: Desk, name: str) -> None:
    drawing, answer = drawn(clinic, TILES[name])
    assert drawing.empty is None
    told = [(one["c"], one["y"]) for one in marks(drawing.spec)]
    for figure in drawing.figures or []:
        told.append((figure.cell, figure.value))
        if figure.before_cell and figure.before is not None:
            told.append((figure.before_cell, int(figure.before)))
    if drawing.kind == "table":
        cells = [cell for row in drawing.table.rows for cell in row] + (drawing.table.totals or [])
        told += [(cell.cell, int(cell.text)) for cell in cells if cell.cell is not None]
    assert len({str(cell) for cell, _ in told}) >= 2
    shown = list({str(cell): (cell, number) for cell, number in told}.values())
    nothing = [one for one in shown if one[1] == 0]
    # Of a heatmap's 150 empty hours a few say as much as all.
    shown = [one for one in shown if one[1] != 0] + nothing[:6]
    assert [number for _, number in shown] == [behind(clinic, drawing, cell) for cell, _ in shown]
    assert answer.population.conversations > 0


@pytest.mark.parametrize("name", TILES)
def test_what_is_drawn_is_what_was_answered(clinic: Desk, name: str) -> None:
    drawing, answer = drawn(clinic, TILES[name])
    rows = len(answer.rows) if drawing.kind != "funnel" else 1
    assert len(drawing.table.rows) == rows
    if drawing.kind in ("line", "bar"):
        values = [
            one["y"] for one in marks(drawing.spec) if not one["c"][2] and one["c"][0] < len(answer.rows)
        ]
        names = [column.name for column in answer.columns if column.role == "measure"]
        assert sorted(set(map(str, values))) == sorted({str(r[n]) for r in answer.rows for n in names})


@pytest.mark.parametrize("name", TILES)
def test_no_text_of_a_caller_becomes_part_of_a_spec(clinic: Desk, name: str) -> None:
    """It stands in data and in domains, which are texts to draw, and never where an expression is read."""
    drawing, _ = drawn(clinic, TILES[name])
    if drawing.spec is not None:
        assert HOSTILE not in str(list(expressions(drawing.spec)))


def expressions(value: Any, key: str = "") -> Iterator[Any]:
    if isinstance(value, dict):
        for name, one in value.items():
            if name not in ("values", "domain", "sort"):
                yield from expressions(one, name)
    elif isinstance(value, list):
        for one in value:
            yield from expressions(one, key)
    else:
        yield value


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_kind_becomes_a_picture(clinic: Desk, theme: Any) -> None:
    seen = set()
    for told in TILES.values():
        drawing, _ = drawn(clinic, told)
        if drawing.kind in seen:
            continue
        seen.add(drawing.kind)
        svg = image(drawing, "svg", theme=theme, width=400, height=220).decode()
        assert svg.startswith("<svg")
        assert "--chart" not in svg.replace(HOSTILE.replace('"', "&quot;"), "").replace("// --chart-1", "")
        assert "<img" not in svg
    assert len(seen) == 9


def test_a_tile_without_conversations_says_so(clinic: Desk) -> None:
    for told in TILES.values():
        empty = {
            **told,
            "query": {**told.get("query", {}), "over": {"from": "2020-01-01", "to": "2020-01-02"}},
        }
        drawing, _ = drawn(clinic, empty)
        assert drawing.spec is None
        assert drawing.empty == "No conversations in this time with these filters."
        assert image(drawing, "svg").startswith(b"<svg") or drawing.kind not in ("kpi", "bar")


def test_hours_and_days_without_calls_are_shown_as_0(clinic: Desk) -> None:
    drawing, _ = drawn(clinic, TILES["bar by hour"])
    values = [one["y"] for one in marks(drawing.spec)]
    assert len(values) == 24
    assert 0 in values
    drawing, _ = drawn(clinic, TILES["heatmap"])
    assert len(list(marks(drawing.spec))) == 7 * 24


def test_a_heatmap_has_no_grid_and_no_turned_labels(clinic: Desk) -> None:
    drawing, _ = drawn(clinic, TILES["heatmap"])
    assert drawing.spec is not None
    axes = [drawing.spec["encoding"][side]["axis"] for side in "xy"]
    assert [axis["grid"] for axis in axes] == [False, False]
    assert drawing.spec["config"]["axis"]["labelAngle"] == 0
    assert drawing.spec["encoding"]["x"]["scale"]["domain"][0] == "00:00"


def test_colours_have_an_explicit_domain(clinic: Desk) -> None:
    drawing, _ = drawn(clinic, TILES["lines"])
    assert drawing.spec is not None
    colour = drawing.spec["layer"][0]["encoding"]["color"]
    assert colour["scale"] == {"domain": ["voice", "chat"], "range": ["--chart-1", "--chart-2"]}


def test_every_slice_of_a_donut_is_named_with_its_number(clinic: Desk) -> None:
    drawing, answer = drawn(clinic, TILES["donut"])
    assert drawing.spec is not None
    named = drawing.spec["layer"][0]["encoding"]["color"]["scale"]["domain"]
    assert [one.rsplit(maxsplit=1)[-1] for one in named] == [str(r["conversations"]) for r in answer.rows]


def test_a_drawing_can_be_sent(clinic: Desk) -> None:
    for told in TILES.values():
        sent = msgspec.json.decode(msgspec.json.encode(drawn(clinic, told)[0]))
        assert {"spec", "table", "drill", "figures"} <= sent.keys()
