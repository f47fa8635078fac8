"""The processes that do post-call work, by their heartbeats: what a dead one had begun is taken over."""

from __future__ import annotations

from sqlalchemy import delete, select

from aftercall.catalog.database import Database
from aftercall.catalog.postcall_tables import WorkerRow
from aftercall.catalog.text import clean_text
from aftercall.model.times import now_ms


class Workers:
    def __init__(self, database: Database) -> None:
        self._database = database

    def beat(self, executor_id: str) -> None:
        """``executor_id`` is alive, now."""
        clean_text(executor_id, "the id of a worker", shortest=1, longest=200)
        now = now_ms()
        with self._database.write() as session:
            row = session.get(WorkerRow, executor_id)
            if row is None:
                values = {"executor_id": executor_id, "started_at": now, "beat_at": now}
                self._database.upsert(session, WorkerRow, "executor_id", values)
            else:
                row.beat_at = now

    def silent(self, before: int) -> tuple[str, ...]:
        """Those whose last heartbeat is older than this (UTC milliseconds)."""
        with self._database.read() as session:
            query = select(WorkerRow.executor_id).where(WorkerRow.beat_at < before)
            return tuple(session.scalars(query.order_by(WorkerRow.beat_at)))

    def forget(self, executor_id: str) -> None:
        """It has ended, or what it had begun is taken over."""
        with self._database.write() as session:
            session.execute(delete(WorkerRow).where(WorkerRow.executor_id == executor_id))
