"""One metric changed over the API: read, made, written, and read again if somebody else was quicker."""

from __future__ import annotations

import difflib
from typing import Any

from aftercall.catalog.definitions import Registry
from aftercall.catalog.projects import Project
from aftercall.errors import Conflict, NotFound
from aftercall.extraction import check_declared
from aftercall.ingest.explain import shown
from aftercall.metrics import builtin
from aftercall.metrics.yaml_plan import check_measures
from aftercall.model.metric_spec import Spec, measure_of, spec_fields
from aftercall.runtime.metrics_file import spec_of
from aftercall.web.api.metric_items import of_metric, of_ratio
from aftercall.web.api.metric_models import MetricBody
from aftercall.web.caller import Caller

_TRIES = 20
"""A change is read, made and written only if nobody changed the registry between; else once more."""


def no_metric(registry: Registry, name: str) -> NotFound:
    known = [*registry.by_name, *registry.ratios_by_name, *(one.name for one in builtin.METRICS)]
    near = difflib.get_close_matches(name[:200], known, 3)
    hint = f": did you mean {' or '.join(repr(shown(one, 80)) for one in near)}?" if near else "."
    return NotFound(f"There is no metric {shown(name, 80)!r}{hint}", code="METRIC_NOT_FOUND")


def given(body: MetricBody) -> dict[str, Any]:
    """What a body says, as a metrics.yaml would; null is as if it were not there."""
    return {key: value for key, value in body.model_dump(exclude_unset=True).items() if value is not None}


def save(caller: Caller, project: Project, *specs: Spec, revision: int | None = None) -> dict[str, Any]:
    """Puts the specs; the last one as an item, without its usage."""
    check_measures(specs)
    check_declared(specs)
    caller.services.catalog.declared.put(project.id, specs, revision=revision)
    registry = caller.services.store.registries.of(
        project.id, fresh=True
    )  # the column is there when we answer
    name = specs[-1].name
    if name in registry.ratios_by_name:
        return of_ratio(registry.ratios_by_name[name])
    return of_metric(registry.by_name[name], None)


def change(caller: Caller, project: Project, name: str, told: dict[str, Any]) -> dict[str, Any]:
    """The metric with some fields changed. Raises NotFound (METRIC_NOT_FOUND)."""
    for _ in range(_TRIES):
        registry = caller.services.catalog.metrics.list(project.id)
        known = registry.by_name.get(name) or registry.ratios_by_name.get(name)
        if known is None:
            raise no_metric(registry, name)
        spec = spec_of(name, merged(spec_fields(known.spec), told))
        try:
            return save(caller, project, spec, revision=registry.revision)
        except Conflict as error:
            if error.code != "REGISTRY_CHANGED":
                raise
    raise Conflict("The registry changes too often just now: try again.", code="REGISTRY_CHANGED")


def merged(fields: dict[str, Any], told: dict[str, Any]) -> dict[str, Any]:
    """Options go with a categorical type only, unless somebody gives them all the same and is told so."""
    if told.get("type") not in (None, "categorical") and "options" not in told:
        fields = {**fields, "options": []}
    both = {**fields, **told}
    for side in ("numerator", "denominator"):
        if side in both:
            both[side] = measure_of(both[side])
    return {key: value for key, value in both.items() if value is not None}
