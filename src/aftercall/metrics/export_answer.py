"""The answer of a Query as a file: a column per key and measure, a line per row."""

from __future__ import annotations

import csv
import io
from typing import Any

import msgspec

from aftercall.metrics.answer import Answer, Column
from aftercall.metrics.export_formats import Format, guarded, header, table_writer

OTHER = "other"


def answer_file(answer: Answer, format_: Format) -> bytes:
    """``other`` is a column of it where a row is what was beyond the limit."""
    columns = list(answer.columns)
    if any(OTHER in row for row in answer.rows):
        columns.append(Column(OTHER, "by", "boolean"))
    names = [column.name for column in columns]
    rows = [[row.get(name, False if name == OTHER else None) for name in names] for row in answer.rows]
    if format_ == "csv":
        return _csv(names, rows)
    if format_ == "jsonl":
        return b"".join(msgspec.json.encode(dict(zip(names, row, strict=True))) + b"\n" for row in rows)
    return _table(columns, rows, format_)


def _csv(names: list[str], rows: list[list[Any]]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([_cell(value) for value in row] for row in rows)
    return header(names) + out.getvalue().encode()


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return guarded(value) if isinstance(value, str) else value


def _table(columns: list[Column], rows: list[list[Any]], format_: Format) -> bytes:
    """Times are texts with their offset, which changes within a column where clocks do."""
    import pyarrow

    types = {"boolean": pyarrow.bool_(), "number": pyarrow.float64(), "integer": pyarrow.int64()}
    schema = pyarrow.schema([(column.name, types.get(column.type, pyarrow.string())) for column in columns])
    arrays = [pyarrow.array([row[i] for row in rows], type=field.type) for i, field in enumerate(schema)]
    writer = table_writer(format_)
    return writer.table(pyarrow.Table.from_arrays(arrays, schema=schema)) + writer.end()
