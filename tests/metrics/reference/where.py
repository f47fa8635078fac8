"""Which conversations a query means: one function per operator, over one field of one conversation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from tests.metrics.reference.call import LISTS, Call
from tests.metrics.reference.derived import DERIVED, disagreement
from tests.metrics.reference.span import local, moment
from tests.metrics.reference.values import NULL, Cell, Metric, as_type, flagged

Condition = dict[str, Any]
UTC = ZoneInfo("UTC")
TIMES = ("started_at", "ended_at")
SOURCES = ("agent", "extraction", "human", "system", "import")


def split(name: str) -> tuple[str, str | None]:
    """``X@agent`` is X and agent."""
    head, at, source = name.rpartition("@")
    return (head, source) if at and source in SOURCES else (name, None)


def cell(call: Call, field: str) -> Cell:
    """What a field that is no list and no transcript holds."""
    name, source = split(field)
    if field.startswith("state."):
        return call.path(call.shown.state(), field.split(".")[1:])
    if field.startswith("attributes."):
        return call.path(call.shown.fact("attributes") or {}, field.split(".")[1:])
    if field in ("hour_of_day", "day_of_week"):
        wall = local(call.started_at, call.zone)
        return Cell("known", wall.hour if field == "hour_of_day" else wall.isoweekday())
    if field.endswith("@disagreement"):
        return known_or_null(disagreement(call, [field.removesuffix("@disagreement")]))
    if field in call.builtins:
        return call.builtins[field]
    if field in DERIVED:
        return known_or_null(DERIVED[field](call))
    return call.metric(name, source)


def known_or_null(value: Any) -> Cell:
    return NULL if value is None else Cell("known", value)


def matches(call: Call, where: Condition) -> bool:
    if "any" in where:
        return any(matches(call, each) for each in where["any"])
    if "all" in where:
        return all(matches(call, each) for each in where["all"])
    if "not" in where:
        return not matches(call, where["not"])
    field, op, value = where["field"], where["op"], where.get("value")
    if field == "transcript":
        wanted = words(str(value))
        said = any(wanted <= utterance for utterance in call.words(where.get("speaker")))
        return said if op == "contains" else not said
    if field in LISTS:
        return bool(LIST_OPS[op](call.builtins[field].value, value))
    name, source = split(field)
    if op in ("written", "not_written"):
        return bool(call.writes(name, source)) is bool(op == "written")
    metric = call.registry.get(name)
    if op in ("flagged", "not_flagged"):
        empty = metric.empty_values if metric else Metric("", "text").empty_values
        return flagged(cell(call, field), empty) is bool(op == "flagged")
    if field in TIMES:
        return of_time(cell(call, field), op, value, call.zone)
    spelled = fitted(value, metric) if op in ("eq", "ne", "in", "not_in") else value
    return bool(OPS[op](cell(call, field), spelled))


def of_time(have: Cell, op: str, value: Any, zone: ZoneInfo) -> bool:
    """A date is the whole of its day."""
    if op in ("exists", "not_exists"):
        return have.known is (op == "exists")
    if not have.known:
        return False
    spans = [span_of(one, zone) for one in (value if isinstance(value, list) else [value])]
    (first, after), (_, after_last) = spans[0], spans[-1]
    return bool(
        {
            "eq": first <= have.value < after,
            "ne": not first <= have.value < after,
            "gt": have.value >= after,
            "gte": have.value >= first,
            "lt": have.value < first,
            "lte": have.value < after,
            "between": first <= have.value < after_last,
        }[op]
    )


def span_of(text: str, zone: ZoneInfo) -> tuple[int, int]:
    first = moment(text, zone, end=False)
    return first, moment(text, zone, end=True) if len(text) == 10 else first + 1


def words(text: str) -> set[str]:
    return set("".join(c if c.isalnum() else " " for c in text.lower()).split())


def fitted(value: Any, metric: Metric | None) -> Any:
    """The value of a condition, as an option whatever its case."""
    if metric is None or metric.type != "categorical":
        return value
    return [as_type(one, metric) for one in value] if isinstance(value, list) else as_type(value, metric)


def same(one: Any, other: Any) -> bool:
    """Of one kind and equal: true is not 1."""
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def compared(holds: Callable[[Any, Any], bool]) -> Callable[[Cell, Any], bool]:
    """On known values only; values of another kind do not compare."""

    def op(cell: Cell, value: Any) -> bool:
        numeric = isinstance(cell.value, int | float) and not isinstance(cell.value, bool)
        return cell.known and numeric and holds(cell.value, value)

    return op


def contains(cell: Cell, value: Any) -> bool:
    return isinstance(cell.value, str) and value.lower() in cell.value.lower()


OPS: dict[str, Callable[[Cell, Any], bool]] = {
    "eq": lambda cell, value: cell.known and same(cell.value, value),
    "ne": lambda cell, value: cell.known and not same(cell.value, value),
    "in": lambda cell, value: cell.known and any(same(cell.value, one) for one in value),
    "not_in": lambda cell, value: cell.known and not any(same(cell.value, one) for one in value),
    "gt": compared(lambda have, value: have > value),
    "gte": compared(lambda have, value: have >= value),
    "lt": compared(lambda have, value: have < value),
    "lte": compared(lambda have, value: have <= value),
    "between": compared(lambda have, value: value[0] <= have <= value[1]),
    "contains": lambda cell, value: cell.known and contains(cell, value),
    "not_contains": lambda cell, value: cell.known and not contains(cell, value),
    "exists": lambda cell, _: cell.known,
    "not_exists": lambda cell, _: not cell.known,
    "is_invalid": lambda cell, _: cell.state == "invalid",
}

LIST_OPS: dict[str, Callable[[list[str], Any], bool]] = {
    "contains": lambda items, value: value in items,
    "not_contains": lambda items, value: value not in items,
    "in": lambda items, value: any(one in items for one in value),
    "not_in": lambda items, value: not any(one in items for one in value),
    "exists": lambda items, _: bool(items),
    "not_exists": lambda items, _: not items,
}
