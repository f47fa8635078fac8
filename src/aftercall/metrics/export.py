"""The wide table as a file: which conversations as a Query says it, page by page, newest first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from clickhouse_connect.driver.exceptions import ClickHouseError

from aftercall.catalog.projects import Project
from aftercall.metrics.export_columns import TRANSCRIPT, Column, May, Need, choose
from aftercall.metrics.export_formats import Format, Writer, guarded_sql, writer_of
from aftercall.metrics.limits import Limits
from aftercall.metrics.pipe import Queries
from aftercall.metrics.query import Query
from aftercall.metrics.render import range_conditions, scope_of, where_conditions
from aftercall.metrics.scope import Sql
from aftercall.store.reader import Key
from aftercall.store.store import Store

PAGE = 10_000
"""Rows at a time: some 20 MB of them."""
PAGE_WITH_TRANSCRIPTS = 1_000
_KEY = "(c.started_at, c.conversation_id)"
_ORDER = "ORDER BY c.started_at DESC, c.conversation_id DESC"
_SETTINGS = (
    ", date_time_output_format = 'iso', format_csv_null_representation = '',"
    " output_format_json_escape_forward_slashes = 0"
)
_SAID = """\
LEFT JOIN (
    SELECT conversation_id,
           arrayStringConcat(arrayMap(one -> concat(one.3, ': ', one.4),
                                      arraySort(groupArray((at, event_id, speaker, text)))), '\\n') AS said
    FROM turns FINAL
    WHERE project_id = {project} AND conversation_id IN (
        SELECT c.conversation_id FROM {table} AS c FINAL WHERE {where}
    )
    GROUP BY conversation_id
) AS t ON t.conversation_id = c.conversation_id"""


@dataclass(frozen=True)
class Wanted:
    """``query``: its ``over``, ``timezone`` and ``where`` say which conversations; the rest of it counts
    for nothing. ``columns``: none: all there are, our own bookkeeping only if ``internal``."""

    query: Query
    format: Format = "csv"
    columns: Sequence[str] = ()
    internal: bool = False


class Export:
    """One export. Everything is checked when it is made; ``pages`` then reads as it is asked for more.

    Each page is a question of its own, so that it waits for nobody and holds nothing: a conversation whose
    start is corrected meanwhile may be missing or there twice.
    """

    def __init__(
        self,
        store: Store,
        queries: Queries,
        project: Project,
        wanted: Wanted,
        *,
        may: May = lambda _scope: True,
        need: Need = lambda _scope: None,
        now_ms: int | None = None,
        page_rows: int | None = None,
    ) -> None:
        """``may``: what whoever asks may see; ``need`` raises where they lack what they ask for by name.

        Raises QueryInvalid (400, QUERY_INVALID).
        """
        self._store = store
        registry = store.registries.of(project.id)
        self._columns = choose(registry, wanted.columns, may, need, internal=wanted.internal)
        if wanted.format == "csv":
            self._columns = [_guarded(column) for column in self._columns]
        self._plan = queries.plan(_only_which(wanted.query), project, now_ms=now_ms, need=need)
        self._writer: Writer = writer_of(wanted.format, [column.name for column in self._columns])
        spoken = any(column.name == TRANSCRIPT for column in self._columns)
        self._rows = page_rows or (PAGE_WITH_TRANSCRIPTS if spoken else PAGE)
        self._limits = Limits()
        self._before: Key | None = None

    def pages(self) -> Iterator[bytes]:
        """The file in pieces. Raises QueryTooSlow, QueryTooLarge."""
        last = False
        while not last:
            until = self._boundary()
            yield self._writer.page(self._page(until))
            self._before, last = until, until is None
        yield self._writer.end()

    def _boundary(self) -> Key | None:
        """The key of the page's last row; None where less than a page is left."""
        sql = scope_of(self._plan)
        text = (
            f"SELECT toUnixTimestamp64Milli(c.started_at), c.conversation_id\nFROM {sql.table} AS c FINAL\n"
            f"WHERE {self._where(sql, None)}\n{_ORDER}\nLIMIT 1 OFFSET {self._rows - 1}\n"
        )
        try:
            found = self._store.engine.select(text + self._limits.settings(), sql.values.bound)
        except ClickHouseError as error:
            raise (self._limits.refusal(error) or error) from error
        return None if not found else (int(found[0][0]), str(found[0][1]))

    def _page(self, until: Key | None) -> bytes:
        sql = scope_of(self._plan)
        text = (
            f"SELECT {', '.join(column.selected for column in self._columns)}\nFROM {sql.table} AS c FINAL\n"
            f"{self._said(sql, until)}\nWHERE {self._where(sql, until)}\n{_ORDER}\n"
            f"{self._limits.settings()}{_SETTINGS}"
        )
        try:
            return bytes(
                self._store.engine.client().raw_query(
                    text, parameters=sql.values.bound, fmt=self._writer.engine_format
                )
            )
        except ClickHouseError as error:
            raise (self._limits.refusal(error) or error) from error

    def _said(self, sql: Sql, until: Key | None) -> str:
        if not any(column.name == TRANSCRIPT for column in self._columns):
            return ""
        where = " AND ".join([*range_conditions(sql), *self._between(sql, until)])
        return _SAID.format(project=int(sql.project_id), table=sql.table, where=where)

    def _where(self, sql: Sql, until: Key | None) -> str:
        conditions = [*range_conditions(sql), *where_conditions(self._plan, sql), *self._between(sql, until)]
        return "\n  AND ".join(f"({one})" for one in conditions)

    def _between(self, sql: Sql, until: Key | None) -> list[str]:
        """Of each pair the first follows from the second, but is the one that leaves parts unread."""
        found = []
        if self._before is not None:
            found.append(f"c.started_at <= {sql.values.time(self._before[0])}")
            found.append(f"{_KEY} < {_key(sql, self._before)}")
        if until is not None:
            found.append(f"c.started_at >= {sql.values.time(until[0])}")
            found.append(f"{_KEY} >= {_key(sql, until)}")
        return found


def _key(sql: Sql, key: Key) -> str:
    return f"({sql.values.time(key[0])}, {sql.values.text(key[1])})"


def _guarded(column: Column) -> Column:
    return replace(column, sql=guarded_sql(column.sql)) if column.text else column


def _only_which(query: Query) -> Query:
    return Query(over=query.over, timezone=query.timezone, where=query.where)
