"""A person who may sign in, as the rest of the program sees them."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import cast

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from aftercall.catalog.people_tables import PersonProjectRow, PersonRow
from aftercall.catalog.principal import Principal
from aftercall.catalog.roles import Role, scopes_of
from aftercall.catalog.tables import AccountRow
from aftercall.catalog.text import clean_text
from aftercall.errors import InvalidInput, NotFound

LONGEST_LOGIN = 200


@dataclass(frozen=True, slots=True)
class Person:
    """Times in UTC milliseconds. ``projects``: ids; None is every project of the account, as for each
    administrator. ``pii``: sees whole phone numbers. Not ``active``: cannot sign in."""

    id: int
    account_id: int
    account_slug: str
    login: str
    name: str
    role: Role
    pii: bool
    projects: frozenset[int] | None
    active: bool
    has_password: bool
    created_at: int
    seen_at: int | None

    @property
    def principal(self) -> Principal:
        return Principal(
            account_id=self.account_id,
            account_slug=self.account_slug,
            project_id=None,
            project_slug=None,
            key_id=None,
            scopes=scopes_of(self.role, pii=self.pii),
            person_id=self.id,
            projects=self.projects,
        )


def clean_login(login: object) -> str:
    """A mail address or a short name; upper and lower case are one. Raises InvalidInput (INVALID_LOGIN)."""
    text = clean_text(login, "the sign-in name", longest=1000)
    text = unicodedata.normalize("NFKC", text).strip().casefold()
    if not 1 <= len(text) <= LONGEST_LOGIN or any(sign.isspace() for sign in text):
        raise InvalidInput(
            f"A sign-in name is a mail address or a short name: 1 to {LONGEST_LOGIN} characters, no spaces.",
            code="INVALID_LOGIN",
        )
    return clean_text(text, "the sign-in name", longest=LONGEST_LOGIN)


def people_query() -> Select[PersonRow, str]:
    """Each person with the slug of their account."""
    return select(PersonRow, AccountRow.slug).join(AccountRow, AccountRow.id == PersonRow.account_id)


def person_row(session: Session, person_id: int) -> tuple[PersonRow, str]:
    """Raises NotFound (PERSON_NOT_FOUND)."""
    found = None
    if isinstance(person_id, int) and 0 < person_id < 2**31:
        found = session.execute(people_query().where(PersonRow.id == person_id)).first()
    if found is None:
        raise NotFound(f"there is no person with the id {person_id!r:.40}", code="PERSON_NOT_FOUND")
    return found[0], found[1]


def person_record(session: Session, row: PersonRow, account: str) -> Person:
    projects = None
    if not row.all_projects and row.role != "admin":
        chosen = select(PersonProjectRow.project_id).where(PersonProjectRow.person_id == row.id)
        projects = frozenset(session.scalars(chosen))
    return Person(
        id=row.id,
        account_id=row.account_id,
        account_slug=account,
        login=row.login,
        name=row.name,
        role=cast(Role, row.role),
        pii=row.pii or row.role == "admin",
        projects=projects,
        active=row.active,
        has_password=row.password_hash is not None,
        created_at=row.created_at,
        seen_at=row.seen_at,
    )
