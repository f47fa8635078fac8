"""Bodies and shapes of charts, and one example of each."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from aftercall.charts.board import Filters
from aftercall.charts.dashboard import MOST_TILES
from aftercall.charts.theme import CONFIG
from aftercall.charts.tile import Tile
from aftercall.metrics.strict import Strict
from aftercall.web.api.models import Shape
from aftercall.web.api.query import QueryPopulation

CellKey = tuple[int, int, int]


class Wanted(Strict):
    """A tile, among the conversations that the filters of its board leave."""

    tile: Tile
    filters: Filters | None = None


class WantedFile(Wanted):
    format: Literal["png", "svg", "csv"] = "png"
    theme: Literal["light", "dark"] = "light"
    width: int | None = Field(None, ge=100, le=4_000, description="CSS pixels; a PNG has twice as many.")
    height: int | None = Field(None, ge=60, le=4_000)


class WantedBoard(Strict):
    """Tiles by id. Each is judged by itself: one that cannot be drawn keeps none of the others from it."""

    tiles: dict[str, dict[str, Any]] = Field(max_length=MOST_TILES)
    filters: Filters | None = None


class FigureShape(Shape):
    label: str
    text: str
    value: Any
    cell: CellKey
    change: str | None = Field(description="Against the period before; null without one.")
    good: Literal["good", "bad", "none"]
    before: str | None
    before_cell: CellKey | None
    base: str | None
    about: str
    course: list[float | None] | None


class HeadingShape(Shape):
    text: str
    number: bool
    about: str


class CellShape(Shape):
    text: str
    cell: CellKey | None
    share: float | None = Field(description="Of the column's greatest value.")


class TableShape(Shape):
    headings: list[HeadingShape]
    rows: list[list[CellShape]]
    totals: list[CellShape] | None
    more: int = Field(description="Rows that are not shown; the CSV has them.")


class DrillBeforeShape(Shape):
    query: dict[str, Any]
    rows: list[dict[str, Any]]


class DrillsShape(Shape):
    """`c` of a mark, and `cell`, are [row, measure, previous]: what is behind it are the conversations that
    `POST /v1/query/conversations` gives for `query`, `rows[row]` (-1: none) and `measures[measure]`."""

    query: dict[str, Any]
    measures: list[str]
    rows: list[dict[str, Any]]
    previous: DrillBeforeShape | None


class ChartShape(Shape):
    kind: str
    title: str
    note: str
    spec: dict[str, Any] | None = Field(
        description="Vega-Lite. Colours are names of the page's tokens, such as --chart-1. Null of a kpi, of"
        " a table and where there is nothing to draw."
    )
    figures: list[FigureShape] | None
    table: TableShape
    drill: DrillsShape
    notes: list[str]
    empty: str | None
    query: dict[str, Any] = Field(description="What was asked.")
    population: QueryPopulation
    fresh_as_of: str | None
    took_ms: float


class ProblemShape(Shape):
    error_code: str
    error_message: str
    data: Any


class DrawnShape(Shape):
    id: str
    chart: ChartShape | None
    problem: ProblemShape | None = Field(description="Why there is no chart.")


class DrawnBoardShape(Shape):
    charts: list[DrawnShape]


TILE = {
    "kind": "bar",
    "title": "Call reasons",
    "query": {"by": ["CALL_REASON"], "over": {"last": "30d"}, "limit": 8, "other": True},
}
_QUERY = {
    "by": [{"field": "CALL_REASON"}],
    "over": {"from": "2026-03-01T00:00:00+00:00", "to": "2026-03-31T00:00:00+00:00"},
    "timezone": "Europe/London",
    "limit": 8,
    "other": True,
}
CHART: dict[str, Any] = {
    "kind": "bar",
    "title": "Call reasons",
    "note": "",
    "spec": {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "config": {"axis": CONFIG["axis"]},
        "data": {"values": [{"x": "billing", "s": "", "y": 214, "t": "214", "c": [0, 0, 0]}]},
        "mark": {"type": "bar"},
        "encoding": {
            "y": {"field": "x", "type": "nominal"},
            "x": {"field": "y", "type": "quantitative"},
            "color": {"value": "--chart-1"},
        },
    },
    "figures": None,
    "table": {
        "headings": [
            {"text": "Call reason", "number": False, "about": "Why they called."},
            {"text": "Conversations", "number": True, "about": ""},
        ],
        "rows": [
            [
                {"text": "billing", "cell": None, "share": None},
                {"text": "214", "cell": [0, 0, 0], "share": 1.0},
            ]
        ],
        "totals": None,
        "more": 0,
    },
    "drill": {
        "query": _QUERY,
        "measures": ["conversations"],
        "rows": [{"CALL_REASON": "billing"}],
        "previous": None,
    },
    "notes": [],
    "empty": None,
    "query": {"by": [{"field": "CALL_REASON"}], "limit": 8, "other": True},
    "population": {
        "conversations": 214,
        "from": "2026-03-01T00:00:00+00:00",
        "to": "2026-03-31T00:00:00+00:00",
        "timezone": "Europe/London",
    },
    "fresh_as_of": "2026-03-30T08:15:09.120+00:00",
    "took_ms": 11.2,
}
DRAWN_BOARD = {"charts": [{"id": "t1", "chart": CHART, "problem": None}]}
