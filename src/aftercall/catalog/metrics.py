"""The metric registry: which metrics a project has, and so which columns its wide table has."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Unpack

from sqlalchemy import select

from aftercall.catalog.columns import RESERVED
from aftercall.catalog.database import Database
from aftercall.catalog.definitions import MetricDefinition, Registry, definition_of, ratio_of
from aftercall.catalog.metric_fields import (
    MetricFields,
    clean_metric_name,
    clean_type,
    name_fault,
    stored_fields,
)
from aftercall.catalog.metric_rows import (
    add_metric,
    auto_count,
    change_metric,
    columns_of,
    metrics_by_name,
    ratios_by_name,
)
from aftercall.catalog.projects import project_row
from aftercall.catalog.tables import MetricRow, ProjectRow, RatioRow
from aftercall.errors import Conflict, InvalidInput, NotFound
from aftercall.model.values import MetricType

AUTO_LIMIT = 500
"""Metrics of a project that may enter by themselves; those that people register do not count."""


@dataclass(frozen=True, slots=True)
class AutoRegistration:
    """The answer of ``auto_register``: every name asked for is in one of the three.

    ``definitions`` are there now, new or not; ``refused`` are over the limit, or a ratio has the name;
    ``invalid`` can be no metric's name. ``revision`` is the registry's, after this.
    """

    definitions: tuple[MetricDefinition, ...]
    refused: tuple[str, ...]
    invalid: tuple[str, ...]
    revision: int


class Metrics:
    """Every change holds the project's row, so changes of one project come one after another, in any
    number of processes, and each raises ``registry_revision`` by one in its own transaction."""

    def __init__(self, database: Database, reserved: frozenset[str] = RESERVED) -> None:
        self._database = database
        self._reserved = reserved

    def list(self, project_id: int) -> Registry:
        """All metrics and ratios, active or not, with the revision they belong to: one snapshot.

        Raises NotFound (PROJECT_NOT_FOUND).
        """
        metrics = select(MetricRow).where(MetricRow.project_id == project_id).order_by(MetricRow.id)
        ratios = select(RatioRow).where(RatioRow.project_id == project_id).order_by(RatioRow.id)
        with self._database.read() as session:
            return Registry(
                project_id,
                project_row(session, project_id).registry_revision,
                tuple(definition_of(row) for row in session.scalars(metrics)),
                tuple(ratio_of(row) for row in session.scalars(ratios)),
            )

    def revision(self, project_id: int) -> int:
        """The cheap question whether a Registry is still the latest. Raises NotFound (PROJECT_NOT_FOUND)."""
        with self._database.read() as session:
            return project_row(session, project_id).registry_revision

    def register(
        self, project_id: int, name: str, type: MetricType, **fields: Unpack[MetricFields]
    ) -> MetricDefinition:
        """Raises Conflict (METRIC_EXISTS), NotFound (PROJECT_NOT_FOUND), InvalidInput."""
        clean_metric_name(name)
        stored = stored_fields(**{"type": clean_type(type), **fields})
        with self._database.write() as session:
            project = project_row(session, project_id, lock=True)
            if metrics_by_name(session, project_id, [name]):
                raise Conflict(f"there is a metric {name!r} already: update it", code="METRIC_EXISTS")
            if ratios_by_name(session, project_id, [name]):
                raise Conflict(f"there is a ratio {name!r}: choose another name", code="METRIC_EXISTS")
            columns = columns_of(session, project_id)
            row = add_metric(session, project, name, columns, self._reserved, auto=False, fields=stored)
            project.registry_revision += 1
            return definition_of(row)

    def auto_register(
        self, project_id: int, metrics: Iterable[tuple[str, MetricType]], limit: int = AUTO_LIMIT
    ) -> AutoRegistration:
        """Enters the names that are missing, with their inferred types, while fewer than ``limit`` have.

        The limit is exact, races included. Of two that race for one name the first one's type stands,
        and both get the same answer. One malformed name never stops the others.
        """
        wanted, invalid = _split(metrics)
        answer = self._already_settled(project_id, wanted, invalid, limit)
        if answer is not None:
            return answer
        with self._database.write() as session:
            project = project_row(session, project_id, lock=True)
            present = metrics_by_name(session, project_id, wanted)
            taken = ratios_by_name(session, project_id, wanted)
            missing = [name for name in wanted if name not in present and name not in taken]
            room = max(0, limit - auto_count(session, project_id))
            columns = columns_of(session, project_id)
            for name in missing[:room]:
                fields = stored_fields(type=wanted[name])
                present[name] = add_metric(
                    session, project, name, columns, self._reserved, auto=True, fields=fields
                )
            if missing[:room]:
                project.registry_revision += 1
            return _answer(project, wanted, present, invalid)

    def update(
        self,
        project_id: int,
        name: str,
        *,
        type: MetricType | None = None,
        **fields: Unpack[MetricFields],
    ) -> MetricDefinition:
        """Changes what is given; a type other than categorical drops the options.

        What changes nothing leaves the revision alone. Raises NotFound (METRIC_NOT_FOUND,
        PROJECT_NOT_FOUND), InvalidInput.
        """
        clean_metric_name(name)
        stored = stored_fields(**{"type": type, **fields})
        with self._database.write() as session:
            project = project_row(session, project_id, lock=True)
            row = metrics_by_name(session, project_id, [name]).get(name)
            if row is None:
                raise NotFound(f"there is no metric {name!r}", code="METRIC_NOT_FOUND")
            if change_metric(row, stored):
                project.registry_revision += 1
            return definition_of(row)

    def _already_settled(
        self, project_id: int, wanted: dict[str, MetricType], invalid: tuple[str, ...], limit: int
    ) -> AutoRegistration | None:
        """The answer, if nothing can be added: most calls, and they need no writer's lock."""
        with self._database.read() as session:
            project = project_row(session, project_id)
            present = metrics_by_name(session, project_id, wanted)
            if len(present) < len(wanted) and auto_count(session, project_id) < limit:
                return None
            return _answer(project, wanted, present, invalid)


def _split(metrics: Iterable[tuple[str, MetricType]]) -> tuple[dict[str, MetricType], tuple[str, ...]]:
    """Valid names with their types, the first of a name counting; and the names that cannot be one."""
    wanted: dict[str, MetricType] = {}
    invalid: dict[str, None] = {}
    for name, type_ in metrics:
        if name_fault(name) is not None:
            invalid[name] = None
        elif clean_type(type_) == "categorical":
            raise InvalidInput(f"{name!r} cannot enter as categorical by itself: its options are not known")
        else:
            wanted.setdefault(name, type_)
    return wanted, tuple(invalid)


def _answer(
    project: ProjectRow,
    wanted: dict[str, MetricType],
    present: dict[str, MetricRow],
    invalid: tuple[str, ...],
) -> AutoRegistration:
    return AutoRegistration(
        definitions=tuple(definition_of(present[name]) for name in wanted if name in present),
        refused=tuple(name for name in wanted if name not in present),
        invalid=invalid,
        revision=project.registry_revision,
    )
