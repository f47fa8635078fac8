"""A tile and its answer as what is shown: draw() is all that the API, the page and the CLI call."""

from __future__ import annotations

from typing import Any

import msgspec

from aftercall.charts.kinds import bar, funnel, heatmap, histogram, line, pie
from aftercall.charts.kinds.kpi import Figure, figures
from aftercall.charts.kinds.parts import SCHEMA
from aftercall.charts.marks import Cells, marks_of
from aftercall.charts.table import Table, table_of
from aftercall.charts.theme import CONFIG
from aftercall.charts.tile import Tile
from aftercall.charts.value import format_of
from aftercall.metrics.answer import Answer, Population, Row
from aftercall.metrics.query import Query

Spec = dict[str, Any]
MOST_ROWS = 3_000
"""Of an answer that is drawn: a browser still answers with so many marks."""


class DrillBefore(msgspec.Struct, frozen=True):
    query: dict[str, Any]
    rows: list[Row]


class Drills(msgspec.Struct, frozen=True):
    """A mark's ``c`` is [row, measure, previous]: POST /v1/query/conversations takes ``query`` (or that of
    ``previous``), ``rows[row]`` as row (-1: none) and ``measures[measure]`` as measure."""

    query: dict[str, Any]
    measures: list[str]
    rows: list[Row]
    previous: DrillBefore | None


class Drawing(msgspec.Struct, frozen=True):
    """``spec``: Vega-Lite; null of a kpi or a table, and where there is nothing to draw (see ``empty``)."""

    kind: str
    title: str
    note: str
    spec: Spec | None
    figures: list[Figure] | None
    table: Table
    drill: Drills
    notes: list[str]
    empty: str | None
    query: dict[str, Any]
    population: Population
    fresh_as_of: str | None
    took_ms: float


def draw(tile: Tile, query: Query, answer: Answer) -> Drawing:
    """``query`` is what was asked (board.narrowed), ``answer`` what came back."""
    cells = Cells.of(answer)
    empty = _empty(tile, answer)
    spec = None if empty or tile.kind in ("kpi", "table") else _spec(tile, query, answer, cells)
    return Drawing(
        kind=tile.kind,
        title=tile.title or _title(answer),
        note=tile.note,
        spec=None if spec is None else {"$schema": SCHEMA, "config": CONFIG, **spec},
        figures=figures(tile, query, answer) if tile.kind == "kpi" else None,
        table=table_of(tile, query, answer),
        drill=_drills(answer, cells),
        notes=_notes(tile, query, answer),
        empty=empty,
        query=query.plain(),
        population=answer.population,
        fresh_as_of=answer.fresh_as_of,
        took_ms=answer.took_ms,
    )


def _spec(tile: Tile, query: Query, answer: Answer, cells: Cells) -> Spec:
    if tile.kind == "funnel":
        return funnel.spec(tile, answer)
    if tile.kind == "heatmap":
        return heatmap.spec(tile, query, answer, cells)
    if tile.kind == "histogram":
        return histogram.spec(tile, query, answer, cells)
    marks = marks_of(tile, query, answer, cells)
    if tile.kind in ("donut", "pie"):
        (measure,) = (column for column in answer.columns if column.role == "measure")
        total = format_of(measure, tile).text(answer.totals[measure.name])
        return pie.spec(tile, marks, total)
    before = None if answer.previous is None else marks_of(tile, query, answer, cells, previous=True)
    if tile.kind == "line":
        return line.spec(tile, query, marks, before)
    return bar.spec(tile, query, marks, before)


def _title(answer: Answer) -> str:
    measures = [column.label for column in answer.columns if column.role == "measure"]
    keys = [column.label.lower() for column in answer.columns if column.role != "measure"]
    return ", ".join(measures) + (f" by {' and '.join(keys)}" if keys else "")


def _empty(tile: Tile, answer: Answer) -> str | None:
    if answer.population.conversations == 0:
        return "No conversations in this time with these filters."
    if tile.kind in ("kpi", "funnel", "table"):
        return None
    if len(answer.rows) > MOST_ROWS:
        return (
            f"{len(answer.rows):,} values are more than a chart can show: set a limit, or a longer interval."
        )
    names = [column.name for column in answer.columns if column.role == "measure"]
    if all(row[name] is None for row in answer.rows for name in names):
        return "Nothing is known here yet: no conversation in this time has a value."
    return None


def _drills(answer: Answer, cells: Cells) -> Drills:
    query = answer.drill["query"]
    measures = [column.name for column in answer.columns if column.role == "measure"]
    previous = None
    if answer.previous is not None:
        there = answer.previous.population
        over = {"from": there.since, "to": there.to}
        previous = DrillBefore({**query, "over": over}, cells.previous)
    return Drills(query, measures, cells.rows, previous)


def _notes(tile: Tile, query: Query, answer: Answer) -> list[str]:
    """What a reader must know beside the chart."""
    notes = []
    if answer.truncated:
        notes.append("There are more groups than are shown.")
    if tile.kind == "funnel":
        notes.append(funnel.ANY_ORDER)
    if tile.kind == "histogram":
        name = next(column.name for column in answer.columns if column.role == "by")
        measure = next(column.name for column in answer.columns if column.role == "measure")
        unknown = [row[measure] for row in answer.rows if row[name] is None]
        if unknown and unknown[0]:
            notes.append(f"{unknown[0]:,} without a value are not shown.")
    return notes
