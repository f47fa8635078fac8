"""``metrics.yaml`` of an agent project: what the columns mean. Either of two forms, both with names as keys:

    CALL_REASON: {type: categorical, options: [booking, billing], definition: Why they called.}
    CALL_REASON: {type: string, expected_values: [booking, billing], description: Why they called.}

The second is what the custom-metrics endpoints export. ``type: ratio`` declares two measures instead of a
column. docs/metrics.md has every key. Registering them is the catalog's business.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aftercall.errors import InvalidInput
from aftercall.model.metric_spec import (
    BETTER,
    EXTRACTION_KEYS,
    RATIO,
    Better,
    MetricSpec,
    RatioSpec,
    Spec,
    measure_of,
)
from aftercall.model.values import DEFAULT_EMPTY_VALUES, METRIC_TYPES, MetricType
from aftercall.runtime.yaml_text import Unreadable, read_yaml

__all__ = [
    "EXPORTED",
    "FILE",
    "MetricSpec",
    "MetricsFile",
    "RatioSpec",
    "parse_metrics",
    "read_entries",
    "read_metrics",
    "read_specs",
    "spec_of",
]

FILE = "metrics.yaml"
EXPORTED: dict[str, MetricType] = {
    "string": "text",
    "int": "integer",
    "bool": "boolean",
    "float": "number",
}
"""The types of the custom-metrics endpoints, as ours; string with expected values is categorical."""
_COMMON = frozenset(
    {
        "type",
        "definition",
        "description",
        "unit",
        "display_name",
        "active",
        "api",
        "better",
        "group",
        "synonyms",
        "owner",
    }
)
_OF_METRICS = _COMMON | {
    "options",
    "expected_values",
    "empty_values",
    "expected_sources",
    "rate_base",
    "extraction",
    *EXTRACTION_KEYS,
}
_OF_RATIOS = _COMMON | {"numerator", "denominator", "multiplier"}


@dataclass(frozen=True, slots=True)
class MetricsFile:
    """What a file says, in its order. ``lines`` tells where each name stands, from 1."""

    specs: tuple[Spec, ...] = ()
    lines: Mapping[str, int] = field(default_factory=dict)

    @property
    def metrics(self) -> list[MetricSpec]:
        return [spec for spec in self.specs if isinstance(spec, MetricSpec)]


def read_metrics(folder: Path) -> list[MetricSpec]:
    """Its metrics, without the ratios: see ``read_specs``."""
    return read_specs(folder).metrics


def read_specs(folder: Path) -> MetricsFile:
    """Nothing without a file. Raises InvalidInput (METRICS_INVALID) that says where."""
    path = folder / FILE
    if not path.is_file():
        return MetricsFile()
    try:
        return parse_metrics(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise _invalid(" ".join(str(error).split())[:300]) from error


def parse_metrics(text: str) -> MetricsFile:
    """The text of a metrics.yaml. Raises InvalidInput (METRICS_INVALID) that says where."""
    entries, lines = read_entries(text)
    try:
        return MetricsFile(tuple(spec_of(name, told) for name, told in entries.items()), lines)
    except InvalidInput as error:
        raise _invalid(error.message) from error


def read_entries(text: str) -> tuple[dict[str, Any], dict[str, int]]:
    """What stands under each name, not looked at yet, and the lines of the names."""
    try:
        told, lines = read_yaml(text)
    except Unreadable as error:
        raise _invalid(str(error)) from error
    if told is None:
        return {}, {}
    if isinstance(told, dict) and isinstance(told.get("metrics"), list):  # a list of {name: ..., type: ...}
        return _of_list(told), {}
    if not isinstance(told, dict):
        raise _invalid("it is no mapping of names to metrics")
    return {_name(name): item for name, item in told.items()}, lines


def _of_list(told: dict[str, Any]) -> dict[str, Any]:
    if len(told) > 1:
        other = next(str(key) for key in told if key != "metrics")
        raise _invalid(f"{other!r} stands beside the list of metrics: put it into the list")
    found: dict[str, Any] = {}
    for item in told["metrics"]:
        if not isinstance(item, dict) or "name" not in item:
            raise _invalid("an item of the list has no name: write {name: ..., type: ...}")
        name = _name(item["name"])
        if name in found:
            raise _invalid(f"{name} is there twice")
        found[name] = {key: value for key, value in item.items() if key != "name"}
    return found


def _name(told: Any) -> str:
    if not isinstance(told, str):  # YAML reads NO, 1e3 and null as something else than a text
        raise _invalid(f"a metric is called {told!r:.40}: write its name in quotes")
    return told


def spec_of(name: str, told: Any) -> Spec:
    """What stands under a name, as a spec. Raises InvalidInput (METRICS_INVALID) that names it."""
    if not isinstance(told, dict):
        raise _wrong(f"{name} is no mapping: write {{type: ..., definition: ...}}")
    is_ratio = told.get("type") == RATIO or ("type" not in told and "numerator" in told)
    known = _OF_RATIOS if is_ratio else _OF_METRICS
    unknown = sorted(str(key) for key in told if key not in known)
    if unknown:
        raise _wrong(f"{name} has {unknown[0]!r}; known are {', '.join(sorted(known))}")
    return _ratio(name, told) if is_ratio else _metric(name, told)


def _metric(name: str, told: dict[str, Any]) -> MetricSpec:
    options = _texts(name, told, "options") or _texts(name, told, "expected_values") or ()
    empty_values = _texts(name, told, "empty_values")
    return MetricSpec(
        name=name,
        type=_type(name, told.get("type"), bool(options)),
        options=options,
        empty_values=DEFAULT_EMPTY_VALUES if empty_values is None else empty_values,
        expected_sources=_texts(name, told, "expected_sources") or (),
        rate_base=_rate_base(name, told.get("rate_base")),
        extraction=_extraction(name, told),
        **_common(name, told),
    )


def _ratio(name: str, told: dict[str, Any]) -> RatioSpec:
    sides: dict[str, dict[str, Any]] = {}
    for side in ("numerator", "denominator"):
        measure = measure_of(told.get(side))
        if not isinstance(measure, dict) or not measure.get("metric"):
            raise _wrong(f"{name}: {side} must be a metric's name, or {{metric: NAME, agg: ...}}")
        sides[side] = measure
    multiplier = told.get("multiplier", 1)
    if isinstance(multiplier, bool) or not isinstance(multiplier, int | float):
        raise _wrong(f"{name}: multiplier must be a number, not {multiplier!r:.40}")
    return RatioSpec(
        name, sides["numerator"], sides["denominator"], _as_float(name, multiplier), **_common(name, told)
    )


def _as_float(name: str, number: int | float) -> float:
    try:
        return float(number)
    except OverflowError as error:
        raise _wrong(f"{name}: multiplier is too large") from error


def _common(name: str, told: dict[str, Any]) -> dict[str, Any]:
    return {
        "display_name": None if told.get("display_name") is None else str(told["display_name"]),
        "definition": str(told.get("definition") or told.get("description") or ""),
        "unit": str(told.get("unit") or ""),
        "better": _better(name, told.get("better")),
        "group": str(told.get("group") or ""),
        "synonyms": _texts(name, told, "synonyms") or (),
        "owner": str(told.get("owner") or ""),
        "active": _active(name, told.get("active", True)),
    }


def _type(name: str, told: Any, has_options: bool) -> MetricType:
    if told in (None, "string") and has_options:
        return "categorical"
    for known in METRIC_TYPES:
        if told == known:
            return known
    if isinstance(told, str) and told in EXPORTED:
        return EXPORTED[told]
    raise _wrong(f"{name} has the type {told!r:.40}; types are {', '.join((*METRIC_TYPES, RATIO))}")


def _better(name: str, told: Any) -> Better:
    if told is None:
        return "none"
    for known in BETTER:
        if told == known:
            return known
    raise _wrong(f"{name}: better is one of {', '.join(BETTER)}, not {told!r:.40}")


def _active(name: str, told: Any) -> bool:
    if not isinstance(told, bool):
        raise _wrong(f"{name}: active is true or false, not {told!r:.40}")
    return told


def _rate_base(name: str, told: Any) -> Any:
    if told is None or told in ("all", "known"):
        return told
    if isinstance(told, dict) and set(told) == {"metric"} and isinstance(told["metric"], str):
        return told
    raise _wrong(f"{name}: rate_base is all, known or {{metric: NAME}}, not {told!r:.40}")


def _extraction(name: str, told: dict[str, Any]) -> dict[str, Any] | None:
    """The declared extraction: its keys stand beside the type, or under ``extraction``."""
    nested = told.get("extraction")
    if nested is not None and not isinstance(nested, dict):
        raise _wrong(f"{name}: extraction is no mapping")
    flat = {key: told[key] for key in EXTRACTION_KEYS if key in told}
    return {**(nested or {}), **flat} or None


def _texts(name: str, told: dict[str, Any], key: str) -> tuple[str, ...] | None:
    """None where it is not given, which is not the same as an empty list."""
    value = told.get(key)
    if value is None:
        return None
    if not isinstance(value, list):
        raise _wrong(f"{name}: {key} is no list")
    wrong = [item for item in value if not isinstance(item, str)]
    if wrong:  # YAML reads an unquoted yes or 1 as something else than a text
        raise _wrong(f"{name}: {key} has {wrong[0]!r:.40}: write it in quotes")
    return tuple(value)


def _wrong(reason: str) -> InvalidInput:
    return InvalidInput(reason, code="METRICS_INVALID")


def _invalid(reason: str) -> InvalidInput:
    return _wrong(f"{FILE}: {reason}")
