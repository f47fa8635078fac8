"""The definitions that a metric's extraction has had: who made each, when, and what it said.

What counts as another definition here is another type, options, meaning or ``extraction``. The short hash by
which values name their definition is made from these by whoever reads them (extraction/field.py): a built-in
that is named by ``use`` changes with the package, not here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from aftercall.catalog.actor import actor
from aftercall.catalog.backfill_tables import ExtractionVersionRow
from aftercall.catalog.database import Database
from aftercall.catalog.tables import MetricRow
from aftercall.model.times import now_ms
from aftercall.model.values import MetricType

DEFINES = frozenset({"type", "options", "definition", "extraction"})
"""Fields of a metric's row that make its extraction another one."""


@dataclass(frozen=True, slots=True)
class ExtractionVersion:
    """``extraction`` None: from then on nothing was extracted. ``at`` in UTC milliseconds."""

    name: str
    type: MetricType
    options: tuple[str, ...]
    definition: str
    extraction: Mapping[str, Any] | None
    at: int
    by: str


class ExtractionVersions:
    def __init__(self, database: Database) -> None:
        self._database = database

    def list(self, project_id: int, name: str) -> tuple[ExtractionVersion, ...]:
        """The newest first; empty for a metric that was never extracted."""
        query = select(ExtractionVersionRow).where(
            ExtractionVersionRow.project_id == project_id, ExtractionVersionRow.name == name
        )
        with self._database.read() as session:
            return tuple(
                _record(row) for row in session.scalars(query.order_by(ExtractionVersionRow.id.desc()))
            )


def note_version(session: Session, row: MetricRow) -> None:
    """The metric's definition is another one by now; in the transaction that changes it."""
    session.add(
        ExtractionVersionRow(
            project_id=row.project_id,
            name=row.name,
            type=row.type,
            options=row.options,
            definition=row.definition,
            extraction=row.extraction,
            made_at=now_ms(),
            made_by=actor(),
        )
    )


def _record(row: ExtractionVersionRow) -> ExtractionVersion:
    return ExtractionVersion(
        name=row.name,
        type=cast(MetricType, row.type),
        options=tuple(json.loads(row.options)),
        definition=row.definition,
        extraction=json.loads(row.extraction),
        at=row.made_at,
        by=row.made_by,
    )
