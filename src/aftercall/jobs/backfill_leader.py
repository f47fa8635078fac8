"""Does the backfills that are under way, a page of each in turn, pilots first. One process at a time does,
whoever holds the lock; one that dies loses it, and another goes on at the page that was not noted as done."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from aftercall.catalog.backfills import Backfill
from aftercall.catalog.catalog import Catalog
from aftercall.catalog.projects import Project
from aftercall.errors import InvalidInput, Unavailable, UserError
from aftercall.extraction import Field
from aftercall.jobs.backfill_one import Filler, Job
from aftercall.jobs.backfill_run import OUTAGE, Run, Stop
from aftercall.jobs.backfill_tally import failures
from aftercall.jobs.backfill_task import Task
from aftercall.jobs.backfill_throttle import Pace
from aftercall.llm import Door
from aftercall.metrics.chosen import Chosen
from aftercall.metrics.pipe import Queries
from aftercall.metrics.query import Query
from aftercall.model.times import now_ms
from aftercall.store.store import Store

LOCK = "backfills"
LOOK_S = 1.0
FRESH_S = 0.5
FAILED_S = 5.0
"""Pause of a backfill after a failure of ours, as when the store was away."""
SMALLEST, LARGEST = 8, 512
FIRST_BY_RULES = 128
"""Conversations of a page: so many that it takes some seconds."""
QUICK_S, SLOW_S = 1.0, 5.0
PACED_S = 20.0
"""How long a page of one that goes slowly takes, if that is enough to tell an outage: all others wait."""
DAY_MS = 86_400_000
Fields = Callable[[Project, Sequence[str]], tuple[Field, ...]]

log = logging.getLogger(__name__)


class Leader:
    """``start`` first, ``close`` last."""

    def __init__(
        self,
        catalog: Catalog,
        store: Store,
        queries: Queries,
        filler: Filler,
        pool: ThreadPoolExecutor,
        *,
        fields: Fields,
        door: Door | None,
        busy: Callable[[], bool],
        stall_s: float,
    ) -> None:
        self._catalog = catalog
        self._engine = store.engine
        self._queries = queries
        self._filler = filler
        self._pool = pool
        self._fields = fields
        self._door = door
        self._busy = busy
        self._stall_s = stall_s
        self._sizes: dict[str, int] = {}
        self._paces: dict[str, Pace] = {}
        self._not_before: dict[str, float] = {}
        self._wanted: dict[str, tuple[float, bool]] = {}
        """When its state was looked at, and whether it was still the one that this began with."""
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._run, name="backfills", daemon=True)
        self.failures = 0

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """There is something new."""
        self._wake.set()

    def close(self, timeout: float) -> None:
        self._stop.set()
        self._wake.set()
        if self._thread.ident is not None:
            self._thread.join(timeout)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                with self._catalog.lock(LOCK, timeout=0):
                    self._lead()
            except Unavailable as error:
                if error.code != "LOCK_BUSY":
                    log.warning("backfills pause: %s", error)
            self._stop.wait(LOOK_S)

    def _lead(self) -> None:
        while not self._stop.is_set():
            self._wake.clear()
            try:
                more = self._round()
            except Exception:
                self.failures += 1
                more = False
                log.exception("looking for backfills failed; it is tried again")
            if not more:
                self._wake.wait(LOOK_S)

    def _round(self) -> bool:
        """A page of each; whether there was any."""
        now = time.monotonic()
        under_way = self._catalog.backfills.under_way(now_ms())
        self._forget({one.id for one in under_way})
        ready = [one for one in under_way if self._not_before.get(one.id, 0.0) <= now]
        for record in sorted(ready, key=lambda one: one.state != "piloting"):
            if self._stop.is_set():
                return False
            try:
                self._do(record)
            except UserError as error:
                self._end(record, "failed", error.message)
            except Exception as error:
                self.failures += 1
                self._not_before[record.id] = time.monotonic() + FAILED_S
                log.exception("a page of backfill %s failed; it is done again", record.id)
                self._tell(record, error)
        return bool(ready)

    def _tell(self, record: Backfill, error: Exception) -> None:
        """Where who waits for it looks. Its kind alone: what an error says may quote a call."""
        reason = f"it does not get on ({type(error).__name__}, see the server's log) and is tried again"
        try:
            self._catalog.backfills.move(
                record.id, record.state, of=(record.state,), reason=reason, resume_at=record.resume_at
            )
        except Exception:
            log.exception("nor could that be noted")

    def _do(self, record: Backfill) -> None:
        self._wanted.pop(record.id, None)
        project = self._catalog.projects.by_id(record.project_id)
        task = Task.of(record.task)
        fields = self._fields(project, task.metrics)
        changed = [one.name for one in fields if one.version != task.versions[one.name]]
        if changed:
            raise InvalidInput(f"{', '.join(changed)} was defined anew meanwhile: start another backfill")
        pace = self._paces.setdefault(record.id, Pace(task.per_minute))
        run = Run(
            record,
            Job(record.id, project, fields, task.again, self._filler.asks_a_model(project, fields)),
            self._filler,
            self._pool,
            pace,
            busy=self._busy,
            is_wanted=lambda: self._is_wanted(record),
        )
        chosen = Chosen(self._engine, self._queries.plan(Query.read(dict(task.query)), project))
        if record.state == "piloting":
            self._pilot(record, run, chosen, task.pilot)
        else:
            self._page(record, run, chosen, pace)

    def _pilot(self, record: Backfill, run: Run, chosen: Chosen, size: int) -> None:
        if self._door is not None and run.asks_a_model:
            self._door.warm()  # or the first call's seconds would be in the estimate
        counts, notes, stop = run.pilot(chosen.sample(size), self._door)
        if stop is not None and stop.kind == "over":
            return
        if stop is not None and not counts["conversations"]:
            raise InvalidInput(stop.reason)
        self._catalog.backfills.piloted(record.id, counts, notes)

    def _page(self, record: Backfill, run: Run, chosen: Chosen, pace: Pace) -> None:
        size = self._sizes.setdefault(record.id, SMALLEST if run.asks_a_model else FIRST_BY_RULES)
        most = pace.most_in(PACED_S)
        keys = chosen.page(record.cursor, size if most is None else min(size, max(most, OUTAGE)))
        if not keys:
            self._end(record, "done")
            return
        began = time.monotonic()
        page = run.page(keys)
        if self._stop.is_set():
            return  # not noted: the next start finds what was written, and asks for none of it
        counted = page.counted
        if page.cursor is not None:
            self._catalog.backfills.progress(
                record.id,
                since=record.cursor,
                cursor=page.cursor,
                done=record.done + len(counted),
                result=run.counts(counted),
                notes=[note for one in counted for note in failures(one)],
            )
        if page.stop is not None:
            self._pause(record, page.stop)
        else:
            self._sizes[record.id] = _next_size(size, time.monotonic() - began)
        if pace.due > time.monotonic() + LOOK_S:  # meanwhile others have their turn
            self._not_before[record.id] = pace.due

    def _pause(self, record: Backfill, stop: Stop) -> None:
        if stop.kind == "over":
            return
        now = now_ms()
        resume_at = {
            "cap": (now // DAY_MS + 1) * DAY_MS,
            "outage": now + int(self._stall_s * 1000 * 2**record.stalls),
            "person": None,
        }[stop.kind]
        log.warning("backfill %s pauses: %s", record.id, stop.reason)
        self._catalog.backfills.move(
            record.id,
            "paused",
            of=("running",),
            reason=stop.reason,
            resume_at=resume_at,
            stalled=stop.kind == "outage",
        )

    def _end(self, record: Backfill, state: str, reason: str | None = None) -> None:
        log.info("backfill %s: %s%s", record.id, state, f": {reason}" if reason else "")
        self._catalog.backfills.move(
            record.id, "failed" if state == "failed" else "done", of=("piloting", "running"), reason=reason
        )

    def _is_wanted(self, record: Backfill) -> bool:
        """Asked from several threads, often: the catalog is looked at twice a second."""
        if self._stop.is_set():
            return False
        looked, wanted = self._wanted.get(record.id, (0.0, True))
        if wanted and time.monotonic() - looked >= FRESH_S:
            wanted = self._catalog.backfills.get(record.project_id, record.id).state == record.state
            self._wanted[record.id] = (time.monotonic(), wanted)
        return wanted

    def _forget(self, known: set[str]) -> None:
        self._sizes = {key: size for key, size in self._sizes.items() if key in known}
        self._paces = {key: pace for key, pace in self._paces.items() if key in known}
        self._not_before = {key: at for key, at in self._not_before.items() if key in known}


def _next_size(size: int, seconds: float) -> int:
    if seconds < QUICK_S:
        return min(size * 2, LARGEST)
    return max(size // 2, SMALLEST) if seconds > SLOW_S else size
