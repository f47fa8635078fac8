"""The log of deliveries: what was sent to which webhook, how often, and what it answered.

No content is kept here: each try sends the conversation as it stands then, and one that was erased
meanwhile is sent no more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, cast

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from aftercall.catalog.database import Database
from aftercall.catalog.postcall_tables import DeliveryRow
from aftercall.catalog.text import clean_text
from aftercall.errors import NotFound
from aftercall.model.times import now_ms

DeliveryStatus = Literal["pending", "delivered", "failed", "dropped"]
"""``failed``: given up. ``dropped``: the conversation was erased, or the webhook switched off."""


ERASED = "the conversation was erased"


@dataclass(frozen=True, slots=True)
class Delivery:
    """``id`` is what the receiver gets to tell repetitions by. Times in UTC milliseconds."""

    id: str
    webhook_id: int
    project_id: int
    conversation_id: str
    """Empty once it was erased."""
    attempt: str
    """The post-call attempt whose result it tells of."""
    status: DeliveryStatus
    tries: int
    """Requests made so far."""
    tries_left: int
    response_code: int | None
    """What the last try was answered with; None: nothing."""
    error: str | None
    """Why the last try did not succeed."""
    next_try_at: int | None
    created_at: int
    updated_at: int


@dataclass(frozen=True, slots=True)
class NewDelivery:
    id: str
    webhook_id: int
    project_id: int
    conversation_id: str
    attempt: str


class Deliveries:
    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, new: Sequence[NewDelivery], *, tries: int) -> tuple[Delivery, ...]:
        """Those that are still to be sent, entered where they are missing: calling it twice adds none."""
        now = now_ms()
        with self._database.write() as session:
            known = session.scalars(select(DeliveryRow).where(DeliveryRow.id.in_([one.id for one in new])))
            rows = {row.id: row for row in known}
            for one in new:
                if one.id not in rows:
                    rows[one.id] = _new_row(one, tries, now)
                    session.add(rows[one.id])
            return tuple(_record(row) for row in rows.values() if row.status == "pending")

    def get(self, delivery_id: str) -> Delivery:
        """Raises NotFound (DELIVERY_NOT_FOUND)."""
        with self._database.read() as session:
            return _record(_row(session, delivery_id))

    def list(
        self,
        project_id: int,
        *,
        webhook_id: int | None = None,
        conversation_id: str | None = None,
        status: DeliveryStatus | None = None,
        limit: int = 100,
        before: tuple[int, str] | None = None,
    ) -> tuple[Delivery, ...]:
        """The newest first. ``before``: ``(created_at, id)`` of the last one of the page before."""
        query = select(DeliveryRow).where(DeliveryRow.project_id == project_id)
        if webhook_id is not None:
            query = query.where(DeliveryRow.webhook_id == webhook_id)
        if conversation_id is not None:
            query = query.where(DeliveryRow.conversation_id == conversation_id)
        if status is not None:
            query = query.where(DeliveryRow.status == status)
        if before is not None:
            at, delivery_id = before
            earlier = (DeliveryRow.created_at == at) & (DeliveryRow.id < delivery_id)
            query = query.where((DeliveryRow.created_at < at) | earlier)
        query = query.order_by(DeliveryRow.created_at.desc(), DeliveryRow.id.desc()).limit(limit)
        with self._database.read() as session:
            return tuple(_record(row) for row in session.scalars(query))

    def overdue(self, before: int, *, limit: int = 500) -> tuple[Delivery, ...]:
        """Pending ones that should have been tried by then: their job got lost, or hangs."""
        query = (
            select(DeliveryRow)
            .where(DeliveryRow.status == "pending", DeliveryRow.next_try_at < before)
            .order_by(DeliveryRow.next_try_at)
            .limit(limit)
        )
        with self._database.read() as session:
            return tuple(_record(row) for row in session.scalars(query))

    def counts(self, project_id: int | None = None) -> dict[str, int]:
        """How many of each status; None: of all projects."""
        query = select(DeliveryRow.status, func.count().label("number")).group_by(DeliveryRow.status)
        if project_id is not None:
            query = query.where(DeliveryRow.project_id == project_id)
        with self._database.read() as session:
            return {row.status: row.number for row in session.execute(query)}

    def erase(self, project_id: int, conversation_id: str) -> None:
        """Whose they were, and what receivers said, is forgotten; that something was sent stays. What is
        pending is dropped."""
        of_it = (DeliveryRow.project_id == project_id, DeliveryRow.conversation_id == conversation_id)
        with self._database.write() as session:
            for row in session.scalars(select(DeliveryRow).where(*of_it)):
                if row.status == "pending":
                    row.status, row.next_try_at, row.updated_at = "dropped", None, now_ms()
                row.conversation_id, row.error = "", ERASED

    def forget(self, before: int) -> int:
        """Removes finished ones whose last change is older than this (UTC milliseconds); how many."""
        old = (DeliveryRow.status != "pending", DeliveryRow.updated_at < before)
        with self._database.write() as session:
            return len(session.scalars(delete(DeliveryRow).where(*old).returning(DeliveryRow.id)).all())

    def note(
        self,
        delivery_id: str,
        *,
        tries: int,
        status: DeliveryStatus,
        response_code: int | None = None,
        error: str | None = None,
        next_try_at: int | None = None,
    ) -> Delivery:
        """What became of try number ``tries``. Noted twice, as after a crash, it counts once."""
        with self._database.write() as session:
            row = _row(session, delivery_id)
            if row.status == "pending" and row.tries < tries:
                row.tries_left = max(row.tries_left - (tries - row.tries), 0)
                row.tries = tries
                row.status, row.response_code, row.error = status, response_code, error
                row.next_try_at = next_try_at if status == "pending" else None
                row.updated_at = now_ms()
            return _record(row)

    def again(self, delivery_id: str, *, tries: int) -> Delivery:
        """Pending once more, with this many further tries. Raises NotFound (DELIVERY_NOT_FOUND)."""
        now = now_ms()
        with self._database.write() as session:
            row = _row(session, delivery_id)
            row.status, row.tries_left, row.next_try_at, row.updated_at = "pending", tries, now, now
            return _record(row)


def _new_row(one: NewDelivery, tries: int, now: int) -> DeliveryRow:
    return DeliveryRow(
        id=one.id,
        webhook_id=one.webhook_id,
        project_id=one.project_id,
        conversation_id=one.conversation_id,
        attempt=one.attempt,
        status="pending",
        tries=0,
        tries_left=tries,
        next_try_at=now,
        created_at=now,
        updated_at=now,
    )


def _row(session: Session, delivery_id: str) -> DeliveryRow:
    clean_text(delivery_id, "the id of a delivery", longest=200)
    row = session.get(DeliveryRow, delivery_id)
    if row is None:
        raise NotFound(f"there is no delivery {delivery_id!r:.80}", code="DELIVERY_NOT_FOUND")
    return row


def _record(row: DeliveryRow) -> Delivery:
    return Delivery(
        id=row.id,
        webhook_id=row.webhook_id,
        project_id=row.project_id,
        conversation_id=row.conversation_id,
        attempt=row.attempt,
        status=cast(DeliveryStatus, row.status),
        tries=row.tries,
        tries_left=row.tries_left,
        response_code=row.response_code,
        error=row.error,
        next_try_at=row.next_try_at,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
