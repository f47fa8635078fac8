"""The neighbours of a conversation among those behind a cell of an answer."""

from __future__ import annotations

from typing import Literal

from aftercall.metrics.behind import cell_of, conditions
from aftercall.metrics.limits import Limits
from aftercall.metrics.plan import Plan
from aftercall.metrics.query import Drill
from aftercall.metrics.render import scope_of
from aftercall.metrics.run import Runner
from aftercall.store.engine import Engine
from aftercall.store.reader import Key

_SIDES: dict[Literal["newer", "older"], tuple[str, str]] = {"newer": (">", "ASC"), "older": ("<", "DESC")}
_WITHIN_MS = 3 * 86_400_000
"""Looked at first: neighbours are near, and the table is in the order of time."""


def around(engine: Engine, plan: Plan, drill: Drill, key: Key) -> tuple[str | None, str | None]:
    """(the id of the next newer one, of the next older one). ``key`` need not be among them."""
    return _next(engine, plan, drill, key, "newer"), _next(engine, plan, drill, key, "older")


def _next(engine: Engine, plan: Plan, drill: Drill, key: Key, side: Literal["newer", "older"]) -> str | None:
    near = _first(engine, plan, drill, key, side, within_ms=_WITHIN_MS)
    return _first(engine, plan, drill, key, side, within_ms=None) if near is None else near


def _first(
    engine: Engine,
    plan: Plan,
    drill: Drill,
    key: Key,
    side: Literal["newer", "older"],
    *,
    within_ms: int | None,
) -> str | None:
    limits, runner = Limits(), Runner(engine, Limits())
    cell = cell_of(drill, plan)
    top = runner.top(plan) if cell.other else None
    sql = scope_of(plan)
    compare, order = _SIDES[side]
    started = sql.values.time(key[0])
    found = [
        *conditions(plan, cell, top, sql),
        f"(c.started_at, c.conversation_id) {compare} ({started}, {sql.values.text(key[1])})",
    ]
    if within_ms is not None:
        newer = side == "newer"
        until = max(0, key[0] + (within_ms if newer else -within_ms))
        found.append(f"c.started_at {'<=' if newer else '>='} {sql.values.time(until)}")
    where = "\n    AND ".join(f"({one})" for one in found)
    text = (
        f"SELECT c.conversation_id\nFROM {sql.table} AS c FINAL\nWHERE {where}\n"
        f"ORDER BY c.started_at {order}, c.conversation_id {order}\nLIMIT 1\n{limits.settings()}"
    )
    rows = runner.table(text, sql.values.bound).data
    return rows[0][0] if rows else None
