"""What a metric is: its name, its column, its type and its meaning."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

from aftercall.catalog.tables import MetricRow, RatioRow
from aftercall.model.metric_spec import Better, MetricSpec, RateBase, RatioSpec
from aftercall.model.values import MetricType


@dataclass(frozen=True, slots=True)
class MetricDefinition:
    """All facts of one metric of one project.

    ``name`` is exactly what agents write; ``column`` never changes. ``options`` are a categorical's
    possible values; ``empty_values`` the texts that mean "not flagged". ``auto``: entered by itself with
    a type inferred from its first value. ``active`` False: kept, but no longer offered. ``group``: the
    prefix it is listed under. ``expected_sources`` empty: any. ``rate_base`` None: by who writes it.
    ``applied``: its fields as the last apply of a metrics.yaml left them, None if none did. Times in UTC
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
    better: Better = "none"
    group: str = ""
    expected_sources: tuple[str, ...] = ()
    rate_base: RateBase | None = None
    synonyms: tuple[str, ...] = ()
    owner: str = ""
    extraction: Mapping[str, Any] | None = None
    applied: Mapping[str, Any] | None = None

    @property
    def is_extracted(self) -> bool:
        """Whether the transcript of each call is to tell it, whoever else writes it too."""
        return self.extraction is not None or "extraction" in self.expected_sources

    @property
    def confirms(self) -> bool:
        """Its extraction looks again at calls that have a value already, and at no others."""
        when = (self.extraction or {}).get("when")
        return isinstance(when, Mapping) and self.name in (when.get("only_if") or {})

    @property
    def spec(self) -> MetricSpec:
        """What of it people declare."""
        return MetricSpec(
            self.name,
            self.type,
            options=self.options,
            empty_values=self.empty_values,
            display_name=self.display_name,
            definition=self.definition,
            unit=self.unit,
            better=self.better,
            group=self.group,
            expected_sources=self.expected_sources,
            rate_base=self.rate_base,
            synonyms=self.synonyms,
            owner=self.owner,
            active=self.active,
            extraction=self.extraction,
        )


@dataclass(frozen=True, slots=True)
class RatioDefinition:
    """``multiplier * numerator / denominator``: two measures of a Query, as JSON objects. No column."""

    id: int
    project_id: int
    name: str
    numerator: Mapping[str, Any]
    denominator: Mapping[str, Any]
    multiplier: float
    display_name: str
    definition: str
    unit: str
    better: Better
    group: str
    synonyms: tuple[str, ...]
    owner: str
    active: bool
    applied: Mapping[str, Any] | None
    created_at: int
    updated_at: int

    @property
    def spec(self) -> RatioSpec:
        """What of it people declare."""
        return RatioSpec(
            self.name,
            self.numerator,
            self.denominator,
            self.multiplier,
            display_name=self.display_name,
            definition=self.definition,
            unit=self.unit,
            better=self.better,
            group=self.group,
            synonyms=self.synonyms,
            owner=self.owner,
            active=self.active,
        )


@dataclass(frozen=True)
class Registry:
    """A project's metrics and ratios at one revision, in the order in which they were registered."""

    project_id: int
    revision: int
    metrics: tuple[MetricDefinition, ...]
    ratios: tuple[RatioDefinition, ...] = ()

    @cached_property
    def by_name(self) -> Mapping[str, MetricDefinition]:
        return {metric.name: metric for metric in self.metrics}

    @cached_property
    def by_column(self) -> Mapping[str, MetricDefinition]:
        return {metric.column: metric for metric in self.metrics}

    @cached_property
    def ratios_by_name(self) -> Mapping[str, RatioDefinition]:
        """No name is both a metric's and a ratio's."""
        return {ratio.name: ratio for ratio in self.ratios}


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
        better=cast(Better, row.better),
        group=row.group_prefix,
        expected_sources=tuple(json.loads(row.expected_sources)),
        rate_base=json.loads(row.rate_base),
        synonyms=tuple(json.loads(row.synonyms)),
        owner=row.owner,
        extraction=json.loads(row.extraction),
        applied=None if row.applied is None else json.loads(row.applied),
    )


def ratio_of(row: RatioRow) -> RatioDefinition:
    return RatioDefinition(
        id=row.id,
        project_id=row.project_id,
        name=row.name,
        numerator=json.loads(row.numerator),
        denominator=json.loads(row.denominator),
        multiplier=row.multiplier,
        display_name=row.display_name,
        definition=row.definition,
        unit=row.unit,
        better=cast(Better, row.better),
        group=row.group_prefix,
        synonyms=tuple(json.loads(row.synonyms)),
        owner=row.owner,
        active=row.active,
        applied=None if row.applied is None else json.loads(row.applied),
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
