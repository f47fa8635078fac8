"""Everything told of a conversation: as it was sent, in order, with what is invalid and why."""

from __future__ import annotations

import json

import httpx

from aftercall.web.api.models import EventsShape
from tests.servers import Server
from tests.web.calls import START, assert_error, call, end, events_path, metric, said, send, start, turn


def test_events_as_they_were_sent_in_order(project: httpx.Client, slug: str) -> None:
    late = turn("c", "user", "first words", START + 1, brand_new={"field": [1, 2.50]}, id="t1")
    send(project, [end("c", START + 9), late])
    send(project, [start("c", source="import", seq=1)])
    told = project.get(events_path(slug, "c")).json()
    EventsShape.model_validate(told)
    assert (told["conversation_id"], told["project_id"]) == ("c", slug)
    assert [one["event_id"] for one in told["events"]] == ["c-start", "t1", "c-end"]
    first, second, _ = told["events"]
    assert (first["kind"], first["source"], first["seq"]) == ("start", "import", 1)
    assert first["at"] == "2026-03-01T09:30:00.000Z"
    assert first["received_at"] > second["received_at"] > first["at"]
    assert second["event"] == late
    assert not any(one["retracted"] or one["invalid"] for one in told["events"])


def test_what_does_not_fit_a_metrics_type_says_why(project: httpx.Client, slug: str) -> None:
    values = [
        metric("c", "WAIT", 5, id="a"),
        metric("c", "WAIT", "soon", id="b"),
        metric("c", "WAIT", None, id="n"),
    ]
    said_odd = [
        metric("c", "ODD", [1], id="o"),
        metric("c", "HARD", "<obj>", invalid="no value at all", id="h"),
    ]
    send(project, [*values, *said_odd])
    told = {one["event_id"]: one["invalid"] for one in project.get(events_path(slug, "c")).json()["events"]}
    assert told.keys() == {"a", "b", "n", "o", "h"}
    assert (told["a"], told["n"]) == (None, None)
    assert told["b"] == "'soon' is not a number"
    assert told["h"] == "no value at all"


def test_what_was_retracted_stays_in_the_history(project: httpx.Client, slug: str) -> None:
    send(project, [metric("c", "X", id="m"), said("retraction", "c", START + 9_000, id="r", target="m")])
    told = {one["event_id"]: one["retracted"] for one in project.get(events_path(slug, "c")).json()["events"]}
    assert told == {"m": True, "r": False}


def test_a_number_beyond_every_range_does_not_hide_the_rest(project: httpx.Client, slug: str) -> None:
    event = json.dumps(turn("c", "user", "hello", START, id="t"))[:-1] + ', "huge": 1e999}'
    assert project.post("/v1/ingest", content='{"events":[' + event + "]}").json()["accepted"] == 1
    (told,) = project.get(events_path(slug, "c")).json()["events"]
    assert told["event"]["text"] == "hello"


def test_what_is_personal_needs_its_scope(server: Server, project: httpx.Client, slug: str) -> None:
    log = {"content": "card 4242", "is_pii": True, "fields": {"card": "4242"}}
    sent = [
        start("c", from_number="+447700900123", to_number="0100"),
        said("log", "c", START + 1, **log),
        said("log", "c", START + 2, content="fine"),
        said("sms", "c", START + 3, to="+447700900199", content="see you"),
    ]
    send(project, sent)

    def told(*scopes: str) -> str:
        return server.client(key=server.new_key(scopes, slug)).get(events_path(slug, "c")).text

    masked = told("read:transcripts")
    for secret in ("+447700900123", "0100", "4242", "+447700900199"):
        assert secret not in masked
        assert secret in told("read:transcripts", "read:pii")
    assert "fine" in masked
    assert "***********23" in masked
    assert "see you" in masked


def test_transcripts_are_what_it_needs(server: Server, project: httpx.Client, slug: str) -> None:
    send(project, call("c"))
    reader = server.client(key=server.new_key(["read", "read:pii", "ingest"], slug))
    assert "read:transcripts" in assert_error(reader.get(events_path(slug, "c")), 403, "FORBIDDEN")


def test_an_erased_conversation_is_gone(project: httpx.Client, slug: str) -> None:
    send(project, call("c"))
    send(project, [said("erasure", "c", START)])
    assert_error(project.get(events_path(slug, "c")), 404, "CONVERSATIONS_NOT_FOUND")
