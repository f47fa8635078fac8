"""The way to the columnar engine: chDB in this process, or a ClickHouse server by URL; the same SQL.

    chdb:///var/lib/aftercall/engine            one process owns the path
    clickhouse://user:password@host:8123/name   ClickHouse over HTTP; clickhouses:// with TLS

Facts of chDB this file lives with: one process may open a path, even to read; a fork after opening
hangs the child, so everything here is spawned, never forked; a client serialises its calls, so every
thread gets its own.
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import IO, Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

import clickhouse_connect
import msgspec
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from aftercall.errors import InvalidInput, Unavailable, UserError
from aftercall.store.shape import Shape

DATABASE = "aftercall"

_SETTINGS: dict[str, Any] = {
    # Rows of one key never stand in two partitions without a tombstone (projection.py sees to it), so
    # FINAL need not look across partitions.
    "do_not_merge_across_partitions_select_final": 1,
    # An import of old calls may touch hundreds of months at once.
    "throw_on_max_partitions_per_insert_block": 0,
    "max_query_size": 64 * 1024 * 1024,
    # A thousand conversation ids as one IN list parse into one literal each.
    "max_ast_elements": 1_000_000,
    "max_expanded_ast_elements": 1_000_000,
    # A server's default since 26: an insert waits up to 200 ms for company, which group commit has already.
    "async_insert": 0,
    # Deleting is over when the statement returns.
    "mutations_sync": 1,
    # A column that is not there must fail the insert; by default its values would vanish without a word.
    "input_format_skip_unknown_fields": 0,
    "output_format_json_quote_64bit_integers": 0,
}

_PARAMETER_BYTES = 100_000
"""ClickHouse takes 128 KiB (http_max_field_value_size), and no client can ask it to take more."""
_ESCAPED = "\\'`\t\n"
"""What the client writes as two characters."""

Row = dict[str, Any]
_encoder = msgspec.json.Encoder()


class Engine:
    """Opens the store's URL and runs statements, one client per thread. Close it when done."""

    def __init__(self, url: str) -> None:
        self.url = _parse(url)
        self.shape = Shape()
        self.embedded = self.url.scheme == "chdb"
        self.database = DATABASE if self.embedded else (self.url.path.strip("/") or DATABASE)
        self._local = threading.local()
        self._clients: list[Client] = []
        self._guard = threading.Lock()
        self._closed = False
        self._owner = _own(self.path) if self.embedded else None
        try:
            with self._connect(None) as client:
                client.command(f"CREATE DATABASE IF NOT EXISTS {quoted(self.database)}")
        except ClickHouseError as error:
            self._release()
            raise Unavailable(f"The store at {self._shown} cannot be opened: {error}") from error
        except BaseException:
            self._release()
            raise

    @property
    def found_by_words(self) -> str:
        """The end of a statement that looks for words in ``turns FINAL``.

        By default FINAL reads again every place where a row may stand that takes a found one away: three
        times the work. Ours need no such search, because every row of an utterance has the same words, its
        tombstone too (projection.py). Only two servers may have been told different words under one id.
        """
        return "SETTINGS use_skip_indexes_if_final_exact_mode = 0" if self.embedded else ""

    @property
    def path(self) -> Path:
        return Path(unquote(self.url.path))

    @property
    def _shown(self) -> str:
        """The URL without its password, for messages."""
        return f"{self.url.scheme}://{self.url.hostname or ''}{self.url.path}"

    def _connect(self, database: str | None) -> Client:
        if self.embedded:
            return clickhouse_connect.get_client(
                interface="chdb", path=str(self.path), database=database, settings=_SETTINGS
            )
        return clickhouse_connect.get_client(
            host=self.url.hostname or "localhost",
            port=self.url.port or (8443 if self.url.scheme == "clickhouses" else 8123),
            username=unquote(self.url.username or "default"),
            password=unquote(self.url.password or ""),
            secure=self.url.scheme == "clickhouses",
            database=database or "default",
            settings={**_SETTINGS, **dict(parse_qsl(self.url.query))},
            # Sessions serialise the calls of a client and are of no use here.
            autogenerate_session_id=False,
            compress=False,
        )

    def client(self) -> Client:
        """This thread's own client."""
        client: Client | None = getattr(self._local, "client", None)
        if client is None:
            if self._closed:
                raise Unavailable("The store is closed: the server is stopping. Try again in a moment.")
            client = self._connect(self.database)
            with self._guard:
                self._clients.append(client)
            self._local.client = client
        return client

    def command(self, sql: str, parameters: dict[str, Any] | None = None) -> Any:
        return self.client().command(sql, parameters=parameters)

    def insert(self, table: str, rows: Sequence[Any]) -> None:
        """Insert rows (dicts or structs) as JSON lines; on disk when it returns, for the tables fsync.

        Encoding JSON costs a quarter of the Python time that native columns do, and the engine parses
        it without holding Python's lock.
        """
        if rows:
            self.client().raw_insert(table, insert_block=_encoder.encode_lines(rows), fmt="JSONEachRow")

    def bindable(self, texts: Collection[str]) -> Iterator[list[str]]:
        """The texts in lists short enough to be bound as one parameter: a server refuses longer ones."""
        if self.embedded:
            yield list(texts)
            return
        some: list[str] = []
        room = _PARAMETER_BYTES
        for text in texts:
            size = len(text.encode()) + sum(map(text.count, _ESCAPED)) + len("'', ")
            if some and size > room:
                yield some
                some, room = [], _PARAMETER_BYTES
            some.append(text)
            room -= size
        if some:
            yield some

    def select(self, sql: str, parameters: dict[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """Rows of a query; values are bound by the engine and never become SQL text."""
        return [tuple(row) for row in self.client().query(sql, parameters=parameters).result_rows]

    def select_dicts(self, sql: str, parameters: dict[str, Any] | None = None) -> list[Row]:
        return list(self.client().query(sql, parameters=parameters).named_results())

    def select_json(self, sql: str, parameters: dict[str, Any] | None, rows_type: Any) -> list[Any]:
        """Rows decoded straight into ``rows_type``, such as ``list[tuple[str, int]]``: quickest for many."""
        raw = self.client().raw_query(sql, parameters=parameters, fmt="JSONCompactEachRow")
        if not raw:
            return []
        rows: list[Any] = msgspec.json.decode(
            b"[" + raw.rstrip(b"\n").replace(b"]\n[", b"],[") + b"]", type=rows_type
        )
        return rows

    def close(self) -> None:
        with self._guard:
            self._closed = True
            clients, self._clients = self._clients, []
        for client in clients:
            client.close()
        self._release()

    def _release(self) -> None:
        if self._owner is not None:
            self._owner.close()
            self._owner = None


def _parse(url: str) -> SplitResult:
    parts = urlsplit(url)
    if parts.scheme == "chdb" and parts.path.strip("/"):
        return parts
    if parts.scheme in ("clickhouse", "clickhouses") and parts.hostname:
        return parts
    raise InvalidInput(
        f"AFTERCALL_STORE_URL {parts.scheme}://... is not a store: use chdb:///folder for the built-in "
        "engine or clickhouse://user:password@host:8123/database for a ClickHouse server",
        code="STORE_URL_INVALID",
    )


class PathInUse(UserError):
    status = 409
    default_code = "STORE_IN_USE"


def _own(path: Path) -> IO[str]:
    """Take the path for this process. Without this a second process would wait or fail deep inside chDB."""
    path.mkdir(parents=True, exist_ok=True)
    handle = (path.parent / f"{path.name}.owner").open("a+", encoding="utf-8")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        handle.seek(0)
        owner = handle.read().strip() or "unknown"
        handle.close()
        raise PathInUse(
            f"The store {path} is open in another process (pid {owner}). One process owns it: send to that "
            "server instead (AFTERCALL_URL), or stop it first."
        ) from None
    handle.truncate(0)
    handle.write(str(os.getpid()))
    handle.flush()
    return handle


def quoted(identifier: str) -> str:
    """An identifier for SQL. Column names come from the registry, which keeps them to [A-Za-z0-9_]."""
    if not identifier or not identifier.replace("_", "a").isalnum() or not identifier.isascii():
        raise ValueError(f"not an identifier: {identifier!r}")
    return f"`{identifier}`"
