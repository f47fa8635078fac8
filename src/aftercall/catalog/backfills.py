"""Backfills: what was asked for, how far each has come, and what was found. Kept after every page of
conversations, so that one whose process died goes on where it was."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from aftercall.catalog.backfill_tables import BackfillNoteRow, BackfillRow
from aftercall.catalog.database import Database
from aftercall.catalog.projects import project_row
from aftercall.catalog.text import encode_json
from aftercall.errors import Conflict, NotFound
from aftercall.model.ids import new_id
from aftercall.model.times import now_ms

State = Literal["piloting", "waiting", "running", "paused", "done", "cancelled", "failed"]
STATES: tuple[State, ...] = get_args(State)
OVER = frozenset({"done", "cancelled", "failed"})
UNDER_WAY = ("piloting", "running")
PREFIX = "bf-"
"""How ids begin."""
MOST_NOTES = 100
"""Failures kept of one backfill."""
LONGEST_REASON = 1_000

Key = tuple[int, str]
"""(started_at, conversation id) of the last conversation that is done."""
NoteKind = Literal["sample", "failure"]


@dataclass(frozen=True, slots=True)
class Note:
    """Something about one conversation."""

    kind: NoteKind
    conversation_id: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Backfill:
    """``waiting``: the pilot is over, and a person decides. ``paused``: goes on at ``resume_at``, or when
    somebody says so. ``task``: what was asked for. ``result``, ``pilot``: counts, {} before there are any.
    Times in UTC milliseconds."""

    id: str
    project_id: int
    task: Mapping[str, Any]
    by: str
    """Who asked for it; empty: not known."""
    state: State
    reason: str | None
    """Why it is paused, or failed."""
    resume_at: int | None
    cursor: Key | None
    stalls: int
    """Pauses in a row in which nothing got done."""
    total: int
    done: int
    result: Mapping[str, Any]
    pilot: Mapping[str, Any]
    created_at: int
    started_at: int | None
    ended_at: int | None


class Backfills:
    def __init__(self, database: Database) -> None:
        self._database = database

    def create(
        self, project_id: int, task: Mapping[str, Any], *, state: State, total: int, by: str = ""
    ) -> Backfill:
        """Raises NotFound (PROJECT_NOT_FOUND), InvalidInput."""
        now = now_ms()
        row = BackfillRow(
            id=f"{PREFIX}{new_id()}",
            project_id=project_id,
            task=encode_json(dict(task), "the backfill"),
            made_by=by,
            state=state,
            stalls=0,
            total=total,
            done=0,
            result="{}",
            pilot="{}",
            created_at=now,
            updated_at=now,
            started_at=now if state == "running" else None,
        )
        with self._database.write() as session:
            project_row(session, project_id)
            session.add(row)
            session.flush()
            return _record(row)

    def get(self, project_id: int, backfill_id: str) -> Backfill:
        """Raises NotFound (BACKFILL_NOT_FOUND)."""
        with self._database.read() as session:
            return _record(_row(session, project_id, backfill_id))

    def list(self, project_id: int, limit: int = 50) -> tuple[Backfill, ...]:
        """The newest first."""
        query = select(BackfillRow).where(BackfillRow.project_id == project_id)
        query = query.order_by(BackfillRow.created_at.desc(), BackfillRow.id.desc()).limit(limit)
        with self._database.read() as session:
            return tuple(_record(row) for row in session.scalars(query))

    def under_way(self, now: int) -> tuple[Backfill, ...]:
        """Of all projects, the oldest first, those to be worked on; a pause that is over ends with this."""
        paused = (BackfillRow.state == "paused", BackfillRow.resume_at <= now)
        with self._database.read() as session:
            over = session.scalar(select(func.count()).select_from(BackfillRow).where(*paused))
        if over:
            with self._database.write() as session:
                for row in session.scalars(select(BackfillRow).where(*paused).with_for_update()):
                    row.state, row.reason, row.resume_at = "running", None, None
        query = select(BackfillRow).where(BackfillRow.state.in_(UNDER_WAY)).order_by(BackfillRow.created_at)
        with self._database.read() as session:
            return tuple(_record(row) for row in session.scalars(query))

    def move(
        self,
        backfill_id: str,
        state: State,
        *,
        of: Sequence[State],
        reason: str | None = None,
        resume_at: int | None = None,
        stalled: bool = False,
    ) -> bool:
        """To another state, from one of these; False: it is in none of them by now."""
        now = now_ms()
        with self._database.write() as session:
            row = session.get(BackfillRow, backfill_id, with_for_update=True)
            if row is None or row.state not in of:
                return False
            row.state, row.resume_at, row.updated_at = state, resume_at, now
            row.reason = None if reason is None else _stored(reason)[:LONGEST_REASON]
            row.stalls += stalled
            if state == "running" and row.started_at is None:
                row.started_at = now
            if state in OVER:
                row.ended_at = now
            if state in ("done", "failed"):  # nobody goes on from there: a conversation's name less to keep
                row.cursor_at = row.cursor_id = None
            return True

    def change(self, project_id: int, backfill_id: str, state: State, *, of: Sequence[State]) -> Backfill:
        """``move`` for a person. Raises NotFound (BACKFILL_NOT_FOUND), Conflict (BACKFILL_STATE)."""
        found = self.get(project_id, backfill_id)
        if not self.move(backfill_id, state, of=of):
            raise Conflict(
                f"the backfill is {found.state}: for this it has to be {' or '.join(of)}",
                code="BACKFILL_STATE",
            )
        return self.get(project_id, backfill_id)

    def piloted(self, backfill_id: str, pilot: Mapping[str, Any], notes: Sequence[Note]) -> bool:
        """The pilot is over. False: it is not in that state any more (cancelled)."""
        with self._database.write() as session:
            row = session.get(BackfillRow, backfill_id, with_for_update=True)
            if row is None or row.state != "piloting":
                return False
            row.state, row.pilot, row.updated_at = "waiting", encode_json(dict(pilot), "the pilot"), now_ms()
            row.reason = None
            _add_notes(session, row, notes)
            return True

    def progress(
        self,
        backfill_id: str,
        *,
        since: Key | None,
        cursor: Key,
        done: int,
        result: Mapping[str, Any],
        notes: Sequence[Note] = (),
    ) -> bool:
        """A page is done. ``since``: the cursor that it began at. False: nothing is noted, because somebody
        else did that page meanwhile."""
        with self._database.write() as session:
            row = session.get(BackfillRow, backfill_id, with_for_update=True)
            if row is None or _cursor(row) != since:
                return False
            row.cursor_at, row.cursor_id = cursor
            row.done, row.stalls, row.reason, row.updated_at = done, 0, None, now_ms()
            row.total = max(row.total, done)
            row.result = encode_json(dict(result), "the result")
            _add_notes(session, row, notes)
            return True

    def notes(self, backfill_id: str, kind: NoteKind) -> tuple[Note, ...]:
        query = select(BackfillNoteRow).where(
            BackfillNoteRow.backfill_id == backfill_id, BackfillNoteRow.kind == kind
        )
        with self._database.read() as session:
            return tuple(
                Note(kind, row.conversation_id, json.loads(row.body))
                for row in session.scalars(query.order_by(BackfillNoteRow.id))
            )

    def erase(self, project_id: int, conversation_id: str) -> None:
        """What was noted of it is gone; counts stay."""
        of_it = (
            BackfillNoteRow.project_id == project_id,
            BackfillNoteRow.conversation_id == conversation_id,
        )
        with self._database.write() as session:
            session.execute(delete(BackfillNoteRow).where(*of_it))


def _add_notes(session: Session, row: BackfillRow, notes: Sequence[Note]) -> None:
    failures = [one for one in notes if one.kind == "failure"]
    if failures:
        of_it = (BackfillNoteRow.backfill_id == row.id, BackfillNoteRow.kind == "failure")
        there = session.scalar(select(func.count()).select_from(BackfillNoteRow).where(*of_it)) or 0
        failures = failures[: max(MOST_NOTES - there, 0)]
    for one in [*(one for one in notes if one.kind != "failure"), *failures]:
        session.add(
            BackfillNoteRow(
                backfill_id=row.id,
                project_id=row.project_id,
                conversation_id=one.conversation_id,
                kind=one.kind,
                body=encode_json(_clean(one.body), "a note of a backfill"),
            )
        )


def _clean(value: Any) -> Any:
    """What was said in calls may hold what no database takes."""
    if isinstance(value, str):
        return _stored(value)
    if isinstance(value, Mapping):
        return {key: _clean(item) for key, item in value.items()}
    return value


def _stored(text: str) -> str:
    return text.replace("\0", "\\0").encode("utf-8", "backslashreplace").decode()


def _row(session: Session, project_id: int, backfill_id: str) -> BackfillRow:
    row = None
    if backfill_id.isascii() and len(backfill_id) <= 100 and "\0" not in backfill_id:
        row = session.get(BackfillRow, backfill_id)
    if row is None or row.project_id != project_id:
        raise NotFound(f"there is no backfill {backfill_id!r:.80}", code="BACKFILL_NOT_FOUND")
    return row


def _cursor(row: BackfillRow) -> Key | None:
    return None if row.cursor_at is None or row.cursor_id is None else (row.cursor_at, row.cursor_id)


def _record(row: BackfillRow) -> Backfill:
    return Backfill(
        id=row.id,
        project_id=row.project_id,
        task=json.loads(row.task),
        by=row.made_by,
        state=cast(State, row.state),
        reason=row.reason,
        resume_at=row.resume_at,
        cursor=_cursor(row),
        stalls=row.stalls,
        total=row.total,
        done=row.done,
        result=json.loads(row.result),
        pilot=json.loads(row.pilot),
        created_at=row.created_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
    )
