"""Making rows again, in the background, when what they are made of has changed its meaning.

A name that gets registered gets its column filled from history; a metric whose type or options change has
its values converted again from what was written; a newer version's built-in columns are worked out for old
conversations. Newest conversations first, a few at a time, through the same commit as everything else.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from aftercall.catalog.catalog import Catalog
from aftercall.catalog.definitions import Registry
from aftercall.errors import Unavailable
from aftercall.store.committer import Committer
from aftercall.store.engine import Engine
from aftercall.store.outstanding import Outstanding, applied, note_applied, outstanding
from aftercall.store.queries import sql
from aftercall.store.registry import Registries
from aftercall.store.schema import LOCK, columns_of, wide_table
from aftercall.store.shard import Standing

log = logging.getLogger(__name__)

INTERVAL_S = 2.0
"""How often registries are compared with what the rows were made with; changes seen here come at once."""
OTHERS_S = 5.0
"""So long another server may commit rows by a registry of before: one looks again after it."""
FAR_MS = 10_413_792_000_000
"""2300-01-01, later than any start."""
PAGE = 5_000
_CONVERSATIONS, _EVENTS = 200, 4_000
"""At once: some 50 ms of a committing thread, for which ingest may have to wait."""
_BUSY, _IDLE = 1.0, 0.25
"""Pause after each such group, as a multiple of the time it took: with events waiting, and without."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the rows of a project are. ``names``: metrics whose values are being filled in."""

    done: int
    total: int
    names: tuple[str, ...]
    columns: bool
    """New built-in columns are being worked out too."""


class Reprojector:
    """One thread that makes outdated rows again. With several servers one of them does it at a time."""

    def __init__(
        self, engine: Engine, catalog: Catalog, registries: Registries, committer: Committer
    ) -> None:
        self._engine = engine
        self._catalog = catalog
        self._registries = registries
        self._committer = committer
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._run, name="reprojector", daemon=True)
        self._settled: dict[int, int] = {}
        """By project: the revision at which its rows were found to be as the registry says."""
        self.refreshed = 0
        """Rows made again since the start; shown in /metrics."""
        self.failures = 0
        registries.changed = lambda _project_id: self._wake.set()

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        self._wake.set()
        if self._thread.ident is not None:
            self._thread.join()

    def progress(self, project_id: int) -> Progress | None:
        """None where every row stands as the registry says. Costs a look at all rows where not."""
        target = outstanding(applied(self._catalog, project_id), self._registries.of(project_id))
        if target is None:
            return None
        statement = sql("reprojection", "progress", table=wide_table(project_id), **_conditions())
        [(total, behind)] = self._engine.select(statement, target.bound())
        if not behind:
            return None
        return Progress(total - behind, total, (*target.names, *target.entered), target.columns)

    def settle(self, project_id: int, timeout: float = 60.0) -> None:
        """Wait until the project's rows stand as its registry says. Raises Unavailable if they do not yet."""
        deadline = time.monotonic() + timeout
        self._wake.set()
        while outstanding(applied(self._catalog, project_id), self._registries.of(project_id, fresh=True)):
            if time.monotonic() > deadline:
                raise Unavailable("The project's rows are still being made again. Ask again in a while.")
            self._stop.wait(0.02)

    def look(self) -> None:
        """Bring every project's rows up to its registry."""
        for project in self._catalog.projects.all():
            if self._stop.is_set():
                return
            if self._settled.get(project.id) != project.registry_revision:
                try:
                    self._bring_up(project.id)
                except Unavailable as error:
                    if error.code != "LOCK_BUSY":  # another server is at it
                        raise

    def _bring_up(self, project_id: int) -> None:
        with self._alone(project_id):
            seen = time.monotonic()
            if not columns_of(self._engine, wide_table(project_id)):
                registry = self._catalog.metrics.list(project_id)  # no call yet, and no table for one
            else:
                registry = self._registries.of(project_id, fresh=True)
            before = applied(self._catalog, project_id)
            target = outstanding(before, registry)
            if target is not None:
                # From here on every commit of this process knows that registry, and writes rows by it.
                self._committer.barrier()
                if not self._settle_rows(registry, target, seen):
                    return
                with self._catalog.lock(LOCK):
                    if not note_applied(self._catalog, registry, before.marks):
                        return  # changed meanwhile, if only there and back: once more
            self._settled[project_id] = registry.revision

    def _alone(self, project_id: int) -> AbstractContextManager[None]:
        if self._engine.embedded:
            return nullcontext()
        return self._catalog.lock(f"reprojection-{project_id}", timeout=0)

    def _settle_rows(self, registry: Registry, target: Outstanding, seen: float) -> bool:
        """Walk over the rows until none is behind; False if there was no time to."""
        if not columns_of(self._engine, wide_table(registry.project_id)):
            return True
        before: int | None = None
        while True:
            found = self._walk(registry.project_id, target)
            if self._stop.is_set():
                return False
            if not found and (self._engine.embedded or time.monotonic() - seen > OTHERS_S):
                return True
            if not found:
                self._stop.wait(OTHERS_S)
            elif before is not None and found >= before:
                log.warning(
                    "%s rows of project %s have no events to be made from", found, registry.project_id
                )
                return True
            before = found

    def _walk(self, project_id: int, target: Outstanding) -> int:
        """One pass from the newest conversation to the oldest; how many rows were behind."""
        found = 0
        before = (FAR_MS, "")
        while not self._stop.is_set():
            page = self._page(project_id, target, before)
            for some in _groups(page):
                self._refresh(project_id, some)
                if self._stop.is_set():
                    break
            found += len(page)
            if len(page) < PAGE:
                break
            before = (page[-1].started_at, page[-1].conversation_id)
        return found

    def _page(self, project_id: int, target: Outstanding, before: tuple[int, str]) -> list[Standing]:
        statement = sql("reprojection", "page", table=wide_table(project_id), **_conditions())
        bound = {**target.bound(), "before": before[0], "before_id": before[1], "limit": PAGE}
        return [Standing(*row) for row in self._engine.select(statement, bound)]

    def _refresh(self, project_id: int, rows: list[Standing]) -> None:
        began = time.monotonic()
        for future in self._committer.submit(project_id, [], refresh=rows):
            future.result()
        self.refreshed += len(rows)
        took = time.monotonic() - began
        self._stop.wait(took * (_BUSY if self._committer.pending else _IDLE))

    def _run(self) -> None:
        while not self._stop.is_set():
            self._wake.clear()
            try:
                self.look()
            except Exception:
                self.failures += 1
                log.exception("rows could not be made again; it is tried again")
                self._stop.wait(INTERVAL_S)
            self._wake.wait(INTERVAL_S)


def _conditions() -> dict[str, str]:
    concerned = sql("reprojection", "concerned")
    return {"concerned": concerned, "behind": sql("reprojection", "behind", concerned=concerned)}


def _groups(rows: list[Standing]) -> Iterator[list[Standing]]:
    """Few enough events each that ingest does not wait for long."""
    some: list[Standing] = []
    events = 0
    for row in rows:
        if some and (len(some) == _CONVERSATIONS or events + row.events > _EVENTS):
            yield some
            some, events = [], 0
        some.append(row)
        events += row.events
    if some:
        yield some
