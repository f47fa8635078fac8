"""Dashboards of a project: what stands on each, and in which order they are shown."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from aftercall.catalog.dashboard_tables import DashboardRow
from aftercall.catalog.database import Database
from aftercall.catalog.projects import project_row
from aftercall.catalog.slugs import clean_name
from aftercall.catalog.text import encode_json
from aftercall.errors import Conflict, InvalidInput, NotFound
from aftercall.model.times import now_ms

MOST = 200
"""Of a project, deleted ones not counted."""
LONGEST_BODY = 500_000
"""Characters of JSON: a hundred large tiles are a tenth of it."""


@dataclass(frozen=True, slots=True)
class Dashboard:
    """``body`` is a JSON object that this room does not look into. ``version`` begins at 1 and goes up with
    each change of name or body. Times in UTC milliseconds."""

    id: int
    project_id: int
    name: str
    position: int
    is_default: bool
    version: int
    body: Mapping[str, Any]
    updated_by: str
    created_at: int
    updated_at: int
    deleted_at: int | None


class Changed(Conflict):
    """Somebody else changed it meanwhile: ``current`` is what it is now."""

    default_code = "DASHBOARD_CHANGED"

    def __init__(self, current: Dashboard) -> None:
        super().__init__(
            f"{current.updated_by or 'Somebody'} changed this dashboard meanwhile: look at both, and send"
            f" yours with version {current.version} to keep it."
        )
        self.current = current


class Dashboards:
    def __init__(self, database: Database) -> None:
        self._database = database

    def list(self, project_id: int) -> tuple[Dashboard, ...]:
        """In their order; deleted ones left out."""
        with self._database.read() as session:
            return tuple(_record(row) for row in session.scalars(_of(project_id)))

    def get(self, project_id: int, dashboard_id: int, *, deleted: bool = False) -> Dashboard:
        """``deleted``: one that was deleted as well. Raises NotFound (DASHBOARD_NOT_FOUND)."""
        with self._database.read() as session:
            return _record(_row(session, project_id, dashboard_id, deleted=deleted))

    def create(self, project_id: int, name: str, body: Mapping[str, Any], *, by: str = "") -> Dashboard:
        """At the end; the first of a project is its default one.

        Raises NotFound (PROJECT_NOT_FOUND), InvalidInput.
        """
        now = now_ms()
        told = {"name": clean_name(name, "a dashboard"), "body": _encoded(body), "updated_by": by}
        with self._database.write() as session:
            # Locked, so that two at once get different positions, and only one of them is the first.
            project_row(session, project_id, lock=True)
            there = session.scalars(_of(project_id)).all()
            if len(there) >= MOST:
                raise InvalidInput(f"a project may have {MOST} dashboards: delete one that nobody needs")
            last = max((row.position for row in there), default=-1)
            row = DashboardRow(
                **told,
                project_id=project_id,
                position=last + 1,
                is_default=not there,
                version=1,
                created_at=now,
                updated_at=now,
                deleted_at=None,
            )
            session.add(row)
            session.flush()
            return _record(row)

    def change(
        self,
        project_id: int,
        dashboard_id: int,
        version: int | None,
        *,
        name: str | None = None,
        body: Mapping[str, Any] | None = None,
        by: str = "",
    ) -> Dashboard:
        """Changes what is given. ``version``: the one that was looked at; None: whatever it is by now.

        Raises Changed (409) where it is another one by now, NotFound (DASHBOARD_NOT_FOUND), InvalidInput.
        """
        with self._database.write() as session:
            row = _row(session, project_id, dashboard_id, lock=True)
            if version is not None and row.version != version:
                raise Changed(_record(row))
            if name is not None:
                row.name = clean_name(name, "a dashboard")
            if body is not None:
                row.body = _encoded(body)
            row.version += 1
            row.updated_by, row.updated_at = by, now_ms()
            return _record(row)

    def make_default(self, project_id: int, dashboard_id: int) -> Dashboard:
        """And the others not. Raises NotFound (DASHBOARD_NOT_FOUND)."""
        with self._database.write() as session:
            project_row(session, project_id, lock=True)
            chosen = _row(session, project_id, dashboard_id)
            for row in session.scalars(_of(project_id)):
                row.is_default = row.id == chosen.id
            return _record(chosen)

    def reorder(self, project_id: int, ids: Sequence[int]) -> tuple[Dashboard, ...]:
        """These first, in this order; those not named follow as they were.

        Raises NotFound (DASHBOARD_NOT_FOUND).
        """
        with self._database.write() as session:
            project_row(session, project_id, lock=True)
            rows = {row.id: row for row in session.scalars(_of(project_id))}
            for one in ids:
                if one not in rows:
                    raise _not_found(one)
            order = [*dict.fromkeys(ids), *(one for one in rows if one not in ids)]
            for position, one in enumerate(order):
                rows[one].position = position
            return tuple(_record(rows[one]) for one in order)

    def remove(self, project_id: int, dashboard_id: int) -> Dashboard:
        """It is no longer shown, and can be restored. Another one becomes the default where it was.

        Raises NotFound (DASHBOARD_NOT_FOUND).
        """
        with self._database.write() as session:
            project_row(session, project_id, lock=True)
            row = _row(session, project_id, dashboard_id)
            row.deleted_at, was_default, row.is_default = now_ms(), row.is_default, False
            session.flush()
            next_one = session.scalars(_of(project_id)).first()
            if was_default and next_one is not None:
                next_one.is_default = True
            return _record(row)

    def restore(self, project_id: int, dashboard_id: int) -> Dashboard:
        """Where it was before. One that was never deleted stays as it is.

        Raises NotFound (DASHBOARD_NOT_FOUND).
        """
        with self._database.write() as session:
            project_row(session, project_id, lock=True)
            row = _row(session, project_id, dashboard_id, deleted=True)
            row.deleted_at = None
            session.flush()
            if not any(one.is_default for one in session.scalars(_of(project_id))):
                row.is_default = True
            return _record(row)

    def count_deleted(self, project_id: int) -> int:
        gone = (DashboardRow.project_id == project_id, DashboardRow.deleted_at.is_not(None))
        with self._database.read() as session:
            return session.scalar(select(func.count()).select_from(DashboardRow).where(*gone)) or 0


def _of(project_id: int) -> Select[DashboardRow]:
    there = (DashboardRow.project_id == project_id, DashboardRow.deleted_at.is_(None))
    return select(DashboardRow).where(*there).order_by(DashboardRow.position, DashboardRow.id)


def _row(
    session: Session, project_id: int, dashboard_id: int, *, deleted: bool = False, lock: bool = False
) -> DashboardRow:
    row = None
    if isinstance(dashboard_id, int) and 0 < dashboard_id < 2**31:
        row = session.get(DashboardRow, dashboard_id, with_for_update=lock or None)
    if row is None or row.project_id != project_id or (row.deleted_at is not None and not deleted):
        raise _not_found(dashboard_id)
    return row


def _not_found(dashboard_id: object) -> NotFound:
    return NotFound(f"there is no dashboard with the id {dashboard_id!r:.40}", code="DASHBOARD_NOT_FOUND")


def _encoded(body: Mapping[str, Any]) -> str:
    text = encode_json(dict(body), "a dashboard")
    if len(text) > LONGEST_BODY:
        raise InvalidInput(
            f"a dashboard may have {LONGEST_BODY:,} characters of JSON, not {len(text):,}: take tiles away"
        )
    return text


def _record(row: DashboardRow) -> Dashboard:
    return Dashboard(
        id=row.id,
        project_id=row.project_id,
        name=row.name,
        position=row.position,
        is_default=row.is_default,
        version=row.version,
        body=json.loads(row.body),
        updated_by=row.updated_by,
        created_at=row.created_at,
        updated_at=row.updated_at,
        deleted_at=row.deleted_at,
    )
