"""The last step: tables of the engine as the answer that people and programs read."""

from __future__ import annotations

from typing import Any

from aftercall.metrics.answer import Answer, Base, Column, Format, Missing, Population, Previous, Row
from aftercall.metrics.facts import Facts
from aftercall.metrics.measures import is_time
from aftercall.metrics.operands import Operand
from aftercall.metrics.plan import GroupPlan, MeasurePlan, Plan
from aftercall.metrics.query import MOST_ROWS
from aftercall.metrics.ranges import iso
from aftercall.metrics.ranking import Record
from aftercall.metrics.run import Group, Tables, Whole, place_of
from aftercall.metrics.strict import refusal
from aftercall.metrics.validate import ALIGNED, BUCKET, OTHER

_WHOLE: Group = (False, ())


def shape(
    plan: Plan,
    tables: Tables,
    *,
    took_ms: float,
    fresh_as_of: int | None,
    mixed_versions: dict[str, dict[str, int]],
) -> Answer:
    """``sql`` is left out: it is for those who may see it."""
    places = _places(plan, tables)
    return Answer(
        columns=columns(plan),
        rows=_rows(plan, tables, places),
        totals=_measured(plan, tables.whole.record),
        previous=_previous(plan, tables, places),
        population=_population(plan, tables.whole),
        bases=_bases(plan, tables.whole),
        missing=_missing(plan, tables.whole),
        sql=None,
        parameters=None,
        took_ms=round(took_ms, 3),
        fresh_as_of=None if fresh_as_of is None else iso(fresh_as_of, plan.zone),
        drill={"query": _fixed(plan)},
        truncated=tables.truncated,
        mixed_versions=mixed_versions,
    )


Place = tuple[int | None, Group]
"""(index of a bucket, group)."""


def _places(plan: Plan, tables: Tables) -> list[Place]:
    """Where there are rows, in their order. Every bucket of every group has one, empty or not."""
    if plan.interval is None:
        return [(None, group) for group in tables.groups] if plan.by else [(None, _WHOLE)]
    groups = tables.groups if plan.by else [_WHOLE]
    if len(groups) * len(plan.starts) > MOST_ROWS:
        raise refusal(
            "limit",
            f"is needed: {len(groups):,} groups in {len(plan.starts):,} buckets are over {MOST_ROWS:,} rows",
        )
    if not plan.by and plan.query.having:
        passed = {record["b"] for record in tables.records}
        indexes = [i for i, start in enumerate(plan.starts) if start in passed]
    else:
        indexes = list(range(len(plan.starts)))
    return _sorted(plan, tables, [(index, group) for index in indexes for group in groups])


def _sorted(plan: Plan, tables: Tables, places: list[Place]) -> list[Place]:
    """Buckets in the order of time, unless the question sorts by them or, without by, by a measure."""
    for one in reversed(plan.query.sort):
        if one.field == BUCKET:
            places = sorted(places, key=lambda place: place[0] or 0, reverse=one.order == "desc")
        elif not plan.by:
            found = _by_place(plan, tables)
            name = next(f"m{i}" for i, m in enumerate(plan.measures) if m.alias == one.field)
            values = {p: found[p][name] if p in found else _empty(plan, name) for p in places}
            known = [place for place in places if values[place] is not None]
            unknown = [place for place in places if values[place] is None]
            known.sort(key=lambda place: values[place], reverse=one.order == "desc")
            places = known + unknown
    return places


def _empty(plan: Plan, name: str) -> Any:
    return 0 if plan.measures[int(name[1:])].counts else None


def _by_place(plan: Plan, tables: Tables) -> dict[Place, Record]:
    index = {start: i for i, start in enumerate(plan.starts)}
    found = {}
    for record in tables.records:
        start, group = place_of(record, len(plan.by))
        found[None if start is None else index[start], group] = record
    return found


def _rows(plan: Plan, tables: Tables, places: list[Place]) -> list[Row]:
    found = _by_place(plan, tables)
    return [_row(plan, place, found.get(place)) for place in places]


def _row(plan: Plan, place: Place, record: Record | None) -> Row:
    index, (other, keys) = place
    row: Row = {}
    if plan.interval is not None:
        row[BUCKET] = None if index is None else iso(plan.starts[index], plan.zone)
    for group, key in zip(plan.by, keys, strict=True):
        row[group.name] = _key(group, key)
    if other:
        row[OTHER] = True
    return row | _measured(plan, record)


def _key(group: GroupPlan, key: Any) -> Any:
    return bool(key) if group.operand.facts.type == "boolean" and key is not None else key


def _measured(plan: Plan, record: Record | None) -> Row:
    """The measures of a row; of none what nothing comes to."""
    row: Row = {}
    for i, measure in enumerate(plan.measures):
        if record is None:
            row[measure.alias] = 0 if measure.counts else None
        else:
            row[measure.alias] = _value(plan, measure, record[f"m{i}"])
    return row


def _value(plan: Plan, measure: MeasurePlan, value: Any) -> Any:
    return iso(value, plan.zone) if is_time(measure) and value is not None else value


def _previous(plan: Plan, tables: Tables, places: list[Place]) -> Previous | None:
    """One row beside each row."""
    before, found = plan.compared, tables.compared
    if before is None or found is None:
        return None
    records = _by_place(before, found)
    rows = []
    for place in places:
        index, group = place
        there = index is None or index < len(before.starts)
        row = _row(before, place if there else (None, group), records.get(place) if there else None)
        if not there:  # the period before has fewer buckets: nothing is known of one it does not have
            row |= dict.fromkeys((measure.alias for measure in plan.measures), None)
        if index is not None:
            row[ALIGNED] = iso(plan.starts[index], plan.zone)
        rows.append(row)
    return Previous(rows, _measured(before, found.whole.record), _population(before, found.whole))


def _population(plan: Plan, whole: Whole) -> Population:
    return Population(
        conversations=whole.record[whole.facets.population],
        since=iso(plan.since, plan.zone),
        to=iso(plan.until, plan.zone),
        timezone=plan.zone.key,
    )


def _bases(plan: Plan, whole: Whole) -> dict[str, Base]:
    found = {}
    for i, name in whole.facets.bases.items():
        measure = plan.measures[i]
        base = measure.base.facts.name if isinstance(measure.base, Operand) else measure.base
        found[measure.alias] = Base(base, whole.record[name])
    return found


def _missing(plan: Plan, whole: Whole) -> dict[str, Missing]:
    return {
        measure.alias: _missing_of(measure, whole.record, whole.facets.missing[i])
        for i, measure in enumerate(plan.measures)
    }


def _missing_of(measure: MeasurePlan, totals: Record, names: tuple[str, str, str, str]) -> Missing:
    total, known, null, invalid = names
    unknown = totals[total] - totals[known]
    if measure.operand is None or not measure.operand.writable:
        return Missing(null=unknown, not_written=0, invalid=0)
    told, unfit = (totals[name] if name else 0 for name in (null, invalid))
    return Missing(null=told, not_written=unknown - told - unfit, invalid=unfit)


def _fixed(plan: Plan) -> dict[str, Any]:
    """The question with its range as it was now, so that who is behind a number stays who was."""
    told = plan.query.plain()
    told["over"] = {"from": iso(plan.since, plan.zone), "to": iso(plan.until, plan.zone)}
    told["timezone"] = plan.zone.key
    told.pop("compare", None)
    return told


def columns(plan: Plan) -> list[Column]:
    """In the order of a table: bucket, by, measures."""
    found = []
    if plan.interval is not None:
        found.append(Column(BUCKET, "bucket", "time", format="time", label=plan.interval.capitalize()))
    found += [_by_column(group) for group in plan.by]
    return found + [_measure_column(measure, plan.currency) for measure in plan.measures]


def _by_column(group: GroupPlan) -> Column:
    facts, kind = group.operand.facts, group.operand.facts.type
    if isinstance(group.bucket, str):
        whole = group.bucket in ("hour_of_day", "day_of_week")
        label = f"{facts.display_name}: {group.bucket.replace('_', ' ')}"
        return Column(
            group.name,
            "by",
            "integer" if whole else "date",
            format="number" if whole else "date",
            label=label,
        )
    type_ = kind if kind in ("boolean", "number", "integer", "categorical") else "text"
    format_: Format = "boolean" if kind == "boolean" else "text"
    if type_ in ("number", "integer"):
        format_ = _format(facts)
    return Column(
        group.name,
        "by",
        type_,
        facts.unit,
        format_,
        facts.display_name,
        definition=facts.definition,
    )


def _measure_column(measure: MeasurePlan, currency: str) -> Column:
    facts = measure.shown or measure.facts
    unit, format_ = _unit(measure, facts, currency)
    counts = measure.counts and measure.multiplier == 1
    return Column(
        measure.alias,
        "measure",
        "time" if is_time(measure) else "integer" if counts else "number",
        unit,
        format_,
        _label(measure, facts),
        facts.better,
        facts.definition,
    )


_AGG_LABELS = {
    "events": "events",
    "callers": "callers",
    "sum": "total",
    "avg": "average",
    "min": "lowest",
    "max": "highest",
    "p50": "median",
    "p95": "95th percentile",
    "p99": "99th percentile",
    "rate": "rate",
    "distinct": "different values",
    "conversations": "conversations",
}


def _label(measure: MeasurePlan, facts: Facts) -> str:
    if measure.shown is not None or measure.operand is None:
        return facts.display_name
    return f"{facts.display_name}, {_AGG_LABELS[measure.agg]}"


def _unit(measure: MeasurePlan, facts: Facts, currency: str) -> tuple[str, Format]:
    if measure.shown is not None and measure.shown.type == "ratio":
        return facts.unit, facts.format or "number"
    if measure.divide_by is not None or measure.multiplier != 1:
        return "", "number"
    if is_time(measure):
        return "", "time"
    if measure.agg == "rate":
        return "%", "percent"
    if measure.counts:
        counted = {"callers": "callers", "events": "events", "distinct": "values"}
        return counted.get(measure.agg, "conversations"), "count"
    if facts.type == "boolean":
        return ("", "percent") if measure.agg == "avg" else ("conversations", "count")
    return (currency if facts.unit == "currency" else facts.unit), _format(facts)


def _format(facts: Facts) -> Format:
    if facts.format is not None:
        return facts.format
    return "duration" if facts.unit in ("s", "seconds") else "number"
