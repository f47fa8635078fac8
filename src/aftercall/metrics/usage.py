"""What was written of each name in a range of time: how often, when last, by whom, and what.

Of writes that count (see write_names in model/builtins.py), registered or not. "Conversations" are those in
which it was written with a value; one in which two values were written stands under both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from clickhouse_connect.driver.exceptions import ClickHouseError

from aftercall.metrics.limits import Limits
from aftercall.metrics.ranges import Range
from aftercall.model.times import EARLIEST_MS
from aftercall.store.engine import Engine
from aftercall.store.schema import wide_table

MOST_NAMES = 10_000
MOST_VALUES = 10
"""Of one name, in the list of all."""
_LONGEST_VALUE = 100
"""Longer texts are sentences: nobody counts or picks those."""
_FAR_MS = 4_102_444_800_000
_LIMITS = Limits(seconds=20)

# Of a conversation that wrote a name ten times only the first place counts as a conversation.
_TOTALS = """
SELECT name,
    countIf(known AND nth = 1) AS conversations,
    countIf(known) AS writes,
    countIf(type = 'invalid') AS invalid,
    countIf(type = 'null') AS nulls,
    arraySort(groupUniqArray(source)) AS sources,
    toUnixTimestamp64Milli(max(time)) AS last_written,
    countIf(numeric) AS numbers,
    minIf(number, numeric) AS least,
    maxIf(number, numeric) AS most,
    avgIf(number, numeric) AS mean,
    quantileExactInclusiveIf(0.5)(number, numeric) AS median
FROM (
    SELECT w.1 AS name, w.2 AS type, w.3 AS source, w.4 AS time, w.5 AS number, w.6 AS nth,
        type NOT IN ('null', 'invalid') AS known, type IN ('number', 'integer') AS numeric
    FROM (
        SELECT arrayJoin(arrayZip(
            write_names, write_types, write_sources, write_times, write_numbers,
            arrayEnumerateUniq(write_names, arrayMap(t -> t IN ('null', 'invalid'), write_types))
        )) AS w
        FROM {table} FINAL
        WHERE started_at >= fromUnixTimestamp64Milli({{since:Int64}})
          AND started_at < fromUnixTimestamp64Milli({{until:Int64}})
    )
)
GROUP BY name ORDER BY name LIMIT {{most:UInt32}} {limits}
"""
_VALUES = """
SELECT name, type = 'invalid' AS invalid, text, count() AS conversations
FROM (
    SELECT w.1 AS name, w.2 AS type, w.3 AS text, w.4 AS nth
    FROM (
        SELECT arrayJoin(arrayZip(
            write_names, write_types, write_texts,
            arrayEnumerateUniq(write_names, write_types, write_texts)
        )) AS w
        FROM {table} FINAL
        WHERE started_at >= fromUnixTimestamp64Milli({{since:Int64}})
          AND started_at < fromUnixTimestamp64Milli({{until:Int64}})
          AND ({{name:String}} = '' OR has(write_names, {{name:String}}))
    )
    WHERE nth = 1 AND type IN ('boolean', 'text', 'invalid', 'number', 'integer')
      AND ({{name:String}} != '' OR type NOT IN ('number', 'integer'))
      AND ({{name:String}} = '' OR name = {{name:String}})
      AND length(text) <= {{longest:UInt32}}
      AND ({{part:String}} = '' OR positionCaseInsensitiveUTF8(text, {{part:String}}) > 0)
)
GROUP BY name, invalid, text ORDER BY name, conversations DESC, text
LIMIT {{most:UInt32}} BY name, invalid {limits}
"""


@dataclass(frozen=True, slots=True)
class Numbers:
    """Of what was written as numbers."""

    min: float
    max: float
    avg: float
    p50: float


@dataclass(frozen=True, slots=True)
class Usage:
    """Of one name. ``last_written``: epoch milliseconds. ``values``: the commonest, with the number of
    conversations; ``more_values``: there are others. ``invalid_values``: what did not fit the type."""

    conversations: int = 0
    writes: int = 0
    invalid: int = 0
    nulls: int = 0
    sources: tuple[str, ...] = ()
    last_written: int | None = None
    numbers: Numbers | None = None
    values: Mapping[str, int] = field(default_factory=dict)
    more_values: bool = False
    invalid_values: tuple[str, ...] = ()


NONE = Usage()


def usage(engine: Engine, project_id: int, over: Range) -> dict[str, Usage]:
    """Every name that was written. The project's wide table must be there."""
    bounds = _bounds(over)
    totals = _select(engine, _TOTALS, project_id, {**bounds, "most": MOST_NAMES})
    found = {row[0]: _totals(row) for row in totals}
    parameters = {**bounds, "name": "", "part": "", "longest": _LONGEST_VALUE, "most": MOST_VALUES + 1}
    values: dict[tuple[str, bool], dict[str, int]] = {}
    for name, invalid, text, count in _select(engine, _VALUES, project_id, parameters):
        values.setdefault((name, bool(invalid)), {})[text] = count
    return {name: _with_values(one, values, name) for name, one in found.items()}


def values_of(
    engine: Engine, project_id: int, over: Range, name: str, *, part: str = "", limit: int = 50
) -> tuple[list[tuple[str, int]], bool]:
    """The name's values that contain ``part``, whatever its case, the commonest first, each with its number
    of conversations; and whether there are more. Texts longer than 100 bytes are no values to pick."""
    parameters = {
        **_bounds(over),
        "name": name,
        "part": part,
        "longest": _LONGEST_VALUE,
        "most": limit + 1,
    }
    rows = _select(engine, _VALUES, project_id, parameters)
    valid = [(text, count) for _, invalid, text, count in rows if not invalid]
    return valid[:limit], len(valid) > limit


def _select(
    engine: Engine, statement: str, project_id: int, parameters: dict[str, Any]
) -> list[tuple[Any, ...]]:
    """Raises QueryTooSlow, QueryTooLarge."""
    text = statement.format(table=wide_table(project_id), limits=_LIMITS.settings())
    try:
        return engine.select(text, parameters)
    except ClickHouseError as error:
        refusal = _LIMITS.refusal(error)
        if refusal is None:
            raise
        raise refusal from error


def _bounds(over: Range) -> dict[str, Any]:
    return {
        "since": EARLIEST_MS if over.since is None else over.since,
        "until": _FAR_MS if over.until is None else over.until,
    }


def _totals(row: tuple[Any, ...]) -> Usage:
    _, conversations, writes, invalid, nulls, sources, last, numbers, least, most, mean, median = row
    return Usage(
        conversations,
        writes,
        invalid,
        nulls,
        tuple(sources),
        last,
        Numbers(least, most, mean, median) if numbers else None,
    )


def _with_values(one: Usage, values: Mapping[tuple[str, bool], dict[str, int]], name: str) -> Usage:
    valid = list(values.get((name, False), {}).items())
    return replace(
        one,
        values=dict(valid[:MOST_VALUES]),
        more_values=len(valid) > MOST_VALUES,
        invalid_values=tuple(values.get((name, True), {}))[:MOST_VALUES],
    )
