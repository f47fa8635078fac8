"""Accounts: who projects and keys belong to. Most installations have the one, ``default``."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from aftercall.catalog.database import Database
from aftercall.catalog.slugs import clean_name, clean_reference, clean_slug
from aftercall.catalog.tables import AccountRow
from aftercall.errors import Conflict, NotFound
from aftercall.model.times import now_ms

DEFAULT_ACCOUNT = "default"
"""Made by the first migration."""


@dataclass(frozen=True, slots=True)
class Account:
    """``created_at`` in UTC milliseconds."""

    id: int
    slug: str
    name: str
    created_at: int


class Accounts:
    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, slug: str, *, name: str | None = None) -> Account:
        """Raises Conflict (ACCOUNT_EXISTS), InvalidInput."""
        clean_slug(slug, "an account")
        row = AccountRow(slug=slug, name=clean_name(name or slug, "an account"), created_at=now_ms())
        try:
            with self._database.write() as session:
                session.add(row)
        except IntegrityError:  # the unique slug is all that can clash here
            raise Conflict(f"there is an account {slug!r} already", code="ACCOUNT_EXISTS") from None
        return _record(row)

    def get(self, slug: str) -> Account:
        """Raises NotFound (ACCOUNT_NOT_FOUND)."""
        with self._database.read() as session:
            return _record(account_row(session, slug))

    def list(self) -> tuple[Account, ...]:
        """The oldest first."""
        with self._database.read() as session:
            return tuple(_record(row) for row in session.scalars(select(AccountRow).order_by(AccountRow.id)))


def account_row(session: Session, slug: str, *, lock: bool = False) -> AccountRow:
    """The row, locked against other writers when ``lock``; else NotFound (ACCOUNT_NOT_FOUND)."""
    clean_reference(slug, "an account")
    query = select(AccountRow).where(AccountRow.slug == slug)
    if lock:
        # NO KEY UPDATE: excludes another holder of this lock, but not a row that merely refers to it.
        query = query.with_for_update(key_share=True)
    row = session.scalar(query)
    if row is None:
        raise NotFound(f"there is no account {slug!r:.80}", code="ACCOUNT_NOT_FOUND")
    return row


def _record(row: AccountRow) -> Account:
    return Account(id=row.id, slug=row.slug, name=row.name, created_at=row.created_at)
