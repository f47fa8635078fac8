"""How much post-call work there is, for operators."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from aftercall.catalog.catalog import Catalog
from aftercall.catalog.projects import Project
from aftercall.jobs.due import DueReader, Open
from aftercall.jobs.watermark import Watermark
from aftercall.jobs.workload import Workload
from aftercall.model.times import now_ms

FRESH_S = 10.0
"""How old an answer may be: counting failures looks at every conversation there is."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Of all projects with post-call work; ``running``, ``attempts`` and ``faults`` of this process."""

    due: int
    """Conversations that wait for an attempt, those to be tried again later included."""
    oldest_due_age_s: float
    """For how long the one that waits longest has been due; 0 when none is."""
    running: int
    """Jobs under way."""
    failed: int
    """Conversations whose newest attempt failed."""
    attempts: dict[str, int]
    """Ended in this process since its start, by how: ok, failed."""
    deliveries: dict[str, int]
    """In the log, by status: pending, delivered, failed, dropped."""
    faults: int
    """Times that we ourselves failed at looking for work, since the start."""


@dataclass(frozen=True, slots=True)
class ProjectCounts:
    """Of one project, now."""

    due: int
    """Conversations that wait for an attempt, those to be tried again later included."""
    oldest_due_at: int | None
    """Epoch milliseconds."""
    failed: int
    """Conversations whose newest attempt failed."""
    deliveries: dict[str, int]
    """In the log, by status."""


class Counter:
    """Thread-safe."""

    def __init__(self, catalog: Catalog, reader: DueReader, workload: Workload, watermark: Watermark) -> None:
        self._catalog = catalog
        self._reader = reader
        self._workload = workload
        self._watermark = watermark
        self._running = 0
        self._changed = threading.Condition()
        self._guard = threading.Lock()
        self._counted: tuple[float, Counts] | None = None
        self._attempts = {"ok": 0, "failed": 0}

    def attempted(self, ok: bool) -> None:
        with self._changed:
            self._attempts["ok" if ok else "failed"] += 1

    @contextmanager
    def under_way(self) -> Iterator[None]:
        self._add(1)
        try:
            yield
        finally:
            self._add(-1)

    def wait_idle(self, timeout: float) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: self._running == 0, timeout)

    @property
    def running(self) -> int:
        """Jobs under way in this process."""
        return self._running

    def now(self, *, failures: int) -> Counts:
        with self._guard:
            asked = time.monotonic()
            if self._counted is None or asked - self._counted[0] >= FRESH_S:
                self._counted = (asked, self._count(failures))
            return self._counted[1]

    def of_project(self, project: Project) -> ProjectCounts:
        origins = {one.id: at for one, at in self._workload.projects()}
        if project.id in origins:
            origin = origins[project.id]
            one = self._reader.open(project.id, self._watermark.since(project.id, origin), origin=origin)
        else:
            one = Open(0, None, None)  # calls end there, and nobody waits for anything
        return ProjectCounts(
            due=one.conversations,
            oldest_due_at=one.oldest_due_at,
            failed=self._reader.failed(project.id),
            deliveries=self._catalog.deliveries.counts(project.id),
        )

    def _count(self, failures: int) -> Counts:
        due = failed = 0
        now = oldest = now_ms()
        for project, origin in self._workload.projects():
            one = self._reader.open(project.id, self._watermark.since(project.id, origin), origin=origin)
            due += one.conversations
            oldest = min(oldest, one.oldest_due_at or now)
            failed += self._reader.failed(project.id)
        return Counts(
            due=due,
            oldest_due_age_s=(now - oldest) / 1000,
            running=self._running,
            failed=failed,
            attempts=dict(self._attempts),
            deliveries=self._catalog.deliveries.counts(),
            faults=failures,
        )

    def _add(self, number: int) -> None:
        with self._changed:
            self._running += number
            self._changed.notify_all()
