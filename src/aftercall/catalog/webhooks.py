"""Webhooks: addresses of a project that hear of every analysed conversation."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from aftercall.catalog.database import Database
from aftercall.catalog.postcall_tables import DeliveryRow, WebhookRow
from aftercall.catalog.projects import project_row
from aftercall.catalog.slugs import clean_name
from aftercall.catalog.text import clean_text
from aftercall.errors import InvalidInput, NotFound
from aftercall.model.times import now_ms

SHORTEST_SECRET = 16


@dataclass(frozen=True, slots=True)
class Webhook:
    """``secret`` signs what is sent; kept as it is, because the receiver checks with the same one.

    An inactive one gets nothing. Times in UTC milliseconds.
    """

    id: int
    project_id: int
    name: str
    url: str
    secret: str = field(repr=False)
    active: bool
    created_at: int
    updated_at: int


class Webhooks:
    def __init__(self, database: Database) -> None:
        self._database = database

    def create(
        self, project_id: int, url: str, *, name: str | None = None, secret: str | None = None
    ) -> Webhook:
        """``secret`` None: one is made. Raises NotFound (PROJECT_NOT_FOUND), InvalidInput."""
        now = now_ms()
        row = WebhookRow(
            project_id=project_id,
            url=clean_url(url),
            name=clean_name(name or urlsplit(url).hostname or "webhook", "a webhook"),
            secret=_clean_secret(secret) if secret is not None else _new_secret(),
            active=True,
            created_at=now,
            updated_at=now,
        )
        with self._database.write() as session:
            project_row(session, project_id)
            session.add(row)
            session.flush()
            return _record(row)

    def list(self, project_id: int) -> tuple[Webhook, ...]:
        """The oldest first, inactive ones included."""
        return self._all(WebhookRow.project_id == project_id)

    def all(self) -> tuple[Webhook, ...]:
        """Of every project: for the server's own work, never for an answer to a key."""
        return self._all()

    def get(self, webhook_id: int) -> Webhook:
        """Raises NotFound (WEBHOOK_NOT_FOUND)."""
        with self._database.read() as session:
            return _record(_row(session, webhook_id))

    def update(
        self,
        webhook_id: int,
        *,
        name: str | None = None,
        url: str | None = None,
        secret: str | None = None,
        active: bool | None = None,
    ) -> Webhook:
        """Changes what is given. One that is switched off gets nothing, and keeps its log.

        Raises NotFound (WEBHOOK_NOT_FOUND), InvalidInput.
        """
        changes: Mapping[str, Any] = {
            "name": None if name is None else clean_name(name, "a webhook"),
            "url": None if url is None else clean_url(url),
            "secret": None if secret is None else _clean_secret(secret),
            "active": active,
        }
        with self._database.write() as session:
            row = _row(session, webhook_id)
            for key, value in changes.items():
                if value is not None:
                    setattr(row, key, value)
            row.updated_at = now_ms()
            return _record(row)

    def renew(self, webhook_id: int, secret: str | None = None) -> Webhook:
        """Give it another secret, this one or one that is made. Raises as ``update``."""
        return self.update(webhook_id, secret=_new_secret() if secret is None else secret)

    def remove(self, webhook_id: int) -> Webhook:
        """With its log of deliveries. What is under way may still arrive.

        Raises NotFound (WEBHOOK_NOT_FOUND).
        """
        with self._database.write() as session:
            row = _row(session, webhook_id)
            removed = _record(row)
            session.execute(delete(DeliveryRow).where(DeliveryRow.webhook_id == webhook_id))
            session.delete(row)
            return removed

    def _all(self, *conditions: Any) -> tuple[Webhook, ...]:
        query = select(WebhookRow).where(*conditions).order_by(WebhookRow.id)
        with self._database.read() as session:
            return tuple(_record(row) for row in session.scalars(query))


def clean_url(url: object) -> str:
    """An http or https address without credentials; else InvalidInput (WEBHOOK_URL_INVALID).

    Whether it may be reached is decided each time something is sent: names change their addresses.
    """
    text = clean_text(url, "the address of a webhook", shortest=1, longest=2000)
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise _invalid(str(error)) from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise _invalid("it must begin with https:// (or http://) and name a host")
    if parts.username is not None or parts.password is not None:
        raise _invalid("it must not hold a user or a password; check the signature instead")
    if port == 0 or " " in text or not text.isascii():
        raise _invalid("write it in ASCII, without spaces (percent-encoded, a host in punycode)")
    return text


def _invalid(reason: str) -> InvalidInput:
    return InvalidInput(f"the address of a webhook cannot be used: {reason}", code="WEBHOOK_URL_INVALID")


def _new_secret() -> str:
    return f"whsec_{secrets.token_hex(32)}"


def _clean_secret(secret: object) -> str:
    return clean_text(secret, "the secret of a webhook", shortest=SHORTEST_SECRET, longest=200)


def _row(session: Session, webhook_id: int) -> WebhookRow:
    row = None
    if isinstance(webhook_id, int) and 0 < webhook_id < 2**31:
        row = session.get(WebhookRow, webhook_id)
    if row is None:
        raise NotFound(f"there is no webhook with the id {webhook_id!r:.40}", code="WEBHOOK_NOT_FOUND")
    return row


def _record(row: WebhookRow) -> Webhook:
    return Webhook(
        id=row.id,
        project_id=row.project_id,
        name=row.name,
        url=row.url,
        secret=row.secret,
        active=row.active,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
