"""The custom-metrics endpoints that existing clients use, over the same registry.

    string + expected_values  categorical        int    integer        float  number
    string                    text               bool   boolean

What these fields cannot say (unit, synonyms...) they leave as it is.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import yaml
from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.responses import Response

from aftercall.catalog.definitions import MetricDefinition, RatioDefinition, Registry
from aftercall.catalog.projects import Project
from aftercall.errors import Conflict, InvalidInput
from aftercall.ingest.explain import shown
from aftercall.metrics.yaml_plan import check_measures, differences
from aftercall.model.metric_spec import Spec, spec_fields
from aftercall.model.values import MetricType
from aftercall.runtime.metrics_file import EXPORTED, read_entries, spec_of
from aftercall.runtime.yaml_text import MAX_CHARACTERS
from aftercall.web.answers import Json
from aftercall.web.api import metric_examples as examples
from aftercall.web.api.documented import answers
from aftercall.web.api.metric_changes import change, merged, no_metric, save
from aftercall.web.api.metric_models import CustomMetricShape, CustomMetricsShape, ImportedShape
from aftercall.web.caller import Administering, Caller, Reading

router = APIRouter(tags=["Custom metrics"])
PATH = "/adk/v1/accounts/{account_id}/projects/{project_id}/custom-metrics"
TypeName = Literal["string", "int", "bool", "float"]
NAMES: dict[MetricType, TypeName] = {
    "text": "string",
    "categorical": "string",
    "integer": "int",
    "boolean": "bool",
    "number": "float",
}


class NewCustomMetric(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, json_schema_extra={"examples": [examples.CUSTOM]})

    name: str
    type: TypeName = "string"
    description: str = ""
    expected_values: list[str] | None = Field(None, description="Of a string: its possible values.")


class ChangedCustomMetric(BaseModel):
    model_config = ConfigDict(
        extra="forbid", strict=True, json_schema_extra={"examples": [{"description": "Why they called."}]}
    )

    type: TypeName | None = None
    description: str | None = None
    expected_values: list[str] | None = None


class Exporting(BaseModel):
    model_config = ConfigDict(extra="forbid")

    type: Literal["json", "yaml"] = "json"


class Importing(BaseModel):
    model_config = ConfigDict(extra="forbid")

    type: Literal["yaml"] = "yaml"
    dry_run: bool = Field(False, description="Only say what would be done.")


@router.get(PATH, summary="List custom metrics", **answers(CustomMetricsShape, examples.CUSTOMS))
async def list_custom_metrics(caller: Reading, account_id: str, project_id: str) -> Json:
    """Those that are active, in the order in which they were registered. Scope: `read`."""
    return await caller.answer(_list, account_id, project_id)


def _list(caller: Caller, account: str, slug: str) -> dict[str, Any]:
    registry = caller.services.catalog.metrics.list(caller.project(slug, account).id)
    return {"metrics": [_shown(metric) for metric in registry.metrics if metric.active]}


@router.post(PATH, summary="Define a custom metric", **answers(CustomMetricShape, examples.CUSTOM, 201))
async def create_custom_metric(
    caller: Administering, account_id: str, project_id: str, new: NewCustomMetric
) -> Json:
    """One that so far was only written, or was deactivated, is taken over with its values. Scope: `admin`."""
    made = await caller.answer(_create, account_id, project_id, new)
    made.status_code = 201
    return made


def _create(caller: Caller, account: str, slug: str, new: NewCustomMetric) -> dict[str, Any]:
    project = caller.project(slug, account)
    registry = caller.services.catalog.metrics.list(project.id)
    known = registry.by_name.get(new.name)
    if known is not None and known.active and not known.auto:
        raise Conflict(f"There is a metric {shown(new.name, 80)!r} already: PATCH it.", code="METRIC_EXISTS")
    told = _as_ours(new.type, new.description, new.expected_values or [])
    save(caller, project, spec_of(new.name, told))
    return _again(caller, project, new.name)


@router.patch(
    PATH + "/{name:path}", summary="Change a custom metric", **answers(CustomMetricShape, examples.CUSTOM)
)
async def change_custom_metric(
    caller: Administering, account_id: str, project_id: str, name: str, body: ChangedCustomMetric
) -> Json:
    """What the body names; a string that gets `expected_values` becomes categorical. Scope: `admin`."""
    return await caller.answer(_change, account_id, project_id, name, body)


def _change(caller: Caller, account: str, slug: str, name: str, body: ChangedCustomMetric) -> dict[str, Any]:
    project = caller.project(slug, account)
    registry = caller.services.catalog.metrics.list(project.id)
    known = registry.by_name.get(name)
    if known is None:
        raise no_metric(registry, name)
    told: dict[str, Any] = {} if body.description is None else {"definition": body.description}
    if body.type is not None or body.expected_values is not None:
        values = list(known.options) if body.expected_values is None else body.expected_values
        type_ = body.type or NAMES[known.type]
        if type_ != "string" and body.expected_values is None:
            values = []
        told |= _as_ours(type_, known.definition, values, described=False)
    change(caller, project, name, told)
    return _again(caller, project, name)


@router.get(PATH + "/export", summary="Export custom metrics")
async def export_custom_metrics(
    caller: Reading, account_id: str, project_id: str, exporting: Annotated[Exporting, Query()]
) -> Response:
    """Names with their definitions: what import takes. `type=yaml` answers the file itself. Scope: `read`."""
    told = await caller.services.read(_export, caller, account_id, project_id)
    if exporting.type == "json":
        return Json(told)
    return Response(yaml.safe_dump(told, allow_unicode=True, sort_keys=False), media_type="application/yaml")


def _export(caller: Caller, account: str, slug: str) -> dict[str, Any]:
    registry = caller.services.catalog.metrics.list(caller.project(slug, account).id)
    active = [_shown(metric) for metric in registry.metrics if metric.active]
    return {one["name"]: {key: one[key] for key in one if key != "name"} for one in active}


@router.post(
    PATH + "/import",
    summary="Import custom metrics",
    **answers(ImportedShape, examples.IMPORTED),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "multipart/form-data": {
                    "schema": {
                        "type": "object",
                        "required": ["yaml"],
                        "properties": {"yaml": {"type": "string", "description": "A metrics.yaml."}},
                    }
                }
            },
        }
    },
)
async def import_custom_metrics(
    request: Request,
    caller: Administering,
    account_id: str,
    project_id: str,
    importing: Annotated[Importing, Query()],
) -> Json:
    """A form with a part `yaml`: names with their definitions, in the exported form or that of metrics.yaml.
    All or nothing; what the file does not name stays as it is. Scope: `admin`.
    """
    text = await _part(request)
    return await caller.answer(_import, account_id, project_id, text, importing.dry_run)


async def _part(request: Request) -> str:
    """The text of the part ``yaml``."""
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise InvalidInput('Send a form (multipart/form-data) with a part "yaml".', code="INVALID_BODY")
    try:
        async with request.form(max_files=5, max_fields=20, max_part_size=4 * MAX_CHARACTERS) as form:
            part = form.get("yaml")
            data = await part.read() if isinstance(part, UploadFile) else part
    except HTTPException as error:
        raise InvalidInput(
            f"The form cannot be read: {shown(str(error.detail), 200)}", code="INVALID_BODY"
        ) from error
    if data is None:
        raise InvalidInput('The form has no part "yaml": it holds the metrics.', code="INVALID_BODY")
    try:
        return data if isinstance(data, str) else data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput("The part yaml is no UTF-8.", code="INVALID_BODY") from error


def _import(caller: Caller, account: str, slug: str, text: str, dry_run: bool) -> dict[str, Any]:
    project = caller.project(slug, account)
    catalog = caller.services.catalog
    registry = catalog.metrics.list(project.id)
    specs = [_merged(registry, name, told) for name, told in read_entries(text)[0].items()]
    catalog.declared.check(specs)
    check_measures(specs)
    before: dict[str, MetricDefinition | RatioDefinition] = {**registry.by_name, **registry.ratios_by_name}
    created = [spec.name for spec in specs if spec.name not in before]
    updated = [
        spec.name
        for spec in specs
        if spec.name in before and differences(spec_fields(before[spec.name].spec), spec_fields(spec))
    ]
    if specs and not dry_run:
        save(caller, project, *specs, revision=registry.revision)
    same = [spec.name for spec in specs if spec.name not in (*created, *updated)]
    return {"dry_run": dry_run, "created": created, "updated": updated, "unchanged": same}


def _merged(registry: Registry, name: str, told: Any) -> Spec:
    """What the file says, over what the registry has besides."""
    spec = spec_of(name, told)  # first by itself: a mistake is told in the file's own words
    known = registry.by_name.get(name) or registry.ratios_by_name.get(name)
    if known is None:
        return spec
    fields = spec_fields(spec)
    named = {_OURS.get(key, key) for key in told} | {"type", "options"}
    return spec_of(
        name, merged(spec_fields(known.spec), {key: fields[key] for key in fields if key in named})
    )


_OURS = {"description": "definition", "expected_values": "options"}


def _as_ours(
    type_: TypeName, description: str, values: list[str], *, described: bool = True
) -> dict[str, Any]:
    """The keys of metrics.yaml. Values on another type than string are refused there, in its words."""
    ours = "categorical" if type_ == "string" and values else EXPORTED[type_]
    return {"type": ours, "options": values, **({"definition": description} if described else {})}


def _again(caller: Caller, project: Project, name: str) -> dict[str, Any]:
    return _shown(caller.services.catalog.metrics.list(project.id).by_name[name])


def _shown(metric: MetricDefinition) -> dict[str, Any]:
    return {
        "name": metric.name,
        "type": NAMES[metric.type],
        "description": metric.definition,
        "expected_values": list(metric.options),
    }
