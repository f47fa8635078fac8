"""The Analytics page: the project's dashboards. Its scripts ask the REST API for what the tiles show."""

from __future__ import annotations

from typing import Any

from fastapi import Response

from aftercall.catalog.definitions import MetricDefinition, Registry
from aftercall.charts.template import template, templates
from aftercall.metrics import builtin
from aftercall.metrics.facts import Facts
from aftercall.web.api.dashboards import known_metrics, told
from aftercall.web.pages.analytics_vega import vega_url
from aftercall.web.pages.conversations_fields import field_of, field_of_metric
from aftercall.web.pages.here import Here, Viewing
from aftercall.web.pages.page_route import pages_router
from aftercall.web.pages.sections import SECTIONS

router = pages_router()

_TRANSCRIPT = {
    "name": "transcript",
    "label": "Transcript",
    "type": "transcript",
    "kind": "builtin",
    "unit": "",
    "options": [],
    "about": "What was said, by words.",
}


@router.get("/p/{project}/analytics")
async def analytics(here: Viewing) -> Response:
    return await here.answer("analytics/board.html", _board)


def _board(here: Here) -> dict[str, Any]:
    registry = here.services.store.registries.of(here.project.id)
    facts = [one for one in (*builtin.FIELDS, *builtin.METRICS) if one.scope is None or here.may(one.scope)]
    metrics = [one for one in registry.metrics if one.active]
    plain = [field_of(one) for one in facts if one.type not in ("ratio", "count")]
    return {
        "title": "Analytics",
        "told": {
            "project": here.project.slug,
            "timezone": here.project.timezone,
            "may": {scope: here.may(scope) for scope in ("edit", "admin", "read:pii", "read:transcripts")},
            "columns": [],
            "fields": [*map(field_of_metric, metrics), *plain, _TRANSCRIPT],
            "measures": [*_measures(registry, metrics), *map(_of_facts, facts)],
            "boards": _boards(here),
            "templates": [{"key": one.key, "title": one.title, "about": one.about} for one in templates()],
            "vega": vega_url(),
            "asks": any(one.path == "analyst" and one.soon is None for one in SECTIONS),
        },
    }


def _boards(here: Here) -> list[dict[str, Any]]:
    """Those there are; where there is none, the one that a project would begin with, not saved yet."""
    found = here.services.catalog.dashboards.list(here.project.id)
    if found:
        return [told(one, here.project) for one in found]
    first = template("overview")
    body = first.body(known_metrics(here.caller, here.project)).plain()
    return [{"id": None, "name": first.title, "default": True, "version": 0, "updated_by": "", **body}]


def _measures(registry: Registry, metrics: list[MetricDefinition]) -> list[dict[str, Any]]:
    """What can be measured: registered metrics and the project's own ratios."""
    own = [_measure(one.name, one.display_name, one.type, "", one.definition) for one in metrics]
    ratios = [
        _measure(one.name, one.display_name, "ratio", "value", one.definition)
        for one in registry.ratios
        if one.active
    ]
    return own + ratios


def _of_facts(facts: Facts) -> dict[str, Any]:
    return _measure(facts.name, facts.display_name, facts.type, facts.agg, facts.definition)


def _measure(name: str, label: str, type_: str, natural: str, about: str) -> dict[str, Any]:
    """``natural``: the aggregation that is meant where none is named; "" is what its type suggests."""
    return {"name": name, "label": label or name, "type": type_, "natural": natural, "about": about}
