"""Projects, and the metrics each has."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from aftercall.catalog.definitions import MetricDefinition
from aftercall.catalog.projects import Project
from aftercall.errors import Forbidden
from aftercall.model.times import iso
from aftercall.web.answers import Json
from aftercall.web.api import examples
from aftercall.web.api.documented import answers
from aftercall.web.api.models import ProjectShape, ProjectsShape, RegistryShape
from aftercall.web.caller import Administering, Caller, Reading

router = APIRouter(tags=["Projects"])


class NewProject(BaseModel):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"slug": "dental", "timezone": "Europe/London"}]}
    )

    slug: str = Field(description="1-63 lower-case letters, digits, - and _: its name in URLs.")
    name: str | None = Field(None, description="Default the slug.")
    timezone: str = Field("UTC", description="IANA name: the days of its reports.")
    currency: str = Field("USD", description="ISO 4217.")


@router.get("/v1/projects", summary="List projects", **answers(ProjectsShape, examples.PROJECTS))
async def list_projects(caller: Reading) -> Json:
    """Those this key reaches, the oldest first. Scope: `read`."""
    return await caller.answer(_list)


def _list(caller: Caller) -> dict[str, Any]:
    own = caller.principal
    projects = caller.services.catalog.projects.list(account=own.account_slug)
    return {"projects": [_shown(one) for one in projects if own.reaches(one.account_id, one.id)]}


@router.post("/v1/projects", summary="Make a project", **answers(ProjectShape, examples.PROJECT, 201))
async def create_project(caller: Administering, new: NewProject) -> Json:
    """Scope: `admin`, of a key for the whole account."""
    made = await caller.answer(_create, new)
    made.status_code = 201
    return made


def _create(caller: Caller, new: NewProject) -> dict[str, Any]:
    if caller.principal.project_id is not None:
        raise Forbidden("This key is for one project: making another needs a key for the whole account.")
    return _shown(
        caller.services.catalog.projects.create(
            new.slug,
            account=caller.principal.account_slug,
            name=new.name,
            timezone=new.timezone,
            currency=new.currency,
        )
    )


@router.get(
    "/v1/projects/{slug}/registry", summary="List its metrics", **answers(RegistryShape, examples.REGISTRY)
)
async def get_registry(caller: Reading, slug: str) -> Json:
    """In the order in which they were registered. Scope: `read`."""
    return await caller.answer(_registry, slug)


def _registry(caller: Caller, slug: str) -> dict[str, Any]:
    project = caller.project(slug)
    registry = caller.services.catalog.metrics.list(project.id)
    return {
        "project_id": project.slug,
        "revision": registry.revision,
        "metrics": [_metric(metric) for metric in registry.metrics],
    }


def _metric(metric: MetricDefinition) -> dict[str, Any]:
    return {
        "name": metric.name,
        "column": metric.column,
        "type": metric.type,
        "options": metric.options,
        "empty_values": metric.empty_values,
        "display_name": metric.display_name,
        "definition": metric.definition,
        "unit": metric.unit,
        "auto": metric.auto,
        "active": metric.active,
    }


def _shown(project: Project) -> dict[str, Any]:
    return {
        "slug": project.slug,
        "name": project.name,
        "account_id": project.account_slug,
        "timezone": project.timezone,
        "currency": project.currency,
        "created_at": iso(project.created_at),
        "registry_revision": project.registry_revision,
    }
