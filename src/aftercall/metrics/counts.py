"""Measures that are made of nothing but counts: of such the rest of a table is all less what is shown, and
the engine need not be asked for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from aftercall.metrics.plan import MeasurePlan
from aftercall.metrics.ranking import Record
from aftercall.metrics.scope import Sql
from aftercall.metrics.sql_measures import Aggregates, counted_sql, rate_conditions

Of = Callable[[Record], Any]
"""A measure's value, from a record's counts."""


def counts(measures: Sequence[MeasurePlan], aggregates: Aggregates, sql: Sql) -> list[Of] | None:
    """As ``measure_sql`` says them, over the same aggregates; None where one needs more than counts."""
    found = [_of(measure, aggregates, sql) for measure in measures]
    only = [one for one in found if one is not None]
    return only if len(only) == len(found) else None


def _of(measure: MeasurePlan, aggregates: Aggregates, sql: Sql) -> Of | None:
    found = _plain(measure, aggregates, sql)
    if found is None:
        return None
    divisor = None
    if measure.divide_by is not None:
        divisor = _of(measure.divide_by, aggregates, sql)
        if divisor is None:
            return None
    return _computed(found, float(measure.multiplier), divisor)


def _plain(measure: MeasurePlan, aggregates: Aggregates, sql: Sql) -> Of | None:
    if measure.agg == "rate":
        true, base = (aggregates.count(one) for one in rate_conditions(measure, sql))
        return lambda record: _quotient(record[true], record[base])
    if measure.agg == "conversations":
        counted = aggregates.count(counted_sql(measure, sql))
        return lambda record: record[counted]
    return None


def _computed(found: Of, multiplier: float, divisor: Of | None) -> Of:
    def value(record: Record) -> Any:
        number = found(record)
        if number is not None and multiplier != 1:
            number *= multiplier
        return number if divisor is None else _quotient(number, divisor(record))

    return value


def _quotient(one: Any, other: Any) -> Any:
    return None if one is None or not other else one / other


def rest(whole: Record, shown: Sequence[Record], measures: Sequence[Of]) -> Record:
    """The record of all conversations that are in none of ``shown``."""
    left = {name: whole[name] - sum(record[name] for record in shown) for name in _aggregates(whole)}
    return left | {f"m{i}": value(left) for i, value in enumerate(measures)}


def _aggregates(whole: Record) -> list[str]:
    return [name for name in whole if name[0] == "a" and name[1:].isdigit()]
