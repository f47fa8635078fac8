"""The registry: every metric, what was written of it, and advice. Its scripts ask the REST API."""

from __future__ import annotations

from typing import Any

from fastapi import Response
from fastapi.responses import RedirectResponse

from aftercall.catalog.definitions import MetricDefinition
from aftercall.errors import InvalidInput
from aftercall.extraction import make_field
from aftercall.model.metric_spec import BETTER, SOURCES
from aftercall.model.values import DEFAULT_EMPTY_VALUES, METRIC_TYPES
from aftercall.web.api.metric_items import items
from aftercall.web.pages.here import Here, Viewing
from aftercall.web.pages.page_route import pages_router

router = pages_router()


@router.get("/p/{project}/metrics")
async def metrics(here: Viewing) -> Response:
    return await here.answer("metrics/list.html", _metrics)


@router.get("/p/{project}/metrics/{name:path}")
async def metric(here: Viewing, name: str) -> Response:
    """An address for one metric: the list with its panel open."""
    address = here.request.url.replace(path=here.path("metrics")).include_query_params(open=name)
    return RedirectResponse(f"{address.path}?{address.query}", status_code=303)


def _metrics(here: Here) -> dict[str, Any]:
    registry = here.services.catalog.metrics.list(here.project.id)
    told = {
        "project": here.project.slug,
        "timezone": here.project.timezone,
        "may": {scope: here.may(scope) for scope in ("edit", "admin", "read:transcripts")},
        "fields": [],
        "metrics": [*items(registry, None)],
        "extracted": {one.name: _extracted(one) for one in registry.metrics if one.extraction},
        "types": METRIC_TYPES,
        "sources": SOURCES,
        "better": BETTER,
        "empty_values": DEFAULT_EMPTY_VALUES,
    }
    return {"title": "Metrics", "told": told, "count": len(registry.metrics) + len(registry.ratios)}


def _extracted(metric: MetricDefinition) -> dict[str, Any]:
    """How it is filled after the call; ``error``: its declaration cannot be used, and why."""
    try:
        field = make_field(
            metric.name, metric.type, metric.options, metric.definition, extract=metric.extraction or {}
        )
    except InvalidInput as error:
        return {"error": error.message}
    told = field.extraction
    return {
        "question": told.question,
        "use": told.use,
        "extractors": field.extractors,
        "model": told.model,
        "grounded": told.grounded,
        "rules": len(told.rules),
        "examples": len(told.examples),
        "version": field.version,
        "error": None,
    }
