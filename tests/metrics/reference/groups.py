"""Which group a conversation belongs to, and which groups come first."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

from tests.metrics.reference import span
from tests.metrics.reference.call import LISTS, Call
from tests.metrics.reference.values import plain
from tests.metrics.reference.where import cell

Group = dict[str, Any]
Key = tuple[Any, ...]
OTHER = ("other",)
"""Stands in a key for all values beyond the limit."""


def groups_of(query: dict[str, Any]) -> list[Group]:
    return [{"field": one} if isinstance(one, str) else one for one in query.get("by", [])]


def name_of(group: Group) -> str:
    return str(group.get("as") or group["field"])


def keys(query: dict[str, Any], call: Call, zone: ZoneInfo) -> Iterable[Key]:
    """More than one where it is grouped by a list: once for each of its values."""
    return product(*(values(group, call, zone) for group in groups_of(query)))


def values(group: Group, call: Call, zone: ZoneInfo) -> list[Any]:
    field, width = group["field"], group.get("bucket")
    if field in LISTS:
        return list(call.builtins[field].value) or [None]
    if field in ("hour_of_day", "day_of_week"):
        return [of_clock(call.started_at, field, zone)]
    have = cell(call, field)
    if not have.known:
        return [None]
    if width is None:
        return [plain(have.value) if have.type == "natural" else have.value]
    if isinstance(width, str):
        return [of_clock(have.value, width, zone)]
    return [math.floor(have.value / width) * width]


def of_clock(ms: int, part: str, zone: ZoneInfo) -> Any:
    wall = span.local(ms, zone)
    if part == "hour_of_day":
        return wall.hour
    if part == "day_of_week":
        return wall.isoweekday()
    return span.local(span.bucket(ms, part, zone), zone).date().isoformat()


def place(value: Any, order: str) -> tuple[Any, ...]:
    """Sorts like the value, downwards too; what is unknown comes last, either way, and other after all."""
    if value is OTHER:
        return (2,)
    if value is None:
        return (1,)
    kind = 1 if isinstance(value, str) else 0
    if order == "asc":
        return (0, kind, value)
    return (0, -kind, Down(value))


class Down:
    def __init__(self, value: Any) -> None:
        self.value = value

    def __lt__(self, other: Down) -> bool:
        return bool(other.value < self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Down) and bool(other.value == self.value)
