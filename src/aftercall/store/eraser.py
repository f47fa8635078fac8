"""Erasure on disk. The committer takes an erased conversation's rows away at once; this deletes the rest.

Deleting rewrites the parts that hold the data, which may take seconds on a large store, so it runs in
a thread of its own and takes what has gathered together. **Window**: invisible when the erasure is
acknowledged; gone from disk after the next purge, normally within a minute, and after a crash once the
sweep of the next start has found it again.
"""

from __future__ import annotations

import logging
import threading

from aftercall.errors import Unavailable
from aftercall.store.engine import Engine
from aftercall.store.queries import sql
from aftercall.store.schema import wide_table

log = logging.getLogger(__name__)

RETRY_S = 5.0
_AT_ONCE = 1_000


class Eraser:
    """Deletes every stored copy of erased conversations. ``purge`` returns at once, ``settle`` waits."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._waiting: set[tuple[int, str]] = set()
        self._condition = threading.Condition()
        self._busy = False
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="eraser", daemon=True)
        self.failures = 0
        """Purges that failed and are tried again; shown in /metrics."""

    def start(self) -> None:
        self._thread.start()

    def purge(self, conversations: list[tuple[int, str]]) -> None:
        """``(project_id, conversation_id)`` of conversations that hold an erasure event."""
        with self._condition:
            self._waiting.update(conversations)
            self._condition.notify_all()

    def settle(self, timeout: float = 60.0) -> None:
        """Wait until nothing is left to delete."""
        with self._condition:
            if not self._condition.wait_for(lambda: not self._waiting and not self._busy, timeout):
                raise Unavailable("Erased conversations are still being deleted from disk.")

    def close(self) -> None:
        """Finish what waits, once; what fails now is found by the sweep of the next start."""
        with self._condition:
            self._stopping = True
            self._condition.notify_all()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        while True:
            with self._condition:
                self._condition.wait_for(lambda: self._waiting or self._stopping)
                if not self._waiting:
                    return
                batch = set(list(self._waiting)[:_AT_ONCE])
                self._waiting -= batch
                self._busy = True
            failed = self._delete(batch)
            with self._condition:
                self._busy = False
                self._waiting |= failed
                self._condition.notify_all()
                if failed and (self._stopping or self._condition.wait_for(lambda: self._stopping, RETRY_S)):
                    return

    def _delete(self, batch: set[tuple[int, str]]) -> set[tuple[int, str]]:
        """Delete these; the ones that could not be."""
        by_project: dict[int, list[str]] = {}
        for project_id, conversation_id in batch:
            by_project.setdefault(project_id, []).append(conversation_id)
        failed: set[tuple[int, str]] = set()
        for project_id, ids in by_project.items():
            try:
                # Events last: as long as there are any, the sweep finds an erasure that was cut off.
                for name in ("rejects", "turns", "rows", "events"):
                    for some in self._engine.bindable(ids):
                        self._engine.command(
                            sql("erase", name, table=wide_table(project_id)),
                            {"project": project_id, "conversations": some},
                        )
            except Exception:
                self.failures += 1
                log.exception("deleting %s erased conversations failed; it is tried again", len(ids))
                failed.update((project_id, conversation_id) for conversation_id in ids)
        return failed
