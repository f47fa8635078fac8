"""Conditions that belong together: joined by or, or values of one field."""

from __future__ import annotations

from typing import Any

from aftercall.analyst.planner.frame import Where
from aftercall.analyst.planner.parts import Test


def either(text: Any, tests: list[Test]) -> list[Test]:
    """Conditions joined by "or", and values of one field joined by "and" or a comma, as one."""
    made: list[Test] = []
    for one in tests:
        before = made[-1] if made else None
        if before is None:
            made.append(one)
            continue
        words = [text.tokens[i].word for i in range(before.at[1], one.at[0])]
        same = _field(before.where) is not None and _field(before.where) == _field(one.where)
        if "or" in words or (
            same and before.is_value and one.is_value and set(words) <= {"and", "the", "for"}
        ):
            made[-1] = _merged(before, one)
        else:
            made.append(one)
    return made


def _field(where: Where) -> str | None:
    return where["field"] if where.get("op") in ("eq", "in") else None


def _merged(one: Test, two: Test) -> Test:
    at, means = (one.at[0], two.at[1]), f"{one.means} or {two.means}"
    if _field(one.where) is not None and _field(one.where) == _field(two.where):
        values = [*_values(one.where), *_values(two.where)]
        where: Where = {"field": one.where["field"], "op": "in", "value": values}
        return Test(at, where, means, one.one)
    parts = one.where.get("any", [one.where])
    return Test(at, {"any": [*parts, two.where]}, means)


def _values(where: Where) -> list[Any]:
    return list(where["value"]) if where["op"] == "in" else [where["value"]]
