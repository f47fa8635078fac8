"""Dashboards and charts over the API: made, changed, lost races told, deleted and restored, drawn."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from aftercall.web.api.chart_models import ChartShape
from aftercall.web.api.dashboard_models import DashboardShape, DashboardsShape, TemplatesShape
from tests.servers import Server
from tests.web.calls import assert_error, call, metric, send

OVER = {"from": "2026-02-27", "to": "2026-03-03"}


def tile(**more: Any) -> dict[str, Any]:
    return {"kind": "bar", "query": {"by": ["channel"], "over": OVER}, **more}


def placed(id_: str = "t1", **more: Any) -> dict[str, Any]:
    return {"id": id_, "tile": tile(), "x": 0, "y": 0, "w": 6, "h": 4, **more}


def make(client: httpx.Client, **new: Any) -> dict[str, Any]:
    answer = client.post("/v1/dashboards", json=new)
    assert answer.status_code == 201, answer.text
    DashboardShape.model_validate(answer.json())
    made: dict[str, Any] = answer.json()
    return made


def names(client: httpx.Client) -> list[str]:
    answer = client.get("/v1/dashboards")
    DashboardsShape.model_validate(answer.json())
    return [one["name"] for one in answer.json()["dashboards"]]


def test_a_dashboard_is_made_changed_copied_moved_deleted_and_restored(
    project: httpx.Client, slug: str
) -> None:
    first = make(project, name="Mine", tiles=[placed()])
    assert (first["default"], first["version"], first["project_id"]) == (True, 1, slug)
    assert first["tiles"][0]["tile"] == {"kind": "bar", "query": {"by": [{"field": "channel"}], "over": OVER}}
    path = f"/v1/dashboards/{first['id']}"
    assert project.get(path).json() == first
    changed = project.patch(path, json={"version": 1, "name": "Ours", "filters": {"over": {"last": "7d"}}})
    assert changed.json()["filters"] == {"over": {"last": "7d"}}
    assert changed.json()["tiles"] == first["tiles"]
    copy = project.post(f"{path}/duplicate").json()
    assert (copy["name"], copy["tiles"], copy["default"]) == ("Ours (copy)", first["tiles"], False)
    last = make(project, template="empty")
    assert names(project) == ["Ours", "Ours (copy)", "Empty"]
    order = project.put("/v1/dashboards/order", json={"ids": [last["id"]]})
    assert [one["name"] for one in order.json()["dashboards"]] == ["Empty", "Ours", "Ours (copy)"]
    assert project.patch(f"/v1/dashboards/{last['id']}", json={"default": True}).json()["default"]
    assert project.delete(path).json()["deleted_at"]
    assert names(project) == ["Empty", "Ours (copy)"]
    assert_error(project.get(path), 404, "DASHBOARD_NOT_FOUND")
    assert project.post(f"{path}/restore").json()["name"] == "Ours"
    assert names(project) == ["Empty", "Ours", "Ours (copy)"]


def test_who_comes_later_is_told_what_it_is_by_now(project: httpx.Client) -> None:
    made = make(project, tiles=[placed()])
    path = f"/v1/dashboards/{made['id']}"
    theirs = project.patch(path, json={"version": 1, "tiles": [placed(w=12)]}).json()
    late = project.patch(path, json={"version": 1, "tiles": [placed(h=9)]})
    assert_error(late, 409, "DASHBOARD_CHANGED")
    assert late.json()["data"]["current"] == theirs
    kept = project.patch(path, json={"version": theirs["version"], "tiles": [placed(h=9)]}).json()
    assert (kept["version"], kept["tiles"][0]["h"]) == (3, 9)


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"tiles": [placed(x=8)]}, "tiles[0]"),
        ({"tiles": [placed(), placed()]}, "twice"),
        ({"tiles": [placed(tile={"kind": "line"})]}, "interval"),
        ({"tiles": [placed(tile={"kind": "cake"})]}, "tiles[0].tile.kind"),
        ({"tiles": [placed(tile={"kind": "kpi", "query": {"measurs": []}})]}, "measures"),
        ({"tiles": [placed(id="<b>")]}, "tiles[0].id"),
        ({"template": "empty", "tiles": []}, "not both"),
        ({"filters": {"where": [{"field": "channel"}]}}, "filters.where[0]"),
    ],
)
def test_what_is_no_dashboard_is_refused_with_its_place(
    project: httpx.Client, body: dict[str, Any], place: str
) -> None:
    answer = project.post("/v1/dashboards", json=body)
    assert answer.status_code == 400, answer.text
    assert place in answer.json()["error_message"]
    assert names(project) == []


def test_templates_fit_the_metrics_there_are(project: httpx.Client) -> None:
    there = project.get("/v1/dashboards/templates")
    TemplatesShape.model_validate(there.json())
    keys = [one["key"] for one in there.json()["templates"]]
    assert keys == ["overview", "inbound_voice", "web_chat", "agent_quality", "post_call_fields", "empty"]
    for name in ("TOPIC", "MOOD"):
        told = {"type": "categorical", "options": ["a", "b"], "expected_sources": ["extraction"]}
        assert project.put(f"/v1/metrics/{name}", json=told).status_code in (200, 201)
    overview = make(project, template="overview")
    by = [one["tile"]["query"].get("by", [{}])[0].get("field") for one in overview["tiles"]]
    assert "TOPIC" in by
    assert "RESOLUTION" in by  # there is none: the tile will say how to make one
    fields = make(project, template="post_call_fields")
    drawn = [
        one["tile"]["query"]["by"][0]["field"] for one in fields["tiles"] if one["tile"]["kind"] == "donut"
    ]
    assert drawn == ["TOPIC", "MOOD"]
    assert_error(project.post("/v1/dashboards", json={"template": "x"}), 404, "TEMPLATE_NOT_FOUND")


def test_who_may_only_read_changes_nothing(server: Server, project: httpx.Client, slug: str) -> None:
    made = make(project, name="Mine")
    key = project.post("/v1/keys", json={"name": "reader", "scopes": ["read"], "project": slug})
    reader = httpx.Client(base_url=server.url, headers={"x-api-key": key.json()["key"]})
    path = f"/v1/dashboards/{made['id']}"
    with reader:
        assert reader.get(path).status_code == 200
        assert reader.post("/v1/charts", json={"tile": {"kind": "kpi"}}).status_code == 200
        asked = [
            reader.post("/v1/dashboards", json={}),
            reader.patch(path, json={"name": "x"}),
            reader.delete(path),
            reader.post(f"{path}/restore"),
            reader.post(f"{path}/duplicate"),
            reader.put("/v1/dashboards/order", json={"ids": []}),
        ]
        for answer in asked:
            assert_error(answer, 403, "FORBIDDEN")
        secret = {"kind": "bar", "query": {"by": ["from_number"]}}
        assert_error(reader.post("/v1/charts", json={"tile": secret}), 403, "FORBIDDEN")


@pytest.fixture
def told(project: httpx.Client) -> httpx.Client:
    events = [*call("a", channel="voice"), *call("b", channel="voice"), *call("c", channel="=chat")]
    send(project, [*events, metric("a", "BOOKED")])
    return project


def test_a_tile_is_drawn_and_every_number_leads_to_its_conversations(told: httpx.Client) -> None:
    answer = told.post("/v1/charts", json={"tile": tile(title="Channels")})
    assert answer.status_code == 200, answer.text
    ChartShape.model_validate(answer.json())
    drawn = answer.json()
    marks = {one["x"]: one for one in drawn["spec"]["data"]["values"]}
    assert {name: one["y"] for name, one in marks.items()} == {"voice": 2, "=chat": 1}
    drill = drawn["drill"]
    for one in marks.values():
        row, measure, _ = one["c"]
        cell = {"query": drill["query"], "row": drill["rows"][row], "measure": drill["measures"][measure]}
        assert told.post("/v1/query/conversations", json=cell).json()["count"] == one["y"]


def test_filters_of_the_board_narrow_every_tile(told: httpx.Client) -> None:
    wanted = {"field": "channel", "op": "eq", "value": "voice"}
    body = {"tile": {"kind": "kpi", "query": {"over": {"last": "24h"}}}}
    body["filters"] = {"over": OVER, "where": [wanted]}
    assert told.post("/v1/charts", json=body).json()["figures"][0]["text"] == "2"
    body["tile"]["keep_time"] = True
    assert told.post("/v1/charts", json=body).json()["figures"][0]["text"] == "0"


def test_a_tile_as_a_file(told: httpx.Client) -> None:
    def file(**more: Any) -> httpx.Response:
        answer = told.post("/v1/charts/file", json={"tile": tile(), **more})
        assert answer.status_code == 200, answer.text
        return answer

    assert file(format="csv").text.splitlines()[1:] == ["voice,2", "'=chat,1"]
    assert file().content.startswith(b"\x89PNG")
    svg = file(format="svg", theme="dark", width=300, height=200)
    assert svg.headers["content-security-policy"].endswith("sandbox")
    assert svg.text.startswith("<svg") and 'width="300"' in svg.text
    assert_error(told.post("/v1/charts/file", json={"tile": tile(), "width": 9_000}), 400, "QUERY_INVALID")


def test_a_metric_that_is_not_there_is_named(told: httpx.Client) -> None:
    answer = told.post("/v1/charts", json={"tile": tile(query={"by": ["BOKED"]})})
    assert_error(answer, 400, "QUERY_INVALID")
    assert answer.json()["data"]["nearest"] == "BOOKED"
