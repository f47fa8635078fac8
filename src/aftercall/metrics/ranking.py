"""Order and having of groups that are here already, as the engine would have done it (render.py)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aftercall.metrics.plan import Plan
from aftercall.metrics.query import Having

Record = dict[str, Any]
"""A row of a statement by the names of its columns: k0..., m0..., a0..."""

_HOLDS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda have, value: bool(have == value),
    "ne": lambda have, value: bool(have != value),
    "gt": lambda have, value: bool(have > value),
    "gte": lambda have, value: bool(have >= value),
    "lt": lambda have, value: bool(have < value),
    "lte": lambda have, value: bool(have <= value),
    "between": lambda have, value: bool(value[0] <= have <= value[1]),
}


def meeting(records: list[Record], plan: Plan) -> list[Record]:
    """Those whose measures meet ``having``."""
    names = {measure.alias: f"m{i}" for i, measure in enumerate(plan.measures)}
    asked = [(names[one.measure], one) for one in plan.query.having]
    return [record for record in records if all(_meets(record[name], one) for name, one in asked)]


def _meets(have: Any, one: Having) -> bool:
    if one.op in ("exists", "not_exists"):
        return (have is not None) == (one.op == "exists")
    return have is not None and _HOLDS[one.op](have, one.value)


def ranked(records: list[Record], plan: Plan) -> list[Record]:
    """By ``sort``, else by the first measure downwards; then by the keys upwards; unknown always last."""
    names = {measure.alias: f"m{i}" for i, measure in enumerate(plan.measures)}
    names |= {group.name: f"k{i}" for i, group in enumerate(plan.by)}
    asked = [(names[one.field], one.order == "desc") for one in plan.query.sort if one.field in names]
    order = (asked or [("m0", True)]) + [(f"k{i}", False) for i in range(len(plan.by))]
    for name, downwards in reversed(order):  # stable: what is sorted by first decides last
        known = [record for record in records if record[name] is not None]
        known.sort(key=lambda record: record[name], reverse=downwards)
        records = known + [record for record in records if record[name] is None]
    return records
