"""Backfills: declared fields of conversations that are long over.

    backfills = Backfills(config, catalog, store, door=door)
    backfills.start()
    one = backfills.create(project, metrics=["RESOLUTION"], query={"over": {"last": "90d"}})
    backfills.begin(project, one.id)        # once somebody has looked at the pilot
    backfills.close()

backfill_task.py      what is asked for
backfill_one.py       one conversation: what is there, what is asked, what is written
backfill_run.py       a pilot, or a page of conversations
backfill_throttle.py  who may begin when
backfill_tally.py     what came out, counted
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

from aftercall.catalog.backfills import Backfill
from aftercall.catalog.catalog import Catalog
from aftercall.catalog.projects import Project
from aftercall.errors import Conflict, InvalidInput, NotFound, Unavailable
from aftercall.extraction import Field, LlmExtractor
from aftercall.jobs.backfill_leader import Leader
from aftercall.jobs.backfill_one import Filler
from aftercall.jobs.backfill_task import AT_ONCE, PILOT, Task
from aftercall.jobs.declared import field_of
from aftercall.jobs.extractors import model_of
from aftercall.jobs.previous import PreviousContacts
from aftercall.jobs.told import Loader
from aftercall.jobs.writer import Writer
from aftercall.llm import Door
from aftercall.metrics.chosen import Chosen
from aftercall.metrics.pipe import Need, Queries
from aftercall.metrics.query import Query
from aftercall.model.times import iso
from aftercall.store.store import Store

THREADS = 32
"""Conversations under way at once in this process; most of them wait for the store."""
STOP_S = 5.0
START_S = 10.0
MOST_LOOKED_AT = 1_000
"""Of a project's backfills, the newest, for one that fills the same fields."""

log = logging.getLogger(__name__)


class Backfills:
    """``start`` first; ``close`` before the door, the catalog and the store. ``busy``: whether calls that
    have just ended are being analysed; they go first."""

    def __init__(
        self,
        catalog: Catalog,
        store: Store,
        *,
        door: Door | None = None,
        busy: Callable[[], bool] = lambda: False,
        stop_s: float = STOP_S,
        stall_s: float = 300.0,
    ) -> None:
        self._catalog = catalog
        self._store = store
        self._door = door
        self._stop_s = stop_s
        self._queries = Queries(store)
        self._loader = Loader(store.engine)
        self._writer = Writer(store.committer)
        self._previous = PreviousContacts(store.engine)
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="backfill")
        filler = Filler(self._loader, self._writer, door=door, previous_contacts=self._previous.ask)
        self._leader = Leader(
            catalog,
            store,
            self._queries,
            filler,
            self._pool,
            fields=self.fields,
            door=door,
            busy=busy,
            stall_s=stall_s,
        )

    def start(self) -> None:
        for part in (self._loader, self._writer, self._previous, self._leader):
            part.start()

    def close(self) -> None:
        """What is under way is finished if that is quick; the next start does the rest."""
        self._leader.close(self._stop_s)
        self._pool.shutdown(wait=False, cancel_futures=True)
        for part in (self._loader, self._previous, self._writer):
            part.close()

    # --- what people ask for

    def create(
        self,
        project: Project,
        *,
        metrics: Sequence[str],
        query: Mapping[str, Any],
        pilot: int = PILOT,
        at_once: int = AT_ONCE,
        per_minute: float | None = None,
        again: bool = False,
        by: str = "",
        need: Need | None = None,
    ) -> Backfill:
        """``query``: ``over`` and ``where`` of a metrics.Query. ``need``: see Queries.run.

        With a pilot it then waits for ``begin``. Raises QueryInvalid, NotFound (METRIC_NOT_FOUND),
        InvalidInput (NO_EXTRACTION, EXTRACTION_INVALID), ModelNotConfigured, Conflict (BACKFILL_RUNNING).
        """
        fields = self.fields(project, metrics)
        self._check_models(project, fields)
        plan = self._queries.plan(Query.read(dict(query)), project, need=need)
        over = {"from": iso(plan.since), "to": iso(plan.until)}
        task = Task(
            query={"over": over, "where": query.get("where", [])},
            metrics=tuple(one.name for one in fields),
            versions={one.name: one.version for one in fields},
            pilot=pilot,
            at_once=at_once,
            per_minute=per_minute,
            again=again,
            range=(plan.since, plan.until),
        )
        total = Chosen(self._store.engine, plan).count()
        create = partial(self._catalog.backfills.create, project.id, task.stored(), total=total, by=by)
        if pilot:
            made = create(state="piloting")
        else:
            with self._starting():
                self._check_alone(project, task)
                made = create(state="running")
        names = ", ".join(task.metrics)
        log.info("backfill %s of %s: %s, %d conversations", made.id, names, made.state, total)
        self._leader.wake()
        return made

    def begin(self, project: Project, backfill_id: str) -> Backfill:
        """After its pilot. Raises NotFound (BACKFILL_NOT_FOUND), Conflict (BACKFILL_STATE,
        BACKFILL_RUNNING)."""
        task = Task.of(self.get(project, backfill_id).task)
        with self._starting():
            self._check_alone(project, task, backfill_id)
            made = self._catalog.backfills.change(project.id, backfill_id, "running", of=("waiting",))
        self._leader.wake()
        return made

    def resume(self, project: Project, backfill_id: str) -> Backfill:
        """Before its pause is over. Raises as ``begin``."""
        made = self._catalog.backfills.change(project.id, backfill_id, "running", of=("paused",))
        self._leader.wake()
        return made

    def cancel(self, project: Project, backfill_id: str) -> Backfill:
        """What was written stays. Raises NotFound (BACKFILL_NOT_FOUND), Conflict (BACKFILL_STATE)."""
        return self._catalog.backfills.change(
            project.id, backfill_id, "cancelled", of=("piloting", "waiting", "running", "paused")
        )

    def get(self, project: Project, backfill_id: str) -> Backfill:
        """Raises NotFound (BACKFILL_NOT_FOUND)."""
        return self._catalog.backfills.get(project.id, backfill_id)

    def list(self, project: Project, limit: int = 50) -> tuple[Backfill, ...]:
        return self._catalog.backfills.list(project.id, limit)

    def fields(self, project: Project, metrics: Sequence[str]) -> tuple[Field, ...]:
        """As they are declared now. Raises NotFound (METRIC_NOT_FOUND), InvalidInput."""
        by_name = self._catalog.metrics.list(project.id).by_name
        found = []
        for name in dict.fromkeys(metrics):
            metric = by_name.get(name)
            if metric is None or not metric.active:
                raise NotFound(f"there is no metric {name!r:.80}", code="METRIC_NOT_FOUND")
            if not metric.extraction:
                raise InvalidInput(
                    f"{name!r:.80} is not extracted: give it an extract: first", code="NO_EXTRACTION"
                )
            found.append(field_of(metric))
        return tuple(found)

    def _check_models(self, project: Project, fields: Sequence[Field]) -> None:
        only = [one for one in fields if one.extractors == (LlmExtractor.name,)]
        for one in only:
            if self._door is None:
                raise Unavailable("this server asks no models")
            self._door.settings_of(project.slug, model_of(project, one))  # ModelNotConfigured says what to do

    def _starting(self) -> AbstractContextManager[None]:
        """One at a time in all processes, or two of the same field would not see each other."""
        return self._catalog.lock("backfills-start", timeout=START_S)

    def _check_alone(self, project: Project, task: Task, own: str = "") -> None:
        for other in self.list(project, MOST_LOOKED_AT):
            both = set(task.metrics) & set(Task.of(other.task).metrics)
            if other.id != own and other.state in ("running", "paused") and both:
                raise Conflict(
                    f"the backfill {other.id} fills {', '.join(sorted(both))} already and is {other.state}:"
                    " cancel it, or wait for its end",
                    code="BACKFILL_RUNNING",
                )
