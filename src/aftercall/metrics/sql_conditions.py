"""Conditions as SQL. What is NULL counts as false: -If and WHERE take it so, AND and OR keep it so, and of a
``not`` the part is first made false where it is NULL. So ``not`` is the complement."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aftercall.metrics.operands import UNUSABLE, Operand
from aftercall.metrics.plan import Condition, Every, Opposite, Test
from aftercall.metrics.scope import Sql
from aftercall.model.values import DEFAULT_EMPTY_VALUES

_COMPARE = {"eq": "=", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
_OUTER_SPACE = r"'^[\\s\\pZ]+|[\\s\\pZ]+$'"
_SPOKEN = """\
c.conversation_id IN (
    SELECT conversation_id FROM turns FINAL
    WHERE project_id = {project} AND started_at >= {since} AND started_at < {until}
        AND hasAllTokens(text, {words}){speaker}
    {found_by_words}
)"""


def condition_sql(condition: Condition, sql: Sql) -> str:
    """``1`` where it asks for nothing."""
    if isinstance(condition, Test):
        return _test(condition, sql)
    if isinstance(condition, Opposite):
        return f"NOT ifNull({condition_sql(condition.part, sql)}, false)"
    if not condition.parts:
        return "1"
    joiner = " AND " if isinstance(condition, Every) else " OR "
    return "(" + joiner.join(condition_sql(part, sql) for part in condition.parts) + ")"


def _test(test: Test, sql: Sql) -> str:
    operand, kind = test.operand, test.operand.facts.type
    if kind == "transcript":
        return _spoken(test, sql)
    if test.op in _OF_WRITES:
        return _OF_WRITES[test.op](operand, sql)
    if kind == "list":
        return _list(test, sql)
    if test.op == "exists":
        return operand.known(sql)
    if test.op == "not_exists":
        return f"NOT ({operand.known(sql)})"
    if test.op == "flagged":
        return flagged_sql(operand, sql)
    if test.op == "not_flagged":
        return f"NOT ifNull({flagged_sql(operand, sql)}, false)"
    return _compared(operand, test.op, test.value, sql)


_OF_WRITES: dict[str, Callable[[Operand, Sql], str]] = {
    "written": lambda operand, sql: operand.written(sql),
    "not_written": lambda operand, sql: f"NOT ({operand.written(sql)})",
    "is_invalid": lambda operand, sql: operand.invalid(sql),
}
_POSITIVE = {"ne": "eq", "not_in": "in", "not_contains": "contains"}


def _compared(operand: Operand, op: str, value: Any, sql: Sql) -> str:
    """NULL where there is no value: so ne, not_in and not_contains keep only those that have one."""
    if op in _POSITIVE:
        holds = _compared(operand, _POSITIVE[op], value, sql)
        if operand.facts.type == "natural":  # which is false, not NULL, of another type
            return f"({operand.known(sql)} AND NOT ifNull({holds}, false))"
        return f"NOT ({holds})"
    if op == "in":
        return _one_of(operand, value, sql)
    if op == "eq":
        return _one(operand, value, sql)
    if op == "contains":
        return _contains(operand, value, sql)
    if operand.facts.type == "time":
        return _time(operand.value(sql), op, value, sql)
    field = _number_of(operand, sql)
    if op == "between":
        low, high = (sql.values.number(one) for one in value)
        return f"({field} >= {low} AND {field} <= {high})"
    return f"{field} {_COMPARE[op]} {sql.values.number(value)}"


def _one_of(operand: Operand, values: tuple[Any, ...], sql: Sql) -> str:
    if operand.facts.type in ("text", "categorical"):
        return f"{operand.value(sql)} IN {sql.values.texts(values)}"
    # One by one: a set would be of one type, and 2.5 in a set of integers is an error.
    return "(" + " OR ".join(_one(operand, one, sql) for one in values) + ")"


def _one(operand: Operand, value: Any, sql: Sql) -> str:
    kind = operand.facts.type
    if kind == "time":
        return _time(operand.value(sql), "eq", value, sql)
    if kind != "natural":
        return f"{operand.value(sql)} = {_bound(operand, value, sql)}"
    if isinstance(value, bool):
        return f"({operand.type(sql)} = 'boolean' AND {operand.number(sql)} = {int(value)})"
    if isinstance(value, str):
        return f"({operand.type(sql)} = 'text' AND {operand.text(sql)} = {sql.values.text(value)})"
    numeric = f"{operand.type(sql)} IN ('number', 'integer')"
    return f"({numeric} AND {operand.number(sql)} = {sql.values.number(value)})"


def _bound(operand: Operand, value: Any, sql: Sql) -> str:
    if isinstance(value, bool):
        return sql.values.boolean(value)
    return sql.values.text(value) if isinstance(value, str) else sql.values.number(value)


def _time(field: str, op: str, value: Any, sql: Sql) -> str:
    """Against a span (first millisecond, first after it): of a day, or of one millisecond."""
    if op == "between":
        (low, _), (_, high) = value
        return f"({field} >= {sql.values.time(low)} AND {field} < {sql.values.time(high)})"
    first, after = (sql.values.time(ms) for ms in value)
    return {
        "eq": f"({field} >= {first} AND {field} < {after})",
        "gte": f"{field} >= {first}",
        "gt": f"{field} >= {after}",
        "lt": f"{field} < {first}",
        "lte": f"{field} < {after}",
    }[op]


def _number_of(operand: Operand, sql: Sql) -> str:
    """The value as a number; NULL where it is none."""
    if operand.facts.type != "natural":
        return operand.value(sql)
    return f"if({operand.type(sql)} IN ('number', 'integer'), {operand.number(sql)}, NULL)"


def _contains(operand: Operand, text: str, sql: Sql) -> str:
    field = operand.text(sql) if operand.facts.type == "natural" else operand.value(sql)
    found = f"position(lowerUTF8({field}), lowerUTF8({sql.values.text(text)})) > 0"
    return f"({operand.type(sql)} = 'text' AND {found})" if operand.facts.type == "natural" else found


def _list(test: Test, sql: Sql) -> str:
    field = test.operand.value(sql)
    if test.op in ("exists", "not_exists"):
        return f"notEmpty({field})" if test.op == "exists" else f"empty({field})"
    values = test.value if isinstance(test.value, tuple) else (test.value,)
    found = " OR ".join(f"has({field}, {sql.values.text(value)})" for value in values)
    return f"({found})" if test.op in ("contains", "in") else f"NOT ({found})"


def _spoken(test: Test, sql: Sql) -> str:
    speaker = "" if test.speaker is None else f" AND speaker = {sql.values.text(test.speaker)}"
    spoken = _SPOKEN.format(
        project=sql.values.bind(sql.project_id, "UInt32"),
        since=sql.values.time(sql.since),
        until=sql.values.time(sql.until),
        words=sql.values.text(test.value),
        speaker=speaker,
        found_by_words=sql.found_by_words,
    )
    return spoken if test.op == "contains" else f"NOT {spoken}"


def flagged_sql(operand: Operand, sql: Sql) -> str:
    """True; a number but 0; a text that does not say that nothing was found."""
    kind, value = operand.facts.type, operand.value(sql)
    if kind == "boolean":
        return value
    if kind in ("number", "integer"):
        return f"{value} != 0"
    if kind != "natural":
        # has() of NULL is false, not NULL.
        return f"({operand.known(sql)} AND {_says_something(value, operand.facts.empty_values, sql)})"
    says = _says_something(operand.text(sql), DEFAULT_EMPTY_VALUES, sql)
    return (
        f"multiIf({operand.type(sql)} IN {UNUSABLE}, false, {operand.type(sql)} = 'text', {says},"
        f" {operand.number(sql)} != 0)"
    )


def _says_something(field: str, empty_values: tuple[str, ...], sql: Sql) -> str:
    folded = [value.strip().casefold() for value in empty_values]
    return f"NOT has({sql.values.texts(folded)}, lowerUTF8(replaceRegexpAll({field}, {_OUTER_SPACE}, '')))"
