"""Which projects have post-call work at all, and since when."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

from aftercall.catalog.catalog import Catalog
from aftercall.catalog.projects import Project
from aftercall.catalog.webhooks import Webhook
from aftercall.jobs.step import Step


class Workload:
    """A project has work from the moment it got code to run or somebody to tell. Calls that ended before
    that are left alone: whoever wants them analysed replays them.

    Asked for every call, so answers are remembered for ``fresh_s``. Thread-safe.
    """

    def __init__(self, catalog: Catalog, steps: Sequence[Step], fresh_s: float) -> None:
        self._fresh_s = fresh_s
        self._catalog = catalog
        self._steps = steps
        self._guard = threading.Lock()
        self._looked_at: float | None = None
        self._by_id: dict[int, Project] = {}
        self._webhooks: dict[int, list[Webhook]] = {}
        self._with_work: list[tuple[Project, int]] = []

    def projects(self) -> list[tuple[Project, int]]:
        """Those that have work: ``(project, since when in epoch milliseconds)``."""
        with self._guard:
            self._refresh()
            return self._with_work

    def project(self, project_id: int) -> Project:
        """Raises NotFound (PROJECT_NOT_FOUND)."""
        with self._guard:
            self._refresh()
            known = self._by_id.get(project_id)
        return known or self._catalog.projects.by_id(project_id)

    def webhooks(self, project_id: int) -> list[Webhook]:
        """The active ones."""
        with self._guard:
            self._refresh()
            return self._webhooks.get(project_id, [])

    def _refresh(self) -> None:
        now = time.monotonic()
        if self._looked_at is not None and now - self._looked_at < self._fresh_s:
            return
        self._by_id = {project.id: project for project in self._catalog.projects.all()}
        self._webhooks = {}
        for hook in self._catalog.webhooks.all():
            if hook.active:
                self._webhooks.setdefault(hook.project_id, []).append(hook)
        since = {project.id: self._since(project) for project in self._by_id.values()}
        self._with_work = [(self._by_id[key], at) for key, at in since.items() if at is not None]
        self._looked_at = now

    def _since(self, project: Project) -> int | None:
        told = [at for step in self._steps if (at := step.since(project)) is not None]
        told += [hook.created_at for hook in self._webhooks.get(project.id, [])]
        return min(told, default=None)
