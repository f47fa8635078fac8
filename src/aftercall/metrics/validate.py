"""The first step of the pipe: from a question to a plan, or to an error that names the place in it."""

from __future__ import annotations

import zoneinfo
from collections.abc import Sequence
from dataclasses import replace

from aftercall.catalog.projects import Project
from aftercall.metrics.buckets import buckets
from aftercall.metrics.conditions import Conditions
from aftercall.metrics.measures import Measures, divided, is_time
from aftercall.metrics.names import Names
from aftercall.metrics.plan import GroupPlan, MeasurePlan, Plan
from aftercall.metrics.query import AllTime, Between, Group, Having, Query
from aftercall.metrics.ranges import Range, compared
from aftercall.metrics.settings import settings_of
from aftercall.metrics.strict import near, refusal, shown

BUCKET = "bucket"
"""Key of the interval's bucket in a row."""
OTHER = "other"
"""Key in a row that stands for what is beyond the limit."""
ALIGNED = "aligned"
_RESERVED = frozenset({BUCKET, OTHER, ALIGNED})
_NUMERIC = ("number", "integer")


def validate(query: Query, project: Project, names: Names, zone: zoneinfo.ZoneInfo, range_: Range) -> Plan:
    """``range_`` has both ends. Raises QueryInvalid."""
    assert range_.since is not None and range_.until is not None
    conditions = Conditions(names, zone)
    measures = _measures(query, Measures(conditions))
    by = tuple(_group(group, names, f"by[{i}]") for i, group in enumerate(query.by))
    plan = Plan(
        query=query,
        project_id=project.id,
        zone=zone,
        settings=settings_of(project.settings),
        since=range_.since,
        until=range_.until,
        measures=measures,
        by=by,
        where=conditions.all_of(query.where, "where"),
        interval=query.interval,
        starts=_starts(query, range_, zone),
        currency=project.currency,
    )
    _check_names(plan)
    _check_having(query.having, measures)
    _check_sort(plan)
    if query.other and query.limit is None:
        raise refusal("other", "needs a limit: other is what lies beyond it")
    if (query.other or query.limit) and not by and query.interval is None:
        raise refusal("limit", "needs by or interval: without them there is one row")
    if query.other and not by:
        raise refusal("other", "needs by: buckets are never put together")
    return replace(plan, compared=_compared(plan, range_, zone))


def _measures(query: Query, reader: Measures) -> tuple[MeasurePlan, ...]:
    plans = [reader.read(one, f"measures[{i}]") for i, one in enumerate(query.measures)]
    if query.divide_by is not None:
        divisor = reader.read(query.divide_by, "divide_by")
        plans = [divided(plan, divisor, "divide_by") for plan in plans]
    return tuple(plans)


def _group(group: Group, names: Names, place: str) -> GroupPlan:
    operand = names.find(group.field, f"{place}.field")
    kind = operand.facts.type
    if kind in ("transcript", "ratio", "count"):
        raise refusal(f"{place}.field", f"is {shown(group.field)}, which has no values to group by")
    if kind == "time" and not isinstance(group.bucket, str):
        raise refusal(f"{place}.bucket", "must say by which part of a time: day, week, month, hour_of_day...")
    if isinstance(group.bucket, str) and kind != "time":
        raise refusal(f"{place}.bucket", f"is {group.bucket}, but {shown(group.field)} is no time")
    if isinstance(group.bucket, float) and kind not in _NUMERIC:
        raise refusal(f"{place}.bucket", f"is a width, but {shown(group.field)} ({kind}) is no number")
    return GroupPlan(group.name, operand, group.bucket)


def _starts(query: Query, range_: Range, zone: zoneinfo.ZoneInfo) -> tuple[int, ...]:
    if query.interval is None:
        return ()
    assert range_.since is not None and range_.until is not None
    return tuple(buckets(range_.since, range_.until, query.interval, zone))


def _compared(plan: Plan, range_: Range, zone: zoneinfo.ZoneInfo) -> Plan | None:
    if plan.query.compare is None:
        return None
    over = plan.query.over
    if isinstance(over, AllTime) or (isinstance(over, Between) and over.since is None):
        raise refusal("compare", "needs a range with a beginning: there is nothing before all time")
    before = compared(range_, plan.query.compare, zone)
    assert before.since is not None and before.until is not None
    return replace(
        plan, since=before.since, until=before.until, starts=_starts(plan.query, before, zone), beside=True
    )


def _check_names(plan: Plan) -> None:
    """Keys of a row are different from each other."""
    seen = set(_RESERVED)
    named = [(group.name, f"by[{i}]") for i, group in enumerate(plan.by)]
    named += [(measure.alias, f"measures[{i}]") for i, measure in enumerate(plan.measures)]
    for name, place in named:
        if name in seen:
            why = "which rows keep for themselves" if name in _RESERVED else "as another one is"
            raise refusal(place, f'is called {shown(name)} in the rows, {why}: give it a name with "as"')
        seen.add(name)


def _check_having(having: Sequence[Having], measures: Sequence[MeasurePlan]) -> None:
    known = {measure.alias: measure for measure in measures}
    for i, one in enumerate(having):
        place = f"having[{i}]"
        if one.measure not in known:
            nearest = near(one.measure, known)
            raise refusal(
                f"{place}.measure", f"is {shown(one.measure)}, no measure of this query", nearest=nearest
            )
        if is_time(known[one.measure]):
            raise refusal(f"{place}.measure", f"is {shown(one.measure)}, a time: having compares numbers")
        if one.op in ("exists", "not_exists"):
            if one.value is not None:
                raise refusal(f"{place}.value", f"is given, but {one.op} takes none: leave it out")
        elif one.op == "between":
            if not isinstance(one.value, list) or len(one.value) != 2:
                raise refusal(f"{place}.value", "must be a list of two numbers")
        elif not isinstance(one.value, float):
            raise refusal(f"{place}.value", "must be a number")


def _check_sort(plan: Plan) -> None:
    known = [measure.alias for measure in plan.measures] + [group.name for group in plan.by]
    if plan.interval is not None:
        known.append(BUCKET)
    for i, one in enumerate(plan.query.sort):
        if one.field not in known:
            nearest = near(one.field, known)
            raise refusal(
                f"sort[{i}].field",
                f"is {shown(one.field)}, no measure and no by of this query",
                nearest=nearest,
            )
