"""Which conversations a question chooses, by themselves: for work over them rather than a number of them.

Only those that ended; the newest first, or a few drawn by chance that are the same each time.
"""

from __future__ import annotations

from typing import Any

from clickhouse_connect.driver.exceptions import ClickHouseError

from aftercall.metrics.limits import Limits
from aftercall.metrics.plan import Plan
from aftercall.metrics.render import range_conditions, scope_of, where_conditions
from aftercall.metrics.scope import Sql
from aftercall.store.engine import Engine
from aftercall.store.reader import Key

_KEYS = "SELECT toUnixTimestamp64Milli(c.started_at), c.conversation_id"
_NEWEST = "ORDER BY c.started_at DESC, c.conversation_id DESC"
_BY_CHANCE = "ORDER BY sipHash64(c.conversation_id), c.conversation_id"


class Chosen:
    """Of one plan (``Queries.plan``). Raises QueryTooSlow, QueryTooLarge, and what the engine raises."""

    def __init__(self, engine: Engine, plan: Plan, limits: Limits | None = None) -> None:
        self._engine = engine
        self._plan = plan
        self._limits = limits or Limits()

    def count(self) -> int:
        sql = scope_of(self._plan)
        ((number,),) = self._rows("SELECT count()", "", sql)
        return int(number)

    def page(self, after: Key | None, limit: int) -> list[Key]:
        """``after``: the last one of the page before."""
        sql = scope_of(self._plan)
        behind = ""
        if after is not None:
            place = f"({sql.values.time(after[0])}, {sql.values.text(after[1])})"
            # The first follows from the second, but is the one that leaves parts unread.
            behind = f"c.started_at <= {sql.values.time(after[0])} AND "
            behind += f"(c.started_at, c.conversation_id) < {place}"
        return self._keys(f"{_NEWEST}\nLIMIT {int(limit)}", sql, behind)

    def sample(self, limit: int) -> list[Key]:
        return self._keys(f"{_BY_CHANCE}\nLIMIT {int(limit)}", scope_of(self._plan))

    def _keys(self, order: str, sql: Sql, behind: str = "") -> list[Key]:
        return [(int(at), str(id_)) for at, id_ in self._rows(_KEYS, order, sql, behind)]

    def _rows(self, what: str, order: str, sql: Sql, behind: str = "") -> list[tuple[Any, ...]]:
        conditions = [*range_conditions(sql), *where_conditions(self._plan, sql), "NOT c.in_progress"]
        joined = "\n    AND ".join(f"({one})" for one in [*conditions, *([behind] if behind else [])])
        text = f"{what}\nFROM {sql.table} AS c FINAL\nWHERE {joined}\n{order}\n{self._limits.settings()}"
        try:
            return self._engine.select(text, sql.values.bound)
        except ClickHouseError as error:
            refusal = self._limits.refusal(error)
            if refusal is None:
                raise
            raise refusal from error
