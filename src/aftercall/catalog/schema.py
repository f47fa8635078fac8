"""The schema's version: read with plain SQL, moved by Alembic only when there is something to do.

To change the schema: change ``tables``, add ``migrations/versions/NNNN_what.py``, raise ``HEAD``. A test
fails when the three disagree. There are no downgrades.
"""

from __future__ import annotations

import threading

from sqlalchemy import Text, column, func, inspect, select, table
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DatabaseError

from aftercall.catalog.database import Database, reason
from aftercall.catalog.urls import shown
from aftercall.errors import InternalError, UserError

HEAD = "0006"
VERSION_TABLE = "catalog_version"
LOCK = "migrate"

# Alembic keeps the running migration in module globals.
_one_at_a_time = threading.Lock()


def migrate(database: Database) -> bool:
    """Brings the schema to HEAD, safely from several processes at once; True when it had to.

    Raises UserError: CATALOG_TOO_NEW for a schema this code does not know, CATALOG_NOT_MIGRATED with the
    database's reason.
    """
    try:
        return _migrate(database)
    except (DatabaseError, OSError) as error:  # PostgreSQL 15 lets no ordinary user make tables in public
        raise UserError(
            f"The catalog at {shown(database.url)} could not be brought to schema {HEAD}: {reason(error)}."
            " Its user must be allowed to create tables.",
            code="CATALOG_NOT_MIGRATED",
        ) from error


def _migrate(database: Database) -> bool:
    if _is_current(database):
        return False
    with database.lock(LOCK), _one_at_a_time:
        if _is_current(database):  # somebody else did it while we waited
            return False
        if database.is_sqlite:
            _use_wal(database)
        with database.ddl() as connection:
            _upgrade(connection)
    return True


def current_version(connection: Connection) -> str | None:
    """The version in the database; None for one that has never been migrated."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    return connection.scalar(select(func.max(column("version_num", Text))).select_from(table(VERSION_TABLE)))


def _is_current(database: Database) -> bool:
    with database.engine.connect() as connection:
        version = current_version(connection)
        in_wal = not database.is_sqlite or _journal_mode(connection) == "wal"
    if version is not None and version > HEAD:
        raise UserError(
            f"This catalog has schema {version}; this version of aftercall knows up to {HEAD}."
            " A newer aftercall has used it: upgrade to that one (a schema is never taken back).",
            code="CATALOG_TOO_NEW",
        )
    return version == HEAD and in_wal


def _journal_mode(connection: Connection) -> str:
    return str(connection.exec_driver_sql("PRAGMA journal_mode").scalar())


def _use_wal(database: Database) -> None:
    """Readers then never wait for a writer. The mode stays in the file; setting it needs the file alone."""
    raw = database.engine.raw_connection()
    try:
        mode = raw.cursor().execute("PRAGMA journal_mode=WAL").fetchone()[0]
    finally:
        raw.close()
    if mode != "wal":
        raise InternalError(
            f"SQLite refused write-ahead logging and stayed in mode {mode!r}: use a local disk"
        )


def _upgrade(connection: Connection) -> None:
    # Imported here: Alembic costs a fifth of a second, and nearly every start has nothing to migrate.
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", "aftercall.catalog:migrations")
    config.set_main_option("path_separator", "os")
    command.upgrade(config, "head")
