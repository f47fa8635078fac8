"""What a metric is: its name, its column, its type and its meaning."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import cast

from aftercall.catalog.tables import MetricRow
from aftercall.model.values import MetricType


@dataclass(frozen=True, slots=True)
class MetricDefinition:
    """All facts of one metric of one project.

    ``name`` is exactly what agents write; ``column`` never changes. ``options`` are a categorical's
    possible values; ``empty_values`` the texts that mean "not flagged". ``auto``: entered by itself with
    a type inferred from its first value. ``active`` False: kept, but no longer offered. Times in UTC
    milliseconds.
    """

    id: int
    project_id: int
    name: str
    column: str
    type: MetricType
    options: tuple[str, ...]
    empty_values: tuple[str, ...]
    display_name: str
    definition: str
    unit: str
    auto: bool
    active: bool
    created_at: int
    updated_at: int


@dataclass(frozen=True)
class Registry:
    """A project's metrics at one revision, in the order in which they were registered."""

    project_id: int
    revision: int
    metrics: tuple[MetricDefinition, ...]

    @cached_property
    def by_name(self) -> Mapping[str, MetricDefinition]:
        return {metric.name: metric for metric in self.metrics}

    @cached_property
    def by_column(self) -> Mapping[str, MetricDefinition]:
        return {metric.column: metric for metric in self.metrics}


def definition_of(row: MetricRow) -> MetricDefinition:
    return MetricDefinition(
        id=row.id,
        project_id=row.project_id,
        name=row.name,
        column=row.column_name,
        type=cast(MetricType, row.type),
        options=tuple(json.loads(row.options)),
        empty_values=tuple(json.loads(row.empty_values)),
        display_name=row.display_name,
        definition=row.definition,
        unit=row.unit,
        auto=row.auto,
        active=row.active,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
