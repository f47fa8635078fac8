"""Links that let somebody in once: to sign in, or to choose a password. Only their hashes are kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from sqlalchemy import Select, delete, select, update

from aftercall.catalog.database import Database
from aftercall.catalog.people_tables import LinkRow
from aftercall.catalog.person import Person, person_record, person_row
from aftercall.catalog.tokens import new_token, token_hash
from aftercall.model.times import now_ms

LinkKind = Literal["enter", "invitation"]
"""``enter``: signs in at once. ``invitation``: lets a person choose a password, the first or a new one."""

LIFETIME_MS: dict[LinkKind, int] = {"enter": 15 * 60_000, "invitation": 7 * 86_400_000}


class Links:
    """``now`` (UTC milliseconds) is there for tests."""

    def __init__(self, database: Database, now: Callable[[], int] = now_ms) -> None:
        self._database = database
        self._now = now

    def create(self, kind: LinkKind, person_id: int) -> str:
        """The token. An invitation ends the person's earlier ones. Raises NotFound (PERSON_NOT_FOUND)."""
        token, now = new_token(), self._now()
        with self._database.write() as session:
            person_row(session, person_id)
            session.execute(delete(LinkRow).where(LinkRow.expires_at <= now - 86_400_000))
            if kind == "invitation":
                mine = (LinkRow.person_id == person_id, LinkRow.kind == kind, LinkRow.used_at.is_(None))
                session.execute(delete(LinkRow).where(*mine))
            session.add(
                LinkRow(
                    person_id=person_id,
                    kind=kind,
                    hash=token_hash(token),
                    created_at=now,
                    expires_at=now + LIFETIME_MS[kind],
                )
            )
        return token

    def find(self, kind: LinkKind, token: str | None) -> Person | None:
        """Whose link it is, unused; None for one that is unknown, used, over, or of who is switched off."""
        with self._database.read() as session:
            link = session.scalar(self._good(kind, token))
            person = link and person_record(session, *person_row(session, link.person_id))
        return person if person and person.active else None

    def use(self, kind: LinkKind, token: str | None) -> Person | None:
        """As ``find``; only one of any number of callers gets the person."""
        with self._database.write() as session:
            good = self._good(kind, token).with_only_columns(LinkRow.id).scalar_subquery()
            used = update(LinkRow).where(LinkRow.id == good, LinkRow.used_at.is_(None))
            person_id = session.scalar(used.values(used_at=self._now()).returning(LinkRow.person_id))
            if person_id is None:
                return None
            person = person_record(session, *person_row(session, person_id))
        return person if person.active else None

    def waiting(self, kind: LinkKind) -> dict[int, int]:
        """When the unused ones of this kind end (UTC milliseconds), by person."""
        query = select(LinkRow).where(
            LinkRow.kind == kind, LinkRow.used_at.is_(None), LinkRow.expires_at > self._now()
        )
        with self._database.read() as session:
            return {row.person_id: row.expires_at for row in session.scalars(query)}

    def _good(self, kind: LinkKind, token: str | None) -> Select[LinkRow]:
        return select(LinkRow).where(
            LinkRow.hash == token_hash(token),
            LinkRow.kind == kind,
            LinkRow.used_at.is_(None),
            LinkRow.expires_at > self._now(),
        )
