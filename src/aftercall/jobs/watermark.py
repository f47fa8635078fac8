"""From when on conversations have to be looked at: what was last heard of before needs nothing any more.

One number per project, kept in the metadata database, so that a question costs what is new and not what
there is. It may lag, never lead: it stops at the oldest conversation that still waits.
"""

from __future__ import annotations

from aftercall.catalog.catalog import Catalog
from aftercall.model.times import now_ms

MARGIN_MS = 10 * 60_000
"""Clocks of several servers may differ, and a sweep may bring a row to light late."""


PERSIST_EVERY_MS = 60_000
"""A restart looks at this much again; every move on disk would cost a write per project all day long."""


class Watermark:
    """``name``: of what is watched. Thread-safe as far as each project is moved by one thread."""

    def __init__(self, catalog: Catalog, name: str) -> None:
        self._catalog = catalog
        self._name = name
        self._known: dict[int, int] = {}
        self._stored: dict[int, int] = {}

    def since(self, project_id: int, origin: int = 0) -> int:
        """``origin``: nothing heard of earlier is of interest (epoch milliseconds)."""
        known = self._known.get(project_id)
        if known is None:
            known = int(self._catalog.settings.get(self._setting(project_id), 0))
            self._known[project_id] = self._stored[project_id] = known
        if known > now_ms():
            # The clock was set back: what is heard of from now on would lie before the mark. All is looked at
            # once more, and the mark begins anew.
            known = self._known[project_id] = self._stored[project_id] = 0
        return max(known - MARGIN_MS, origin)

    def move(self, project_id: int, to: int) -> None:
        """Everything heard of before ``to`` is done with. Never back."""
        self.since(project_id)
        self._known[project_id] = max(self._known[project_id], to)
        if self._known[project_id] - self._stored[project_id] >= PERSIST_EVERY_MS:
            self._catalog.settings.set(self._setting(project_id), self._known[project_id])
            self._stored[project_id] = self._known[project_id]

    def _setting(self, project_id: int) -> str:
        return f"postcall.{self._name}.{project_id}"
