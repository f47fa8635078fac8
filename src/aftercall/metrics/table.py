"""A statement's rows as the engine writes them: JSONCompact."""

from __future__ import annotations

from typing import Any

import msgspec


class _Column(msgspec.Struct):
    name: str


class Table(msgspec.Struct):
    meta: list[_Column]
    data: list[list[Any]]
    totals: list[Any] | None = None


_decoder = msgspec.json.Decoder(Table)


def decoded(raw: bytes) -> Table:
    """Of no rows WITH TOTALS the engine (26.9) writes the totals at a wrong place: that is no JSON. Inside of
    a text these bytes cannot be: its quotes would be escaped."""
    try:
        return _decoder.decode(raw)
    except msgspec.DecodeError:
        if b'"rows": 0,' not in raw:
            raise
        return Table([], [])
