"""Pages of a table as one file: CSV and JSON lines as the engine writes them, Parquet and Arrow by pyarrow.

A page comes in the format ``engine_format`` names, goes into ``page``, and what can be sent already comes
out, so that a file of any length passes through the memory of one page.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    import pyarrow

Format = Literal["csv", "jsonl", "parquet", "arrow"]
MEDIA_TYPES: dict[Format, str] = {
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/x-ndjson",
    "parquet": "application/vnd.apache.parquet",
    "arrow": "application/vnd.apache.arrow.stream",
}


class Writer(Protocol):
    engine_format: str

    def page(self, page: bytes) -> bytes: ...
    def end(self) -> bytes: ...


def writer_of(format_: Format, names: Sequence[str]) -> Writer:
    if format_ == "csv":
        return _Csv(names)
    return _JsonLines() if format_ == "jsonl" else table_writer(format_)


def table_writer(format_: Format) -> Tables:
    return _Parquet() if format_ == "parquet" else _Arrow()


class _Csv:
    engine_format = "CSV"

    def __init__(self, names: Sequence[str]) -> None:
        self._head = header(names)

    def page(self, page: bytes) -> bytes:
        head, self._head = self._head, b""
        return head + page

    def end(self) -> bytes:
        return self._head


class _JsonLines:
    engine_format = "JSONEachRow"

    def page(self, page: bytes) -> bytes:
        return page

    def end(self) -> bytes:
        return b""


class _Sink(io.RawIOBase):
    """A file that forgets what was taken from it, but not how long it is: Parquet writes down offsets."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[bytes] = []
        self._length = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        part = bytes(data)
        self._parts.append(part)
        self._length += len(part)
        return len(part)

    def tell(self) -> int:
        return self._length

    def take(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)


class Tables:
    """Writes pyarrow tables of one schema, of which the first page tells."""

    engine_format = "ArrowStream"

    def __init__(self) -> None:
        self._sink = _Sink()
        self._writer: Any = None

    def page(self, page: bytes) -> bytes:
        import pyarrow

        return self.table(pyarrow.ipc.open_stream(page).read_all())

    def table(self, table: pyarrow.Table) -> bytes:
        if self._writer is None:
            self._writer = self.open(self._sink, table.schema)
        self._writer.write_table(table)
        return self._sink.take()

    def end(self) -> bytes:
        self._writer.close()
        return self._sink.take()

    def open(self, sink: Any, schema: Any) -> Any:
        raise AssertionError("one of its subclasses is meant")


class _Parquet(Tables):
    def open(self, sink: Any, schema: Any) -> Any:
        from pyarrow import parquet

        return parquet.ParquetWriter(sink, schema, compression="zstd")


class _Arrow(Tables):
    def open(self, sink: Any, schema: Any) -> Any:
        import pyarrow

        return pyarrow.ipc.new_stream(sink, schema)


def header(names: Sequence[str]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow([guarded(name) for name in names])
    return out.getvalue().encode()


_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def guarded(text: str) -> str:
    """A cell that no spreadsheet takes for a formula. Numbers in a text (a phone's, -5) are none."""
    return f"'{text}" if text.startswith(_FORMULA) and not _is_number(text) else text


def _is_number(text: str) -> bool:
    digits = text[1:] if text[:1] in "+-" else text
    whole, _, rest = digits.partition(".")
    return whole.isascii() and whole.isdigit() and (not rest or (rest.isascii() and rest.isdigit()))


_FORMULA_SQL = "'^[=+@\\\\t\\\\r\\\\n-]'"
_NUMBER_SQL = "'^[+-]?[0-9]+([.][0-9]*)?$'"


def guarded_sql(text: str) -> str:
    """The same of an expression in SQL."""
    formula = f"match({text}, {_FORMULA_SQL}) AND NOT match({text}, {_NUMBER_SQL})"
    return f"if({formula}, concat('\\'', {text}), {text})"
