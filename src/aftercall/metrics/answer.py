"""What comes back of a question, ready to be written as JSON. docs/query.md has examples of all of it."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

Row = dict[str, Any]
"""By column name: ``bucket`` (ISO 8601 with offset) where an interval was asked, each ``by``, each measure.
A row of what is beyond ``limit`` has ``"other": true`` beside them."""

Format = Literal["number", "count", "percent", "duration", "currency", "time", "date", "text", "boolean"]


class Column(msgspec.Struct, frozen=True):
    """``unit`` of a percent is "%": the value is a share (0.25), not yet multiplied."""

    name: str
    role: Literal["bucket", "by", "measure"]
    type: Literal["boolean", "number", "integer", "text", "categorical", "time", "date"]
    unit: str = ""
    format: Format = "number"
    label: str = ""
    better: Literal["up", "down", "none"] = "none"
    definition: str = ""


class Population(msgspec.Struct, frozen=True):
    """The conversations that were looked at. Times are ISO 8601 with offset; ``to`` is exclusive."""

    conversations: int
    since: str = msgspec.field(name="from")
    to: str
    timezone: str


class Base(msgspec.Struct, frozen=True):
    """What a rate is a share of. ``base``: ``all``, ``known`` or another metric's name."""

    base: str
    conversations: int


class Missing(msgspec.Struct, frozen=True):
    """Conversations of the population (and of the measure's own ``where``) without a usable value: nothing
    was written; what was written says that nothing is known; what was written does not fit the type."""

    null: int
    not_written: int
    invalid: int


class Previous(msgspec.Struct, frozen=True):
    """The same rows of the compared period; ``aligned`` in a row is the bucket of this period beside it."""

    rows: list[Row]
    totals: Row
    population: Population


class Answer(msgspec.Struct, frozen=True):
    """``totals`` are of the whole population, not sums of rows. ``drill`` + a row = who is behind it."""

    columns: list[Column]
    rows: list[Row]
    totals: Row
    previous: Previous | None
    population: Population
    bases: dict[str, Base]
    missing: dict[str, Missing]
    sql: str | None
    parameters: dict[str, Any] | None
    took_ms: float
    fresh_as_of: str | None
    drill: dict[str, Any]
    truncated: bool = False
    """More groups than ``limit`` (or than an answer may have) were left out."""
    mixed_versions: dict[str, dict[str, int]] = {}
    """By metric, where its values were extracted by several versions of its definition: conversations by
    version."""


class Behind(msgspec.Struct, frozen=True):
    """One conversation behind a number. ``values``: by measure, what it adds to it."""

    id: str
    started_at: str
    channel: str | None
    from_number: str | None
    duration: float | None
    values: Row


class BehindPage(msgspec.Struct, frozen=True):
    """``count`` of all, whatever the page."""

    conversations: list[Behind]
    count: int
    cursor: str | None
