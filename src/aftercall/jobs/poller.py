"""Asks the store what is due and hands it out. One process at a time does, whoever holds the lock.

A second one, as after a broken connection to the lock's database, does no harm: a job's id is made from
what it does, so it is handed out once.
"""

from __future__ import annotations

import logging
import time

from aftercall.catalog.catalog import Catalog
from aftercall.errors import Unavailable
from aftercall.jobs.background import Background
from aftercall.jobs.due import Due, DueReader
from aftercall.jobs.handout import Handout
from aftercall.jobs.settings import Settings
from aftercall.jobs.task import Analyse
from aftercall.jobs.watermark import Watermark
from aftercall.jobs.workload import Workload
from aftercall.model.times import now_ms

LOCK = "postcall-poll"
FOLLOW_S = 2.0
"""How often a process that does not poll looks whether it may."""
BUSY_POLL_S = 0.1
SHARE = 4
"""A poll that found all there is, and took T seconds, is followed by a pause of at least SHARE * T."""

log = logging.getLogger(__name__)


class Poller(Background):
    def __init__(
        self,
        catalog: Catalog,
        reader: DueReader,
        handout: Handout,
        workload: Workload,
        watermark: Watermark,
        settings: Settings,
    ) -> None:
        super().__init__("postcall-poll")
        self._catalog = catalog
        self._reader = reader
        self._handout = handout
        self._workload = workload
        self._watermark = watermark
        self._settings = settings
        self._at_rest: dict[int, tuple[int | None, int] | None] = {}
        """By project, the mark of its table and since when it has work, when nothing was due in it."""
        self.leads = False
        """Whether this process is the one that polls."""
        self.failures = 0
        """Polls that failed, as when the store was away; shown in /metrics."""

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                with self._catalog.lock(LOCK, timeout=0):
                    self.leads = True
                    self._lead()
            except Unavailable as error:
                if error.code != "LOCK_BUSY":
                    log.warning("post-call polling pauses: %s", error)
            finally:
                self.leads = False
            self._stop.wait(FOLLOW_S)

    def _lead(self) -> None:
        while not self._stop.is_set():
            began = time.monotonic()
            more = False
            try:
                more = self.poll()
            except Exception:
                self.failures += 1
                log.exception("a post-call poll failed; the next one looks at the same again")
            pause = max(self._settings.poll_s, SHARE * (time.monotonic() - began))
            self._stop.wait(BUSY_POLL_S if more else pause)

    def poll(self) -> bool:
        """One round over the projects that have post-call work; whether there is more than could be taken."""
        self._handout.refresh()
        marks = self._reader.marks()
        more = False
        for project, origin in self._workload.projects():
            mark = (marks.get(project.id), origin)
            # No mark: nothing written yet, or a kind of table whose parts cannot be seen from here.
            if mark[0] is None or mark != self._at_rest.get(project.id):
                at_rest, full = self._look(project.id, origin)
                self._at_rest[project.id] = mark if at_rest else None
                more = more or full
        return more

    def _look(self, project_id: int, origin: int) -> tuple[bool, bool]:
        """Hand out what is due in the project. Whether nothing can become due there until something is
        written, and whether there is more than could be taken."""
        room = min(
            self._settings.per_project - self._handout.per_project(project_id),
            2 * self._settings.concurrency - len(self._handout),
        )
        if room <= 0:
            return False, True
        since = self._watermark.since(project_id, origin)
        running = self._handout.conversations(project_id)
        due, waiting = self._reader.next(project_id, since, now_ms(), running, room, origin=origin)
        self._handout.hand_out([_task(one) for one in due])
        return not (due or waiting or running), len(due) == room


def _task(due: Due) -> Analyse:
    number = due.tries + 1 if due.status == "failed" else 1
    return Analyse.next(
        due.project_id, due.conversation_id, told=due.told, attempts=due.attempts, number=number
    )
