"""Measures as SQL: each an expression over named aggregates, so that what several measures need is computed
once, in the one pass over the rows."""

from __future__ import annotations

import re
from collections.abc import Iterator

from aftercall.metrics.operands import Operand, Registered, Written
from aftercall.metrics.plan import MeasurePlan
from aftercall.metrics.scope import Sql
from aftercall.metrics.sql_conditions import condition_sql, flagged_sql

_LEVELS = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
_OF_NUMBERS = frozenset({"sum", "avg", "min", "max", *_LEVELS})
_ALWAYS = "1"
_KNOWN_COLUMN = re.compile(r"isNotNull\((c\.(?:`\w+`|\w+))\)")
"""Of a column alone the engine counts what is not NULL without computing a condition."""


class Aggregates:
    """Aggregates of a statement by what they compute: ``a0``, ``a1``..."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._levels: dict[tuple[str, str], list[float]] = {}
        self._quantiles: dict[tuple[str, str], str] = {}
        self._count = 0

    def add(self, expression: str) -> str:
        if expression not in self._names:
            self._names[expression] = self._next()
        return self._names[expression]

    def count(self, condition: str) -> str:
        if condition == _ALWAYS:
            return self.add("count()")
        known = _KNOWN_COLUMN.fullmatch(condition)
        return self.add(f"count({known[1]})" if known else f"countIf({condition})")

    def of(self, function: str, value: str, condition: str) -> str:
        """NULL where no row has a value: nothing is known of nothing."""
        if condition == _ALWAYS:
            return self.add(f"{function}OrNull({value})")
        return self.add(f"{function}OrNullIf({value}, {condition})")

    def distinct(self, value: str, condition: str) -> str:
        call = f"uniqExact({value})" if condition == _ALWAYS else f"uniqExactIf({value}, {condition})"
        return self.add(call)

    def quantile(self, level: float, value: str, condition: str) -> str:
        """Exact, between the two nearest values; all levels of one value are one aggregate."""
        key = (value, condition)
        if key not in self._quantiles:
            self._quantiles[key], self._levels[key] = self._next(), []
        levels = self._levels[key]
        if level not in levels:
            levels.append(level)
        found = f"{self._quantiles[key]}[{levels.index(level) + 1}]"
        return f"if(isNaN({found}), NULL, {found})"

    def _next(self) -> str:
        self._count += 1
        return f"a{self._count - 1}"

    def definitions(self) -> list[str]:
        return [f"{call} AS {name}" for name, call, _ in self._calls()]

    def states(self) -> list[str]:
        """As what has still to be merged: ``s0`` of ``a0`` and so on."""
        return [f"{_with(call, 'State')} AS {_state(name)}" for name, call, _ in self._calls()]

    def merged(self) -> list[str]:
        """Of several groups' states together."""
        return [
            f"{_function(call)}Merge{levels}({_state(name)}) AS {name}"
            for name, call, levels in self._calls()
        ]

    def finished(self) -> list[str]:
        """Of one group's states."""
        return [f"finalizeAggregation({_state(name)}) AS {name}" for name, _, _ in self._calls()]

    def _calls(self) -> Iterator[tuple[str, str, str]]:
        """(name, call, the call's parameters)."""
        for expression, name in self._names.items():
            yield name, expression, ""
        for key, levels in self._levels.items():
            value, condition = key
            some = f"({', '.join(map(str, levels))})"
            if condition == _ALWAYS:
                call = f"quantilesExactInclusive{some}({value})"
            else:
                call = f"quantilesExactInclusiveIf{some}({value}, {condition})"
            yield self._quantiles[key], call, some


def _function(call: str) -> str:
    return call[: call.index("(")]


def _with(call: str, combinator: str) -> str:
    name = _function(call)
    return f"{name}{combinator}{call[len(name) :]}"


def _state(name: str) -> str:
    return f"s{name[1:]}"


def measure_sql(measure: MeasurePlan, aggregates: Aggregates, sql: Sql) -> str:
    """An expression over ``aggregates``; NULL where there is no answer."""
    found = _plain(measure, aggregates, sql)
    if measure.multiplier != 1:
        found = f"{found} * {sql.values.number(float(measure.multiplier))}"
    if measure.divide_by is not None:
        found = f"({found}) / nullIf({measure_sql(measure.divide_by, aggregates, sql)}, 0)"
    return found


def _plain(measure: MeasurePlan, aggregates: Aggregates, sql: Sql) -> str:
    where = condition_sql(measure.where, sql)
    agg = measure.agg
    if agg == "rate":
        true, base = rate_conditions(measure, sql)
        return f"{aggregates.count(true)} / nullIf({aggregates.count(base)}, 0)"
    known = known_sql(measure, sql)
    if agg == "conversations":
        return aggregates.count(counted_sql(measure, sql))
    if agg == "callers":
        return aggregates.distinct("c.from_number", _and(where, known, HAS_NUMBER))
    operand = measure.operand
    assert operand is not None, "only conversations and callers are counted of no metric"
    if agg == "events":
        return f"ifNull({aggregates.of('sum', events_sql(operand, sql), where)}, 0)"
    if agg == "distinct":
        return aggregates.distinct(operand.value(sql), where)
    if operand.facts.type == "time":
        return f"toUnixTimestamp64Milli({aggregates.of(agg, operand.value(sql), where)})"
    number = number_sql(operand, sql)
    if agg in _LEVELS:
        return aggregates.quantile(_LEVELS[agg], number, where)
    return aggregates.of(agg, number, where)


HAS_NUMBER = "c.from_number != ''"
"""NULL where there is none, which -If and WHERE take for false."""


def number_sql(operand: Operand, sql: Sql) -> str:
    """The value as a number to compute with; NULL where it is unknown, or no number."""
    kind = operand.facts.type
    if kind == "natural":
        numeric = f"{operand.type(sql)} IN ('boolean', 'number', 'integer')"
        return f"if({numeric}, {operand.number(sql)}, NULL)"
    if kind == "boolean":
        return f"toUInt8({operand.value(sql)})"
    # Sums of 64-bit integers would wrap around.
    wide = kind == "integer" and isinstance(operand, Registered | Written)
    return f"toFloat64({operand.value(sql)})" if wide else operand.value(sql)


def known_sql(measure: MeasurePlan, sql: Sql) -> str:
    if measure.operand is None:
        return _ALWAYS
    if measure.operand.facts.type == "list":
        return f"notEmpty({measure.operand.value(sql)})"
    return measure.operand.known(sql)


def counted_sql(measure: MeasurePlan, sql: Sql) -> str:
    """Of one conversation: whether ``conversations`` counts it."""
    return _and(condition_sql(measure.where, sql), known_sql(measure, sql))


def events_sql(operand: Operand, sql: Sql) -> str:
    """How often it was written in a conversation, in a usable way."""
    assert isinstance(operand, Registered | Written)
    name = operand.definition.name if isinstance(operand, Registered) else operand.name
    source = operand.source if isinstance(operand, Written) else None
    usable = f"n = {sql.values.text(name)} AND t NOT IN ('null', 'invalid')"
    if source is None:
        return f"arrayCount((n, t) -> {usable}, c.write_names, c.write_types)"
    usable += f" AND s = '{source}'"
    return f"arrayCount((n, t, s) -> {usable}, c.write_names, c.write_types, c.write_sources)"


def rate_conditions(measure: MeasurePlan, sql: Sql) -> tuple[str, str]:
    """(what is counted, what it is a share of); the first is a part of the second."""
    where = condition_sql(measure.where, sql)
    if isinstance(measure.base, Operand):
        base = _and(where, flagged_sql(measure.base, sql))
    elif measure.base == "known":
        base = _and(where, known_sql(measure, sql))
    else:
        base = where
    true = _true_sql(measure, sql)
    if measure.base == "known" and measure.narrows_itself:  # what is true is known
        return _and(true, where), base
    return _and(true, base), base


def _true_sql(measure: MeasurePlan, sql: Sql) -> str:
    if measure.wanted is not None:
        return condition_sql(measure.wanted, sql)
    operand = measure.operand
    if operand is None:
        return _ALWAYS
    if operand.facts.type == "natural":
        return f"({operand.type(sql)} = 'boolean' AND {operand.number(sql)} = 1)"
    return operand.true(sql)


def counted_condition(measure: MeasurePlan, sql: Sql) -> str:
    """Of one conversation: whether it is among those that the measure's number is made of."""
    if measure.agg == "rate":
        return rate_conditions(measure, sql)[0]
    parts = [condition_sql(measure.where, sql), known_sql(measure, sql)]
    if measure.agg == "callers":
        parts.append(HAS_NUMBER)
    elif measure.agg == "events" and measure.operand is not None:
        parts[1] = f"{events_sql(measure.operand, sql)} > 0"
    elif measure.operand is not None and measure.agg in _OF_NUMBERS and measure.facts.type != "time":
        parts[1] = f"isNotNull({number_sql(measure.operand, sql)})"
    return _and(*parts)


def base_condition(measure: MeasurePlan, sql: Sql) -> str:
    """Of one conversation: whether it is in what the number is a share of, or divided by."""
    if measure.divide_by is not None:
        return counted_condition(measure.divide_by, sql)
    if measure.agg == "rate":
        return rate_conditions(measure, sql)[1]
    return condition_sql(measure.where, sql)


def _and(*conditions: str) -> str:
    told = list(dict.fromkeys(one for one in conditions if one != _ALWAYS))
    return " AND ".join(told) if told else _ALWAYS


def missing_sql(
    measure: MeasurePlan, aggregates: Aggregates, sql: Sql, *, gaps: bool
) -> tuple[str, str, str, str]:
    """(of how many, known, null, invalid): names of aggregates, "" for none. ``gaps``: whether any
    conversation of the project has a metric without a usable value."""
    where = condition_sql(measure.where, sql)
    operand = measure.operand
    total = aggregates.count(where)
    if operand is None:
        return total, total, "", ""
    known = aggregates.count(counted_sql(measure, sql))
    if not operand.writable or (isinstance(operand, Registered) and not gaps):
        return total, known, "", ""
    null = aggregates.count(_and(where, operand.null(sql)))
    return total, known, null, aggregates.count(_and(where, operand.invalid(sql)))
