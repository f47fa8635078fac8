"""The third step: a plan as SQL. A statement is one pass over the rows of the time asked for.

SELECT keys, aggregates, measures FROM the project's table FINAL WHERE ... GROUP BY keys WITH TOTALS
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from aftercall.metrics.counts import Of, counts
from aftercall.metrics.limits import Limits
from aftercall.metrics.plan import GroupPlan, Plan
from aftercall.metrics.query import Having
from aftercall.metrics.scope import Sql
from aftercall.metrics.sql_conditions import condition_sql
from aftercall.metrics.sql_groups import Key, Top, bucket_key, keys
from aftercall.metrics.sql_measures import Aggregates, measure_sql, missing_sql, rate_conditions
from aftercall.metrics.values import Values
from aftercall.store.schema import wide_table

BUCKET, OTHER, TEXT, ROLLED = "b", "o", "t", "r"
"""Names in statements beside k0..., a0... and m0...; TEXT is the first key as the engine writes it; ROLLED is
0 for a group in a bucket, 1 for a group over the whole range, one more than keys for everything."""
_PASSING = """\
({compared}) IN (
    SELECT {keys} FROM (
        SELECT {columns} FROM {table} AS c FINAL{joins} WHERE {where} GROUP BY {keys} HAVING {having}
    )
)"""
_OPS = {"eq": "=", "ne": "!=", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


@dataclass(frozen=True)
class Pass:
    """One pass over the rows. ``by``: indexes into the plan's groups that make the keys; ``bucket``: the
    interval's as well; ``top``: only these values of the first; ``passing``: only groups of these keys that
    meet ``having`` over the whole range; ``having``: only rows that do; ``totals``: with a row of all;
    ``rolled``: with that, and with a row of each group over the whole range; ``whole``: the row is of all."""

    by: tuple[int, ...] = ()
    bucket: bool = False
    top: Top | None = None
    passing: tuple[int, ...] = ()
    having: bool = False
    totals: bool = False
    rolled: bool = False
    whole: bool = False
    sorted: bool = False
    limit: int | None = None


@dataclass(frozen=True)
class Facets:
    """What stands where in a row of all: names of its columns. A pass without such a row counts nothing."""

    population: str
    bases: dict[int, str]
    missing: dict[int, tuple[str, str, str, str]]


@dataclass(frozen=True)
class Statement:
    """``counts``: each measure from the record's counts; None where one is more than that."""

    sql: str
    parameters: dict[str, Any]
    facets: Facets
    counts: list[Of] | None = None


def scope_of(plan: Plan, first: int = 1) -> Sql:
    return Sql(
        values=Values(first),
        project_id=plan.project_id,
        table=wide_table(plan.project_id),
        since=plan.since,
        until=plan.until,
        timezone=plan.zone.key,
        settings=plan.settings,
        found_by_words=plan.found_by_words,
        says_no=plan.says_no,
    )


def statement(plan: Plan, order: Pass, limits: Limits, first: int = 1) -> Statement:
    """The SQL of one pass, its values apart, numbered from ``first``."""
    sql = scope_of(plan, first)
    aggregates = Aggregates()
    measures = [measure_sql(one, aggregates, sql) for one in plan.measures]
    counted = order.whole or order.totals or order.rolled
    facets = facets_of(plan, aggregates, sql) if counted else Facets("", {}, {})
    selected, joins, conditions = _keyed(plan, order, sql)
    columns = [*selected, *aggregates.definitions()]
    columns += [f"{expression} AS m{i}" for i, expression in enumerate(measures)]
    text = "SELECT\n    " + ",\n    ".join(columns)
    text += f"\nFROM {sql.table} AS c FINAL"
    text += "".join(f"\nARRAY JOIN {array} AS {name}" for array, name in joins)
    text += "\nWHERE " + "\n    AND ".join(conditions)
    text += _grouping(plan, order, sql)
    by_counts = counts(plan.measures, aggregates, sql) if plan.query.other else None
    return Statement(f"{text}\n{limits.settings()}", sql.values.bound, facets, by_counts)


def facets_of(plan: Plan, aggregates: Aggregates, sql: Sql) -> Facets:
    bases, missing = {}, {}
    for i, measure in enumerate(() if plan.beside else plan.measures):
        if measure.agg == "rate":
            bases[i] = aggregates.count(rate_conditions(measure, sql)[1])
        missing[i] = missing_sql(measure, aggregates, sql, gaps=plan.gaps)
    return Facets(aggregates.count("1"), bases, missing)


def _keyed(plan: Plan, order: Pass, sql: Sql) -> tuple[list[str], list[tuple[str, str]], list[str]]:
    """Key columns, arrays to join with their names, and conditions."""
    groups = [plan.by[i] for i in order.by]
    made, other = keys(groups, order.top, sql)
    conditions = [*range_conditions(sql), *where_conditions(plan, sql)]
    selected = [f"{one.expression} AS k{i}" for i, one in zip(order.by, made, strict=True)]
    if other:
        selected.append(f"{other} AS {OTHER}")
    elif order.top is not None:
        conditions.append(_shown(order.top, groups[0], made[0], sql))
    if order.by:
        selected.append(f"ifNull(toString(k{order.by[0]}), '') AS {TEXT}")
    if order.bucket:
        selected.insert(0, f"{bucket_key(plan.starts, sql)} AS {BUCKET}")
    if order.rolled:
        rolled = [BUCKET, *(f"k{i}" for i in order.by)]
        selected.append(" + ".join(f"grouping({name})" for name in rolled) + f" AS {ROLLED}")
    if order.passing:
        conditions.append(passing_sql(plan, order.passing, sql))
    joins = [(one.join, f"e{i}") for i, one in enumerate(made) if one.join]
    return selected, joins, conditions


def _shown(top: Top, group: GroupPlan, made: Key, sql: Sql) -> str:
    return top.holds(made.expression, sql) if group.is_list else top.holds_key(group, made, sql)


def range_conditions(sql: Sql) -> list[str]:
    return [f"c.started_at >= {sql.values.time(sql.since)}", f"c.started_at < {sql.values.time(sql.until)}"]


def where_conditions(plan: Plan, sql: Sql) -> list[str]:
    found = condition_sql(plan.where, sql)
    return [] if found == "1" else [found]


def passing_sql(plan: Plan, by: tuple[int, ...], sql: Sql) -> str:
    """Whether a row is of a group that meets ``having``. NULL is a group too, so both sides say which."""
    groups = [plan.by[i] for i in by]
    made, _ = keys(groups, None, sql)
    aggregates = Aggregates()
    measures = [measure_sql(one, aggregates, sql) for one in plan.measures]
    columns = [_comparable(one.expression) + f" AS k{i}" for i, one in enumerate(made)]
    columns += aggregates.definitions()
    columns += [f"{expression} AS m{i}" for i, expression in enumerate(measures)]
    keyed = ", ".join(f"k{i}" for i in range(len(made)))
    return _PASSING.format(
        compared=", ".join(_comparable(one.expression) for one in made),
        keys=keyed,
        columns=", ".join(columns),
        table=sql.table,
        joins="".join(f" ARRAY JOIN {one.join} AS e{i}" for i, one in enumerate(made) if one.join),
        where=" AND ".join([*range_conditions(sql), *where_conditions(plan, sql)]),
        having=having_sql(plan, sql),
    )


def _comparable(expression: str) -> str:
    return f"(isNull({expression}), ifNull(toString({expression}), ''))"


def _grouping(plan: Plan, order: Pass, sql: Sql) -> str:
    keys_ = [f"k{i}" for i in order.by]
    names = [*([BUCKET] if order.bucket else []), *keys_]
    if order.top is not None and order.top.other:
        names.append(OTHER)
    text = ""
    if order.rolled:
        # Each set is made of the one before; GROUPING SETS would look at every row once for each.
        text += f"\nGROUP BY ROLLUP({', '.join([*keys_, BUCKET])})"
    elif names:
        text += f"\nGROUP BY {', '.join(names)}" + (" WITH TOTALS" if order.totals else "")
    if order.having and plan.query.having:
        text += f"\nHAVING {having_sql(plan, sql)}"
    if order.sorted:
        text += f"\nORDER BY {sorting_sql(plan, order)}"
    if order.limit is not None:
        text += f"\nLIMIT {int(order.limit)}"
    return text


def having_sql(plan: Plan, sql: Sql) -> str:
    index = {measure.alias: f"m{i}" for i, measure in enumerate(plan.measures)}
    return " AND ".join(_compared(index[one.measure], one, sql) for one in plan.query.having)


def _compared(name: str, one: Having, sql: Sql) -> str:
    if one.op == "exists":
        return f"isNotNull({name})"
    if one.op == "not_exists":
        return f"isNull({name})"
    if isinstance(one.value, list):
        low, high = (sql.values.bind(float(value), "Float64") for value in one.value)
        return f"ifNull({name} >= {low} AND {name} <= {high}, false)"
    assert one.value is not None
    return f"ifNull({name} {_OPS[one.op]} {sql.values.bind(float(one.value), 'Float64')}, false)"


def sorting_sql(plan: Plan, order: Pass) -> str:
    """As asked for, or the first measure downwards; then by the keys, unknown last, so that it is always the
    same."""
    known = {measure.alias: f"m{i}" for i, measure in enumerate(plan.measures)}
    known |= {plan.by[i].name: f"k{i}" for i in order.by}
    asked = [(known[one.field], one.order) for one in plan.query.sort if one.field in known]
    if not asked:
        asked = [("m0", "desc")]
    parts = [f"{name} {'ASC' if way == 'asc' else 'DESC'} NULLS LAST" for name, way in asked]
    rest = [f"k{i}" for i in order.by if f"k{i}" not in dict(asked)]
    return ", ".join([*parts, *(f"{name} ASC NULLS LAST" for name in rest)])
