"""What a catalog URL may look like, and the engine's own form of it."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from aftercall.errors import InvalidInput

EXAMPLES = (
    "A catalog URL looks like sqlite:////var/lib/aftercall/catalog.db (three slashes and a path) "
    "or postgresql://user:password@host:5432/database"
)
_SQLITE = {"sqlite", "sqlite+pysqlite"}
_POSTGRES = {"postgresql", "postgres", "postgresql+psycopg"}


def parse_url(text: str) -> URL:
    """Normalised: an absolute path for SQLite, psycopg 3 for PostgreSQL.

    Percent escapes count in a SQLite path too: build a URL from a path with ``urllib.parse.quote``.
    Raises InvalidInput (CATALOG_URL_INVALID) that shows what a URL looks like and no password.
    """
    if not isinstance(text, str) or "\0" in text or "%00" in text:
        raise _invalid("it is not text, or has NUL in it")
    try:
        # str.encode finds lone surrogates, which would only fail later, inside a driver.
        url = make_url(text.encode().decode())
    except (ArgumentError, ValueError) as error:
        # Not the driver's message: it repeats the whole text, password and all.
        raise _invalid("it does not read as a URL") from error
    if url.drivername in _SQLITE:
        return _sqlite(url)
    if url.drivername in _POSTGRES:
        return _postgres(url)
    raise _invalid(f"{url.drivername!r} is neither sqlite nor postgresql")


def shown(url: URL) -> str:
    """For messages and logs: the password as ***."""
    return url.render_as_string(hide_password=True)


def _sqlite(url: URL) -> URL:
    if url.host or url.username or url.port:
        raise _invalid("a SQLite URL has three slashes before its path, four before an absolute one")
    if not url.database or url.database == ":memory:":
        # Several connections and several processes share a catalog; memory belongs to one connection.
        raise _invalid("it names no file, and a catalog in memory would be lost with its connection")
    if url.query:
        raise _invalid("a SQLite URL takes no ?options here")
    # Absolute at once: a later chdir must not make a second, empty catalog.
    try:
        path = Path(url.database).expanduser().resolve()
    except RuntimeError as error:
        raise _invalid(str(error)) from error
    return URL.create("sqlite+pysqlite", database=str(path))


def _postgres(url: URL) -> URL:
    if not url.database:
        raise _invalid("it names no database: put its name after the host, as in postgresql://host/aftercall")
    return url.set(drivername="postgresql+psycopg")


def _invalid(reason: str) -> InvalidInput:
    return InvalidInput(f"This catalog URL cannot be used: {reason}. {EXAMPLES}.", code="CATALOG_URL_INVALID")
