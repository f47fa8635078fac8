"""Refused events: listed, mended, replayed, dropped."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from aftercall.web.api.models import IngestShape, RejectShape, RejectsShape, ReplayedShape
from tests.servers import Server
from tests.web.calls import START, agent_path, assert_error, ids, listed, said, send, turn

BAD = {"kind": "metirc", "conversation_id": "c", "id": "m1", "name": "BOOKED", "at": START}
MENDED = {**BAD, "kind": "metric"}


def refuse(client: httpx.Client, *events: Any) -> list[dict[str, Any]]:
    """Have these refused; the list of what waits, oldest first."""
    client.post("/v1/ingest", json={"events": list(events)})
    told = client.get("/v1/rejects", params={"limit": 1000}).json()
    RejectsShape.model_validate(told)
    waiting: list[dict[str, Any]] = told["rejects"]
    return waiting[::-1]


def count(client: httpx.Client) -> int:
    waiting: int = client.get("/v1/rejects").json()["count"]
    return waiting


def test_what_is_kept_says_why_and_what(project: httpx.Client) -> None:
    (one,) = refuse(project, BAD)
    assert (one["conversation_id"], one["event_id"], one["position"], one["code"]) == (
        "c",
        "m1",
        0,
        "UNKNOWN_KIND",
    )
    assert '"metric"' in one["reason"]
    assert '"metirc"' in one["payload"]
    got = project.get(f"/v1/rejects/{one['id']}").json()
    RejectShape.model_validate(got)
    assert got == one


def test_the_list_has_pages(project: httpx.Client) -> None:
    refuse(project, *({**BAD, "id": f"m{i}"} for i in range(5)))
    found: list[str] = []
    before: dict[str, str] = {}
    while True:
        page = project.get("/v1/rejects", params={"limit": 2, **before}).json()
        assert page["count"] == 5
        found += [one["event_id"] for one in page["rejects"]]
        if page["next_before"] is None:
            break
        before = {"before": page["next_before"]}
    assert sorted(found) == [f"m{i}" for i in range(5)]


def test_mended_it_goes_in_and_leaves_the_list(project: httpx.Client, slug: str) -> None:
    (one,) = refuse(project, BAD)
    answer = project.post(f"/v1/rejects/{one['id']}/replay", json=MENDED)
    assert answer.status_code == 200
    IngestShape.model_validate(answer.json())
    assert answer.json()["accepted"] == 1
    assert count(project) == 0
    assert listed(project, slug)["conversations"][0]["metrics"] == {"BOOKED": "true"}
    assert_error(project.get(f"/v1/rejects/{one['id']}"), 404, "REJECT_NOT_FOUND")
    assert_error(project.post(f"/v1/rejects/{one['id']}/replay", json=MENDED), 404, "REJECT_NOT_FOUND")


@pytest.mark.parametrize("mended", [None, b'{"kind": "metirc"}', b"5", b"\xff", b'{"kind": "metric"'])
def test_refused_again_it_stays(project: httpx.Client, mended: bytes | None) -> None:
    (one,) = refuse(project, BAD)
    answer = project.post(f"/v1/rejects/{one['id']}/replay", content=mended)
    assert_error(answer, 422, "EVENTS_REJECTED")
    assert len(answer.json()["data"]["rejected"]) == 1
    assert [again["id"] for again in refuse(project)] == [one["id"]]


def test_an_event_without_an_id_counts_once_however_often_it_is_replayed(
    project: httpx.Client, slug: str
) -> None:
    one, _ = refuse(project, {k: v for k, v in BAD.items() if k not in ("id", "at")}, {"kind": "x"})
    mended = {"kind": "metric", "conversation_id": "c", "name": "BOOKED"}
    assert project.post(f"/v1/rejects/{one['id']}/replay", json=mended).json()["accepted"] == 1
    (event,) = project.get(f"/v1/conversations/{slug}/c/events").json()["events"]
    assert event["event_id"] == one["id"]
    assert event["at"] == one["received_at"]


def test_a_duplicate_leaves_the_list_too(project: httpx.Client) -> None:
    (one,) = refuse(project, BAD)
    send(project, [MENDED])
    assert project.post(f"/v1/rejects/{one['id']}/replay", json=MENDED).json()["duplicates"] == 1
    assert count(project) == 0


def test_all_again_or_those_of_one_code(server: Server, project: httpx.Client, slug: str) -> None:
    erasure = said("erasure", "gone", START, id="e")
    agent = server.client(key=server.new_key(["ingest"], slug))
    send(project, [turn("gone", "user", "secret", START)])
    agent.post("/v1/ingest", json={"events": [erasure]})
    refuse(project, *({**BAD, "id": f"m{i}"} for i in range(3)))
    assert count(project) == 4
    answer = project.post("/v1/rejects/replay", json={"code": "UNKNOWN_KIND"})
    ReplayedShape.model_validate(answer.json())
    assert answer.json() == {"replayed": 0, "remaining": 3}
    # An administrator's replay may do what the agent's key could not: erase.
    assert project.post("/v1/rejects/replay").json() == {"replayed": 1, "remaining": 3}
    assert ids(project, slug) == []
    assert project.post("/v1/rejects/replay", json={}).json() == {"replayed": 0, "remaining": 3}
    assert project.post("/v1/rejects/replay", json={"code": "NOBODY"}).json() == {
        "replayed": 0,
        "remaining": 0,
    }
    assert_error(project.post("/v1/rejects/replay", json={"cod": "X"}), 400, "INVALID_BODY")


@pytest.mark.slow
def test_more_than_one_page_is_replayed(server: Server, project: httpx.Client, slug: str) -> None:
    agent = server.client(key=server.new_key(["ingest"], slug))
    agent.post("/v1/ingest", json={"events": [said("erasure", f"c{i}", START) for i in range(1100)]})
    refuse(project, BAD)
    assert project.post("/v1/rejects/replay").json() == {"replayed": 1100, "remaining": 1}


def test_dropped_it_is_gone(project: httpx.Client) -> None:
    (one,) = refuse(project, BAD)
    assert project.delete(f"/v1/rejects/{one['id']}").json() == one
    assert count(project) == 0
    assert_error(project.delete(f"/v1/rejects/{one['id']}"), 404, "REJECT_NOT_FOUND")


def test_erasing_a_conversation_erases_what_was_refused_of_it(project: httpx.Client) -> None:
    refuse(project, BAD, {**BAD, "conversation_id": "other"})
    send(project, [said("erasure", "c", START)])
    deadline = 200
    while [one["conversation_id"] for one in refuse(project)] != ["other"]:
        deadline -= 1
        assert deadline, "the refused event of an erased conversation is still there"


def test_projects_do_not_see_each_others(server: Server, project: httpx.Client, slug: str) -> None:
    (one,) = refuse(project, BAD)
    other = server.project(f"{slug}-other")
    assert count(other) == 0
    assert_error(other.get(f"/v1/rejects/{one['id']}"), 404, "REJECT_NOT_FOUND")


@pytest.mark.parametrize("scopes", [["ingest"], ["read", "read:transcripts", "read:pii"]])
def test_all_of_it_needs_an_administrator(
    server: Server, project: httpx.Client, slug: str, scopes: list[str]
) -> None:
    (one,) = refuse(project, BAD)
    client = server.client(key=server.new_key(scopes, slug))
    for method, path in [
        ("GET", "/v1/rejects"),
        ("GET", f"/v1/rejects/{one['id']}"),
        ("POST", f"/v1/rejects/{one['id']}/replay"),
        ("POST", "/v1/rejects/replay"),
        ("DELETE", f"/v1/rejects/{one['id']}"),
    ]:
        assert_error(client.request(method, path), 403, "FORBIDDEN")
    assert agent_path(slug, "c") and count(project) == 1
