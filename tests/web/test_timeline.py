"""One conversation as a person reads it; and a person's word on its metrics."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import httpx
import pytest

from aftercall.web.api.corrections import CorrectionShape
from aftercall.web.api.timeline_models import TimelineShape
from tests.servers import Server
from tests.web.calls import START, agent_path, assert_error, call, end, metric, said, send, start, turn


def path(slug: str, cid: str, what: str = "timeline") -> str:
    return f"/v1/conversations/{slug}/{quote(cid, safe='')}/{what}"


def timeline(client: httpx.Client, slug: str, cid: str = "c") -> dict[str, Any]:
    response = client.get(path(slug, cid))
    assert response.status_code == 200, response.text
    told: dict[str, Any] = response.json()
    TimelineShape.model_validate(told)
    return told


def value_of(client: httpx.Client, slug: str, name: str, cid: str = "c") -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in timeline(client, slug, cid)["metrics"] if one["name"] == name)
    return found


def test_what_happened_in_order_with_its_gaps(project: httpx.Client, slug: str) -> None:
    send(
        project,
        [
            end("c", START + 30_000, reason="completed"),
            said("state", "c", START + 9_000, set={"party": {"__t": "set", "v": [2]}}, deleted=[]),
            turn("c", "user", "a table for two", START + 5_000, ended_at=START + 7_000),
            turn("c", "agent", "hello", START + 1_000, ended_at=START + 2_000, latency_ms=120),
            start("c", language="en-GB", from_number="+447700900123"),
            said("function_call", "c", START + 8_000, name="book", arguments={"n": 2}, error="no room"),
            turn("c", "agent", "I am sorry", START + 8_500),
            turn("c", "user", "bye", START + 12_000),
        ],
    )
    told = timeline(project, slug)
    items = told["timeline"]
    assert [one["kind"] for one in items] == [
        "start", "turn", "turn", "function_call", "turn", "state", "turn", "end",
    ]  # fmt: skip
    assert [one["turn"] for one in items] == [None, 1, 2, None, 3, None, 4, None]
    assert [one["quiet_ms"] for one in items if one["turn"]] == [None, 3_000, 1_500, 3_500]
    assert [one["spoken_ms"] for one in items if one["turn"]] == [1_000, 2_000, None, None]
    assert items[3]["data"]["arguments"] == {"n": 2}
    assert items[3]["data"]["error"] == "no room"
    assert items[1]["offset_ms"] == 1_000
    assert items[1]["data"]["latency_ms"] == 120
    details = told["details"]
    assert (details["duration_ms"], details["language"], details["num_function_errors"]) == (
        30_000,
        "en-GB",
        1,
    )
    assert details["from_number"] == "+447700900123"


def test_a_metric_with_all_that_was_ever_said_of_it(project: httpx.Client, slug: str) -> None:
    send(
        project,
        [
            *call("c"),
            metric("c", "WAIT", 5, id="a"),
            metric("c", "WAIT", "soon", id="b", at=START + 6_000),
            metric(
                "c", "MOOD", "good", id="m", source="extraction", evidence=[{"turn": 1, "quote": "hello"}]
            ),
            metric("c", "MOOD", "bad", id="n"),
            metric("c", "GONE", id="g"),
            said("retraction", "c", START + 9_000, target="g"),
        ],
    )
    wait = value_of(project, slug, "WAIT")
    assert (wait["status"], wait["value"], wait["reason"]) == ("invalid", "soon", "'soon' is not a number")
    assert [(one["value"], one["wins"], one["counts"]) for one in wait["history"]] == [
        (5, False, True),
        ("soon", True, True),
    ]
    mood = value_of(project, slug, "MOOD")
    assert (mood["value"], mood["source"], mood["sources_disagree"]) == ("bad", "agent", True)
    assert mood["history"][0]["evidence"] == [{"turn": 1, "quote": "hello"}]
    gone = value_of(project, slug, "GONE")
    assert (gone["status"], gone["value"], gone["source"]) == ("not_written", None, None)
    assert [one["retracted"] for one in gone["history"]] == [True]


def test_a_correction_wins_and_can_be_taken_back(project: httpx.Client, slug: str) -> None:
    send(project, [*call("a/b c"), metric("a/b c", "BOOKED", True)])
    body = {"metric": "BOOKED", "value": False, "note": "declined"}
    made = project.post(path(slug, "a/b c", "corrections"), json=body)
    assert made.status_code == 201, made.text
    CorrectionShape.model_validate(made.json())
    booked = value_of(project, slug, "BOOKED", "a/b c")
    assert (booked["value"], booked["source"], booked["lineage"]["note"]) == (False, "human", "declined")
    assert booked["sources_disagree"]
    assert project.get(agent_path(slug, "a/b c")).json()["metrics"] == {"BOOKED": "false"}
    undo = path(slug, "a/b c", f"corrections/{made.json()['event_id']}")
    assert project.delete(undo).status_code == 200
    booked = value_of(project, slug, "BOOKED", "a/b c")
    assert (booked["value"], booked["source"], booked["sources_disagree"]) == (True, "agent", False)
    assert len(booked["history"]) == 2


def test_unknown_is_a_correction_too(project: httpx.Client, slug: str) -> None:
    send(project, [*call("c"), metric("c", "BOOKED", True)])
    answer = project.post(path(slug, "c", "corrections"), json={"metric": "BOOKED", "value": None})
    assert answer.status_code == 201
    booked = value_of(project, slug, "BOOKED")
    assert (booked["status"], booked["value"], booked["source"]) == ("null", None, "human")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"metric": "BOOKED", "value": "perhaps"}, 422),
        ({"metric": "B" * 201, "value": True}, 400),
        ({"metric": "a\x00b", "value": True}, 422),
        ({"metric": "BOOKED", "value": [1]}, 400),
        ({"metric": "BOOKED"}, 400),
        ({"metric": "BOOKED", "value": True, "why": "x"}, 400),
    ],
)
def test_a_wrong_correction_changes_nothing(
    project: httpx.Client, slug: str, body: dict[str, Any], status: int
) -> None:
    send(project, [*call("c"), metric("c", "BOOKED", True)])
    answer = project.post(path(slug, "c", "corrections"), json=body)
    assert answer.status_code == status, answer.text
    assert len(timeline(project, slug)["metrics"]) == 1
    assert value_of(project, slug, "BOOKED")["source"] == "agent"


def test_half_a_character_and_a_number_beyond_all_are_refused(project: httpx.Client, slug: str) -> None:
    send(project, call("c"))
    for body in ('{"metric":"X","value":"\\ud800"}', '{"metric":"X","value":1e999}'):
        answer = project.post(
            path(slug, "c", "corrections"), content=body, headers={"content-type": "application/json"}
        )
        assert answer.status_code in (400, 422), answer.text


def test_who_may_correct_what(server: Server, project: httpx.Client, slug: str) -> None:
    send(project, [*call("c"), metric("c", "BOOKED", True, id="agents")])
    reader = server.client(key=server.new_key(["read", "read:transcripts"], slug))
    body = {"metric": "BOOKED", "value": False}
    assert_error(reader.post(path(slug, "c", "corrections"), json=body), 403, "FORBIDDEN")
    editor = server.client(key=server.new_key(["edit"], slug))
    assert editor.post(path(slug, "c", "corrections"), json=body).status_code == 201
    assert_error(editor.get(path(slug, "c")), 403, "FORBIDDEN")
    assert_error(editor.post(path(slug, "none", "corrections"), json=body), 404, "CONVERSATIONS_NOT_FOUND")
    assert_error(editor.delete(path(slug, "c", "corrections/agents")), 404, "CORRECTION_NOT_FOUND")
    assert_error(project.get(path(slug, "none")), 404, "CONVERSATIONS_NOT_FOUND")
    masked = server.client(key=server.new_key(["read:transcripts"], slug))
    send(project, call("d", from_number="+447700900123"))
    assert timeline(masked, slug, "d")["details"]["from_number"] == "***********23"
    assert "+447700900123" not in masked.get(path(slug, "d")).text
