"""Lost calls: in progress, and nothing heard of them for a long time. They get an end, of source ``system``.

A real end that comes later overrides it, since every other source ranks higher.
"""

from __future__ import annotations

import logging

from aftercall.catalog.projects import Project
from aftercall.jobs.attempt import incoming
from aftercall.jobs.due import DueReader
from aftercall.jobs.settings import lost_after_ms
from aftercall.jobs.watermark import Watermark
from aftercall.model.times import now_ms
from aftercall.store.fold import Conversation, fold
from aftercall.store.loader import load_entries
from aftercall.store.store import Store

EVENT_ID = "aftercall-lost"
"""One per conversation: two processes that find the same call lost say it once."""
_AT_ONCE = 500

log = logging.getLogger(__name__)


class LostCalls:
    def __init__(self, store: Store, reader: DueReader, watermark: Watermark) -> None:
        self._store = store
        self._reader = reader
        self._watermark = watermark

    def close(self, project: Project) -> int:
        """End the project's lost calls; how many there were."""
        after = lost_after_ms(project)
        if after is None:
            return 0
        ended = 0
        while True:
            now = now_ms()
            since = self._watermark.since(project.id)
            silent = self._reader.silent(project.id, since, now - after, _AT_ONCE)
            ended += self._end(project.id, silent, now, now - after)
            if len(silent) < _AT_ONCE:
                self._watermark.move(project.id, now - after)
                return ended

    def _end(self, project_id: int, silent: list[str], now: int, before: int) -> int:
        if not silent:
            return 0
        ends = []
        for conversation_id, entries in load_entries(self._store.engine, project_id, silent).items():
            c = fold(entries.values()) if entries else None
            if c is not None and not c.erased and c.ended_at is None and c.last_received_at < before:
                ends.append(_end(conversation_id, c))
        for future in self._store.committer.submit(project_id, incoming(ends, now)) if ends else ():
            future.result()
        if ends:
            log.info("%s calls of project %s fell silent and count as lost", len(ends), project_id)
        return len(ends)


def _end(conversation_id: str, c: Conversation) -> dict[str, object]:
    """It ended when it was last heard of, not when that was noticed."""
    return {
        "kind": "end",
        "id": EVENT_ID,
        "conversation_id": conversation_id,
        "at": c.last_event_at,
        "ended_at": c.last_event_at,
        "source": "system",
        "reason": "lost",
    }
