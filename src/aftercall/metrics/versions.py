"""What the versions of an extraction's definition said of the same conversations. The events of all of them
are there: a newer value stands in front of an older one, and never in its place."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

from aftercall.store.engine import Engine
from aftercall.store.queries import sql


class Count(NamedTuple):
    conversations: int
    """That have a value, or an unknown, or a failure, of it."""
    standing: int
    """In which it is the newest."""
    first: int
    """When the first one was written, epoch milliseconds."""


class Said(NamedTuple):
    """``value`` None where the status is none that has one, or it does not count."""

    status: str
    value: Any
    reason: str = ""


class Agreement(NamedTuple):
    conversations: int
    """That have a value of both versions."""
    agree: int


class Move(NamedTuple):
    old: Said
    new: Said
    conversations: int

    @property
    def agrees(self) -> bool:
        return self.old[:2] == self.new[:2]


class Differing(NamedTuple):
    conversation_id: str
    old: Said
    new: Said


def counts(engine: Engine, project_id: int, name: str) -> dict[str, Count]:
    """By version."""
    text = sql("versions", "counts", written=sql("versions", "written"))
    rows = engine.select(text, {"project": project_id, "name": name})
    return {version: Count(*numbers) for version, *numbers in rows}


def agreement(engine: Engine, project_id: int, name: str, old: str, new: str) -> Agreement:
    values = {"project": project_id, "name": name, "old": old, "new": new}
    return Agreement(*engine.select(_of_both("agreement"), values)[0])


def moves(engine: Engine, project_id: int, name: str, old: str, new: str, limit: int) -> list[Move]:
    """Of the conversations that have both: how many went from what to what, the most frequent first."""
    values = {"project": project_id, "name": name, "old": old, "new": new, "limit": limit}
    rows = engine.select(_of_both("moves"), values)
    return [Move(_said(a, b), _said(c, d), count) for a, b, c, d, count in rows]


def differing(engine: Engine, project_id: int, name: str, old: str, new: str, limit: int) -> list[Differing]:
    values = {"project": project_id, "name": name, "old": old, "new": new, "limit": limit}
    rows = engine.select(_of_both("differing"), values)
    return [Differing(id_, _said(*one[:3]), _said(*one[3:])) for id_, *one in rows]


def _of_both(name: str) -> str:
    both = sql("versions", "both", written=sql("versions", "written"))
    return sql("versions", name, both=both)


def _said(status: str, raw: str, reason: str = "") -> Said:
    has_value = status in ("ok", "ungrounded") and raw
    return Said(status, msgspec.json.decode(raw) if has_value else None, reason)
