"""Who is behind a number: the conversations that a cell of an answer was made of, newest first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from aftercall.metrics.answer import Behind
from aftercall.metrics.limits import Limits
from aftercall.metrics.measures import is_time
from aftercall.metrics.plan import GroupPlan, MeasurePlan, Plan
from aftercall.metrics.query import Drill
from aftercall.metrics.ranges import iso
from aftercall.metrics.render import passing_sql, range_conditions, scope_of, where_conditions
from aftercall.metrics.run import Runner
from aftercall.metrics.scope import Sql
from aftercall.metrics.sql_groups import Top, key
from aftercall.metrics.sql_measures import base_condition, counted_condition, events_sql
from aftercall.metrics.strict import near, refusal, shown
from aftercall.metrics.validate import ALIGNED, BUCKET, OTHER
from aftercall.model.times import parse_ms
from aftercall.store.reader import Key


@dataclass(frozen=True)
class Cell:
    """A drill, checked: ``bucket`` is the index of one; ``keys``: which groups have which value."""

    measure: MeasurePlan | None
    base: bool
    bucket: int | None
    keys: dict[int, Any]
    other: bool


def cell_of(drill: Drill, plan: Plan) -> Cell:
    """Raises QueryInvalid."""
    aliases = {measure.alias: measure for measure in plan.measures}
    names = {group.name: i for i, group in enumerate(plan.by)}
    if drill.measure is not None and drill.measure not in aliases:
        nearest = near(drill.measure, aliases)
        raise refusal("measure", f"is {shown(drill.measure)}, no measure of the query", nearest=nearest)
    keys = {}
    for name, value in drill.row.items():
        if name in names:
            keys[names[name]] = _key_value(plan.by[names[name]], value, f"row.{name}")
        elif name not in aliases and name not in (BUCKET, OTHER, ALIGNED):
            nearest = near(name, [*names, BUCKET])
            raise refusal(f"row.{shown(name)}", "is no key of this query's rows", nearest=nearest)
    other = drill.row.get(OTHER, False) is True
    if other:
        if not plan.query.other:
            raise refusal("row.other", "is true, but the query did not ask for other")
        keys.pop(0, None)
    measure = None if drill.measure is None else aliases[drill.measure]
    return Cell(measure, drill.side == "base", _bucket(plan, drill.row.get(BUCKET)), keys, other)


def _bucket(plan: Plan, told: Any) -> int | None:
    if told is None:
        return None
    try:
        return plan.starts.index(parse_ms(str(told)))
    except (ValueError, OverflowError):
        raise refusal("row.bucket", f"is {shown(told)}, which begins no bucket of this query") from None


def _key_value(group: GroupPlan, value: Any, place: str) -> Any:
    kind = group.operand.facts.type
    if value is None:
        return None
    numeric = kind in ("number", "integer") or group.bucket in ("hour_of_day", "day_of_week")
    wanted: Any = bool if kind == "boolean" else (int, float) if numeric else str
    if not isinstance(value, wanted) or (numeric and isinstance(value, bool)):
        raise refusal(place, f"is {shown(value)}, which cannot be a value of {shown(group.name)}")
    if numeric and abs(value) > 1e300:
        raise refusal(place, f"is {shown(value)}, which is too large")
    return value


def conditions(plan: Plan, cell: Cell, top: Top | None, sql: Sql) -> list[str]:
    """Of one conversation of the table: whether it is behind the cell."""
    found = [*range_conditions(sql), *where_conditions(plan, sql)]
    if cell.bucket is not None:
        found.append(f"c.started_at >= {sql.values.time(plan.starts[cell.bucket])}")
        if cell.bucket + 1 < len(plan.starts):
            found.append(f"c.started_at < {sql.values.time(plan.starts[cell.bucket + 1])}")
    found += [_is(plan.by[i], value, sql) for i, value in cell.keys.items()]
    if cell.other and top is not None:
        found.append(_is_other(plan.by[0], top, sql))
        if plan.query.having and len(plan.by) == 1:
            found.append(passing_sql(plan, (0,), sql))
    if cell.measure is not None:
        found.append((base_condition if cell.base else counted_condition)(cell.measure, sql))
    return found


def _is(group: GroupPlan, value: Any, sql: Sql) -> str:
    if group.is_list:
        entries = group.operand.value(sql)
        return f"empty({entries})" if value is None else f"has({entries}, {sql.values.text(value)})"
    expression = key(group, "", sql).expression
    if value is None:
        return f"isNull({expression})"
    if isinstance(value, bool):
        return f"ifNull({expression} = {sql.values.boolean(value)}, false)"
    if isinstance(value, str):
        return f"ifNull(toString({expression}) = {sql.values.text(value)}, false)"
    return f"ifNull({expression} = {sql.values.number(value)}, false)"


def _is_other(group: GroupPlan, top: Top, sql: Sql) -> str:
    made = key(group, "", sql)
    if group.is_list:
        return f"arrayExists(v -> NOT {top.holds('v', sql)}, {made.join})"
    return f"NOT {top.holds(made.expression, sql)}"


_COLUMNS = (
    "c.conversation_id",
    "toUnixTimestamp64Milli(c.started_at)",
    "nullIf(c.channel, '')",
    "c.from_number",
    "c.duration",
)


def page(
    runner: Runner,
    plan: Plan,
    cell: Cell,
    limits: Limits,
    *,
    limit: int,
    after: Key | None = None,
    known: int | None = None,
) -> tuple[list[Behind], int, Key | None]:
    """(one page, how many there are in all, where the next page starts or None). ``known``: how many, where
    that was counted before."""
    listing = _Listing(runner, plan, cell, limits)
    count = listing.count() if known is None else known
    rows = listing.newest(limit + 1, after, None if known == 0 else count)
    measures = [measure for measure in plan.measures if measure.operand is not None]
    items = [_item(row, measures, plan) for row in rows[:limit]]
    last = rows[:limit][-1] if len(rows) > limit else None
    return items, count, None if last is None else (last[1], last[0])


class _Listing:
    """The conversations behind one cell."""

    def __init__(self, runner: Runner, plan: Plan, cell: Cell, limits: Limits) -> None:
        self._runner, self._plan, self._cell, self._limits = runner, plan, cell, limits
        self._top = runner.top(plan) if cell.other else None

    def count(self) -> int:
        sql = scope_of(self._plan)
        where = _joined(conditions(self._plan, self._cell, self._top, sql))
        text = f"SELECT count()\nFROM {sql.table} AS c FINAL\nWHERE {where}\n{self._limits.settings()}"
        ((count,),) = self._runner.table(text, sql.values.bound).data
        return int(count)

    def newest(self, limit: int, after: Key | None, count: int | None) -> list[list[Any]]:
        """Beginning ``after``. ``count``: of all, where it is known."""
        if count == 0:
            return []
        since, until = self._span(after)
        rows: list[list[Any]] = []
        for first in self._firsts(since, until, limit, count):
            rows = self._rows(first, until, limit, after)
            if len(rows) == limit:
                break
        return rows

    def _span(self, after: Key | None) -> tuple[int, int]:
        """From when to when these can have started, until exclusive."""
        plan, bucket = self._plan, self._cell.bucket
        since, until = plan.since, plan.until
        if bucket is not None:
            since = max(since, plan.starts[bucket])
            until = min(until, *plan.starts[bucket + 1 : bucket + 2], until)
        return since, until if after is None else min(until, after[0] + 1)

    def _firsts(self, since: int, until: int, limit: int, count: int | None) -> Iterator[int]:
        """Since when to look, one after another. The newest are asked for, and the table is in the order of
        time: a short look back mostly finds enough, and all of it is then left unread."""
        # What is other may hang on having, which is about the whole range.
        if not self._cell.other:
            share = _FIRST_LOOK if count is None else 4 * limit / count
            while share < 1 / _FURTHER:
                yield until - int((until - since) * share)
                share *= _FURTHER
        yield since

    def _rows(self, since: int, until: int, limit: int, after: Key | None) -> list[list[Any]]:
        plan = replace(self._plan, since=since, until=until)
        sql = scope_of(plan)
        found = conditions(plan, self._cell, self._top, sql)
        if after is not None:
            place = f"({sql.values.time(after[0])}, {sql.values.text(after[1])})"
            found.append(f"(c.started_at, c.conversation_id) < {place}")
        values = [_value(measure, sql) for measure in plan.measures if measure.operand is not None]
        text = (
            f"SELECT {', '.join([*_COLUMNS, *values])}\nFROM {sql.table} AS c FINAL\nWHERE {_joined(found)}\n"
            f"ORDER BY c.started_at DESC, c.conversation_id DESC\nLIMIT {int(limit)}\n"
            f"{self._limits.settings()}{_SMALL_BLOCKS if since > self._plan.since else ''}"
        )
        return self._runner.table(text, sql.values.bound).data


_SMALL_BLOCKS = ", max_block_size = 1024"
"""Where few rows of each part are needed; where all are read it would only cost."""
_FIRST_LOOK = 1 / 256
_FURTHER = 8


def _joined(found: list[str]) -> str:
    return "\n    AND ".join(f"({one})" for one in found)


def _value(measure: MeasurePlan, sql: Sql) -> str:
    """What one conversation adds to the measure."""
    operand = measure.operand
    assert operand is not None, "of conversations as such all there is to say is that it counts"
    if measure.agg == "events":
        return events_sql(operand, sql)
    value = operand.value(sql)
    return f"toUnixTimestamp64Milli({value})" if operand.facts.type == "time" else value


def _item(row: list[Any], measures: list[MeasurePlan], plan: Plan) -> Behind:
    id_, started, channel, number, duration, *values = row
    told = {
        measure.alias: _told(measure, value, plan) for measure, value in zip(measures, values, strict=True)
    }
    return Behind(id_, iso(started, plan.zone), channel, number, duration, told)


def _told(measure: MeasurePlan, value: Any, plan: Plan) -> Any:
    if value is None or measure.agg == "events":
        return value
    if measure.facts.type == "time" or is_time(measure):
        return iso(value, plan.zone)
    return bool(value) if measure.facts.type == "boolean" else value
