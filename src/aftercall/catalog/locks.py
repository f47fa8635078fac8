"""Locks between processes: one file (SQLite) or one PostgreSQL session per holder.

Both are let go by the operating system or the database when their holder dies, kill -9 included, so
there is nothing to clean up and no lease to renew.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError, OperationalError

from aftercall.errors import Unavailable

_POLL_SECONDS = 0.02
_LOCK_NOT_AVAILABLE = "55P03"


@contextmanager
def file_lock(path: str, name: str, timeout: float | None) -> Iterator[None]:
    """Holds ``flock`` on the file, which is made when missing and never removed.

    flock belongs to the open file, not to the process: two threads exclude each other too. A *forked*
    child would inherit the lock and keep it past its parent's death; children here are spawned.
    """
    # Never unlinked: a second process may be waiting on this very inode.
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _acquire(descriptor, name, timeout)
        yield
    finally:
        os.close(descriptor)


def _acquire(descriptor: int, name: str, timeout: float | None) -> None:
    if timeout is None:
        return fcntl.flock(descriptor, fcntl.LOCK_EX)
    give_up = time.monotonic() + timeout
    while True:
        try:
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= give_up:
                raise _busy(name, timeout) from None
            time.sleep(_POLL_SECONDS)  # the kernel offers no flock with a timeout


@contextmanager
def advisory_lock(engine: Engine, name: str, timeout: float | None) -> Iterator[None]:
    """Holds a PostgreSQL advisory lock on a connection of its own, closed afterwards.

    Needs a direct connection: a pooler in transaction mode (PgBouncer) would hand the session that
    holds the lock to somebody else. Raises Unavailable (LOCK_LOST) at the end if the connection broke
    in between: what was done under the lock may then have overlapped with another holder.
    """
    with _holding(engine, name, timeout) as connection:
        yield
        _release_advisory(connection, name)


def _holding(engine: Engine, name: str, timeout: float | None) -> Connection:
    """A connection that holds the lock; closing it lets go."""
    connection = None
    try:
        # Autocommit, or the lock would keep a transaction open and with it every dead row of the database.
        connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        connection.detach()  # off the pool: holding a lock takes no seat from the requests
        _acquire_advisory(connection, name, timeout)
    except BaseException as error:
        if connection is not None:
            connection.close()
        if isinstance(error, DBAPIError):
            raise Unavailable(
                f"the catalog database could not give the lock {name!r}: {error.orig}",
                code="CATALOG_UNAVAILABLE",
            ) from error
        raise
    return connection


def _acquire_advisory(connection: Connection, name: str, timeout: float | None) -> None:
    # Keepalives tell the server within a minute that a holder's whole machine is gone; 0 waits for ever.
    milliseconds = 0 if timeout is None else max(1, round(timeout * 1000))
    connection.execute(
        text(
            "SELECT set_config('lock_timeout', :wait, false), set_config('tcp_keepalives_idle', '30', false),"
            " set_config('tcp_keepalives_interval', '10', false),"
            " set_config('tcp_keepalives_count', '3', false)"
        ),
        {"wait": str(milliseconds)},
    )
    try:
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _key(name)})
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) == _LOCK_NOT_AVAILABLE and timeout is not None:
            raise _busy(name, timeout) from None
        raise


def _release_advisory(connection: Connection, name: str) -> None:
    try:
        held = connection.scalar(text("SELECT pg_advisory_unlock(:key)"), {"key": _key(name)})
    except DBAPIError as error:
        raise _lost(name) from error
    if not held:
        raise _lost(name)


def _key(name: str) -> int:
    """A signed 64-bit number, which is all an advisory lock can be named by."""
    return int.from_bytes(hashlib.sha256(f"aftercall:{name}".encode()).digest()[:8], "big", signed=True)


def _busy(name: str, timeout: float) -> Unavailable:
    return Unavailable(
        f"another process held the lock {name!r} for more than {timeout:g} s: try again", code="LOCK_BUSY"
    )


def _lost(name: str) -> Unavailable:
    return Unavailable(
        f"the connection that held the lock {name!r} broke: another process may have entered meanwhile",
        code="LOCK_LOST",
    )
