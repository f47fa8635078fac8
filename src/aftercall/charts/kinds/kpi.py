"""A figure, with its change against the period before and its course."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from aftercall.charts.marks import WHOLE, Cells, is_number, marks_of
from aftercall.charts.tile import Tile
from aftercall.charts.value import format_of
from aftercall.metrics.answer import Answer, Column
from aftercall.metrics.query import Query

Good = Literal["good", "bad", "none"]


class Figure(msgspec.Struct, frozen=True):
    """``change`` and ``before`` are null without a period to compare with. ``good``: whether the change is
    welcome, as the metric says. ``course``: values over time, where an interval was asked."""

    label: str
    text: str
    value: Any
    cell: tuple[int, int, int]
    change: str | None = None
    good: Good = "none"
    before: str | None = None
    before_cell: tuple[int, int, int] | None = None
    base: str | None = None
    about: str = ""
    course: list[float | None] | None = None


def figures(tile: Tile, query: Query, answer: Answer) -> list[Figure]:
    measures = [column for column in answer.columns if column.role == "measure"]
    return [_figure(tile, query, answer, column, at) for at, column in enumerate(measures)]


def _figure(tile: Tile, query: Query, answer: Answer, column: Column, at: int) -> Figure:
    format_ = format_of(column, tile)
    value = answer.totals[column.name]
    earlier = None if answer.previous is None else answer.previous.totals[column.name]
    change: str | None = None
    good: Good = "none"
    if is_number(value) and is_number(earlier):
        change = format_.change(value, earlier)
        good = "none" if change.startswith("±") else _good(column, value, earlier)
    base = answer.bases.get(column.name)
    return Figure(
        label=tile.axis_label or column.label,
        text=format_.text(value),
        value=value,
        cell=(WHOLE, at, 0),
        change=change,
        good=good,
        before=None if answer.previous is None else format_.text(earlier),
        before_cell=None if answer.previous is None else (WHOLE, at, 1),
        base=None if base is None else f"of {base.conversations:,}",
        about=column.definition,
        course=_course(tile, query, answer, at),
    )


def _good(column: Column, value: float, earlier: float) -> Good:
    if column.better == "none" or value == earlier:
        return "none"
    return "good" if (value > earlier) == (column.better == "up") else "bad"


def _course(tile: Tile, query: Query, answer: Answer, at: int) -> list[float | None] | None:
    if query.interval is None or query.by:
        return None
    marks = marks_of(tile, query, answer, Cells.of(answer)).marks
    return [mark.value for mark in marks if mark.measure == at]
