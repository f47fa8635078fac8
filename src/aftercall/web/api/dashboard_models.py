"""Bodies and shapes of dashboards, and one example of each."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from aftercall.charts.board import Filters
from aftercall.charts.dashboard import MOST_TILES, Placed
from aftercall.metrics.strict import Strict
from aftercall.web.api.chart_models import TILE
from aftercall.web.api.models import Shape


class NewDashboard(Strict):
    """From a template, or of the tiles that are given; of neither it is empty."""

    name: str | None = Field(None, description="Default the template's title.")
    template: str | None = Field(None, description="overview, inbound_voice, web_chat, agent_quality...")
    tiles: list[Placed] | None = Field(None, max_length=MOST_TILES)
    filters: Filters | None = None


class DashboardChange(Strict):
    """What is left out stays. ``version``: the one that was looked at; without it, whatever it is by now."""

    version: int | None = Field(None, ge=1)
    name: str | None = None
    tiles: list[Placed] | None = Field(None, max_length=MOST_TILES)
    filters: Filters | None = None
    default: bool | None = Field(None, description="true: the one that is shown first.")


class Copy(Strict):
    name: str | None = None


class Order(Strict):
    ids: list[int] = Field(max_length=1_000)


class DashboardShape(Shape):
    id: int
    project_id: str
    name: str
    position: int
    default: bool
    version: int = Field(description="Goes up with each change of name, tiles or filters.")
    tiles: list[dict[str, Any]] = Field(description="id, tile, and its place: x, y, w, h of twelve columns.")
    filters: dict[str, Any] = Field(description="What the board opens with: over, where, timezone.")
    updated_by: str
    created_at: str
    updated_at: str
    deleted_at: str | None


class DashboardsShape(Shape):
    dashboards: list[DashboardShape]


class TemplateShape(Shape):
    key: str
    title: str
    about: str
    tiles: int = Field(description="How many it has for this project.")


class TemplatesShape(Shape):
    templates: list[TemplateShape]


DASHBOARD: dict[str, Any] = {
    "id": 1,
    "project_id": "dental",
    "name": "Overview",
    "position": 0,
    "default": True,
    "version": 3,
    "tiles": [{"id": "t1", "tile": TILE, "x": 0, "y": 0, "w": 6, "h": 4}],
    "filters": {},
    "updated_by": "Ada Byron",
    "created_at": "2026-03-01T09:30:00.000Z",
    "updated_at": "2026-03-02T10:00:00.000Z",
    "deleted_at": None,
}
DASHBOARDS = {"dashboards": [DASHBOARD]}
TEMPLATES = {
    "templates": [
        {"key": "overview", "title": "Overview", "about": "How many calls there were.", "tiles": 10}
    ]
}
