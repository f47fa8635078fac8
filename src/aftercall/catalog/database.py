"""One engine and its two kinds of transaction: ``read`` (a snapshot) and ``write`` (serialised enough)."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, literal, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DatabaseError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from aftercall.catalog.locks import advisory_lock, file_lock
from aftercall.catalog.tables import Base
from aftercall.catalog.urls import EXAMPLES, parse_url, shown
from aftercall.errors import InvalidInput, Unavailable, UserError

BUSY_SECONDS = 30
"""How long a SQLite writer waits for another one before it answers Unavailable."""

_LOCK_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


class Database:
    """An engine on either database, safe to use from any number of threads.

    A write that returned is on disk: SQLite runs with synchronous=FULL, PostgreSQL with its default
    synchronous_commit.
    """

    def __init__(self, url: str) -> None:
        self.url = parse_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = _sqlite_engine(self.url) if self.is_sqlite else _postgres_engine(self.url)
        self._reads: Engine = self.engine
        self._writes: Engine = self.engine
        if self.is_sqlite:
            self._writes = self.engine.execution_options(begin="BEGIN IMMEDIATE")
        else:
            # One snapshot for all statements of a read, as SQLite gives by itself.
            self._reads = self.engine.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )

    def connect(self) -> None:
        """Makes the file (0600) if there is none, and one connection.

        Raises UserError (CATALOG_UNREACHABLE) with the driver's reason.
        """
        try:
            if self.is_sqlite:
                _make_file(str(self.url.database))
            with self.engine.connect() as connection:
                connection.execute(select(literal(1)))
                if self.is_sqlite:  # which looks into its file no earlier than for a table
                    connection.exec_driver_sql("SELECT count(*) FROM sqlite_master")
        except (DatabaseError, InterfaceError, OSError) as error:
            raise UserError(
                f"The catalog at {shown(self.url)} cannot be opened: {reason(error)}. {EXAMPLES}.",
                code="CATALOG_UNREACHABLE",
            ) from error

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A transaction that sees one state of the database throughout."""
        with self._session(self._reads) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A transaction that commits at the end and rolls back on any error.

        On SQLite it is the only writer from its first statement on; on PostgreSQL it is READ COMMITTED,
        so check-then-insert must first lock the parent row (``with_for_update``).
        """
        with self._session(self._writes) as session:
            yield session

    @contextmanager
    def _session(self, engine: Engine) -> Iterator[Session]:
        try:
            with Session(engine, expire_on_commit=False) as session, session.begin():
                yield session
        except (OperationalError, InterfaceError, PoolTimeout) as error:
            raise Unavailable(
                f"the catalog database did not answer: {reason(error)}", code="CATALOG_UNAVAILABLE"
            ) from error

    @contextmanager
    def ddl(self) -> Iterator[Connection]:
        """One transaction for a whole migration: a crash in the middle leaves nothing of it."""
        with self._writes.begin() as connection:
            yield connection

    def lock(self, name: str, timeout: float | None = None) -> AbstractContextManager[None]:
        """See ``Catalog.lock``."""
        if not isinstance(name, str) or not _LOCK_NAME.fullmatch(name):
            raise InvalidInput(f"a lock's name matches {_LOCK_NAME.pattern}, {name!r:.80} does not")
        if self.is_sqlite:
            return file_lock(f"{self.url.database}.lock.{name}", name, timeout)
        return advisory_lock(self.engine, name, timeout)

    def upsert(self, session: Session, table: type[Base], key: str, values: dict[str, Any]) -> None:
        """Insert, or overwrite the row with the same ``key`` column: atomic under races."""
        insert = sqlite.insert if self.is_sqlite else postgresql.insert
        rest = {name: value for name, value in values.items() if name != key}
        session.execute(insert(table).values(values).on_conflict_do_update(index_elements=[key], set_=rest))

    def close(self) -> None:
        self.engine.dispose()


def _sqlite_engine(url: Any) -> Engine:
    engine = create_engine(
        url, hide_parameters=True, pool_size=8, max_overflow=56, connect_args={"timeout": BUSY_SECONDS}
    )

    @event.listens_for(engine, "connect")
    def settings(connection: Any, _record: Any) -> None:
        # Python's sqlite3 begins no transaction before a SELECT or DDL; we begin every one ourselves.
        connection.isolation_level = None
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA fullfsync=ON")  # macOS: its fsync alone stops at the drive's cache
        connection.execute("PRAGMA foreign_keys=ON")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A write says IMMEDIATE: one that began as a reader and then wants to write fails at once when
        # somebody wrote in between, and no busy timeout helps.
        connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN"))

    return engine


def _postgres_engine(url: Any) -> Engine:
    defaults = {"connect_timeout": 10, "application_name": "aftercall"}
    arguments = {name: value for name, value in defaults.items() if name not in url.query}
    # pre_ping: a connection that slept through a restart of the server is replaced, not handed out.
    return create_engine(
        url, hide_parameters=True, pool_size=5, max_overflow=15, pool_pre_ping=True, connect_args=arguments
    )


def _make_file(path: str) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    # It holds names and key hashes; SQLite gives its -wal and -shm files the mode of this one.
    # EXCL: one that exists must not be opened here. Closing it again would drop every lock that this process
    # has on it (POSIX), and the next process to leave would delete the write-ahead log under our hands.
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))


def reason(error: Exception) -> str:
    """The driver's first line: the rest is hints about SQL, or the statement itself."""
    text = str(getattr(error, "orig", None) or error).strip()
    return text.splitlines()[0] if text else type(error).__name__
