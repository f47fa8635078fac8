"""Which projects have conversations in which a metric was written and has no usable value: where there are
none, nobody need count them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from aftercall.store.engine import Engine
from aftercall.store.queries import sql
from aftercall.store.schema import wide_table


class Gaps:
    """Never says no where there are any; may say yes where there were. Thread-safe."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._found: set[int] = set()
        self._without: set[int] = set()

    def note(self, project_id: int, rows: Iterable[dict[str, Any]]) -> None:
        """To be called before the rows are written."""
        if project_id not in self._found and any("metrics_null" in r or "metrics_invalid" in r for r in rows):
            self._found.add(project_id)

    def among(self, project_id: int) -> bool:
        """The project's table must be there."""
        if project_id in self._found:
            return True
        if project_id in self._without:
            return False
        if self._engine.select(sql("reader", "gaps", table=wide_table(project_id))):
            self._found.add(project_id)
        elif self._engine.embedded:  # then all rows to come pass by ``note``; else other servers write too
            self._without.add(project_id)
        return project_id in self._found
