"""A metric as the API shows it: registered, ratio, built in, or only written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from aftercall.catalog.definitions import MetricDefinition, RatioDefinition, Registry
from aftercall.metrics import builtin
from aftercall.metrics.facts import Facts
from aftercall.metrics.ranges import Range
from aftercall.metrics.usage import NONE, Usage
from aftercall.metrics.yaml_plan import differences
from aftercall.model.metric_spec import spec_fields
from aftercall.model.times import iso

_NOTHING: dict[str, Any] = {
    "group": "",
    "synonyms": [],
    "owner": "",
    "active": True,
    "auto": False,
    "options": [],
    "empty_values": [],
    "expected_sources": [],
    "rate_base": None,
    "extraction": None,
    "numerator": None,
    "denominator": None,
    "multiplier": None,
    "column": None,
    "drifted": [],
    "usage": None,
}


def items(registry: Registry, used: Mapping[str, Usage] | None) -> Iterator[dict[str, Any]]:
    """All there are: registered ones, ratios, built-ins, and what is written without being registered.
    ``used`` None: nobody asked what was written."""
    for metric in registry.metrics:
        yield of_metric(metric, None if used is None else used.get(metric.name, NONE))
    yield from map(of_ratio, registry.ratios)
    yield from map(of_builtin, builtin.METRICS)
    for name, one in (used or {}).items():
        if name not in registry.by_name:
            yield of_written(name, one)


def of_metric(metric: MetricDefinition, used: Usage | None) -> dict[str, Any]:
    return {
        **_NOTHING,
        "name": metric.name,
        "kind": "registered",
        **spec_fields(metric.spec),
        "column": metric.column,
        "auto": metric.auto,
        "drifted": _drifted(metric),
        "usage": None if used is None else shown_usage(used),
    }


def of_ratio(ratio: RatioDefinition) -> dict[str, Any]:
    fields = spec_fields(ratio.spec)
    return {**_NOTHING, "name": ratio.name, "kind": "ratio", **fields, "drifted": _drifted(ratio)}


def of_builtin(facts: Facts) -> dict[str, Any]:
    return {
        **_NOTHING,
        "name": facts.name,
        "kind": "builtin",
        "type": facts.type,
        "display_name": facts.display_name,
        "definition": facts.definition,
        "unit": facts.unit,
        "better": facts.better,
        "group": facts.group,
        "synonyms": facts.synonyms,
        "options": facts.options,
        "rate_base": facts.base,
    }


def of_written(name: str, used: Usage) -> dict[str, Any]:
    return {
        **_NOTHING,
        "name": name,
        "kind": "unregistered",
        "type": "number" if used.numbers is not None and not used.values else "text",
        "display_name": name,
        "definition": "",
        "unit": "",
        "better": "none",
        "usage": shown_usage(used),
    }


def shown_usage(used: Usage) -> dict[str, Any]:
    return {
        "conversations": used.conversations,
        "writes": used.writes,
        "invalid": used.invalid,
        "nulls": used.nulls,
        "sources": used.sources,
        "last_written": None if used.last_written is None else iso(used.last_written),
        "numbers": None if used.numbers is None else asdict(used.numbers),
        "values": [{"value": value, "conversations": count} for value, count in used.values.items()],
        "more_values": used.more_values,
        "estimated": used.estimated,
        "invalid_values": used.invalid_values,
    }


def shown_range(over: Range) -> dict[str, Any]:
    return {
        "from": None if over.since is None else iso(over.since),
        "to": None if over.until is None else iso(over.until),
    }


def _drifted(one: MetricDefinition | RatioDefinition) -> list[str]:
    if one.applied is None:
        return []
    return [found.field for found in differences(one.applied, spec_fields(one.spec))]
