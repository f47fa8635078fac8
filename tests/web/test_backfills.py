"""Backfills and versions over the API: shapes, the way from pilot to done, who may do what."""

from __future__ import annotations

import time
from typing import Any

import httpx

from aftercall.metrics.versions import Said
from aftercall.web.api.backfills_models import BackfillShape, BackfillsShape
from aftercall.web.api.metric_versions import _said
from aftercall.web.api.metric_versions_models import ComparedShape, VersionsShape
from tests.servers import PATIENCE_S, Server
from tests.web.calls import START, assert_error, call, send

RULES: dict[str, Any] = {
    "question": "Do they want a cleaning?",
    "rules": [{"value": True, "any": [{"words": ["cleaning"], "speaker": "user"}]}],
    "otherwise": False,
    "extractors": ["rules"],
}
ALL = {"over": {"all": True}}


def declare(client: httpx.Client, name: str, **told: Any) -> None:
    body = {"type": "boolean", "extraction": {"extract": RULES}, **told}
    answer = client.put(f"/v1/metrics/{name}", json=body)
    assert answer.status_code == 200, answer.text


def until(client: httpx.Client, slug: str, id_: str, *states: str) -> dict[str, Any]:
    deadline = time.monotonic() + PATIENCE_S
    while True:
        answer = client.get(f"/v1/backfills/{slug}/{id_}")
        BackfillShape.model_validate(answer.json())
        told: dict[str, Any] = answer.json()
        if told["state"] in states:
            return told
        assert time.monotonic() < deadline, told
        time.sleep(0.05)


def make(client: httpx.Client, slug: str, **told: Any) -> dict[str, Any]:
    answer = client.post(f"/v1/backfills/{slug}", json={**ALL, **told})
    assert answer.status_code == 202, answer.text
    BackfillShape.model_validate(answer.json())
    made: dict[str, Any] = answer.json()
    return made


def test_from_a_pilot_to_values(server: Server, project: httpx.Client, slug: str) -> None:
    for number in range(5):
        send(project, call(f"c{number}", START + number))
    declare(project, "CLEANING")
    made = make(project, slug, metrics=["CLEANING"], pilot=2)
    assert (made["state"], made["total"], made["pilot"]) == ("piloting", 5, None)
    assert made["by"].startswith("key ")
    waiting = until(project, slug, made["backfill_id"], "waiting")
    assert waiting["pilot"]["statuses"] == {"CLEANING": {"ok": 2}}
    assert waiting["pilot"]["values"] == {"CLEANING": [{"value": True, "conversations": 2}]}
    assert waiting["pilot"]["wanted"] == 2
    assert waiting["result"]["statuses"] == {}
    (first, _) = waiting["pilot"]["sample"]
    assert (first["value"], first["counts"], first["turn"]) == (True, True, 1)
    assert first["quote"] == "hello, a cleaning please"
    reader = server.client(slug, key=server.new_key(["read"], slug))
    (hidden, _) = until(reader, slug, made["backfill_id"], "waiting")["pilot"]["sample"]
    assert (hidden["value"], hidden["quote"], hidden["reason"]) == (True, None, None)

    started = project.post(f"/v1/backfills/{slug}/{made['backfill_id']}/start")
    assert (started.status_code, started.json()["state"]) == (202, "running")
    done = until(project, slug, made["backfill_id"], "done")
    assert (done["done"], done["result"]["values"]) == (
        5,
        {"CLEANING": [{"value": True, "conversations": 5}]},
    )
    asked = {"measures": [{"metric": "CLEANING", "agg": "rate"}], **ALL}
    assert project.post("/v1/query", json=asked).json()["totals"] == {"CLEANING.rate": 1.0}
    listed = project.get(f"/v1/backfills/{slug}").json()
    BackfillsShape.model_validate(listed)
    assert [one["backfill_id"] for one in listed["backfills"]] == [made["backfill_id"]]
    for change, states in (("start", "waiting"), ("resume", "paused"), ("cancel", "waiting")):
        answer = project.post(f"/v1/backfills/{slug}/{made['backfill_id']}/{change}")
        assert states in assert_error(answer, 409, "BACKFILL_STATE")


def test_what_is_refused(server: Server, project: httpx.Client, slug: str) -> None:
    declare(project, "CLEANING")
    project.put("/v1/metrics/PLAIN", json={"type": "boolean"})
    where = f"/v1/backfills/{slug}"

    def refused(status: int, code: str, **told: Any) -> str:
        return assert_error(project.post(where, json={"metrics": ["CLEANING"], **told}), status, code)

    refused(404, "METRIC_NOT_FOUND", metrics=["NOTHING\x1b[2J"])
    refused(400, "NO_EXTRACTION", metrics=["PLAIN"])
    assert "over" in refused(400, "QUERY_INVALID", over={"last": "forever"})
    assert "where[0]" in refused(400, "QUERY_INVALID", where=[{"field": "x y", "op": "eq", "value": 1}])
    half = b'{"metrics": ["CLEANING"], "where": [{"field": "\\ud800", "op": "exists"}]}'
    answer = project.post(where, content=half, headers={"content-type": "application/json"})
    assert_error(answer, 400, "QUERY_INVALID")
    project.put("/v1/metrics/ASKED", json={"type": "boolean", "extraction": {"extract": "Was it?"}})
    assert "AFTERCALL_LLM_KEY" in refused(501, "MODEL_NOT_CONFIGURED", metrics=["ASKED"])
    for wrong in ({"pilot": -1}, {"metrics": []}, {"at_once": 99}, {"per_minute": 0}, {"x": 1}):
        assert project.post(where, json={"metrics": ["CLEANING"], **wrong}).status_code == 400
    for path in (f"{where}/bf-none", f"{where}/%00", f"{where}/" + "x" * 500):
        assert_error(project.get(path), 404, "BACKFILL_NOT_FOUND")
    assert_error(project.post(f"{where}/bf-none/start"), 404, "BACKFILL_NOT_FOUND")
    reader = server.client(slug, key=server.new_key(["read", "read:transcripts"], slug))
    assert "edit" in assert_error(reader.post(where, json={"metrics": ["CLEANING"]}), 403, "FORBIDDEN")
    editor = server.client(slug, key=server.new_key(["edit", "read"], slug))
    spoken = [{"field": "transcript", "op": "contains", "value": "cleaning"}]
    answer = editor.post(where, json={"metrics": ["CLEANING"], "where": spoken, **ALL})
    assert "read:transcripts" in assert_error(answer, 403, "FORBIDDEN")
    made = make(editor, slug, metrics=["CLEANING"], pilot=1)
    other = server.project(f"{slug}-other")
    assert_error(other.get(f"/v1/backfills/{slug}-other/{made['backfill_id']}"), 404, "BACKFILL_NOT_FOUND")
    assert editor.post(f"{where}/{made['backfill_id']}/cancel").json()["state"] == "cancelled"


def test_versions_and_what_changed_between_two(server: Server, project: httpx.Client, slug: str) -> None:
    for number in range(3):
        send(project, call(f"c{number}", START + number))
    declare(project, "CLEANING")
    (old,) = versions(project)["versions"]
    assert (old["conversations"], old["current"]) == (0, True)
    assert old["by"].startswith("key ")
    assert old["extraction"]["extract"]["question"] == RULES["question"]
    assert_error(project.get("/v1/metrics/CLEANING/versions/compare"), 400, "NOTHING_TO_COMPARE")
    fill(project, slug)
    project.patch(
        "/v1/metrics/CLEANING", json={"display_name": "Cleaning"}
    )  # another name, the same question
    assert len(versions(project)["versions"]) == 1

    stricter = {**RULES, "rules": [{"unknown": "it is not sure", "if": {"words": ["please"]}}]}
    project.patch("/v1/metrics/CLEANING", json={"extraction": {"extract": stricter}})
    told = versions(project)
    assert [one["standing"] for one in told["versions"]] == [0, 3]
    fill(project, slug)
    told = versions(project)
    assert [(one["conversations"], one["standing"]) for one in told["versions"]] == [(3, 3), (3, 0)]
    new = told["current"]
    compared = project.get("/v1/metrics/CLEANING/versions/compare").json()
    ComparedShape.model_validate(compared)
    assert (compared["old"], compared["new"]) == (old["version"], new)
    assert (compared["conversations"], compared["agree"]) == (3, 0)
    assert compared["moves"] == [
        {
            "old": {"status": "ok", "value": True},
            "new": {"status": "unknown", "value": None},
            "agrees": False,
            "conversations": 3,
        }
    ]
    assert [one["conversation_id"] for one in compared["calls"]] == ["c0", "c1", "c2"]
    assert compared["calls"][0]["new_reason"] == "it is not sure"
    reader = server.client(slug, key=server.new_key(["read"], slug))
    assert reader.get("/v1/metrics/CLEANING/versions/compare").json()["calls"][0]["new_reason"] is None
    same = project.get("/v1/metrics/CLEANING/versions/compare", params={"old": new, "new": old["version"]})
    assert same.json()["moves"][0]["new"] == {"status": "ok", "value": True}
    nothing = project.get("/v1/metrics/CLEANING/versions/compare", params={"old": "x"})
    assert_error(nothing, 404, "VERSION_NOT_FOUND")
    assert_error(project.get("/v1/metrics/NOTHING/versions"), 404, "METRIC_NOT_FOUND")


def fill(client: httpx.Client, slug: str) -> None:
    made = make(client, slug, metrics=["CLEANING"], pilot=0)
    until(client, slug, made["backfill_id"], "done")


def versions(client: httpx.Client) -> dict[str, Any]:
    answer = client.get("/v1/metrics/CLEANING/versions")
    VersionsShape.model_validate(answer.json())
    told: dict[str, Any] = answer.json()
    return told


def test_texts_of_when_it_was_a_text_need_the_right_to_read_them() -> None:
    """The type of today says nothing of the values of before."""
    old, option = Said("ok", "My name is Ann."), Said("ok", "billing")
    assert _said(old, readable=("billing",))["value"] is None
    assert _said(option, readable=("billing",))["value"] == "billing"
    assert _said(Said("ok", 5), readable=())["value"] == 5
    assert _said(old)["value"] == "My name is Ann."
