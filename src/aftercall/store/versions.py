"""By which versions of its definition each metric was extracted: where there is one, no answer mixes them."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from aftercall.store.engine import Engine
from aftercall.store.queries import sql
from aftercall.store.schema import wide_table

FRESH_S = 5.0
"""How old this may be where other servers write too."""


class Versions:
    """May name a version of which no value is left, never misses one of this process. Thread-safe."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._guard = threading.Lock()
        self._seen: dict[int, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        self._looked: dict[int, float] = {}

    def note(self, project_id: int, rows: Iterable[dict[str, Any]]) -> None:
        """To be called before the rows are written."""
        for row in rows:
            versions = row.get("write_versions")
            if versions is not None:
                self._add(project_id, zip(row["write_names"], versions, strict=True))

    def mixed(self, project_id: int) -> frozenset[str]:
        """Names of metrics that were extracted by more than one. The project's table must be there."""
        if not self._is_fresh(project_id):
            asked = time.monotonic()
            found = self._engine.select(sql("reader", "versions", table=wide_table(project_id)))
            self._add(project_id, found)
            self._looked[project_id] = asked
        with self._guard:
            return frozenset(name for name, seen in self._seen[project_id].items() if len(seen) > 1)

    def _is_fresh(self, project_id: int) -> bool:
        looked = self._looked.get(project_id)
        if looked is None:
            return False
        return self._engine.embedded or time.monotonic() - looked < FRESH_S

    def _add(self, project_id: int, found: Iterable[tuple[Any, ...]]) -> None:
        with self._guard:
            seen = self._seen[project_id]
            for name, version in found:
                if version:
                    seen[name].add(version)
