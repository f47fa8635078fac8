"""A small SQLite file that several threads and processes write: a connection, a lock, short transactions."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

BUSY_S = 30.0
"""How long a writer waits for one in another process."""
FILE_ERRORS = (sqlite3.Error, OSError)
"""What every method can raise: a full disk, a folder that may not be written, a file that is no database."""
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


class SqliteFile:
    """Opened at first use (readable by its owner only), in WAL mode.

    synchronous=NORMAL: what was committed survives the death of the process, kill -9 included; the newest
    commits may be lost when the machine loses power. Deleted content is overwritten.
    """

    def __init__(self, path: Path, schema: str) -> None:
        self.path = path
        self._schema = schema
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """BEGIN IMMEDIATE ... COMMIT; rolled back when the block raises."""
        with self._lock:
            connection = self._open()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            yield self._open()

    def truncate_log(self) -> None:
        """Moves the write-ahead log into the file: until then the log still holds what was deleted."""
        with self._lock:
            self._open().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def close(self) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            # EXCL: one that exists is left alone; closing it would drop this process's locks on it (POSIX).
            with suppress(FileExistsError):
                os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
            self._connection = self._connected()
        return self._connection

    def _connected(self) -> sqlite3.Connection:
        # Two processes that make the file at once: changing to WAL is refused without waiting for BUSY_S.
        give_up_at = time.monotonic() + BUSY_S
        while True:
            try:
                return self._connect()
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF not in _BUSY or time.monotonic() > give_up_at:
                    raise
            time.sleep(0.02)

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
        try:
            connection.row_factory = sqlite3.Row
            for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "secure_delete=ON"):
                connection.execute(f"PRAGMA {pragma}")
            connection.executescript(self._schema)
        except BaseException:
            connection.close()
            raise
        return connection
