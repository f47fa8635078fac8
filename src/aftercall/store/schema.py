"""The store's tables: made and changed by one owner at a time, under a lock in the metadata database."""

from __future__ import annotations

from collections.abc import Mapping

from aftercall.catalog.catalog import Catalog
from aftercall.errors import Unavailable
from aftercall.model.builtins import BUILTINS
from aftercall.store.engine import Engine, quoted
from aftercall.store.queries import sql

MIGRATIONS: list[list[str]] = [
    ["events", "turns", "rejects"],
]
"""Names of statements in sql/schema.sql, one list per step. Steps are only ever added at the end."""

LOCK = "store-schema"

METRIC_TYPES = {
    "boolean": "Nullable(Bool)",
    "categorical": "LowCardinality(Nullable(String))",
    "number": "Nullable(Float64)",
    "integer": "Nullable(Int64)",
    "text": "Nullable(String) CODEC(ZSTD(1))",
}


def migrate(engine: Engine, catalog: Catalog) -> None:
    """Bring the shared tables to this version. A store newer than this code is refused, never changed."""
    if _applied(engine) == len(MIGRATIONS):
        return
    with catalog.lock(LOCK):
        engine.command(sql("schema", "migrations"))
        done = _applied(engine)
        if done > len(MIGRATIONS):
            raise Unavailable(
                f"The store was made by a newer aftercall (schema {done}, this version knows "
                f"{len(MIGRATIONS)}): upgrade aftercall, or point AFTERCALL_STORE_URL elsewhere.",
                code="STORE_TOO_NEW",
            )
        for number in range(done, len(MIGRATIONS)):
            for statement in MIGRATIONS[number]:
                engine.command(sql("schema", statement))
            engine.insert("migrations", [{"number": number + 1}])


def _applied(engine: Engine) -> int:
    exists = engine.select(
        "SELECT count() FROM system.tables WHERE database = {db:String} AND name = 'migrations'",
        {"db": engine.database},
    )
    if not exists[0][0]:
        return 0
    return int(engine.select("SELECT max(number) FROM migrations")[0][0])


def wide_table(project_id: int) -> str:
    """The name of a project's wide table: one row per conversation. It is what BI tools read."""
    return f"conversations_{int(project_id)}"


def ensure_wide_table(
    engine: Engine, catalog: Catalog, project_id: int, metrics: Mapping[str, str]
) -> set[str]:
    """Make the project's wide table, or add the metric columns (name to type) it lacks; its columns then.

    Read first, change only under the lock: ADD COLUMN IF NOT EXISTS with another type silently does
    nothing, and every change costs the engine tens of milliseconds.
    """
    table = wide_table(project_id)
    columns = _columns(engine, table)
    if columns and not _definitions(metrics, columns):
        return columns
    with catalog.lock(LOCK):
        columns = _columns(engine, table)
        missing = _definitions(metrics, columns)
        if not columns:
            engine.command(sql("schema", "wide_table", table=table, columns=",\n    ".join(missing)))
        elif missing:
            engine.command(f"ALTER TABLE {table} " + ", ".join(f"ADD COLUMN {d}" for d in missing))
        return _columns(engine, table)


def _definitions(metrics: Mapping[str, str], columns: set[str]) -> list[str]:
    """Of the columns that are not there: all, or new metrics and what a newer version built in."""
    wanted = {column.name: column.sql_type for column in BUILTINS}
    wanted |= {name: METRIC_TYPES[type_] for name, type_ in metrics.items()}
    return [f"{quoted(name)} {sql_type}" for name, sql_type in wanted.items() if name not in columns]


def _columns(engine: Engine, table: str) -> set[str]:
    rows = engine.select(
        "SELECT name FROM system.columns WHERE database = {db:String} AND table = {table:String}",
        {"db": engine.database, "table": table},
    )
    return {row[0] for row in rows}
