"""The projects' metric registries as the projection needs them, and the columns to hold their values."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from aftercall.catalog.catalog import Catalog
from aftercall.catalog.definitions import Registry
from aftercall.model.values import MetricType
from aftercall.store.engine import Engine
from aftercall.store.schema import adopt

AUTO_LIMIT = 500
"""So many names of a project enter its registry by themselves; the rest stay events and are counted."""
FRESH_S = 0.25
"""How old a registry may be before it is compared with the metadata database again."""
_REMEMBERED = 10_000

log = logging.getLogger(__name__)


class Registries:
    """The registries of all projects, kept fresh, and their wide tables kept wide enough. Thread-safe."""

    def __init__(self, engine: Engine, catalog: Catalog) -> None:
        self._engine = engine
        self._catalog = catalog
        self._known: dict[int, tuple[float, Registry]] = {}
        self._guard = threading.Lock()
        self._refused: dict[int, set[str]] = {}
        self.changed: Callable[[int], None] = lambda _project_id: None
        """Called with the project whose registry turned out to be another than before."""

    def of(self, project_id: int, *, fresh: bool = False) -> Registry:
        """The project's registry, at most FRESH_S old, with a column in the wide table for each metric."""
        with self._guard:
            asked = time.monotonic()
            known = self._known.get(project_id)
            if known and not fresh and asked - known[0] < FRESH_S:
                return known[1]
            if known and self._catalog.metrics.revision(project_id) == known[1].revision:
                self._known[project_id] = (asked, known[1])
                return known[1]
            registry = self._catalog.metrics.list(project_id)
            registry = adopt(self._engine, self._catalog, registry, known[1] if known else None)
            self._known[project_id] = (asked, registry)
        self.changed(project_id)
        return registry

    def register(self, project_id: int, names: dict[str, MetricType]) -> Registry:
        """Enter names nobody registered, with their inferred types, as far as the limit allows."""
        refused = self._refused.setdefault(project_id, set())
        wanted = [(name, type_) for name, type_ in names.items() if name not in refused]
        if not wanted:
            return self.of(project_id)
        answer = self._catalog.metrics.auto_register(project_id, wanted, limit=AUTO_LIMIT)
        if answer.refused and not refused:
            log.warning(
                "project %s has %s metrics registered by themselves: %a and further new names stay events "
                "until somebody registers them",
                project_id,
                AUTO_LIMIT,
                answer.refused[0],
            )
        # Bounded, because the names come from outside; a forgotten one is only asked about again.
        if len(refused) > _REMEMBERED:
            refused.clear()
        refused.update(answer.refused, answer.invalid)
        return self.of(project_id, fresh=True)
