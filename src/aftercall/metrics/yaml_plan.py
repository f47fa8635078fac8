"""What applying a metrics.yaml would do to a project's registry.

Three states are compared: what the file says, what the registry holds, and what the last apply left there.
Without the third nobody could tell "taken out of the file" from "made through the API", nor a change of
the file from a change behind its back.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from aftercall.catalog.definitions import MetricDefinition, RatioDefinition, Registry
from aftercall.catalog.text import encode_json
from aftercall.errors import Conflict
from aftercall.metrics.query import Measure
from aftercall.metrics.strict import QueryInvalid
from aftercall.model.metric_spec import RATIO, RatioSpec, Spec, defaults, spec_fields

Action = Literal["add", "change", "remove"]
REPROJECTING = ("type", "options")
"""The fields on which it depends what stands in the column. Changing one rewrites the history's values."""


@dataclass(frozen=True, slots=True)
class Difference:
    field: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Change:
    """``differences`` of what is added are those from the defaults; what is removed has none: it is
    deactivated, and its column and values stay."""

    action: Action
    name: str
    type: str
    differences: tuple[Difference, ...] = ()

    @property
    def reprojects(self) -> bool:
        """Whether values that are there already are read anew."""
        if self.type == RATIO:
            return False
        return self.action == "add" or (
            self.action == "change" and any(one.field in REPROJECTING for one in self.differences)
        )


@dataclass(frozen=True, slots=True)
class Drift:
    """A metric that was changed since the last apply, and not by the file. ``kept``: the file says the same
    by now, so applying leaves it; else applying takes it back."""

    name: str
    differences: tuple[Difference, ...]
    kept: bool


@dataclass(frozen=True, slots=True)
class RegistryPlan:
    """``revision``: of the registry that was looked at. ``unmanaged``: active in the registry, never
    applied and not in the file; applying leaves them alone."""

    revision: int
    changes: tuple[Change, ...]
    drift: tuple[Drift, ...]
    unmanaged: tuple[str, ...]
    unchanged: int

    @property
    def removed(self) -> list[str]:
        return [change.name for change in self.changes if change.action == "remove"]


Definition = MetricDefinition | RatioDefinition


def plan(specs: Iterable[Spec], registry: Registry) -> RegistryPlan:
    """Raises Conflict (METRIC_EXISTS) where a metric and a ratio want one name, QueryInvalid where a ratio's
    side is no measure."""
    wanted = {spec.name: spec for spec in specs}
    check_measures(wanted.values())
    known: dict[str, Definition] = {**registry.by_name, **registry.ratios_by_name}
    changes = [_change(spec, known.get(name)) for name, spec in wanted.items()]
    told = [change for change in changes if change is not None]
    absent = [one for name, one in known.items() if name not in wanted and one.active]
    removed = [Change("remove", one.name, _type(one)) for one in absent if one.applied is not None]
    return RegistryPlan(
        registry.revision,
        (*told, *removed),
        tuple(_drifts(wanted, known.values())),
        tuple(one.name for one in absent if one.applied is None),
        len(wanted) - len(told),
    )


def check_measures(specs: Iterable[Spec]) -> None:
    """Raises QueryInvalid that names the ratio, its side and the place in it."""
    for spec in specs:
        if isinstance(spec, RatioSpec):
            for side, told in (("numerator", spec.numerator), ("denominator", spec.denominator)):
                try:
                    Measure.read(dict(told))
                except QueryInvalid as error:
                    raise QueryInvalid(f"{spec.name!r}: {side}: {error.message}", data=error.data) from None


def _change(spec: Spec, known: Definition | None) -> Change | None:
    after = spec_fields(spec)
    kind = str(after["type"])
    if known is None:
        return Change("add", spec.name, kind, differences(defaults(spec.name, kind), after))
    before = spec_fields(known.spec)
    if (before["type"] == RATIO) != (kind == RATIO):
        raise Conflict(
            f"{spec.name!r} is a {before['type']} in the registry and a {kind} in the file: choose another"
            " name for one of them",
            code="METRIC_EXISTS",
        )
    found = differences(before, after)
    return Change("change", spec.name, kind, found) if found else None


def _drifts(wanted: Mapping[str, Spec], known: Iterable[Definition]) -> Iterable[Drift]:
    for one in known:
        if one.applied is None:
            continue
        now = spec_fields(one.spec)
        found = differences(one.applied, now)
        if found:
            spec = wanted.get(one.name)
            yield Drift(one.name, found, spec is not None and not differences(now, spec_fields(spec)))


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Difference, ...]:
    """Field by field, as JSON tells them apart: true is not 1."""
    return tuple(
        Difference(field, before.get(field), value)
        for field, value in after.items()
        if _text(before.get(field)) != _text(value)
    )


def _text(value: Any) -> str:
    encode_json(value, "a field of the metric")  # refuses what JSON cannot hold, a date of YAML's
    return json.dumps(value, sort_keys=True)


def _type(one: Definition) -> str:
    return one.type if isinstance(one, MetricDefinition) else RATIO
