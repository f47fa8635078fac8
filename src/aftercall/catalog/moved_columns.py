"""A newer version may build in a column whose name a metric's column has had: the metric's moves aside."""

from __future__ import annotations

import logging

from sqlalchemy import select

from aftercall.catalog.columns import RESERVED, column_for
from aftercall.catalog.database import Database
from aftercall.catalog.projects import project_row
from aftercall.catalog.tables import MetricRow

log = logging.getLogger(__name__)


def move_columns_aside(database: Database, project_id: int, reserved: frozenset[str] = RESERVED) -> None:
    """Give every metric of the project whose column is a reserved one another column. Its values are the
    store's to fill in again: what the column's name is made of has changed, and it notices."""
    with database.write() as session:
        project = project_row(session, project_id, lock=True)
        rows = [*session.scalars(select(MetricRow).where(MetricRow.project_id == project_id))]
        taken = {row.column_name for row in rows}
        clashing = [row for row in rows if row.column_name in reserved]
        for row in clashing:
            before = row.column_name
            row.column_name = column_for(row.name, taken, reserved)
            taken.add(row.column_name)
            log.warning("metric %a has the column %s now: %s is built in", row.name, row.column_name, before)
        if clashing:
            project.registry_revision += 1
