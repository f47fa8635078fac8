"""chDB behind the front: one connection per thread, with the settings and database its request asks for."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from typing import Any

import chdb

from tests.front.request import Refused, Request

_FORMAT = re.compile(rb"\bFORMAT\s+(\w+)\s*;?\s*$", re.IGNORECASE)
_ANSWERS = re.compile(rb"\s*(SELECT|WITH|SHOW|DESC|DESCRIBE|EXPLAIN|EXISTS|CHECK)\b", re.IGNORECASE)
_CODE = re.compile(r"Code: (\d+)\.")
_SETTING = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass
class Answer:
    """`format` is None for a statement without a result set."""

    body: bytes
    format: str | None
    rows_read: int
    rows_written: int


@dataclass
class _Connection:
    raw: Any
    database: str = "default"
    settings: dict[str, str] = field(default_factory=dict)


class Chdb:
    """Opens the path for this process. Thread-safe: every thread gets a connection of its own."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._local = threading.local()
        self._first = _open(path)  # keeps the engine open while threads come and go

    def run(self, request: Request) -> Answer:
        """Raises Refused with ClickHouse's own code and message."""
        connection = self._connection()
        try:
            self._prepare(connection, request)
            return _execute(connection.raw, request)
        except RuntimeError as error:  # chdb's own error is one
            message = str(error)
            code = _CODE.search(message)
            raise Refused(500, int(code.group(1)) if code else 1002, message) from error

    def _connection(self) -> _Connection:
        connection: _Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = _Connection(_open(self._path))
        return connection

    def release(self) -> None:
        """Close this thread's connection."""
        connection: _Connection | None = getattr(self._local, "connection", None)
        if connection is not None:
            connection.raw.close()
            self._local.connection = None

    def close(self) -> None:
        self._first.close()

    def _prepare(self, connection: _Connection, request: Request) -> None:
        """A request begins with the server's defaults, whatever the one before it on this thread had set."""
        for name in connection.settings.keys() - request.settings.keys():
            connection.raw.query(f"SET {name} = DEFAULT")
            del connection.settings[name]
        for name, value in request.settings.items():
            if connection.settings.get(name) != value:
                if not _SETTING.fullmatch(name):
                    raise Refused(400, 115, f"Code: 115. DB::Exception: Unknown setting {name!r}.")
                connection.raw.query(f"SET {name} = {_quoted(value)}")
                connection.settings[name] = value
        if connection.database != request.database:
            connection.raw.query(f"USE `{request.database}`")
            connection.database = request.database


def _open(path: str) -> Any:
    connection: Any = chdb.connect(path)  # type: ignore[no-untyped-call]
    return connection


def _execute(raw: Any, request: Request) -> Answer:
    statement = request.statement
    if re.match(rb"\s*INSERT\b", statement, re.IGNORECASE):
        result = raw.query(statement, "TabSeparated", params=request.parameters)
        return Answer(b"", None, 0, result.rows_read())
    named = _FORMAT.search(statement[-200:])
    answers = named is not None or _ANSWERS.match(statement) is not None
    format_ = named.group(1).decode() if named else "TabSeparated"
    result = raw.query(statement, format_, params=request.parameters)
    return Answer(result.bytes() or b"", format_ if answers else None, result.rows_read(), 0)


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
