"""What the rows of a project have still to learn of its registry, and of newer built-in columns.

A row says what it was made with: the lower half of its ``version`` is ``projection.stamp``. The catalog
keeps, for each project, with which definitions *all* of its rows were made. The difference between that
and the registry of now says which rows to look for; which of them are done already, they say themselves.
So a kill at any moment loses nothing, and nothing needs to be remembered of the way.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from aftercall.catalog.catalog import Catalog
from aftercall.catalog.definitions import MetricDefinition, Registry
from aftercall.model.builtins import COLUMNS_VERSION
from aftercall.store.projection import stamp
from aftercall.store.writes import type_word


@dataclass(frozen=True, slots=True)
class Applied:
    """What every row of a project was made with, at least."""

    columns: int = 0
    """Version of the built-in columns."""
    metrics: dict[str, str] = field(default_factory=dict)
    """Of each registered metric, by name: a digest of column, type and options; empty while it changes."""
    marks: int = 0
    """How often anything was marked as changing: who walked over the rows meanwhile has to do it again."""


@dataclass(frozen=True, slots=True)
class Outstanding:
    """Which rows are behind: those made with older built-in columns, and of those made with an older
    registry the ones that wrote any of ``names``, or wrote any of ``entered`` as another type."""

    revision: int
    columns: bool
    names: tuple[str, ...]
    """Metrics that people registered, or whose type or options changed."""
    entered: dict[str, str]
    """Name to type, as rows call it, of metrics that entered by themselves. Their first typed value was
    written with its column there; what was invalid before that has only to be marked as such."""

    def bound(self) -> dict[str, Any]:
        """The values of the statements in sql/reprojection.sql."""
        return {
            "columns": stamp(0) if self.columns else 0,
            "revision": self.revision,
            "names": list(self.names),
            "entered": list(self.entered),
            "types": list(self.entered.values()),
        }


def applied(catalog: Catalog, project_id: int) -> Applied:
    told = catalog.settings.get(_setting(project_id))
    return Applied() if told is None else Applied(told["columns"], told["metrics"], told["marks"])


def _write(catalog: Catalog, project_id: int, now: Applied) -> None:
    told = {"columns": now.columns, "metrics": now.metrics, "marks": now.marks}
    catalog.settings.set(_setting(project_id), told)


def note_applied(catalog: Catalog, registry: Registry, marks: int) -> bool:
    """Every row of the project was made with this registry and this version's columns.

    Not if anything was marked since ``marks`` was read: False then. To be called under the schema's lock.
    """
    if applied(catalog, registry.project_id).marks != marks:
        return False
    metrics = {metric.name: _digest(metric) for metric in registry.metrics}
    _write(catalog, registry.project_id, Applied(COLUMNS_VERSION, metrics, marks))
    return True


def changing(now: Applied, before: Registry | None, registry: Registry) -> list[str]:
    """Names to be marked before any row is made with ``registry``, where ``before`` was used until now.

    Without the mark, a type that is changed and at once changed back would look as if nothing had been,
    while rows made in between, and a column that was emptied, say otherwise.
    """
    target = outstanding(now, registry)
    names = {name for name in target.names if now.metrics.get(name) != ""} if target else set()
    if before is not None:
        known = before.by_name
        names |= {
            m.name for m in registry.metrics if m.name in known and _digest(known[m.name]) != _digest(m)
        }
    return sorted(names)


def mark(catalog: Catalog, project_id: int, names: Iterable[str]) -> None:
    """To be called under the schema's lock."""
    now = applied(catalog, project_id)
    _write(catalog, project_id, Applied(now.columns, now.metrics | dict.fromkeys(names, ""), now.marks + 1))


def outstanding(before: Applied, registry: Registry) -> Outstanding | None:
    """None where every row stands as the registry says."""
    changed = [metric for metric in registry.metrics if before.metrics.get(metric.name) != _digest(metric)]
    columns = before.columns < COLUMNS_VERSION
    if not changed and not columns:
        return None
    entered = {m.name: type_word(m.type) for m in changed if _entered_by_itself(m, before)}
    names = tuple(metric.name for metric in changed if metric.name not in entered)
    return Outstanding(registry.revision, columns, names, entered)


def _entered_by_itself(metric: MetricDefinition, before: Applied) -> bool:
    """And nobody has touched it since: nothing enters as categorical."""
    return metric.auto and metric.name not in before.metrics and metric.type != "categorical"


def _digest(metric: MetricDefinition) -> str:
    told = "\0".join((metric.column, metric.type, *metric.options))
    return hashlib.blake2b(told.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()


def _setting(project_id: int) -> str:
    return f"projection.{project_id}"
