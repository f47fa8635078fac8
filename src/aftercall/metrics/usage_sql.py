"""The statements of usage.py. ``{during}`` is DURING, ``{table}`` the project's wide table; values are bound
by the engine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from aftercall.catalog.definitions import MetricDefinition
from aftercall.store.engine import quoted

CAPACITY = 100
"""Different values of a metric are told apart exactly up to a hundred times as many as are shown."""

DURING = """
        FROM {table} FINAL
        WHERE started_at >= fromUnixTimestamp64Milli({since:Int64})
          AND started_at < fromUnixTimestamp64Milli({until:Int64})"""

WRITES = """
SELECT name,
    countIf(type NOT IN ('null', 'invalid')) AS writes,
    countIf(type = 'invalid') AS invalid,
    countIf(type = 'null') AS nulls,
    arraySort(groupUniqArray(source)) AS sources,
    toUnixTimestamp64Milli(max(time)) AS last_written
FROM (
    SELECT write_names, write_types, write_sources, write_times{during}
)
ARRAY JOIN write_names AS name, write_types AS type, write_sources AS source, write_times AS time
GROUP BY name ORDER BY name LIMIT {most:UInt32} """

# Of a conversation that wrote a name ten times only the first place counts as a conversation.
UNREGISTERED = """
SELECT name,
    countIf(known AND nth = 1) AS conversations,
    countIf(numeric) AS numbers,
    minIf(number, numeric) AS least,
    maxIf(number, numeric) AS most,
    avgIf(number, numeric) AS mean,
    quantileExactInclusiveIf(0.5)(number, numeric) AS median
FROM (
    SELECT w.1 AS name, w.2 AS type, w.3 AS number, w.4 AS nth,
        type NOT IN ('null', 'invalid') AS known, type IN ('number', 'integer') AS numeric
    FROM (
        SELECT arrayJoin(arrayZip(
            write_names, write_types, write_numbers,
            arrayEnumerateUniq(write_names, arrayMap(t -> t IN ('null', 'invalid'), write_types))
        )) AS w{during}
          AND hasAny(write_names, {names:Array(String)})
    )
    WHERE name IN {names:Array(String)}
)
GROUP BY name ORDER BY name LIMIT {most:UInt32} """

VALUES = """
SELECT name, type = 'invalid' AS invalid, text, count() AS conversations
FROM (
    SELECT w.1 AS name, w.2 AS type, w.3 AS text, w.4 AS nth
    FROM (
        SELECT arrayJoin(arrayZip(
            write_names, write_types, write_texts,
            arrayEnumerateUniq(write_names, write_types, write_texts)
        )) AS w{during}
          AND hasAny(write_names, {names:Array(String)})
    )
    WHERE nth = 1 AND type IN {types:Array(String)}
      AND name IN {names:Array(String)}
      AND length(text) <= {longest:UInt32}
      AND ({part:String} = '' OR positionCaseInsensitiveUTF8(text, {part:String}) > 0)
)
GROUP BY name, invalid, text ORDER BY name, conversations DESC, text
LIMIT {most:UInt32} BY name, invalid """


class Columns:
    """The values of some registered metrics, all from one look at their columns."""

    def __init__(self, metrics: Sequence[MetricDefinition], most: int, longest: int) -> None:
        self._parts = [(metric, _parts(metric, int(most), int(longest))) for metric in metrics]

    def statement(self) -> str:
        selected = [part for _, parts in self._parts for part in parts]
        return "SELECT " + ", ".join(selected) + "{during} "

    def told(self, row: tuple[Any, ...]) -> Iterator[tuple[MetricDefinition, list[Any]]]:
        first = 0
        for metric, parts in self._parts:
            yield metric, list(row[first : first + len(parts)])
            first += len(parts)


def _parts(metric: MetricDefinition, most: int, longest: int) -> list[str]:
    column = quoted(metric.column)
    counted = f"count({column})"
    if metric.type == "boolean":
        return [counted, f"countIf({column})"]
    if metric.type in ("number", "integer"):
        return [counted, *(f"{name}({column})" for name in ("min", "max", "avg", _MEDIAN))]
    common = f"topKIf({most + 1}, {CAPACITY}, 'counts')({column}, length({column}) <= {longest})"
    return [counted, f"arrayMap(t -> (t.1, t.2, t.3), {common})"]


_MEDIAN = "quantileExactInclusive(0.5)"
