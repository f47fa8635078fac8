"""The metric registry: which metrics a project has, and so which columns its wide table has."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from aftercall.catalog.columns import RESERVED, column_for
from aftercall.catalog.database import Database
from aftercall.catalog.definitions import MetricDefinition, Registry, definition_of
from aftercall.catalog.metric_fields import (
    check_options,
    clean_metric_name,
    clean_type,
    name_fault,
    stored_fields,
)
from aftercall.catalog.projects import project_row
from aftercall.catalog.tables import MetricRow, ProjectRow
from aftercall.errors import Conflict, InvalidInput, NotFound
from aftercall.model.times import now_ms
from aftercall.model.values import DEFAULT_EMPTY_VALUES, MetricType

AUTO_LIMIT = 500
"""Metrics of a project that may enter by themselves; those that people register do not count."""

_NAMES_PER_QUERY = 500  # bound parameters have a limit of their own on both databases


@dataclass(frozen=True, slots=True)
class AutoRegistration:
    """The answer of ``auto_register``: every name asked for is in one of the three.

    ``definitions`` are there now, new or not; ``refused`` are over the limit; ``invalid`` can be no
    metric's name. ``revision`` is the registry's, after this.
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
        """All metrics, active or not, with the revision they belong to: one snapshot.

        Raises NotFound (PROJECT_NOT_FOUND).
        """
        query = select(MetricRow).where(MetricRow.project_id == project_id).order_by(MetricRow.id)
        with self._database.read() as session:
            revision = project_row(session, project_id).registry_revision
            metrics = tuple(definition_of(row) for row in session.scalars(query))
        return Registry(project_id, revision, metrics)

    def revision(self, project_id: int) -> int:
        """The cheap question whether a Registry is still the latest. Raises NotFound (PROJECT_NOT_FOUND)."""
        with self._database.read() as session:
            return project_row(session, project_id).registry_revision

    def register(
        self,
        project_id: int,
        name: str,
        type: MetricType,
        *,
        options: Iterable[str] = (),
        empty_values: Iterable[str] = DEFAULT_EMPTY_VALUES,
        display_name: str | None = None,
        definition: str = "",
        unit: str = "",
    ) -> MetricDefinition:
        """Raises Conflict (METRIC_EXISTS), NotFound (PROJECT_NOT_FOUND), InvalidInput."""
        clean_metric_name(name)
        fields = stored_fields(
            type=clean_type(type),
            options=options,
            empty_values=empty_values,
            display_name=name if display_name is None else display_name,
            definition=definition,
            unit=unit,
        )
        with self._database.write() as session:
            project = project_row(session, project_id, lock=True)
            if _rows_by_name(session, project_id, [name]):
                raise Conflict(f"there is a metric {name!r} already: update it", code="METRIC_EXISTS")
            columns = _columns(session, project_id)
            row = self._add(session, project, name, columns, auto=False, fields=fields)
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
            present = _rows_by_name(session, project_id, wanted)
            missing = [name for name in wanted if name not in present]
            room = max(0, limit - _auto_count(session, project_id))
            columns = _columns(session, project_id)
            for name in missing[:room]:
                fields = stored_fields(
                    type=wanted[name], empty_values=DEFAULT_EMPTY_VALUES, display_name=name
                )
                present[name] = self._add(session, project, name, columns, auto=True, fields=fields)
            if missing[:room]:
                project.registry_revision += 1
            return _answer(project, wanted, present, invalid)

    def update(
        self,
        project_id: int,
        name: str,
        *,
        type: MetricType | None = None,
        options: Iterable[str] | None = None,
        empty_values: Iterable[str] | None = None,
        display_name: str | None = None,
        definition: str | None = None,
        unit: str | None = None,
        active: bool | None = None,
    ) -> MetricDefinition:
        """Changes what is given; a type other than categorical drops the options.

        What changes nothing leaves the revision alone. Raises NotFound (METRIC_NOT_FOUND,
        PROJECT_NOT_FOUND), InvalidInput.
        """
        clean_metric_name(name)
        fields = stored_fields(
            type=type,
            options=options,
            empty_values=empty_values,
            display_name=display_name,
            definition=definition,
            unit=unit,
            active=active,
        )
        if fields.get("type", "categorical") != "categorical":
            fields.setdefault("options", "[]")
        with self._database.write() as session:
            project = project_row(session, project_id, lock=True)
            row = _rows_by_name(session, project_id, [name]).get(name)
            if row is None:
                raise NotFound(f"there is no metric {name!r}", code="METRIC_NOT_FOUND")
            if _assign(row, fields):
                check_options(row)
                row.updated_at = now_ms()
                project.registry_revision += 1
            return definition_of(row)

    def _already_settled(
        self, project_id: int, wanted: dict[str, MetricType], invalid: tuple[str, ...], limit: int
    ) -> AutoRegistration | None:
        """The answer, if nothing can be added: most calls, and they need no writer's lock."""
        with self._database.read() as session:
            project = project_row(session, project_id)
            present = _rows_by_name(session, project_id, wanted)
            if len(present) < len(wanted) and _auto_count(session, project_id) < limit:
                return None
            return _answer(project, wanted, present, invalid)

    def _add(
        self,
        session: Session,
        project: ProjectRow,
        name: str,
        columns: set[str],
        *,
        auto: bool,
        fields: dict[str, Any],
    ) -> MetricRow:
        now = now_ms()
        column = column_for(name, columns, self._reserved)
        defaults = {"options": "[]", "definition": "", "unit": "", "active": True}
        row = MetricRow(
            project_id=project.id,
            name=name,
            column_name=column,
            auto=auto,
            created_at=now,
            updated_at=now,
            **(defaults | fields),
        )
        check_options(row)
        session.add(row)
        session.flush()
        columns.add(column)
        return row


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


def _rows_by_name(session: Session, project_id: int, names: Iterable[str]) -> dict[str, MetricRow]:
    found: dict[str, MetricRow] = {}
    every = [*names]
    for start in range(0, len(every), _NAMES_PER_QUERY):
        some = every[start : start + _NAMES_PER_QUERY]
        query = select(MetricRow).where(MetricRow.project_id == project_id, MetricRow.name.in_(some))
        found.update((row.name, row) for row in session.scalars(query))
    return found


def _columns(session: Session, project_id: int) -> set[str]:
    return set(session.scalars(select(MetricRow.column_name).where(MetricRow.project_id == project_id)))


def _auto_count(session: Session, project_id: int) -> int:
    query = select(func.count()).where(MetricRow.project_id == project_id, MetricRow.auto)
    return session.scalar(query) or 0


def _assign(row: MetricRow, fields: dict[str, Any]) -> bool:
    """Sets the fields; whether any of them is different now."""
    changed = {field: value for field, value in fields.items() if getattr(row, field) != value}
    for field, value in changed.items():
        setattr(row, field, value)
    return bool(changed)
