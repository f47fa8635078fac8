"""What is due, asked of the store: never only of a queue, so that no lost enqueue can lose a call.

The columns that answer it are made by the fold (store/attempts.py): ``postcall_due_at`` is set from a
call's end until a result of all its events exists. A question looks at conversations heard of since a
watermark, so it costs milliseconds however long the history is.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple

from aftercall.jobs.settings import Settings
from aftercall.store.queries import sql
from aftercall.store.schema import wide_table
from aftercall.store.store import Store

FAR = 4_102_444_800_000
"""2100-01-01, later than any call."""


@dataclass(frozen=True, slots=True)
class Due:
    """A conversation whose next attempt may run now."""

    project_id: int
    conversation_id: str
    status: str
    """pending or failed."""
    attempts: int
    """Made so far."""
    tries: int
    """Which try the newest of them was."""
    told: int
    """Events that tell of the conversation."""


class Open(NamedTuple):
    """How many conversations wait for post-call work. Times in epoch milliseconds."""

    conversations: int
    oldest_due_at: int | None
    oldest_heard_at: int | None


class Failure(NamedTuple):
    """A conversation whose newest attempt failed. Times in epoch milliseconds."""

    conversation_id: str
    started_at: int
    failed_at: int
    attempts: int
    error: str
    told: int
    """Events that tell of the conversation."""
    retry_at: int | None
    """None: it waits for somebody to replay it."""


class DueReader:
    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings

    def marks(self) -> dict[int, int]:
        """For each project with a table a number that changes with everything written to it: whether there
        is anything new to look at, for all projects in one question."""
        rows = self._store.engine.select(sql("postcall", "marks"), {"database": self._store.engine.database})
        return {int(table.partition("_")[2]): mark for table, mark in rows}

    def next(
        self, project_id: int, since: int, now: int, running: Collection[str], limit: int, *, origin: int = 0
    ) -> tuple[list[Due], bool]:
        """What may run now, the longest due first, without what is ``running``; and whether anything else
        is only waiting for its time. ``origin``: calls of which nothing was told since are left alone."""
        values = {
            "since": since,
            "origin": origin,
            "now": now,
            "late": now - int(self._settings.grace_s * 1000),
            "settled": now - int(self._settings.settle_s * 1000),
            "running": list(running),
            "limit": limit,
        }
        rows = self._store.engine.select_json(
            self._sql("next", project_id), values, list[tuple[str, str, int, int, int, int]]
        )
        due = [Due(project_id, *facts) for *facts, ready in rows if ready]
        return due, len(due) < len(rows)

    def open(self, project_id: int, since: int, *, origin: int = 0) -> Open:
        values = {"since": since, "origin": origin}
        rows = self._store.engine.select_json(
            self._sql("open", project_id), values, list[tuple[int, int | None, int | None]]
        )
        count, due_at, heard_at = rows[0]
        return Open(count, due_at, heard_at) if count else Open(0, None, None)

    def failed(self, project_id: int) -> int:
        """How many conversations ended with a failed attempt, of all times."""
        return int(self._store.engine.select(self._sql("failed", project_id))[0][0])

    def failures(
        self, project_id: int, *, limit: int = 100, before: tuple[int, str] | None = None
    ) -> list[Failure]:
        """The newest calls first. ``before``: (started_at, conversation_id) of the last one of a page."""
        at, conversation_id = before or (FAR, "")
        rows = self._store.engine.select_json(
            self._sql("failures", project_id),
            {"before": at, "before_id": conversation_id, "limit": limit},
            list[tuple[str, int, int, int, str, int, int | None]],
        )
        return [Failure(*row) for row in rows]

    def silent(self, project_id: int, since: int, before: int, limit: int = 500) -> list[str]:
        """Conversations in progress that were last heard of from ``since`` on, and before ``before``."""
        values = {"since": since, "before": before, "limit": limit}
        return [row[0] for row in self._store.engine.select(self._sql("silent", project_id), values)]

    def _sql(self, name: str, project_id: int) -> str:
        self._store.registries.of(project_id)  # makes the table of a project that never received anything
        return sql("postcall", name, table=wide_table(project_id))
