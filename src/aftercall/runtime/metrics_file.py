"""``metrics.yaml`` of an agent project: what the columns mean. Either of two forms, both with names as keys:

    CALL_REASON: {type: categorical, options: [booking, billing], definition: Why they called.}
    CALL_REASON: {type: string, expected_values: [booking, billing], description: Why they called.}

The second is what the custom-metrics endpoints export. Registering them is the catalog's business.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from aftercall.errors import InvalidInput
from aftercall.model.values import DEFAULT_EMPTY_VALUES, METRIC_TYPES, MetricType

FILE = "metrics.yaml"
_EXPORTED: dict[str, MetricType] = {
    "string": "text",
    "int": "integer",
    "bool": "boolean",
    "float": "number",
}
_KEYS = frozenset(
    {
        "type",
        "options",
        "expected_values",
        "definition",
        "description",
        "unit",
        "display_name",
        "empty_values",
        "active",
        "api",
    }
)


@dataclass(frozen=True, slots=True)
class MetricSpec:
    """The fields of ``catalog.metrics.register``."""

    name: str
    type: MetricType
    options: tuple[str, ...] = ()
    empty_values: tuple[str, ...] = DEFAULT_EMPTY_VALUES
    display_name: str | None = None
    definition: str = ""
    unit: str = ""


def read_metrics(folder: Path) -> list[MetricSpec]:
    """In the order of the file; empty without one. Raises InvalidInput (METRICS_INVALID) that says where."""
    path = folder / FILE
    if not path.is_file():
        return []
    try:
        told = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, ValueError, OSError) as error:
        raise _invalid(" ".join(str(error).split())[:300]) from error
    if told is None:
        return []
    if isinstance(told, dict) and isinstance(told.get("metrics"), list):  # a list of {name: ..., type: ...}
        told = {item.get("name"): item for item in told["metrics"] if isinstance(item, dict)}
    if not isinstance(told, dict):
        raise _invalid("it is no mapping of names to metrics")
    return [_spec(str(name), item) for name, item in told.items()]


def _spec(name: str, told: Any) -> MetricSpec:
    if not isinstance(told, dict):
        raise _invalid(f"{name} is no mapping: write {{type: ..., definition: ...}}")
    unknown = sorted(str(key) for key in told if key not in _KEYS and key != "name")
    if unknown:
        raise _invalid(f"{name} has {unknown[0]!r}; known are {', '.join(sorted(_KEYS))}")
    options = _texts(name, told, "options") or _texts(name, told, "expected_values")
    return MetricSpec(
        name=name,
        type=_type(name, told.get("type"), bool(options)),
        options=options,
        empty_values=_texts(name, told, "empty_values") or DEFAULT_EMPTY_VALUES,
        display_name=None if told.get("display_name") is None else str(told["display_name"]),
        definition=str(told.get("definition") or told.get("description") or ""),
        unit=str(told.get("unit") or ""),
    )


def _type(name: str, told: Any, has_options: bool) -> MetricType:
    if told in (None, "string") and has_options:
        return "categorical"
    for known in METRIC_TYPES:
        if told == known:
            return known
    if told in _EXPORTED:
        return _EXPORTED[told]
    raise _invalid(f"{name} has the type {told!r}; types are {', '.join(METRIC_TYPES)}")


def _texts(name: str, told: dict[str, Any], key: str) -> tuple[str, ...]:
    value = told.get(key)
    if value is None:
        return ()
    if not isinstance(value, list):
        raise _invalid(f"{name}: {key} is no list")
    wrong = [item for item in value if not isinstance(item, str)]
    if wrong:  # YAML reads an unquoted yes or 1 as something else than a text
        raise _invalid(f"{name}: {key} has {wrong[0]!r}: write it in quotes")
    return tuple(value)


def _invalid(reason: str) -> InvalidInput:
    return InvalidInput(f"{FILE}: {reason}", code="METRICS_INVALID")
