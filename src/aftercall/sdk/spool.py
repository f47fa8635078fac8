"""One SQLite file of events on their way to the server.

A row is a chunk of up to a few hundred events of one project, as JSON joined by ``,\\n``: SQLite lets go of
Python's lock once per row, and a thread that must get it back beside a busy agent waits up to 5 ms each
time. With one row per event a few hundred events would take seconds.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from aftercall.model.times import now_ms

SEPARATOR = b",\n"
"""Between events of a chunk. JSON made here has no line break of its own, so splitting at it is safe."""

_WORTH_GIVING_BACK = 256
"""Pages of 4 KiB."""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS chunk (
    n INTEGER PRIMARY KEY, project TEXT NOT NULL,
    events INTEGER NOT NULL, at INTEGER NOT NULL, body BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS chunk_project ON chunk (project);
"""


class NewChunk(NamedTuple):
    project: str
    events: int
    body: bytes


class Chunk(NamedTuple):
    n: int
    project: str
    events: int
    at: int
    body: bytes


def _give_back(connection: sqlite3.Connection) -> None:
    """Free pages to the file system, if they are worth it. Only from an empty file: no page must be moved."""
    (pages,) = connection.execute("PRAGMA freelist_count").fetchone()
    if pages > _WORTH_GIVING_BACK:
        # a script, because execute() takes one step only and that gives back one page
        connection.executescript("PRAGMA incremental_vacuum")


class Spool:
    """Thread-safe. Raises sqlite3.Error or OSError when the disk does not do what it should.

    ``path`` None keeps everything in memory. Committed means: survives the end of the process. Power loss
    may take the commits of the last seconds, unless ``fsync`` is set (then each commit waits for the disk).
    """

    def __init__(self, path: Path | None, *, fsync: bool = False) -> None:
        self.path = path
        self.events = 0
        self.bytes = 0
        self.lanes: dict[str, int] = {}
        """Project -> chunks waiting."""
        self._fsync = fsync
        self._next = 1
        self._gone: set[int] = set()
        """Sent, but still in the file: the disk would not delete them."""
        self._connection: sqlite3.Connection | None = None
        self.closed = False
        self.lock = threading.Lock()
        with self.lock:
            self._count(self._open())

    def _open(self) -> sqlite3.Connection:
        if self.closed:
            raise sqlite3.ProgrammingError("the spool is closed")  # opening it would make the file anew
        if self._connection is None:
            if self.path is not None:
                # created by us, before SQLite does: transcripts are nobody else's business. One that exists
                # is left alone: closing it would drop this process's locks on it (POSIX)
                with suppress(FileExistsError):
                    os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
            connection = sqlite3.connect(
                self.path or ":memory:", timeout=5, isolation_level=None, check_same_thread=False
            )
            try:
                self._prepare(connection)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(f"PRAGMA synchronous={'FULL' if self._fsync else 'NORMAL'}")
        connection.execute("PRAGMA journal_size_limit=1048576")
        connection.executescript(_SCHEMA)

    def _count(self, connection: sqlite3.Connection) -> None:
        rows = connection.execute(
            "SELECT project, count(*), sum(events), sum(length(body)), max(n) FROM chunk GROUP BY project"
        )
        for project, chunks, events, size, last in rows.fetchall():
            self.lanes[project] = chunks
            self.events += events
            self.bytes += size
            self._next = max(self._next, last + 1)

    @property
    def last(self) -> int:
        """The number of the newest chunk."""
        return self._next - 1

    def append(self, chunk: NewChunk) -> None:
        """Committed when it returns."""
        with self.lock:
            n = self._next
            row = (n, chunk.project, chunk.events, now_ms(), chunk.body)
            self._open().execute("INSERT INTO chunk VALUES (?, ?, ?, ?, ?)", row)
            self._next += 1
            self.lanes[chunk.project] = self.lanes.get(chunk.project, 0) + 1
            self.events += chunk.events
            self.bytes += len(chunk.body)

    def read(self, project: str, *, after: int = 0, max_events: int, max_bytes: int) -> list[Chunk]:
        """The next chunks of a project in their order: as many as fit, but at least one if there is one."""
        chunks: list[Chunk] = []
        events = size = 0
        with self.lock:
            sql = "SELECT n, project, events, at, body FROM chunk WHERE project = ? AND n > ? ORDER BY n"
            rows = self._open().execute(sql, (project, after))
            for row in rows:
                chunk = Chunk(*row)
                if chunk.n in self._gone:
                    continue
                events += chunk.events
                size += len(chunk.body)
                if chunks and (events > max_events or size > max_bytes):
                    break
                chunks.append(chunk)
            rows.close()
        return chunks

    def delete(self, chunks: Sequence[Chunk]) -> None:
        """Never to be read again, even if the disk refuses the deletion: then it is tried with the next."""
        with self.lock:
            for chunk in chunks:
                if chunk.n not in self._gone:
                    self._gone.add(chunk.n)
                    self._forget(chunk)
            numbers = list(self._gone)[:500]
            marks = ",".join("?" * len(numbers))
            connection = self._open()
            connection.execute(f"DELETE FROM chunk WHERE n IN ({marks})", numbers)  # noqa: S608 - only marks
            self._gone.difference_update(numbers)
            if not self.events and self.path is not None:
                _give_back(connection)

    def _forget(self, chunk: Chunk) -> None:
        self.events -= chunk.events
        self.bytes -= len(chunk.body)
        left = self.lanes.get(chunk.project, 0) - 1
        if left > 0:
            self.lanes[chunk.project] = left
        else:
            self.lanes.pop(chunk.project, None)

    def first(self) -> tuple[int, int] | None:
        """(number, when it was spooled in epoch ms) of the oldest chunk."""
        if not self.events:
            return None
        with self.lock:
            rows = self._open().execute("SELECT n, at FROM chunk ORDER BY n")
            found = next(((n, at) for n, at in rows if n not in self._gone), None)
            rows.close()
        return found

    def meta(self) -> dict[str, str]:
        with self.lock:
            return dict(self._open().execute("SELECT key, value FROM meta").fetchall())

    def set_meta(self, values: dict[str, str]) -> None:
        with self.lock:
            self._open().executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", list(values.items()))

    def pause(self) -> None:
        """Close the file; the next use opens it again. Whoever calls it holds the lock.

        SQLite forbids a connection that is open across a fork, even if the child only closes it.
        """
        if self.path is not None and self._connection is not None:
            self._connection.close()
            self._connection = None

    def close(self) -> None:
        with self.lock:
            self.closed = True
            if self._connection is not None:
                self._connection.close()
                self._connection = None
