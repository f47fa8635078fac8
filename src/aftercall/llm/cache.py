"""Answers that were stored: a call that is made again, after a crash or in a replay, is not sent again."""

from __future__ import annotations

import hashlib
import sqlite3
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from aftercall.llm.settings import Cache
from aftercall.llm.sqlite import SqliteFile

FILE_NAME = "llm-cache.db"
DAY_S = 86_400

_SCHEMA = """
CREATE TABLE IF NOT EXISTS answers (
    key BLOB PRIMARY KEY, project TEXT NOT NULL, conversation TEXT, stored_at REAL NOT NULL,
    bytes INTEGER NOT NULL, answer BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS answers_of ON answers (project, conversation);
CREATE INDEX IF NOT EXISTS answers_by_age ON answers (stored_at);
-- Kept by triggers: a sum over the table on each answer would be a scan.
CREATE TABLE IF NOT EXISTS size (bytes INTEGER NOT NULL);
INSERT INTO size SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM size);
CREATE TRIGGER IF NOT EXISTS grown AFTER INSERT ON answers
BEGIN UPDATE size SET bytes = bytes + new.bytes; END;
CREATE TRIGGER IF NOT EXISTS shrunk AFTER DELETE ON answers
BEGIN UPDATE size SET bytes = bytes - old.bytes; END;
-- Who was erased when, hashed: an answer that was under way then must not be stored after it.
CREATE TABLE IF NOT EXISTS erased (who BLOB PRIMARY KEY, at REAL NOT NULL);
"""


class AnswerCache:
    """``AFTERCALL_HOME/llm-cache.db``. Holds answers and the hashes of what was asked; no prompt.

    Bounded in size and age, the oldest go first. Safe to delete while no server runs: calls are then made
    anew.
    """

    def __init__(self, home: Path, clock: Callable[[], float] = time.time) -> None:
        self._file = SqliteFile(home / FILE_NAME, _SCHEMA)
        self._clock = clock

    def get(self, key: bytes) -> bytes | None:
        with self._file.reading() as connection:
            row = connection.execute("SELECT answer FROM answers WHERE key = ?", (key,)).fetchone()
        return None if row is None else bytes(row["answer"])

    def put(
        self,
        key: bytes,
        answer: bytes,
        *,
        project: str,
        conversation: str | None,
        asked_at: float,
        limits: Cache,
    ) -> None:
        """Not stored where the conversation or the project was erased after ``asked_at`` (epoch seconds)."""
        if limits.max_mb == 0:
            return
        now = self._clock()
        with self._file.transaction() as connection:
            if _was_erased(connection, project, conversation, asked_at):
                return
            connection.execute("DELETE FROM answers WHERE key = ?", (key,))
            row = (key, project, conversation, now, len(answer), answer)
            connection.execute("INSERT INTO answers VALUES (?, ?, ?, ?, ?, ?)", row)
            connection.execute("DELETE FROM answers WHERE stored_at < ?", (now - limits.keep_days * DAY_S,))
            _evict(connection, limits.max_mb * 2**20)

    def forget(self, keys: Iterable[bytes]) -> None:
        """Answers that turned out to be of no use: asking again must not bring them back."""
        with self._file.transaction() as connection:
            connection.executemany("DELETE FROM answers WHERE key = ?", [(key,) for key in keys])

    def erase(self, project: str, conversation: str | None) -> int:
        """How many answers of the conversation (None: of the whole project) were removed, from disk too."""
        with self._file.transaction() as connection:
            where, values = "project = ?", [project]
            if conversation is not None:
                where, values = "project = ? AND conversation = ?", [project, conversation]
            gone = connection.execute(f"DELETE FROM answers WHERE {where}", values).rowcount  # noqa: S608
            now = self._clock()
            connection.execute("REPLACE INTO erased VALUES (?, ?)", (_who(project, conversation), now))
            connection.execute("DELETE FROM erased WHERE at < ?", (now - DAY_S,))
        self._file.truncate_log()
        return gone

    def bytes_kept(self) -> int:
        """Bytes of all answers, without the database's own overhead."""
        with self._file.reading() as connection:
            return int(connection.execute("SELECT bytes FROM size").fetchone()["bytes"])

    def close(self) -> None:
        self._file.close()


def _evict(connection: sqlite3.Connection, limit: int) -> None:
    over = connection.execute("SELECT bytes FROM size").fetchone()["bytes"] - limit
    if over <= 0:
        return
    over += limit // 10  # some room at once, or every answer from here on would evict one
    oldest = "SELECT rowid, bytes FROM answers ORDER BY stored_at, rowid LIMIT 500"
    while over > 0 and (rows := connection.execute(oldest).fetchall()):
        for row in rows:
            if over > 0:
                connection.execute("DELETE FROM answers WHERE rowid = ?", (row["rowid"],))
                over -= row["bytes"]


def _was_erased(
    connection: sqlite3.Connection, project: str, conversation: str | None, asked_at: float
) -> bool:
    who = (_who(project, None), _who(project, conversation), asked_at)
    found = connection.execute("SELECT 1 FROM erased WHERE who IN (?, ?) AND at >= ?", who).fetchone()
    return found is not None


def _who(project: str, conversation: str | None) -> bytes:
    # Length first: ("a", "b:c") and ("a:b", "c") are not the same.
    text = f"{len(project)}:{project}:{'' if conversation is None else 'c' + conversation}"
    return hashlib.sha256(text.encode()).digest()
