"""The sweep: any conversation with events newer than its row is projected again.

It heals what a crash left between events and rows, and what two servers writing about one conversation
at the same moment missed of each other. It looks at conversations heard of since the last good sweep
(less a margin), so its cost follows the traffic, not the history.
"""

from __future__ import annotations

import logging
import threading
import time

from aftercall.catalog.catalog import Catalog
from aftercall.model.times import now_ms
from aftercall.store.committer import Committer
from aftercall.store.engine import Engine
from aftercall.store.queries import sql
from aftercall.store.registry import Registries
from aftercall.store.schema import wide_table

log = logging.getLogger(__name__)

MARGIN_MS = 10 * 60_000
"""Clocks of several servers may differ, and a commit may take its time."""
INTERVAL_S = 2.0
SHARE = 50
"""A sweep that took T seconds is followed by a pause of at least SHARE * T: 2% of a core at most."""
_AT_ONCE = 500
_WATERMARK = "sweep.watermark"


class Sweeper:
    """Sweeps at start, and then again and again, in a thread of its own."""

    def __init__(
        self, engine: Engine, catalog: Catalog, registries: Registries, committer: Committer
    ) -> None:
        self._engine = engine
        self._catalog = catalog
        self._registries = registries
        self._committer = committer
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sweep", daemon=True)
        self.healed = 0
        """Conversations projected again since the start; shown in /metrics."""
        self.failures = 0

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()

    def sweep(self) -> int:
        """One sweep; how many conversations it projected again."""
        began = now_ms()
        # A watermark of the future was set by a clock that went wrong: it must not blind the sweep.
        since = max(min(int(self._catalog.settings.get(_WATERMARK, 0)), began) - MARGIN_MS, 0)
        healed = 0
        for (project_id,) in self._engine.select(sql("sweep", "projects"), {"since": since}):
            self._registries.of(project_id)  # makes the wide table, should a crash have come before it
            healed += self._sweep_project(project_id, since)
        if not self._stop.is_set():  # one that was cut short may have left something out
            self._catalog.settings.set(_WATERMARK, began)
        return healed

    def _sweep_project(self, project_id: int, since: int) -> int:
        healed = 0
        while not self._stop.is_set():
            stale = [row[0] for row in self._stale(project_id, since)]
            if not stale:
                break
            for future in self._committer.submit(project_id, [], reproject=stale):
                future.result()
            healed += len(stale)
            if len(stale) < _AT_ONCE:
                break
        return healed

    def _stale(self, project_id: int, since: int) -> list[tuple[str]]:
        statement = sql("sweep", "stale", table=wide_table(project_id))
        return self._engine.select(statement, {"project": project_id, "since": since, "limit": _AT_ONCE})

    def _sweep_once(self) -> bool:
        try:
            healed = self.sweep()
        except Exception:
            self.failures += 1
            log.exception("a sweep failed; the next one looks at the same events again")
            return False
        self.healed += healed
        if healed:
            log.info("the sweep projected %s conversations again", healed)
        return True

    def _run(self) -> None:
        seen_failures = -1
        while True:
            began = time.monotonic()
            # With the embedded engine this process is the only writer: after the first sweep, which looks
            # at what an earlier process left, only a failed commit of its own can leave anything to heal.
            failures = self._committer.failures
            if failures != seen_failures or not self._engine.embedded:
                seen_failures = failures if self._sweep_once() else -1
            if self._stop.wait(max(INTERVAL_S, SHARE * (time.monotonic() - began))):
                return
