"""What has to be looked after now and then, by the process that polls: watermarks, lost calls, dead
processes, deliveries whose job got lost, and the records of what is long over."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from aftercall.catalog.catalog import Catalog
from aftercall.jobs.background import Background
from aftercall.jobs.deliveries import Deliverer
from aftercall.jobs.due import DueReader, Open
from aftercall.jobs.durable import Durable
from aftercall.jobs.lost import LostCalls
from aftercall.jobs.poller import Poller
from aftercall.jobs.settings import Settings
from aftercall.jobs.watermark import Watermark
from aftercall.jobs.workload import Workload
from aftercall.model.times import now_ms

KEEP_JOBS_S = 600.0
"""How long DBOS remembers jobs that are over."""
KEEP_DELIVERIES_MS = 30 * 86_400_000
SHARE = 20

log = logging.getLogger(__name__)


class Housekeeping(Background):
    """Each duty by itself: one that fails is logged, counted, and tried again next time."""

    def __init__(
        self,
        catalog: Catalog,
        reader: DueReader,
        durable: Durable,
        poller: Poller,
        workload: Workload,
        watermark: Watermark,
        lost: LostCalls,
        deliverer: Deliverer,
        settings: Settings,
        name: str,
    ) -> None:
        """``name``: of this process among those that say that they are alive."""
        super().__init__("postcall-house")
        self._name = name
        self._catalog = catalog
        self._reader = reader
        self._durable = durable
        self._poller = poller
        self._workload = workload
        self._watermark = watermark
        self._lost = lost
        self._deliverer = deliverer
        self._settings = settings
        self.failures = 0

    def _run(self) -> None:
        pause = 0.0
        while not self._stop.wait(pause):
            began = time.monotonic()
            if self._poller.leads:
                for duty in self.duties():
                    self._do(duty)
            took = time.monotonic() - began
            pause = max(self._settings.housekeeping_s if took else 0.1, SHARE * took)

    def duties(self) -> tuple[Callable[[], None], ...]:
        return (
            self.take_over_from_the_dead,
            self.close_lost_calls,
            self.move_watermarks,
            self.revive_deliveries,
            self.prune,
        )

    def _do(self, duty: Callable[[], None]) -> None:
        try:
            duty()
        except Exception:
            self.failures += 1
            log.exception("%s failed; it is tried again", duty.__name__)

    def take_over_from_the_dead(self) -> None:
        silent = self._catalog.workers.silent(now_ms() - int(self._settings.dead_after_s * 1000))
        # Not itself: on a machine so busy that its own beat came late, it would start its jobs a second time.
        dead = [name for name in silent if name != self._name]
        if dead:
            log.warning("taking over the post-call work of %s, not heard of any more", ", ".join(dead))
            self._durable.take_over(dead)
            for name in dead:
                self._catalog.workers.forget(name)

    def close_lost_calls(self) -> None:
        for project in self._catalog.projects.all():
            self._lost.close(project)

    def move_watermarks(self) -> None:
        """Up to the oldest conversation that waits, or to now."""
        for project, origin in self._workload.projects():
            began = now_ms()
            one = self._reader.open(project.id, self._watermark.since(project.id, origin), origin=origin)
            self._watermark.move(project.id, _until(one, began))

    def revive_deliveries(self) -> None:
        overdue = self._deliverer.overdue()
        if overdue:
            self._deliverer.revive(overdue)

    def prune(self) -> None:
        while self._durable.prune(KEEP_JOBS_S) and not self._stop.is_set():
            pass
        self._catalog.deliveries.forget(now_ms() - KEEP_DELIVERIES_MS)


def _until(one: Open, began: int) -> int:
    return began if one.oldest_heard_at is None else min(one.oldest_heard_at, began)
