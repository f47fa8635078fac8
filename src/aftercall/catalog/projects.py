"""Projects: one agent's conversations, their wide table and their metrics."""

from __future__ import annotations

import json
import re
import zoneinfo
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from aftercall.catalog.accounts import DEFAULT_ACCOUNT, account_row
from aftercall.catalog.database import Database
from aftercall.catalog.slugs import clean_name, clean_reference, clean_slug
from aftercall.catalog.tables import AccountRow, ProjectRow
from aftercall.catalog.text import clean_text, encode_json
from aftercall.errors import Conflict, InvalidInput, NotFound
from aftercall.model.times import now_ms

_CURRENCY = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True, slots=True)
class Project:
    """``id`` is never used twice and is the ``project_id`` (UInt32) of the column store.

    ``timezone`` is an IANA name, ``currency`` an ISO 4217 code, ``created_at`` UTC milliseconds.
    ``registry_revision`` goes up by one with every change of the project's metrics.
    """

    id: int
    account_id: int
    account_slug: str
    slug: str
    name: str
    timezone: str
    currency: str
    created_at: int
    registry_revision: int
    settings: Mapping[str, Any]


class Projects:
    def __init__(self, database: Database) -> None:
        self._database = database

    def create(
        self,
        slug: str,
        *,
        account: str = DEFAULT_ACCOUNT,
        name: str | None = None,
        timezone: str = "UTC",
        currency: str = "USD",
        settings: Mapping[str, Any] | None = None,
    ) -> Project:
        """Raises Conflict (PROJECT_EXISTS), NotFound (ACCOUNT_NOT_FOUND), InvalidInput."""
        row = _new_row(slug, name, timezone, currency, settings)
        project, made = self._find_or_add(account, row)
        if not made:
            raise Conflict(f"there is a project {slug!r} already", code="PROJECT_EXISTS")
        return project

    def ensure(
        self,
        slug: str,
        *,
        account: str = DEFAULT_ACCOUNT,
        name: str | None = None,
        timezone: str = "UTC",
        currency: str = "USD",
        settings: Mapping[str, Any] | None = None,
    ) -> Project:
        """The project of this slug, made when missing; one that exists comes back as it is.

        Safe in several processes at once: all of them get the same project.
        """
        row = _new_row(slug, name, timezone, currency, settings)
        return self.find(slug, account=account) or self._find_or_add(account, row)[0]

    def find(self, slug: str, *, account: str = DEFAULT_ACCOUNT) -> Project | None:
        clean_reference(slug, "a project")
        clean_reference(account, "an account")
        with self._database.read() as session:
            found = session.execute(_projects(account).where(ProjectRow.slug == slug)).first()
        return found and _record(found[0], found[1])

    def get(self, slug: str, *, account: str = DEFAULT_ACCOUNT) -> Project:
        """Raises NotFound (PROJECT_NOT_FOUND)."""
        project = self.find(slug, account=account)
        if project is None:
            raise NotFound(f"there is no project {slug!r:.80}", code="PROJECT_NOT_FOUND")
        return project

    def by_id(self, project_id: int) -> Project:
        """Raises NotFound (PROJECT_NOT_FOUND)."""
        with self._database.read() as session:
            row = project_row(session, project_id)
            return _record(row, session.get_one(AccountRow, row.account_id).slug)

    def list(self, *, account: str = DEFAULT_ACCOUNT) -> tuple[Project, ...]:
        """The oldest first."""
        clean_reference(account, "an account")
        return self._all(_projects(account))

    def all(self) -> tuple[Project, ...]:
        """Of every account: for the server's own work, never for an answer to a key."""
        return self._all(_projects(None))

    def update(
        self,
        project_id: int,
        *,
        name: str | None = None,
        timezone: str | None = None,
        currency: str | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> Project:
        """Changes what is given; ``settings`` replaces the whole mapping.

        Raises NotFound (PROJECT_NOT_FOUND), InvalidInput.
        """
        fields = {"name": name, "timezone": timezone, "currency": currency, "settings": settings}
        return self.change(project_id, lambda _: fields)

    def change(self, project_id: int, make: Callable[[Project], Mapping[str, Any]]) -> Project:
        """As ``update``, with the fields that ``make`` gives for the project as it is: nobody else changes it
        in between."""
        with self._database.write() as session:
            row = project_row(session, project_id, lock=True)
            account = session.get_one(AccountRow, row.account_id).slug
            for field, value in _cleaned(**make(_record(row, account))).items():
                setattr(row, field, value)
            return _record(row, account)

    def _find_or_add(self, account: str, new: ProjectRow) -> tuple[Project, bool]:
        with self._database.write() as session:
            # The account's row is the door: whoever holds it is alone in making projects of it.
            owner = account_row(session, account, lock=True)
            query = select(ProjectRow).where(ProjectRow.account_id == owner.id, ProjectRow.slug == new.slug)
            found = session.scalar(query)
            if found is None:
                new.account_id = owner.id
                session.add(new)
                session.flush()
            return _record(found or new, owner.slug), found is None

    def _all(self, query: Select[ProjectRow, str]) -> tuple[Project, ...]:
        with self._database.read() as session:
            rows = session.execute(query.order_by(ProjectRow.id)).all()
        return tuple(_record(row, account) for row, account in rows)


def project_row(session: Session, project_id: int, *, lock: bool = False) -> ProjectRow:
    """The row, locked against other writers when ``lock``; else NotFound (PROJECT_NOT_FOUND)."""
    # Beyond 32 bits PostgreSQL answers with an error instead of with no row.
    row = None
    if isinstance(project_id, int) and 0 < project_id < 2**31:
        query = select(ProjectRow).where(ProjectRow.id == project_id)
        row = session.scalar(query.with_for_update(key_share=True) if lock else query)
    if row is None:
        raise NotFound(f"there is no project with the id {project_id!r:.40}", code="PROJECT_NOT_FOUND")
    return row


def _projects(account: str | None) -> Select[ProjectRow, str]:
    query = select(ProjectRow, AccountRow.slug).join(AccountRow, AccountRow.id == ProjectRow.account_id)
    return query if account is None else query.where(AccountRow.slug == account)


def _new_row(
    slug: str, name: str | None, timezone: str, currency: str, settings: Mapping[str, Any] | None
) -> ProjectRow:
    clean_slug(slug, "a project")
    fields = _cleaned(
        name=slug if name is None else name, timezone=timezone, currency=currency, settings=settings or {}
    )
    return ProjectRow(slug=slug, created_at=now_ms(), registry_revision=0, **fields)


def _cleaned(**fields: Any) -> dict[str, str]:
    """The given fields as their columns hold them."""
    return {field: _CLEANERS[field](value) for field, value in fields.items() if value is not None}


def _clean_timezone(timezone: object) -> str:
    text = clean_text(timezone, "a time zone", shortest=1, longest=64)
    try:
        zoneinfo.ZoneInfo(text)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):  # OSError: "Europe" is a directory
        raise InvalidInput(
            f"{text!r} is no time zone: use an IANA name such as Europe/London", code="INVALID_TIMEZONE"
        ) from None
    return text


def _clean_currency(currency: object) -> str:
    text = clean_text(currency, "a currency", longest=100)
    if not _CURRENCY.fullmatch(text):
        raise InvalidInput(
            f"{text!r} is no currency: use an ISO 4217 code such as EUR", code="INVALID_CURRENCY"
        )
    return text


def _clean_settings(settings: object) -> str:
    if not isinstance(settings, Mapping):
        raise InvalidInput("the settings of a project must be an object", code="INVALID_JSON")
    return encode_json(dict(settings), "the settings of a project")


_CLEANERS = {
    "name": lambda name: clean_name(name, "a project"),
    "timezone": _clean_timezone,
    "currency": _clean_currency,
    "settings": _clean_settings,
}


def _record(row: ProjectRow, account_slug: str) -> Project:
    return Project(
        id=row.id,
        account_id=row.account_id,
        account_slug=account_slug,
        slug=row.slug,
        name=row.name,
        timezone=row.timezone,
        currency=row.currency,
        created_at=row.created_at,
        registry_revision=row.registry_revision,
        settings=json.loads(row.settings),
    )
