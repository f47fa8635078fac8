"""What a project's metrics were in a range of time: how often, when last, by whom, and what.

Of a registered metric its values are those that count, one per conversation, from its column; of a name that
nobody registered they are what was written, and a conversation in which two values were written has both.
"Writes" are all that stand (see write_names in model/builtins.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from clickhouse_connect.driver.exceptions import ClickHouseError

from aftercall.catalog.definitions import MetricDefinition, Registry
from aftercall.metrics.limits import Limits
from aftercall.metrics.ranges import Range
from aftercall.metrics.usage_sql import DURING, UNREGISTERED, VALUES, WRITES, Columns
from aftercall.model.times import EARLIEST_MS
from aftercall.store.engine import Engine
from aftercall.store.schema import wide_table

MOST_NAMES = 10_000
MOST_VALUES = 10
"""Of one name, in the list of all."""
AT_ONCE = 250
"""Columns looked at in one statement."""
_LONGEST_VALUE = 100
"""Longer texts are sentences: nobody counts or picks those."""
_FAR_MS = 4_102_444_800_000
_LIMITS = Limits(seconds=20)


@dataclass(frozen=True, slots=True)
class Numbers:
    """Of values that are numbers."""

    min: float
    max: float
    avg: float
    p50: float


@dataclass(frozen=True, slots=True)
class Usage:
    """Of one name. ``last_written``: epoch milliseconds. ``values``: the commonest, with the number of
    conversations; ``more_values``: there are others. ``estimated``: there are so many different ones that
    these are the commonest as near as can be told in one look, and their numbers not too high.
    ``invalid_values``: what did not fit the type."""

    conversations: int = 0
    writes: int = 0
    invalid: int = 0
    nulls: int = 0
    sources: tuple[str, ...] = ()
    last_written: int | None = None
    numbers: Numbers | None = None
    values: Mapping[str, int] = field(default_factory=dict)
    more_values: bool = False
    estimated: bool = False
    invalid_values: tuple[str, ...] = ()


NONE = Usage()


def usage(engine: Engine, registry: Registry, over: Range) -> dict[str, Usage]:
    """Every name that was written. The project's wide table must be there.

    Raises QueryTooSlow, QueryTooLarge.
    """
    asked = _Asked(engine, registry.project_id, over)
    found = dict(asked.writes())
    for metrics in _some(registry.metrics, AT_ONCE):
        for name, values in asked.columns(metrics).items():
            if name in found:
                found[name] = values(found[name])
    names = [name for name in found if name not in registry.by_name]
    if names:
        found |= asked.unregistered(names, found)
    unfit = [name for name, one in found.items() if one.invalid]
    if unfit:
        for name, texts in asked.invalid(unfit).items():
            found[name] = replace(found[name], invalid_values=tuple(texts)[:MOST_VALUES])
    return found


def values_of(
    engine: Engine, project_id: int, over: Range, name: str, *, part: str = "", limit: int = 50
) -> tuple[list[tuple[str, int]], bool]:
    """The name's values that contain ``part``, whatever its case, the commonest first, each with its number
    of conversations; and whether there are more. Texts longer than 100 bytes are no values to pick."""
    found = _Asked(engine, project_id, over).values([name], part=part, most=limit + 1)
    valid = list(found.get((name, False), {}).items())
    return valid[:limit], len(valid) > limit


class _Asked:
    """Statements about one project and range."""

    def __init__(self, engine: Engine, project_id: int, over: Range) -> None:
        self._engine = engine
        self._table = wide_table(project_id)
        self._bounds = {
            "since": EARLIEST_MS if over.since is None else over.since,
            "until": _FAR_MS if over.until is None else over.until,
        }

    def writes(self) -> Iterator[tuple[str, Usage]]:
        for name, known, invalid, nulls, sources, last in self._select(WRITES, most=MOST_NAMES):
            yield name, Usage(0, known, invalid, nulls, tuple(sources), last)

    def columns(self, metrics: tuple[MetricDefinition, ...]) -> dict[str, Any]:
        """By metric: what adds its values to its usage."""
        columns = Columns(metrics, MOST_VALUES, _LONGEST_VALUE)
        (row,) = self._select(columns.statement())
        return {one.name: _adding(one, told) for one, told in columns.told(row)}

    def unregistered(self, names: list[str], found: Mapping[str, Usage]) -> dict[str, Usage]:
        values = self.values(names, most=MOST_VALUES + 1, numbers=False)
        told = {}
        for name, conversations, numbers, least, most, mean, median in self._select(
            UNREGISTERED, names=names, most=MOST_NAMES
        ):
            valid = list(values.get((name, False), {}).items())
            told[name] = replace(
                found[name],
                conversations=conversations,
                numbers=Numbers(least, most, mean, median) if numbers else None,
                values=dict(valid[:MOST_VALUES]),
                more_values=len(valid) > MOST_VALUES,
            )
        return told

    def invalid(self, names: list[str]) -> dict[str, dict[str, int]]:
        found = self.values(names, most=MOST_VALUES, only_invalid=True)
        return {name: texts for (name, invalid), texts in found.items() if invalid}

    def values(
        self,
        names: list[str],
        *,
        part: str = "",
        most: int,
        numbers: bool = True,
        only_invalid: bool = False,
    ) -> dict[tuple[str, bool], dict[str, int]]:
        """(name, whether they do not fit) -> text -> conversations, the commonest first."""
        found: dict[tuple[str, bool], dict[str, int]] = {}
        types = ["invalid"] if only_invalid else ["boolean", "text", "invalid"]
        types += ["number", "integer"] if numbers and not only_invalid else []
        bound = {"names": names, "part": part, "types": types, "longest": _LONGEST_VALUE, "most": most}
        for name, invalid, text, count in self._select(VALUES, **bound):
            found.setdefault((name, bool(invalid)), {})[text] = count
        return found

    def _select(self, statement: str, **parameters: Any) -> list[tuple[Any, ...]]:
        text = statement.replace("{during}", DURING).replace("{table}", self._table) + _LIMITS.settings()
        try:
            return self._engine.select(text, {**self._bounds, **parameters})
        except ClickHouseError as error:
            refusal = _LIMITS.refusal(error)
            if refusal is None:
                raise
            raise refusal from error


def _adding(metric: MetricDefinition, told: list[Any]) -> Any:
    """``told``: as ``Columns`` selects it for the metric's type."""
    conversations, *rest = told

    def add(one: Usage) -> Usage:
        if metric.type in ("number", "integer"):
            numbers = Numbers(*map(float, rest)) if conversations else None
            return replace(one, conversations=conversations, numbers=numbers)
        if metric.type == "boolean":
            values = {"true": rest[0], "false": conversations - rest[0]}
            ordered = sorted(((v, n) for v, n in values.items() if n), key=lambda pair: (-pair[1], pair[0]))
            return replace(one, conversations=conversations, values=dict(ordered))
        common = sorted(((v, n - error) for v, n, error in rest[0]), key=lambda pair: (-pair[1], pair[0]))
        return replace(
            one,
            conversations=conversations,
            values=dict(common[:MOST_VALUES]),
            more_values=len(common) > MOST_VALUES,
            estimated=any(error for _, _, error in rest[0]),
        )

    return add


def _some(metrics: tuple[MetricDefinition, ...], size: int) -> Iterator[tuple[MetricDefinition, ...]]:
    for first in range(0, len(metrics), size):
        yield metrics[first : first + size]
