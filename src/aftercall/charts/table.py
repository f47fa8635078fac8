"""An answer as a table, for the kind "table" and for reading any other tile row by row."""

from __future__ import annotations

from typing import Any

import msgspec

from aftercall.charts.marks import BUCKET, OTHER, WHOLE, is_number
from aftercall.charts.tile import Tile
from aftercall.charts.value import Format, bucket_text, format_of, key_text
from aftercall.metrics.answer import Answer, Column, Row
from aftercall.metrics.query import Query

MOST_ROWS = 200
"""Beyond that a tile says how many more there are: the CSV has them all."""


class Heading(msgspec.Struct, frozen=True):
    text: str
    number: bool
    about: str = ""


class Cell(msgspec.Struct, frozen=True):
    """``cell``: [row, measure, previous] to drill by, null for keys. ``share``: of the column's greatest."""

    text: str
    cell: tuple[int, int, int] | None = None
    share: float | None = None


class Table(msgspec.Struct, frozen=True):
    headings: list[Heading]
    rows: list[list[Cell]]
    totals: list[Cell] | None
    more: int = 0


def table_of(tile: Tile, query: Query, answer: Answer) -> Table:
    measures = [column for column in answer.columns if column.role == "measure"]
    keys = [column for column in answer.columns if column.role != "measure"]
    formats = {column.name: format_of(column, tile) for column in measures}
    greatest = {column.name: _greatest(answer.rows, column.name) for column in measures}
    rows = []
    for number, row in enumerate(answer.rows[:MOST_ROWS]):
        cells = [Cell(_key(column, row, query)) for column in keys]
        for at, column in enumerate(measures):
            value = row[column.name]
            share = _share(value, greatest[column.name], formats[column.name])
            cells.append(Cell(formats[column.name].text(value), (number if keys else WHOLE, at, 0), share))
        rows.append(cells)
    headings = [Heading(one.label, False, one.definition) for one in keys]
    headings += [Heading(_label(one), True, one.definition) for one in measures]
    totals = _totals(keys, measures, formats, answer) if keys and len(rows) > 1 else None
    return Table(headings, rows, totals, max(0, len(answer.rows) - MOST_ROWS))


def _label(column: Column) -> str:
    """What its author called it, or what the metric is called."""
    return column.label if "." in column.name or column.name == column.label.lower() else column.name


def _key(column: Column, row: Row, query: Query) -> str:
    if column.role == BUCKET:
        return bucket_text(row[BUCKET], query.interval or "day")
    return key_text(column, row[column.name], other=bool(row.get(OTHER)))


def _totals(
    keys: list[Column], measures: list[Column], formats: dict[str, Format], answer: Answer
) -> list[Cell]:
    empty = [Cell("All")] + [Cell("")] * (len(keys) - 1)
    return empty + [
        Cell(formats[one.name].text(answer.totals[one.name]), (WHOLE, at, 0))
        for at, one in enumerate(measures)
    ]


def _greatest(rows: list[Row], name: str) -> float:
    return max((value for row in rows if is_number(value := row[name])), default=0)


def _share(value: Any, greatest: float, format_: Format) -> float | None:
    if not is_number(value) or greatest <= 0 or value < 0 or format_.kind == "time":
        return None
    return round(value / greatest, 4)
