"""Events that were refused, kept where an operator can list, mend and replay them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aftercall.model.ids import new_id
from aftercall.model.times import now_ms
from aftercall.store.engine import Engine
from aftercall.store.incoming import seconds
from aftercall.store.queries import sql


@dataclass(frozen=True, slots=True)
class Reject:
    """``payload`` is the event as it was sent; ``position`` its place in the request, from 0."""

    reject_id: str
    received_at: int
    conversation_id: str
    event_id: str
    position: int
    code: str
    reason: str
    payload: str


def reject_row(
    project_id: int,
    *,
    position: int,
    code: str,
    reason: str,
    payload: str,
    conversation_id: str = "",
    event_id: str = "",
    received_at: int,
) -> dict[str, Any]:
    """A row for the committer to insert along with the good events."""
    return {
        "project_id": project_id,
        "reject_id": new_id(),
        "received_at": seconds(received_at),
        "conversation_id": conversation_id,
        "event_id": event_id,
        "position": position,
        "code": code,
        "reason": reason,
        "payload": payload,
        "version": 1,
        "is_deleted": 0,
    }


class Rejects:
    """Lists and settles a project's refused events. Newest first."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def list(self, project_id: int, *, limit: int = 100, before: str | None = None) -> Sequence[Reject]:
        """``before`` is the reject_id the last page ended with: ids sort by the time they were made."""
        rows = self._engine.select(
            sql("rejects", "list"), {"project": project_id, "limit": limit, "before": before or "~"}
        )
        return [Reject(*row) for row in rows]

    def get(self, project_id: int, reject_id: str) -> Reject | None:
        rows = self._engine.select(sql("rejects", "get"), {"project": project_id, "reject": reject_id})
        return Reject(*rows[0]) if rows else None

    def count(self, project_id: int) -> int:
        return int(self._engine.select(sql("rejects", "count"), {"project": project_id})[0][0])

    def settle(self, project_id: int, reject_ids: Sequence[str]) -> None:
        """Take them off the list: replayed with success, or dropped by a person."""
        now = seconds(now_ms())
        self._engine.insert(
            "rejects",
            [
                {
                    "project_id": project_id,
                    "reject_id": one,
                    "received_at": now,
                    "version": 2,
                    "is_deleted": 1,
                }
                for one in reject_ids
            ],
        )
