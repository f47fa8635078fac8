"""Fields as the scripts of the conversations' pages know them: for columns and filters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aftercall.catalog.definitions import MetricDefinition
from aftercall.metrics.facts import Facts
from aftercall.model.builtins import BUILTIN_COLUMNS

MOST_METRIC_COLUMNS = 4
_FIRST = ("categorical", "boolean", "number", "integer", "text")


def field_of(facts: Facts) -> dict[str, Any]:
    """``kind``: builtin or metric. ``type`` decides on operators and on how a value is shown. ``column``:
    whether it is one of the table, and can be exported; else it is computed."""
    return {
        "name": facts.name,
        "label": facts.display_name,
        "type": facts.type,
        "kind": "builtin",
        "column": facts.name in BUILTIN_COLUMNS,
        "unit": facts.unit,
        "options": list(facts.options),
        "about": facts.definition,
    }


def field_of_metric(metric: MetricDefinition) -> dict[str, Any]:
    return {
        "name": metric.name,
        "label": metric.display_name or metric.name,
        "type": metric.type,
        "kind": "metric",
        "column": True,
        "unit": metric.unit,
        "options": list(metric.options),
        "about": metric.definition,
    }


def default_columns(metrics: Sequence[MetricDefinition]) -> list[str]:
    """For who chose none: what is extracted first, because each call has it; of that the reasons first, which
    say most in least space."""

    def rank(one: MetricDefinition) -> tuple[bool, int]:
        return not one.is_extracted, _FIRST.index(one.type) if one.type in _FIRST else len(_FIRST)

    ranked = sorted(metrics, key=rank)
    return ["from_number", "duration", *(one.name for one in ranked[:MOST_METRIC_COLUMNS])]
