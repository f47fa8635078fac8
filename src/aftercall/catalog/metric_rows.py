"""A project's metrics and ratios as rows, within a transaction that holds the project's row."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, TypeVar

from sqlalchemy import func, select
from sqlalchemy.orm import Session, object_session

from aftercall.catalog.columns import column_for
from aftercall.catalog.extraction_versions import DEFINES, note_version
from aftercall.catalog.metric_fields import check_options
from aftercall.catalog.tables import MetricRow, ProjectRow, RatioRow
from aftercall.model.times import now_ms
from aftercall.model.values import DEFAULT_EMPTY_VALUES

_NAMES_PER_QUERY = 500  # bound parameters have a limit of their own on both databases
_DEFAULTS = {
    "options": "[]",
    "empty_values": json.dumps(DEFAULT_EMPTY_VALUES),
    "definition": "",
    "unit": "",
    "active": True,
    "better": "none",
    "group_prefix": "",
    "expected_sources": "[]",
    "rate_base": "null",
    "synonyms": "[]",
    "owner": "",
    "extraction": "null",
}
Row = TypeVar("Row", MetricRow, RatioRow)


def metrics_by_name(session: Session, project_id: int, names: Iterable[str]) -> dict[str, MetricRow]:
    return _by_name(session, MetricRow, project_id, names)


def ratios_by_name(session: Session, project_id: int, names: Iterable[str]) -> dict[str, RatioRow]:
    return _by_name(session, RatioRow, project_id, names)


def _by_name(session: Session, table: type[Row], project_id: int, names: Iterable[str]) -> dict[str, Row]:
    found: dict[str, Row] = {}
    every = [*names]
    for start in range(0, len(every), _NAMES_PER_QUERY):
        some = every[start : start + _NAMES_PER_QUERY]
        query = select(table).where(table.project_id == project_id, table.name.in_(some))
        found.update((row.name, row) for row in session.scalars(query))
    return found


def columns_of(session: Session, project_id: int) -> set[str]:
    return set(session.scalars(select(MetricRow.column_name).where(MetricRow.project_id == project_id)))


def auto_count(session: Session, project_id: int) -> int:
    query = select(func.count()).where(MetricRow.project_id == project_id, MetricRow.auto)
    return session.scalar(query) or 0


def add_metric(
    session: Session,
    project: ProjectRow,
    name: str,
    columns: set[str],
    reserved: frozenset[str],
    *,
    auto: bool,
    fields: dict[str, Any],
) -> MetricRow:
    """The new row; ``columns`` gains its column. ``fields`` as ``stored_fields`` gives them."""
    now = now_ms()
    column = column_for(name, columns, reserved)
    row = MetricRow(
        project_id=project.id,
        name=name,
        column_name=column,
        auto=auto,
        created_at=now,
        updated_at=now,
        **(_DEFAULTS | {"display_name": name} | fields),
    )
    check_options(row)
    session.add(row)
    session.flush()
    if row.extraction != "null":
        note_version(session, row)
    columns.add(column)
    return row


def change_metric(row: MetricRow, fields: dict[str, Any]) -> bool:
    """Whether any of the fields is different now. A type other than categorical drops the options."""
    if fields.get("type", "categorical") != "categorical":
        fields = {"options": "[]", **fields}
    before = row.extraction
    redefined = any(getattr(row, field) != value for field, value in fields.items() if field in DEFINES)
    if not assign(row, fields):
        return False
    check_options(row)
    row.updated_at = now_ms()
    session = object_session(row)
    if redefined and session is not None and (before, row.extraction) != ("null", "null"):
        note_version(session, row)
    return True


def assign(row: MetricRow | RatioRow, fields: dict[str, Any]) -> bool:
    """Sets the fields; whether any of them is different now."""
    changed = {field: value for field, value in fields.items() if getattr(row, field) != value}
    for field, value in changed.items():
        setattr(row, field, value)
    return bool(changed)
