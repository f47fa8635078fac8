"""What is done on the Analytics page before its picture is taken: boards of templates, of every kind."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page

from aftercall.charts.template import template

PATIENCE_S = 60
# As the page does it: with the session of who is signed in. One board of a name is enough for both themes.
_FIND_OR_MAKE = """async (told) => {
  const project = location.pathname.split("/")[2];
  const headers = { "content-type": "application/json", "x-aftercall-project": project };
  const { dashboards } = await (await fetch("/v1/dashboards", { headers })).json();
  const found = dashboards.find((one) => one.name === told.name);
  if (found) return found.id;
  const made = await fetch("/v1/dashboards", { method: "POST", headers, body: JSON.stringify(told) });
  return (await made.json()).id;
}"""
_DRAWN = "() => [...document.querySelectorAll('[data-tile]')].every((tile) => tile.dataset.state)"
_BOOKED = {"metric": "APPOINTMENT_BOOKED", "agg": "rate"}
KINDS: list[dict[str, Any]] = [
    {"kind": "kpi", "title": "Figure", "query": {"compare": "previous_period", "interval": "day"}},
    {"kind": "line", "title": "Line", "query": {"measures": [_BOOKED], "interval": "week"}},
    {"kind": "bar", "title": "Bars, lying", "query": {"by": ["CALL_REASON"], "limit": 6, "other": True}},
    {"kind": "bar", "title": "Bars, stacked", "query": {"by": ["channel"], "interval": "day"}},
    {
        "kind": "bar",
        "title": "Bars, side by side",
        "layout": "grouped",
        "query": {"by": ["channel"], "interval": "week"},
    },
    {
        "kind": "bar",
        "title": "Bars, shares",
        "layout": "share",
        "query": {"by": ["SENTIMENT"], "interval": "day"},
    },
    {"kind": "donut", "title": "Donut", "query": {"by": ["RESOLUTION"]}},
    {"kind": "pie", "title": "Pie", "query": {"by": ["TREATMENT"], "limit": 5, "other": True}},
    {
        "kind": "table",
        "title": "Table",
        "query": {"by": ["CALL_REASON"], "measures": [{"metric": "conversations"}, _BOOKED]},
    },
    {"kind": "heatmap", "title": "Heatmap", "query": {"by": ["day_of_week", "hour_of_day"]}},
    {
        "kind": "funnel",
        "title": "Funnel",
        "steps": [
            {"label": "All calls"},
            {"label": "Patient known", "where": [{"field": "PATIENT_KNOWN", "op": "flagged"}]},
            {"label": "Booked", "where": [{"field": "APPOINTMENT_BOOKED", "op": "flagged"}]},
        ],
    },
    {"kind": "histogram", "title": "Histogram", "query": {"by": [{"field": "duration", "bucket": 10}]}},
]


def of_template(key: str) -> Callable[[Page], None]:
    return lambda page: _show(page, {"name": template(key).title, "template": key})


def of_every_kind(page: Page) -> None:
    tiles = [
        {"id": f"t{i}", "tile": one, "x": i % 3 * 4, "y": i // 3 * 4, "w": 4, "h": 4}
        for i, one in enumerate(KINDS)
    ]
    _show(page, {"name": "Every kind", "tiles": tiles})


def editor(page: Page) -> None:
    of_template("overview")(page)
    page.get_by_role("button", name="Menu of Call reasons").click()
    page.get_by_role("menuitem", name="Edit").click()
    page.locator(".editor-preview .mark-rect path").first.wait_for()


def _show(page: Page, told: dict[str, Any]) -> None:
    number = page.evaluate(_FIND_OR_MAKE, told)
    page.goto(f"{page.url.partition('?')[0]}?board={number}")
    deadline = time.monotonic() + PATIENCE_S
    while not page.evaluate(_DRAWN) and time.monotonic() < deadline:
        page.wait_for_timeout(100)
