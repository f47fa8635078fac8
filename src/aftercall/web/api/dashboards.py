"""/v1/dashboards: what stands on them, their order, and what happens when two people change one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter

from aftercall.catalog.dashboards import Changed, Dashboard, Dashboards
from aftercall.catalog.projects import Project
from aftercall.charts.board import Filters
from aftercall.charts.dashboard import Body, Placed
from aftercall.charts.template import Known, template, templates
from aftercall.errors import Conflict, InvalidInput
from aftercall.model.times import iso
from aftercall.web.actors import Actors
from aftercall.web.answers import Json
from aftercall.web.api.dashboard_models import (
    DASHBOARD,
    DASHBOARDS,
    TEMPLATES,
    Copy,
    DashboardChange,
    DashboardShape,
    DashboardsShape,
    NewDashboard,
    Order,
    TemplatesShape,
)
from aftercall.web.api.documented import answers
from aftercall.web.api.query import QueryRoute
from aftercall.web.caller import Caller, Editing, ProjectHeader, Reading

router = APIRouter(tags=["Dashboards"], route_class=QueryRoute)
ALL = "/v1/dashboards"
ONE = ALL + "/{dashboard_id}"


@router.get(ALL, summary="List dashboards", **answers(DashboardsShape, DASHBOARDS))
async def list_dashboards(caller: Reading, project: ProjectHeader = None) -> Json:
    """In their order, with all that stands on them. Scope: `read`."""
    return await caller.answer(_list, project)


def _list(caller: Caller, header: str | None) -> dict[str, Any]:
    project, dashboards = _open(caller, header)
    return {"dashboards": [told(one, project) for one in dashboards.list(project.id)]}


@router.get(ALL + "/templates", summary="Templates", **answers(TemplatesShape, TEMPLATES))
async def list_templates(caller: Reading, project: ProjectHeader = None) -> Json:
    """What a new dashboard can begin as, fitted to the project's metrics. Scope: `read`."""
    return await caller.answer(_templates, project)


def _templates(caller: Caller, header: str | None) -> dict[str, Any]:
    known = known_metrics(caller, caller.chosen_project(header))
    return {
        "templates": [
            {"key": one.key, "title": one.title, "about": one.about, "tiles": len(one.body(known).tiles)}
            for one in templates()
        ]
    }


@router.post(ALL, summary="Make a dashboard", **answers(DashboardShape, DASHBOARD, 201))
async def create_dashboard(caller: Editing, new: NewDashboard, project: ProjectHeader = None) -> Json:
    """At the end of the list; the first of a project is its default one. Scope: `edit`."""
    return await _created(caller, _create, project, new)


async def _created(caller: Caller, work: Callable[..., Any], *given: Any) -> Json:
    made = await caller.answer(work, *given)
    made.status_code = 201
    return made


def _create(caller: Caller, header: str | None, new: NewDashboard) -> dict[str, Any]:
    project, dashboards = _open(caller, header)
    if new.template is not None and new.tiles is not None:
        raise InvalidInput("Give template or tiles, not both.")
    name, body = new.name or "Dashboard", _whole(new.tiles or [], new.filters or Filters(where=[]))
    if new.template is not None:
        chosen = template(new.template)
        name, body = new.name or chosen.title, chosen.body(known_metrics(caller, project))
        if new.filters is not None:
            body = _whole(body.tiles, new.filters)
    return told(dashboards.create(project.id, name, body.plain(), by=_who(caller)), project)


@router.put(ALL + "/order", summary="Reorder dashboards", **answers(DashboardsShape, DASHBOARDS))
async def reorder_dashboards(caller: Editing, order: Order, project: ProjectHeader = None) -> Json:
    """Those named come first, in this order; the others follow as they were. Scope: `edit`."""
    return await caller.answer(_reorder, project, order)


def _reorder(caller: Caller, header: str | None, order: Order) -> dict[str, Any]:
    project, dashboards = _open(caller, header)
    return {"dashboards": [told(one, project) for one in dashboards.reorder(project.id, order.ids)]}


@router.get(ONE, summary="One dashboard", **answers(DashboardShape, DASHBOARD))
async def get_dashboard(caller: Reading, dashboard_id: int, project: ProjectHeader = None) -> Json:
    """Scope: `read`."""
    return await caller.answer(_get, project, dashboard_id)


def _get(caller: Caller, header: str | None, dashboard_id: int) -> dict[str, Any]:
    project, dashboards = _open(caller, header)
    return told(dashboards.get(project.id, dashboard_id), project)


@router.patch(ONE, summary="Change a dashboard", **answers(DashboardShape, DASHBOARD))
async def change_dashboard(
    caller: Editing, dashboard_id: int, change: DashboardChange, project: ProjectHeader = None
) -> Json:
    """What is left out stays. Where somebody else was faster it answers 409 DASHBOARD_CHANGED, with what the
    dashboard is by now under `data.current`; sent again with that version, yours takes its place.

    Scope: `edit`.
    """
    return await caller.answer(_change, project, dashboard_id, change)


def _change(caller: Caller, header: str | None, dashboard_id: int, change: DashboardChange) -> dict[str, Any]:
    project, dashboards = _open(caller, header)
    if change.default is False:
        raise InvalidInput("A dashboard stops being the default when another one becomes it.")
    found = dashboards.get(project.id, dashboard_id)
    if change.name is not None or change.tiles is not None or change.filters is not None:
        try:
            found = dashboards.change(
                project.id,
                dashboard_id,
                change.version,
                name=change.name,
                body=_changed(found, change),
                by=_who(caller),
            )
        except Changed as error:
            current = told(error.current, project)
            raise Conflict(error.message, code=error.code, data={"current": current}) from None
    if change.default:
        found = dashboards.make_default(project.id, dashboard_id)
    return told(found, project)


def _changed(found: Dashboard, change: DashboardChange) -> dict[str, Any] | None:
    """None: tiles and filters stay."""
    if change.tiles is None and change.filters is None:
        return None
    body = Body.read(dict(found.body))
    tiles = body.tiles if change.tiles is None else change.tiles
    filters = body.filters if change.filters is None else change.filters
    return _whole(tiles, filters).plain()


def _whole(tiles: list[Placed], filters: Filters) -> Body:
    """Parts that were read already, read as one: ids that occur twice are refused by the whole."""
    return Body.read(Body.model_construct(tiles=tiles, filters=filters).plain())


@router.delete(ONE, summary="Delete a dashboard", **answers(DashboardShape, DASHBOARD))
async def delete_dashboard(caller: Editing, dashboard_id: int, project: ProjectHeader = None) -> Json:
    """It can be restored. Scope: `edit`."""
    return await caller.answer(_delete, project, dashboard_id)


def _delete(caller: Caller, header: str | None, dashboard_id: int) -> dict[str, Any]:
    project, dashboards = _open(caller, header)
    return told(dashboards.remove(project.id, dashboard_id), project)


@router.post(ONE + "/restore", summary="Undo a deletion", **answers(DashboardShape, DASHBOARD))
async def restore_dashboard(caller: Editing, dashboard_id: int, project: ProjectHeader = None) -> Json:
    """Where it was, as it was. Scope: `edit`."""
    return await caller.answer(_restore, project, dashboard_id)


def _restore(caller: Caller, header: str | None, dashboard_id: int) -> dict[str, Any]:
    project, dashboards = _open(caller, header)
    return told(dashboards.restore(project.id, dashboard_id), project)


@router.post(ONE + "/duplicate", summary="Copy a dashboard", **answers(DashboardShape, DASHBOARD, 201))
async def duplicate_dashboard(
    caller: Editing, dashboard_id: int, copy: Copy | None = None, project: ProjectHeader = None
) -> Json:
    """Right behind it. Scope: `edit`."""
    return await _created(caller, _duplicate, project, dashboard_id, copy)


def _duplicate(caller: Caller, header: str | None, dashboard_id: int, copy: Copy | None) -> dict[str, Any]:
    project, dashboards = _open(caller, header)
    found = dashboards.get(project.id, dashboard_id)
    name = (copy and copy.name) or f"{found.name[:190]} (copy)"
    made = dashboards.create(project.id, name, found.body, by=_who(caller))
    order = [one.id for one in dashboards.list(project.id) if one.id != made.id]
    order.insert(order.index(found.id) + 1, made.id)
    placed = {one.id: one for one in dashboards.reorder(project.id, order)}
    return told(placed[made.id], project)


def _open(caller: Caller, header: str | None) -> tuple[Project, Dashboards]:
    return caller.chosen_project(header), caller.services.catalog.dashboards


def _who(caller: Caller) -> str:
    """The person's name; of a key, the key's."""
    own = caller.principal
    return Actors(caller.services.catalog, own.account_slug).name(own.label)


def known_metrics(caller: Caller, project: Project) -> list[Known]:
    registry = caller.services.store.registries.of(project.id)
    return [
        Known(one.name, one.type, one.display_name, one.is_extracted)
        for one in registry.metrics
        if one.active
    ]


def told(one: Dashboard, project: Project) -> dict[str, Any]:
    """As the API and the page have it."""
    return {
        "id": one.id,
        "project_id": project.slug,
        "name": one.name,
        "position": one.position,
        "default": one.is_default,
        "version": one.version,
        "tiles": one.body.get("tiles", []),
        "filters": one.body.get("filters", {}),
        "updated_by": one.updated_by,
        "created_at": iso(one.created_at),
        "updated_at": iso(one.updated_at),
        "deleted_at": None if one.deleted_at is None else iso(one.deleted_at),
    }
