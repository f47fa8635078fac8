"""How often somebody may be wrong: failed sign-ins are counted, and each further one costs more time."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable

from sqlalchemy import delete, select

from aftercall.catalog.database import Database
from aftercall.catalog.people_tables import FailureRow
from aftercall.model.times import now_ms

FORGOTTEN_MS = 3_600_000
"""After so long without a failure, the count begins again."""
FIRST_WAIT_MS = 30_000
LONGEST_WAIT_MS = 900_000


class Throttle:
    """Counts by any names, such as a login at an address; kept in the catalog, so that several servers
    count together. ``now`` (UTC milliseconds) is there for tests."""

    def __init__(self, database: Database, now: Callable[[], int] = now_ms) -> None:
        self._database = database
        self._now = now

    def begin(self, allowed: dict[str, int]) -> int:
        """0, and the try counts as a failure until ``forget``; or, when there were too many, how many
        milliseconds to wait, and nothing is counted. ``allowed``: by name, how many failures are free.

        Looked up and counted in one transaction: tries made at once must not all be free.
        """
        now, hashed = self._now(), {_hash(name): free for name, free in allowed.items()}
        with self._database.write() as session:
            session.execute(delete(FailureRow).where(FailureRow.at <= now - FORGOTTEN_MS))
            query = select(FailureRow).where(FailureRow.name.in_(hashed)).with_for_update()
            rows = {row.name: row for row in session.scalars(query)}
            wait = max((_left(row, hashed[name], now) for name, row in rows.items()), default=0)
            if wait:
                return wait
            for name in sorted(hashed):
                failures = rows[name].failures + 1 if name in rows else 1
                fields = {"name": name, "failures": failures, "at": now}
                self._database.upsert(session, FailureRow, "name", fields)
        return 0

    def forget(self, names: Iterable[str]) -> None:
        hashed = [_hash(name) for name in names]
        with self._database.write() as session:
            session.execute(delete(FailureRow).where(FailureRow.name.in_(hashed)))


def _left(row: FailureRow, free: int, now: int) -> int:
    """Milliseconds: 30 s after the last free failure, twice as long after each further one."""
    if row.failures < free:
        return 0
    wait = min(FIRST_WAIT_MS << min(row.failures - free, 20), LONGEST_WAIT_MS)
    return max(wait - (now - row.at), 0)


def _hash(name: str) -> str:
    # What was typed as a login may be somebody's password.
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
