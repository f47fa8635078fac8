"""/v1/registry: a project's metrics as one file: planned, applied, exported, linted."""

from __future__ import annotations

from typing import Annotated, Any

import yaml
from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from aftercall.catalog.definitions import Registry
from aftercall.catalog.projects import Project
from aftercall.extraction import check_declared
from aftercall.metrics import builtin
from aftercall.metrics.lint import Finding, Subject, Used, lint
from aftercall.metrics.usage import Usage
from aftercall.metrics.yaml_plan import Change, Difference, RegistryPlan, plan
from aftercall.metrics.yaml_write import write_yaml
from aftercall.model.metric_spec import Spec, spec_fields
from aftercall.runtime.metrics_file import parse_metrics
from aftercall.web.answers import Json
from aftercall.web.api import metric_examples as examples
from aftercall.web.api.documented import answers
from aftercall.web.api.metric_models import ExportShape, LintShape, PlanShape
from aftercall.web.api.metrics import Looking, previewed, used_of
from aftercall.web.caller import Administering, Caller, ProjectHeader, Reading

router = APIRouter(tags=["Metrics"])
MOST_PREVIEWS = 20
"""Each reads what was written of its metric: a plan of hundreds of new metrics must not."""
PREVIEW_SECONDS = 1.0
DAY_MS = 86_400_000


class MetricsFileBody(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, json_schema_extra={"examples": [examples.FILE]})

    yaml: str = Field(description="The text of a metrics.yaml.")


class PlanBody(MetricsFileBody):
    preview: bool = Field(False, description="Say too what becomes of the values, of 20 changes at most.")


class ApplyBody(MetricsFileBody):
    revision: int | None = Field(None, description="Of the plan you have seen.")


class Linting(Looking):
    ignore: list[str] = Field([], max_length=50, description="Codes to leave out.")


@router.post("/v1/registry/plan", summary="Plan a metrics.yaml", **answers(PlanShape, examples.PLAN))
async def plan_registry(caller: Reading, body: PlanBody, project: ProjectHeader = None) -> Json:
    """What applying the file would do; nothing is changed. Scope: `read`."""
    return await caller.answer(_plan, project, body)


def _plan(caller: Caller, header: str | None, body: PlanBody) -> dict[str, Any]:
    project = caller.chosen_project(header)
    registry = caller.services.catalog.metrics.list(project.id)
    specs, planned = _planned(caller, registry, body.yaml)
    return _shown(caller, project, specs, planned, preview=body.preview)


def _planned(caller: Caller, registry: Registry, text: str) -> tuple[tuple[Spec, ...], RegistryPlan]:
    specs = parse_metrics(text).specs
    caller.services.catalog.declared.check(specs)
    check_declared(specs)
    return specs, plan(specs, registry)


@router.post("/v1/registry/apply", summary="Apply a metrics.yaml", **answers(PlanShape, examples.PLAN))
async def apply_registry(caller: Administering, body: ApplyBody, project: ProjectHeader = None) -> Json:
    """Makes the registry as the file says, whole or not at all; the answer is what was done. Metrics that
    an earlier apply made and that are gone from the file are deactivated. Scope: `admin`.
    """
    return await caller.answer(_apply, project, body)


def _apply(caller: Caller, header: str | None, body: ApplyBody) -> dict[str, Any]:
    project = caller.chosen_project(header)
    catalog = caller.services.catalog
    specs, planned = _planned(caller, catalog.metrics.list(project.id), body.yaml)
    revision = planned.revision if body.revision is None else body.revision
    after = catalog.declared.apply(project.id, specs, remove=planned.removed, revision=revision)
    caller.services.store.registries.of(project.id, fresh=True)  # the columns are there when we answer
    return {**_shown(caller, project, specs, planned, preview=False), "revision": after}


def _shown(
    caller: Caller, project: Project, specs: tuple[Spec, ...], planned: RegistryPlan, *, preview: bool
) -> dict[str, Any]:
    fields = {spec.name: spec_fields(spec) for spec in specs}
    shown = (
        [change.name for change in planned.changes if change.reprojects][:MOST_PREVIEWS] if preview else []
    )
    return {
        "project_id": project.slug,
        "revision": planned.revision,
        "changes": [
            {
                **_change(change),
                "preview": previewed(caller, project, change.name, fields[change.name], PREVIEW_SECONDS)
                if change.name in shown
                else None,
            }
            for change in planned.changes
        ],
        "drift": [
            {"name": one.name, "differences": _differences(one.differences), "kept": one.kept}
            for one in planned.drift
        ],
        "unmanaged": planned.unmanaged,
        "unchanged": planned.unchanged,
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "action": change.action,
        "name": change.name,
        "type": change.type,
        "differences": _differences(change.differences),
        "reprojects": change.reprojects,
    }


def _differences(told: tuple[Difference, ...]) -> list[dict[str, Any]]:
    return [{"field": one.field, "before": one.before, "after": one.after} for one in told]


@router.get("/v1/registry/export", summary="Export a metrics.yaml", **answers(ExportShape, examples.EXPORT))
async def export_registry(caller: Reading, project: ProjectHeader = None) -> Json:
    """The whole registry as a file, what is deactivated included. Scope: `read`."""
    return await caller.answer(_export, project)


def _export(caller: Caller, header: str | None) -> dict[str, Any]:
    project = caller.chosen_project(header)
    registry = caller.services.catalog.metrics.list(project.id)
    return {"project_id": project.slug, "yaml": write_yaml(specs_of(registry))}


def specs_of(registry: Registry) -> list[Spec]:
    return [*(metric.spec for metric in registry.metrics), *(ratio.spec for ratio in registry.ratios)]


@router.get(
    "/v1/registry/lint", summary="What is wrong with its metrics", **answers(LintShape, examples.LINT)
)
async def lint_registry(
    caller: Reading, linting: Annotated[Linting, Query()], project: ProjectHeader = None
) -> Json:
    """The registry beside what was written; `aftercall metrics lint` looks at the agent's code too. Scope:
    `read`.
    """
    return await caller.answer(_lint, project, linting)


def _lint(caller: Caller, header: str | None, linting: Linting) -> dict[str, Any]:
    project = caller.chosen_project(header)
    over = linting.range(project)
    used = used_of(caller, project, over)
    registry = caller.services.catalog.metrics.list(project.id)
    days = 36_500 if over.since is None or over.until is None else max(1, (over.until - over.since) // DAY_MS)
    subject = Subject(
        specs_of(registry),
        used={name: _used(one) for name, one in used.items()},
        days=days,
        builtins=frozenset(builtin.BY_NAME),
        undeclared=frozenset(metric.name for metric in registry.metrics if metric.auto),
    )
    findings = lint(subject, linting.ignore)
    return {
        "project_id": project.slug,
        "findings": [{**one.plain(), "change": _changed(one)} for one in findings],
    }


def _changed(finding: Finding) -> dict[str, Any] | None:
    """Its patch as the body of a PATCH or PUT of its metric."""
    return None if finding.patch is None else yaml.safe_load(finding.patch).get(finding.metric)


def _used(one: Usage) -> Used:
    return Used(
        one.conversations, one.writes, one.invalid, one.values, not one.more_values, one.invalid_values
    )
