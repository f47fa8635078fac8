"""/v1/metrics: what a project measures, with what was written of it, and each metric by its name."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from aftercall.catalog.projects import Project
from aftercall.errors import InvalidInput
from aftercall.metrics import builtin
from aftercall.metrics.query import AllTime, Last
from aftercall.metrics.ranges import Range, range_of, zone_of
from aftercall.metrics.usage import NONE, Usage, usage, values_of
from aftercall.model.metric_spec import RATIO, spec_fields
from aftercall.model.times import now_ms
from aftercall.runtime.metrics_file import spec_of
from aftercall.web.answers import Json
from aftercall.web.api import metric_examples as examples
from aftercall.web.api.documented import answers
from aftercall.web.api.metric_changes import change, given, no_metric, save
from aftercall.web.api.metric_items import items, of_builtin, of_metric, of_ratio, of_written, shown_range
from aftercall.web.api.metric_models import (
    MetricBody,
    MetricItemShape,
    MetricListShape,
    MetricValuesShape,
    PreviewShape,
)
from aftercall.web.caller import Administering, Caller, ProjectHeader, Reading

router = APIRouter(tags=["Metrics"])
PATH = "/v1/metrics/{name:path}"


class Looking(BaseModel):
    model_config = ConfigDict(extra="forbid")

    last: str = Field(
        "30d", max_length=10, description="How far the usage looks back: 24h, 30d, 4w, 6mo or all."
    )

    def range(self, project: Project) -> Range:
        over = AllTime(all=True) if self.last == "all" else Last.read({"last": self.last})
        return range_of(over, zone_of(project.timezone), now_ms())


class Listing(Looking):
    usage: bool = Field(True, description="false: only what is registered and built in, at once.")


class Picking(Looking):
    q: str = Field("", max_length=200, description="Only values that contain it, whatever its case.")
    limit: int = Field(50, ge=1, le=1000)


class NewType(BaseModel):
    model_config = ConfigDict(
        extra="forbid", strict=True, json_schema_extra={"examples": [examples.NEW_TYPE]}
    )

    type: str
    options: list[str] = []


@router.get("/v1/metrics", summary="List metrics", **answers(MetricListShape, examples.LIST))
async def list_metrics(
    caller: Reading, listing: Annotated[Listing, Query()], project: ProjectHeader = None
) -> Json:
    """Registered ones first, then ratios, then the built-in ones every project has, then names that were
    written and nobody registered. With what was written of each. Scope: `read`.
    """
    return await caller.answer(_list, project, listing)


def _list(caller: Caller, header: str | None, listing: Listing) -> dict[str, Any]:
    project = caller.chosen_project(header)
    over = listing.range(project)
    used = used_of(caller, project, over) if listing.usage else None
    registry = caller.services.catalog.metrics.list(project.id)
    return {
        "project_id": project.slug,
        "revision": registry.revision,
        "reprojection": reprojection(caller, project),
        "range": shown_range(over),
        "metrics": [*items(registry, used)],
    }


def reprojection(caller: Caller, project: Project) -> dict[str, int] | None:
    """How far the rows are after a change of type or options; None: all are up to date."""
    progress = caller.services.store.reprojection(project.id)
    return None if progress is None else {"done": progress.done, "total": progress.total}


def used_of(caller: Caller, project: Project, over: Range) -> dict[str, Usage]:
    store = caller.services.store
    registry = store.registries.of(project.id, fresh=True)  # a project that received nothing has no table yet
    return usage(store.engine, registry, over)


@router.get(PATH + "/values", summary="Its values", **answers(MetricValuesShape, examples.VALUES))
async def list_values(
    request: Request,
    caller: Reading,
    name: str,
    picking: Annotated[Picking, Query()],
    project: ProjectHeader = None,
) -> Json:
    """For pickers. Options that nobody wrote come last, with 0 conversations. Scope: `read`."""
    if not _ends(request, b"/values"):  # a name that itself ends so, sent as %2Fvalues
        return await caller.answer(_get, project, f"{name}/values", picking)
    return await caller.answer(_values, project, name, picking)


def _values(caller: Caller, header: str | None, name: str, picking: Picking) -> dict[str, Any]:
    project = caller.chosen_project(header)
    store = caller.services.store
    metric = store.registries.of(project.id, fresh=True).by_name.get(name)
    if metric is None:
        item(caller, project, name, picking)  # NotFound, unless it is written or built in
    over = picking.range(project)
    found, more = values_of(store.engine, project.id, over, name, part=picking.q, limit=picking.limit)
    told = dict(found)
    unseen = [
        option
        for option in (metric.options if metric is not None else ())
        if option not in told and picking.q.casefold() in option.casefold()
    ]
    if not more:
        told.update((option, 0) for option in unseen[: picking.limit - len(told)])
    return {
        "name": name,
        "range": shown_range(over),
        "values": [{"value": value, "conversations": count} for value, count in told.items()],
        "more": more or len(found) + len(unseen) > picking.limit,
    }


@router.get(PATH, summary="Get a metric", **answers(MetricItemShape, examples.ITEM))
async def get_metric(
    caller: Reading, name: str, looking: Annotated[Looking, Query()], project: ProjectHeader = None
) -> Json:
    """By its name, whatever it holds: percent-encode it (`/` as `%2F`). Scope: `read`."""
    return await caller.answer(_get, project, name, looking)


def _get(caller: Caller, header: str | None, name: str, looking: Looking) -> dict[str, Any]:
    return item(caller, caller.chosen_project(header), name, looking)


def item(caller: Caller, project: Project, name: str, looking: Looking) -> dict[str, Any]:
    """Raises NotFound (METRIC_NOT_FOUND) with the nearest names."""
    registry = caller.services.catalog.metrics.list(project.id)
    if name in registry.ratios_by_name:
        return of_ratio(registry.ratios_by_name[name])
    facts = next((one for one in builtin.METRICS if one.name == name), None)
    if facts is not None and name not in registry.by_name:
        return of_builtin(facts)
    used = used_of(caller, project, looking.range(project))
    if name in registry.by_name:
        return of_metric(registry.by_name[name], used.get(name, NONE))
    if name in used:
        return of_written(name, used[name])
    raise no_metric(registry, name)


@router.put(PATH, summary="Define a metric", **answers(MetricItemShape, examples.ITEM))
async def put_metric(
    caller: Administering, name: str, body: MetricBody, project: ProjectHeader = None
) -> Json:
    """It is afterwards as the body says, new or not; what the body leaves out is as by default. A new one
    gets its column, filled from what was written before. Scope: `admin`.
    """
    return await caller.answer(_put, project, name, body)


def _put(caller: Caller, header: str | None, name: str, body: MetricBody) -> dict[str, Any]:
    project = caller.chosen_project(header)
    if body.type is None:
        raise InvalidInput('"type" is missing: boolean, categorical, number, integer, text or ratio.')
    spec = spec_of(name, given(body))
    return save(caller, project, spec)


@router.patch(PATH, summary="Change a metric", **answers(MetricItemShape, examples.ITEM))
async def patch_metric(
    caller: Administering, name: str, body: MetricBody, project: ProjectHeader = None
) -> Json:
    """Changes what the body names; null sets back to the default. A change of type or options reads the
    values there are anew: see its preview. Scope: `admin`.
    """
    return await caller.answer(_patch, project, name, body)


def _patch(caller: Caller, header: str | None, name: str, body: MetricBody) -> dict[str, Any]:
    return change(caller, caller.chosen_project(header), name, body.model_dump(exclude_unset=True))


@router.delete(PATH, summary="Deactivate a metric", **answers(MetricItemShape, examples.ITEM))
async def delete_metric(caller: Administering, name: str, project: ProjectHeader = None) -> Json:
    """It is no longer offered; its column and what was written stay. PATCH it with `active` true to have it
    back. Scope: `admin`.
    """
    return await caller.answer(_delete, project, name)


def _delete(caller: Caller, header: str | None, name: str) -> dict[str, Any]:
    return change(caller, caller.chosen_project(header), name, {"active": False})


@router.post(
    PATH + "/preview",
    summary="Preview another type",
    **answers(PreviewShape, examples.PREVIEW),
)
async def preview_metric(caller: Reading, name: str, body: NewType, project: ProjectHeader = None) -> Json:
    """What another type or other options would make of the values there are; nothing is changed. Scope:
    `read`.
    """
    return await caller.answer(_preview, project, name, body)


def _preview(caller: Caller, header: str | None, name: str, body: NewType) -> dict[str, Any]:
    project = caller.chosen_project(header)
    spec = spec_of(name, {"type": body.type, "options": body.options})
    caller.services.catalog.declared.check([spec])
    fields = spec_fields(spec)
    return {
        "name": name,
        "type": fields["type"],
        "options": fields.get("options", []),
        "preview": previewed(caller, project, name, fields),
    }


def previewed(
    caller: Caller, project: Project, name: str, fields: dict[str, Any], seconds: float = 10.0
) -> dict[str, Any]:
    """``fields`` as ``spec_fields`` gives them. Raises InvalidInput for a ratio, which has no values."""
    if fields["type"] == RATIO:
        raise InvalidInput("A ratio has no values of its own to preview.")
    found = caller.services.store.preview(
        project.id, name, fields["type"], fields["options"], seconds=seconds
    )
    return {
        "conversations": found.conversations,
        "checked": found.checked,
        "converts": found.converts,
        "invalid": found.invalid,
        "null": found.null,
        "samples": [asdict(sample) for sample in found.samples],
    }


def _ends(request: Request, with_: bytes) -> bool:
    raw: bytes = request.scope["raw_path"]
    return raw.endswith(with_)
