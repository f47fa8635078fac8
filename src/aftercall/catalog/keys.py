"""API keys: made once, shown once, kept as hashes."""

from __future__ import annotations

import hashlib
import hmac
import logging
import re
import secrets
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import cast

from sqlalchemy import Select, or_, select, update
from sqlalchemy.orm import Session

from aftercall.catalog.accounts import DEFAULT_ACCOUNT, account_row
from aftercall.catalog.database import Database
from aftercall.catalog.principal import Principal, clean_scopes
from aftercall.catalog.slugs import clean_name, clean_reference
from aftercall.catalog.tables import AccountRow, ApiKeyRow, ProjectRow
from aftercall.errors import NotFound, Unavailable
from aftercall.model.times import now_ms

PREFIX_LENGTH = 12
"""Characters of a key that lists show: ``ac_live_`` and four of its own."""
CACHE_SECONDS = 3.0
"""How long a good answer of ``verify`` may be reused. A key revoked by another process works at most
this much longer (the promise is 5 s); one revoked by this process stops at once."""
LAST_USED_EVERY_MS = 60_000

_FORM = re.compile(r"ac_live_[0-9a-f]{64}")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as lists show it; times in UTC milliseconds, ``last_used_at`` to the minute."""

    id: int
    prefix: str
    name: str
    scopes: frozenset[str]
    project_slug: str | None
    created_at: int
    last_used_at: int | None
    revoked_at: int | None


class ApiKeys:
    """``monotonic`` (seconds) and ``now`` (UTC milliseconds) are there for tests."""

    def __init__(
        self,
        database: Database,
        monotonic: Callable[[], float] = time.monotonic,
        now: Callable[[], int] = now_ms,
    ) -> None:
        self._database = database
        self._monotonic = monotonic
        self._now = now
        self._verified: dict[str, tuple[float, Principal]] = {}
        self._revocations = 0
        self._lock = threading.Lock()

    def create(
        self, name: str, scopes: Iterable[str], *, project: str | None = None, account: str = DEFAULT_ACCOUNT
    ) -> tuple[ApiKey, str]:
        """The key and its plaintext, which exists nowhere else and cannot be shown again.

        ``project`` None: for every project of the account. Raises NotFound (PROJECT_NOT_FOUND,
        ACCOUNT_NOT_FOUND), InvalidInput.
        """
        plaintext = f"ac_live_{secrets.token_hex(32)}"
        row = ApiKeyRow(
            prefix=plaintext[:PREFIX_LENGTH],
            hash=_hash(plaintext),
            name=clean_name(name, "a key"),
            scopes=" ".join(sorted(clean_scopes(scopes))),
            created_at=self._now(),
        )
        with self._database.write() as session:
            row.account_id = account_row(session, account).id
            row.project_id = None if project is None else _project_id(session, row.account_id, project)
            session.add(row)
            session.flush()
            return _record(row, project), plaintext

    def verify(self, plaintext: str) -> Principal | None:
        """Whose key this is; None for one that is unknown, malformed or revoked.

        Good answers are reused for CACHE_SECONDS; bad ones never are.
        """
        if not isinstance(plaintext, str) or not _FORM.fullmatch(plaintext):
            return None
        digest = _hash(plaintext)
        # Taken before the database is asked: the answer is as old as the question.
        asked = self._monotonic()
        with self._lock:
            expires, principal = self._verified.get(digest, (0.0, None))
        if principal is not None and asked < expires:
            return principal
        return self._verify_stored(digest, asked)

    def list(self, *, account: str = DEFAULT_ACCOUNT) -> tuple[ApiKey, ...]:
        """The oldest first, revoked ones included."""
        clean_reference(account, "an account")
        query = _keys().where(AccountRow.slug == account).order_by(ApiKeyRow.id)
        with self._database.read() as session:
            return tuple(_record(key, project) for key, _, project in session.execute(query))

    def revoke(self, key_id: int, *, account: str = DEFAULT_ACCOUNT) -> ApiKey:
        """Idempotent; the first time counts. Raises NotFound (KEY_NOT_FOUND)."""
        clean_reference(account, "an account")
        with self._database.write() as session:
            row, project = _key_row(session, key_id, account)
            if row.revoked_at is None:
                row.revoked_at = self._now()
        with self._lock:
            self._revocations += 1
            self._verified.pop(row.hash, None)
        return _record(row, project)

    def remove(self, key_id: int, *, account: str = DEFAULT_ACCOUNT) -> None:
        """Not even lists show it any more: for keys that no person made. Raises NotFound (KEY_NOT_FOUND)."""
        clean_reference(account, "an account")
        with self._database.write() as session:
            row, _ = _key_row(session, key_id, account)
            session.delete(row)
        with self._lock:
            self._revocations += 1
            self._verified.pop(row.hash, None)

    def _verify_stored(self, digest: str, asked: float) -> Principal | None:
        revocations = self._revocations
        with self._database.read() as session:
            found = session.execute(_keys().where(ApiKeyRow.hash == digest)).first()
        # An index lookup leaks timing of the *hash*, of which nobody without the key can choose a digit;
        # the comparison that decides takes the same time wherever two hashes differ.
        if found is None or not hmac.compare_digest(found[0].hash, digest) or found[0].revoked_at is not None:
            with self._lock:
                self._verified.pop(digest, None)
            return None
        row, account, project = found
        principal = _principal(row, account, project)
        with self._lock:
            if revocations == self._revocations:  # else it may be this very key, revoked while we read
                self._verified[digest] = (asked + CACHE_SECONDS, principal)
        self._note_use(row)
        return principal

    def _note_use(self, row: ApiKeyRow) -> None:
        """At most one write a minute for each key, whatever the number of processes."""
        now = self._now()
        stale = now - LAST_USED_EVERY_MS
        if row.last_used_at is not None and row.last_used_at > stale:
            return
        due = or_(ApiKeyRow.last_used_at.is_(None), ApiKeyRow.last_used_at <= stale)
        try:
            with self._database.write() as session:
                session.execute(update(ApiKeyRow).where(ApiKeyRow.id == row.id, due).values(last_used_at=now))
        except Unavailable as error:  # a call must not fail because its key's statistics could not be kept
            _log.warning("last use of key %s not noted: %s", row.prefix, error)


def _hash(plaintext: str) -> str:
    # Plain SHA-256 on purpose: a key is 32 random bytes, so there is no dictionary to try and nothing
    # that a slow, salted hash would protect; every request would pay for it.
    return hashlib.sha256(plaintext.encode()).hexdigest()


def _keys() -> Select[ApiKeyRow, str, str | None]:
    """Each key with the slugs of its account and, if it has one, its project."""
    query = (
        select(ApiKeyRow, AccountRow.slug, ProjectRow.slug)
        .join(AccountRow, AccountRow.id == ApiKeyRow.account_id)
        .outerjoin(ProjectRow, ProjectRow.id == ApiKeyRow.project_id)
    )
    return cast("Select[ApiKeyRow, str, str | None]", query)  # the outer join's None is unknown to the types


def _key_row(session: Session, key_id: int, account: str) -> tuple[ApiKeyRow, str | None]:
    found = None
    if isinstance(key_id, int) and 0 < key_id < 2**31:
        found = session.execute(_keys().where(ApiKeyRow.id == key_id, AccountRow.slug == account)).first()
    if found is None:
        raise NotFound(f"there is no key with the id {key_id!r:.40}", code="KEY_NOT_FOUND")
    return found[0], found[2]


def _project_id(session: Session, account_id: int, slug: str) -> int:
    clean_reference(slug, "a project")
    query = select(ProjectRow.id).where(ProjectRow.account_id == account_id, ProjectRow.slug == slug)
    project_id = session.scalar(query)
    if project_id is None:
        raise NotFound(f"there is no project {slug!r:.80}", code="PROJECT_NOT_FOUND")
    return project_id


def _principal(row: ApiKeyRow, account: str, project: str | None) -> Principal:
    return Principal(
        account_id=row.account_id,
        account_slug=account,
        project_id=row.project_id,
        project_slug=project,
        key_id=row.id,
        scopes=frozenset(row.scopes.split()),
    )


def _record(row: ApiKeyRow, project: str | None) -> ApiKey:
    return ApiKey(
        id=row.id,
        prefix=row.prefix,
        name=row.name,
        scopes=frozenset(row.scopes.split()),
        project_slug=project,
        created_at=row.created_at,
        last_used_at=row.last_used_at,
        revoked_at=row.revoked_at,
    )
