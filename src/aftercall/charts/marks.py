"""Rows of an answer as marks: where each stands, how tall it is, and which cell of the answer it shows.

What callers and agents wrote never becomes the name of a field or part of an expression in a spec: the fields
have the fixed names below, and values are data.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeGuard

from aftercall.charts.tile import Tile
from aftercall.charts.value import Format, bucket_text, format_of, key_text
from aftercall.metrics.answer import Answer, Column, Row
from aftercall.metrics.query import Query

BUCKET, OTHER = "bucket", "other"
WHOLE = -1
"""The row of a cell that is of all conversations."""


@dataclass(frozen=True)
class Axis:
    """What the marks stand along. ``clock``: hour_of_day and day_of_week, whose values are all known."""

    column: Column | None
    label: str
    time: bool = False
    clock: tuple[int, ...] = ()


@dataclass(frozen=True)
class Mark:
    """``x`` and ``series`` are texts to show (of times ``at`` is the wall's clock as UTC milliseconds);
    ``row``, ``measure``, ``previous`` are the cell: see Cells. ``number``: the row's own number, if any."""

    x: str
    series: str
    value: float | None
    text: str
    row: int
    measure: int
    at: int | None = None
    number: float | None = None
    previous: bool = False

    def datum(self) -> dict[str, Any]:
        heading = f"{self.x} · {self.series}" if self.series else self.x
        when = "before: " if self.previous else ""
        return {
            "x": self.x,
            "s": self.series,
            "y": self.value,
            "t": self.text,
            "tip": f"{when}{heading}\n{self.text}",
            "c": [self.row, self.measure, int(self.previous)],
            **({} if self.at is None else {"at": self.at}),
            **({} if self.number is None else {"n": self.number}),
        }


@dataclass
class Cells:
    """Rows, by their keys, that marks can be drilled by: those of the answer, and empty ones added here."""

    rows: list[Row]
    previous: list[Row] = field(default_factory=list)

    @classmethod
    def of(cls, answer: Answer) -> Cells:
        names = keys_of(answer)
        before = [] if answer.previous is None else [_keys(row, names) for row in answer.previous.rows]
        return cls([_keys(row, names) for row in answer.rows], before)

    def add(self, keys: Row) -> int:
        self.rows.append(keys)
        return len(self.rows) - 1


def keys_of(answer: Answer) -> list[str]:
    return [column.name for column in answer.columns if column.role != "measure"]


def _keys(row: Row, names: Iterable[str]) -> Row:
    keys = {name: row[name] for name in names if name in row}
    return keys | {OTHER: True} if row.get(OTHER) else keys


@dataclass(frozen=True)
class Marks:
    """``series`` and ``xs``: the names in their order. ``format`` of the first measure."""

    marks: list[Mark]
    axis: Axis
    series: list[str]
    xs: list[str]
    format: Format
    value_label: str
    counts: bool


def marks_of(tile: Tile, query: Query, answer: Answer, cells: Cells, *, previous: bool = False) -> Marks:
    """The first of bucket and by is the axis; each combination of the rest, and each measure, a series."""
    keys = [column for column in answer.columns if column.role != "measure"]
    measures = [column for column in answer.columns if column.role == "measure"]
    axis = _axis(keys[0] if keys else None)
    names = _Names(keys[1:], measures)
    formats = [format_of(column, tile) for column in measures]
    found: list[Mark] = []
    rows = answer.previous.rows if previous and answer.previous else answer.rows
    for number, row in enumerate(rows):
        place = _place(axis, row, query, aligned=previous)
        for at, (column, format_) in enumerate(zip(measures, formats, strict=True)):
            value = row[column.name]
            found.append(
                replace(
                    place,
                    series=names.of(row, column),
                    value=value if is_number(value) else None,
                    text=format_.text(value),
                    row=number,
                    measure=at,
                    previous=previous,
                )
            )
    if axis.clock and not tile.gaps and not previous:
        found = _filled(found, axis, cells, measures, formats)
    return Marks(
        found,
        axis,
        _in_order(mark.series for mark in found),
        _in_order(mark.x for mark in found),
        formats[0],
        tile.axis_label,
        measures[0].format == "count",
    )


def is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _in_order(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))


def _axis(column: Column | None) -> Axis:
    if column is None:
        return Axis(None, "")
    clock: tuple[int, ...] = ()
    if column.name == "hour_of_day":
        clock = tuple(range(24))
    if column.name == "day_of_week":
        clock = tuple(range(1, 8))
    return Axis(column, column.label, column.role == BUCKET, clock)


def _place(axis: Axis, row: Row, query: Query, *, aligned: bool) -> Mark:
    """A mark that stands where the row belongs, with nothing else in it yet."""
    if axis.column is None:
        return Mark("All", "", None, "", WHOLE, 0)
    if axis.time:
        start = row["aligned" if aligned else BUCKET]
        words = bucket_text(row[BUCKET] or start, query.interval or "day")
        return Mark(words, "", None, "", WHOLE, 0, at=wall_ms(start))
    value = row[axis.column.name]
    words = key_text(axis.column, value, other=bool(row.get(OTHER)))
    return Mark(words, "", None, "", WHOLE, 0, number=value if is_number(value) else None)


def wall_ms(start: str) -> int:
    """The clock on the wall as if it were UTC: a chart shows the project's zone, wherever it is seen."""
    at = datetime.fromisoformat(start)
    return int((at.replace(tzinfo=None) - datetime(1970, 1, 1)).total_seconds() * 1000)


class _Names:
    """Names of series: of the by-values, and of the measures where there are several."""

    def __init__(self, keys: list[Column], measures: list[Column]) -> None:
        self._keys = keys
        self._several = len(measures) > 1
        labels = [measure.label for measure in measures]
        self._labels = {
            # An alias is what its author calls it. Two measures may share a label: then the names differ.
            one.name: one.label if labels.count(one.label) == 1 and "." in one.name else one.name
            for one in measures
        }

    def of(self, row: Row, measure: Column) -> str:
        other = bool(row.get(OTHER))
        parts = [key_text(column, row[column.name], other=other) for column in self._keys]
        if self._several or not parts:
            parts.append(self._labels[measure.name] if self._several else "")
        return " · ".join(part for part in parts if part)


def _filled(
    found: list[Mark], axis: Axis, cells: Cells, measures: list[Column], formats: list[Format]
) -> list[Mark]:
    """With a mark for every hour or day, in their order; those without conversations are 0, or nothing."""
    assert axis.column is not None
    there = {(mark.number, mark.series): mark for mark in found}
    series = _in_order(mark.series for mark in found) or [""]
    made = []
    for number in axis.clock:
        for name in series:
            mark = there.get((number, name))
            if mark is None and len(measures) == 1 and measures[0].format == "count" and not name:
                row = cells.add({axis.column.name: number})
                words = key_text(axis.column, number)
                mark = Mark(words, name, 0, formats[0].text(0), row, 0, number=number)
            if mark is not None:
                made.append(mark)
    return made
