"""What a tile is: the typed model of the JSON in a dashboard. docs/dashboards.md says what the words mean."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from aftercall.metrics.query import Alias, Measure, Query, Where
from aftercall.metrics.strict import Strict

Kind = Literal["kpi", "line", "bar", "donut", "pie", "table", "heatmap", "funnel", "histogram"]
Layout = Literal["stacked", "grouped", "share"]
Shown = Literal["number", "percent", "currency", "duration"]

MOST_STEPS = 10
Words = Annotated[str, Field(max_length=200)]


class Step(Strict):
    """One step of a funnel: the conversations that meet it, and came through the steps before."""

    label: Alias
    where: list[Where] = Field(default_factory=list, max_length=20)


class Tile(Strict):
    """A question and how its answer is shown.

    ``format`` None: as the metric says. ``colour``: which of the eight of the palette comes first.
    ``keep_time``: the board's range does not change this tile. ``keep_interval``: nor does its length
    change the interval. ``gaps``: buckets without a value are left open instead of 0 (counts only).
    """

    kind: Kind
    title: Words = ""
    note: Annotated[str, Field(max_length=2_000)] = ""
    query: Query = Field(default_factory=Query)
    steps: list[Step] = Field(default_factory=list, max_length=MOST_STEPS)
    layout: Layout = "stacked"
    format: Shown | None = None
    decimals: Annotated[int, Field(ge=0, le=6)] | None = None
    suffix: Annotated[str, Field(max_length=20)] = ""
    colour: Annotated[int, Field(ge=1, le=8)] | None = None
    axis_label: Words = ""
    gaps: bool = False
    keep_time: bool = False
    keep_interval: bool = False

    @model_validator(mode="after")
    def _fits(self) -> Tile:
        fault = _fault(self)
        if fault is not None:
            raise PydanticCustomError("tile", "{fault}", {"fault": fault})
        return self

    def plain(self) -> dict[str, Any]:
        """The JSON value that ``read`` makes it from again; defaults left out, but for the kind."""
        return self.model_dump(mode="json", by_alias=True, exclude_defaults=True)

    def question(self) -> Query:
        """What it asks. A funnel's measures are made of its steps: each with all conditions before it."""
        if self.kind != "funnel":
            return _limited(self.kind, self.query)
        so_far: list[Where] = []
        measures = []
        for number, step in enumerate(self.steps, 1):
            so_far = [*so_far, *step.where]
            measures.append(Measure(where=so_far, alias=f"{number}. {step.label}"[:200]))
        return self.query.model_copy(update={"measures": measures, "by": [], "interval": None})


_READABLE: dict[str, int] = {"donut": 10, "pie": 10, "line": 10, "bar": 30, "heatmap": 40}
"""How many values of a name a kind can show, where the query names no limit: the rest is one group."""
_CLOCK = frozenset(("hour_of_day", "day_of_week"))


def _limited(kind: Kind, query: Query) -> Query:
    most = _READABLE.get(kind)
    if most is None or query.limit is not None or not query.by:
        return query
    first = query.by[0]
    if first.bucket is not None or first.field in _CLOCK:
        return query
    return query.model_copy(update={"limit": most, "other": True})


def _fault(tile: Tile) -> str | None:
    """The end of a sentence about the tile that cannot be drawn, or None."""
    query, keys = tile.query, len(tile.query.by) + (tile.query.interval is not None)
    if tile.kind == "funnel":
        return None if len(tile.steps) >= 2 else "is a funnel: it needs 2 steps or more"
    if tile.steps:
        return "has steps, which only a funnel has"
    if tile.kind == "line" and query.interval is None:
        return "is a line: its query needs an interval"
    if tile.kind in ("donut", "pie") and (len(query.by) != 1 or query.interval or len(query.measures) != 1):
        return f"is a {tile.kind}: its query needs one measure, one by and no interval"
    if tile.kind == "heatmap" and (keys != 2 or len(query.measures) != 1):
        return "is a heatmap: its query needs one measure and two of by and interval"
    if tile.kind == "histogram" and not _is_histogram(query):
        return "is a histogram: its query needs one measure and one by with a bucket of a number's width"
    if tile.kind == "bar" and not 1 <= keys <= 2:
        return "is a bar chart: its query needs one or two of by and interval"
    return None


def _is_histogram(query: Query) -> bool:
    one = len(query.measures) == 1 and len(query.by) == 1 and query.interval is None
    return one and isinstance(query.by[0].bucket, float | int)
