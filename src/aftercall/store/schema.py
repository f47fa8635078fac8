"""The store's tables: made and changed by one owner at a time, under a lock in the metadata database."""

from __future__ import annotations

import time
from collections.abc import Mapping

from aftercall.catalog.catalog import Catalog
from aftercall.catalog.definitions import Registry
from aftercall.catalog.moved_columns import move_columns_aside
from aftercall.errors import Unavailable
from aftercall.model.builtins import BUILTIN_COLUMNS, BUILTINS
from aftercall.store.engine import Engine, quoted
from aftercall.store.outstanding import applied, changing, mark
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


_CONVERTS = {
    ("Nullable(String)", "LowCardinality(Nullable(String))"),
    ("LowCardinality(Nullable(String))", "Nullable(String)"),
    ("Nullable(Int64)", "Nullable(Float64)"),
}
"""Changes of type which the engine carries out on the values there are. After any other the column is empty
until the rows have been made again; see reprojection.py."""

OTHERS_S = 1.0
"""So long an insert of another server may take; this one's own are waited for, see shape.py."""

_ASIDE = ":"
"""In the name of a column that is on its way in or out; no metric's column has it."""


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


def adopt(engine: Engine, catalog: Catalog, registry: Registry, before: Registry | None) -> Registry:
    """Make ready for rows by this registry, where ``before`` was used until now: what changed is marked for
    the rows there are, and the wide table gets a column of its type for every built-in and every metric.

    Answers with the registry that the table then stands for: a newer one, if there is one by now. Read
    first, change only under the lock: ADD COLUMN IF NOT EXISTS with another type silently does nothing,
    and every change costs the engine tens of milliseconds.
    """
    project_id, table = registry.project_id, wide_table(registry.project_id)
    clash = any(metric.column in BUILTIN_COLUMNS for metric in registry.metrics)
    changed = changing(applied(catalog, project_id), before, registry)
    if not clash and not changed and not _changes(registry, columns_of(engine, table)):
        return registry
    with catalog.lock(LOCK):
        if clash:
            move_columns_aside(catalog.database, project_id)
        # Again, now that nobody else changes it: an older registry must not change anything back.
        registry = catalog.metrics.list(project_id)
        if changed := changing(applied(catalog, project_id), before, registry):
            mark(catalog, project_id, changed)
        columns = columns_of(engine, table)
        if not columns:
            definitions = ",\n    ".join(f"{quoted(name)} {kind}" for name, kind in _wanted(registry).items())
            engine.command(sql("schema", "wide_table", table=table, columns=definitions))
        if columns:
            _alter(engine, table, _changes(registry, columns))
        return registry


def _alter(engine: Engine, table: str, changes: list[str]) -> None:
    for change in changes:
        if change.startswith("RENAME") and not engine.embedded:
            # Inserts of other servers that began before the new column was there must have ended.
            time.sleep(OTHERS_S)
        with engine.shape.changed():
            engine.command(f"ALTER TABLE {table} {change}")


def _wanted(registry: Registry) -> dict[str, str]:
    wanted = {column.name: column.sql_type for column in BUILTINS}
    return wanted | {metric.column: METRIC_TYPES[metric.type] for metric in registry.metrics}


def _changes(registry: Registry, columns: Mapping[str, str]) -> list[str]:
    """What to ALTER, statement by statement: for new metrics, for those of another type now, for what a newer
    version built in (a metric may have had a column of that name before), and for what a crash left."""
    added, others = [], [f"DROP COLUMN `{name}`" for name in columns if _ASIDE in name]
    for column, kind in _wanted(registry).items():
        name, before, after = quoted(column), columns.get(column), _bare(kind)
        if before is None:
            added.append(f"ADD COLUMN {name} {kind}")
        elif (before, after) in _CONVERTS:
            others.append(f"MODIFY COLUMN {name} {kind}")
        elif before != after:
            others += _replaced(column, kind)
    return [*([", ".join(added)] if added else []), *others]


def _replaced(column: str, kind: str) -> list[str]:
    """Another column takes the place of this one, for readers at one moment. DROP and ADD of one name in one
    statement would be shorter: beside inserts, that statement soon waits for ever (chDB 4.4)."""
    new, old = f"`{column}{_ASIDE}new`", f"`{column}{_ASIDE}old`"
    return [
        f"ADD COLUMN {new} {kind}",
        f"RENAME COLUMN {quoted(column)} TO {old}, RENAME COLUMN {new} TO {quoted(column)}",
        f"DROP COLUMN {old}",
    ]


def _bare(kind: str) -> str:
    """As ``system.columns`` says it."""
    return kind.split(" CODEC")[0].split(" DEFAULT")[0]


def columns_of(engine: Engine, table: str) -> dict[str, str]:
    """Name to type; empty where there is no such table."""
    rows = engine.select(
        "SELECT name, type FROM system.columns WHERE database = {db:String} AND table = {table:String}",
        {"db": engine.database, "table": table},
    )
    return {str(name): str(kind) for name, kind in rows}
