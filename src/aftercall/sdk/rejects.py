"""Events the server refused for good: out of the way of the others, kept for whoever looks into it.

They lie in ``rejected.sqlite3`` of the spool folder, the newest MAX_KEPT of all processes:

    sqlite3 ~/.aftercall/spool/rejected.sqlite3 "SELECT code, reason, body FROM rejected"
"""

from __future__ import annotations

import os
import sqlite3
from collections import deque
from contextlib import closing, suppress
from pathlib import Path
from typing import NamedTuple

from aftercall.model.times import now_ms

MAX_KEPT = 1_000

_SCHEMA = """
CREATE TABLE IF NOT EXISTS rejected (
    n INTEGER PRIMARY KEY, at INTEGER NOT NULL, project TEXT NOT NULL,
    code TEXT NOT NULL, reason TEXT NOT NULL, body BLOB NOT NULL
)
"""


class Rejected(NamedTuple):
    project: str
    code: str
    reason: str
    body: bytes
    """The event as JSON."""


class Rejects:
    """Raises nothing: where the disk fails, the newest are kept in memory."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "rejected.sqlite3"
        self.total = 0
        self.latest: deque[Rejected] = deque(maxlen=MAX_KEPT)

    def add(self, rejected: Rejected) -> OSError | sqlite3.Error | None:
        """What the disk said, if it refused."""
        self.total += 1
        self.latest.append(rejected)
        try:
            self._write(rejected)
        except (OSError, sqlite3.Error) as error:
            return error
        return None

    def _write(self, rejected: Rejected) -> None:
        # one that exists is left alone: closing it would drop this process's locks on it (POSIX)
        with suppress(FileExistsError):
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        # opened for each one: they are rare, and a file shared by processes must not stay open across a fork
        with closing(sqlite3.connect(self.path, timeout=5, isolation_level=None)) as connection:
            connection.execute(_SCHEMA)
            connection.execute(
                "INSERT INTO rejected (at, project, code, reason, body) VALUES (?, ?, ?, ?, ?)",
                (now_ms(), *rejected),
            )
            connection.execute(
                "DELETE FROM rejected WHERE n <= (SELECT max(n) FROM rejected) - ?", (MAX_KEPT,)
            )
