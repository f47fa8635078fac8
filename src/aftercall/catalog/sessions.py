"""Where people are signed in. A browser holds a random id; here is only its hash."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from aftercall.catalog.database import Database
from aftercall.catalog.people_tables import PersonRow, SessionRow
from aftercall.catalog.person import Person, people_query, person_record, person_row
from aftercall.catalog.tokens import new_token, token_hash
from aftercall.model.times import now_ms

DAY_MS = 86_400_000
IDLE_MS = 7 * DAY_MS
"""Without a request for so long, a session ends."""
LONGEST_MS = 30 * DAY_MS
"""Whatever happens, a session ends after this."""
SEEN_EVERY_MS = 600_000
"""How exactly it is known when a session was last used."""
MOST = 50
"""Of one person at once; the one not used for the longest gives way."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """One browser of one person. Times in UTC milliseconds."""

    id: int
    browser: str
    created_at: int
    seen_at: int
    expires_at: int


class Sessions:
    """``now`` (UTC milliseconds) is there for tests."""

    def __init__(self, database: Database, now: Callable[[], int] = now_ms) -> None:
        self._database = database
        self._now = now

    def begin(self, person_id: int, browser: str = "") -> str:
        """The session's id, which exists nowhere else. Raises NotFound (PERSON_NOT_FOUND)."""
        token, now = new_token(), self._now()
        with self._database.write() as session:
            person, _ = person_row(session, person_id)
            person.seen_at = now
            _make_room(session, person_id, now)
            session.add(
                SessionRow(
                    person_id=person_id,
                    hash=token_hash(token),
                    browser="".join(sign for sign in browser[:200] if sign.isprintable()),
                    created_at=now,
                    seen_at=now,
                    expires_at=now + IDLE_MS,
                )
            )
        return token

    def find(self, token: str | None) -> tuple[Person, SignedIn] | None:
        """Who it is; None for a session that is unknown or over. Asked anew each time: what an
        administrator changes holds from the next request on."""
        digest, now = token_hash(token), self._now()
        if digest is None:
            return None
        query = select(SessionRow).where(SessionRow.hash == digest, SessionRow.expires_at > now)
        with self._database.read() as session:
            row = session.scalar(query)
            if row is None:
                return None
            owner, account = session.execute(people_query().where(PersonRow.id == row.person_id)).one()
            person = person_record(session, owner, account)
        if not person.active:
            return None
        if now - row.seen_at >= SEEN_EVERY_MS:
            self._note_use(row.id, person.id, now)
        return person, _record(row)

    def list(self, person_id: int) -> tuple[SignedIn, ...]:
        """Those that are not over, the last used first."""
        mine = (SessionRow.person_id == person_id, SessionRow.expires_at > self._now())
        query = select(SessionRow).where(*mine).order_by(SessionRow.seen_at.desc(), SessionRow.id.desc())
        with self._database.read() as session:
            return tuple(_record(row) for row in session.scalars(query))

    def end(self, token: str | None) -> None:
        digest = token_hash(token)
        with self._database.write() as session:
            session.execute(delete(SessionRow).where(SessionRow.hash == digest))

    def end_all(self, person_id: int, *, but: str | None = None) -> None:
        """All of a person's, except that of the token ``but``."""
        query = delete(SessionRow).where(SessionRow.person_id == person_id)
        kept = token_hash(but)
        with self._database.write() as session:
            session.execute(query if kept is None else query.where(SessionRow.hash != kept))

    def _note_use(self, session_id: int, person_id: int, now: int) -> None:
        with self._database.write() as session:
            row = session.get(SessionRow, session_id)
            if row is not None:
                row.seen_at = now
                row.expires_at = min(now + IDLE_MS, row.created_at + LONGEST_MS)
                person_row(session, person_id)[0].seen_at = now


def _make_room(session: Session, person_id: int, now: int) -> None:
    """Ended ones go, of everybody; and so do the least used ones of who has too many."""
    session.execute(delete(SessionRow).where(SessionRow.expires_at <= now))
    query = select(SessionRow).where(SessionRow.person_id == person_id).order_by(SessionRow.seen_at.desc())
    for row in session.scalars(query).all()[MOST - 1 :]:
        session.delete(row)


def _record(row: SessionRow) -> SignedIn:
    return SignedIn(row.id, row.browser, row.created_at, row.seen_at, row.expires_at)
