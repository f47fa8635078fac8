"""Erasure outside the store: stored model answers, the log of deliveries, the records of jobs.

The store keeps of an erased conversation that it was erased, and nothing else. Every process looks for
erasures that are new to it, because each has stored answers of its own. **Window**: a minute, and after a
stop until the next start. A job that is under way when its conversation is erased finds nothing, and its
record goes within ten minutes of its end.
"""

from __future__ import annotations

import logging
import time

from aftercall.catalog.catalog import Catalog
from aftercall.errors import NotFound
from aftercall.jobs.background import Background
from aftercall.jobs.durable import Durable
from aftercall.jobs.task import Analyse
from aftercall.jobs.watermark import MARGIN_MS, PERSIST_EVERY_MS
from aftercall.llm import Door
from aftercall.model.times import now_ms
from aftercall.store.engine import Engine
from aftercall.store.queries import sql

SHARE = 20
"""A look that took T seconds is followed by a pause of SHARE * T: it reads a column of every event."""

log = logging.getLogger(__name__)


class Erasures(Background):
    """``name``: of this process, the same after a restart."""

    def __init__(
        self, engine: Engine, catalog: Catalog, durable: Durable, door: Door | None, name: str, every_s: float
    ) -> None:
        super().__init__("postcall-erase")
        self._engine = engine
        self._catalog = catalog
        self._durable = durable
        self._door = door
        self._setting = f"postcall.erased.{name}"
        self._every_s = every_s
        self._since: int | None = None
        self._stored = 0
        self._done: dict[tuple[int, str], int] = {}
        """What this process has erased already, and when it was received, as far back as looks overlap."""
        self.failures = 0

    def _run(self) -> None:
        pause = 0.0
        while not self._stop.wait(pause):
            began = time.monotonic()
            try:
                self.look()
            except Exception:
                self.failures += 1
                log.exception("erasing what is left of conversations failed; it is tried again")
            pause = max(self._every_s, SHARE * (time.monotonic() - began))

    def look(self) -> None:
        """Erase what is new. Raises what the store, the catalog and the caches raise; the next look repeats
        it then."""
        now = now_ms()
        if self._since is None:
            self._since = self._stored = int(self._catalog.settings.get(self._setting, 0))
        rows = self._engine.select(sql("postcall", "erased"), {"since": max(self._since - MARGIN_MS, 0)})
        for project_id, conversation_id, received_at in rows:
            if (project_id, conversation_id) not in self._done:
                self._erase(project_id, conversation_id)
                self._done[project_id, conversation_id] = received_at
        self._since = now
        self._done = {key: at for key, at in self._done.items() if at >= now - MARGIN_MS}
        if now - self._stored >= PERSIST_EVERY_MS:
            self._catalog.settings.set(self._setting, now)
            self._stored = now

    def _erase(self, project_id: int, conversation_id: str) -> None:
        if self._door is not None:
            try:
                slug = self._catalog.projects.by_id(project_id).slug
            except NotFound:
                return
            self._door.erase(slug, conversation_id)
        self._catalog.deliveries.erase(project_id, conversation_id)
        self._catalog.backfills.erase(project_id, conversation_id)
        self._durable.forget(Analyse.ids_of(project_id, conversation_id))
