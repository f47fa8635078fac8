"""POST /v1/ingest: what is answered, what is kept, and which bounds hold."""

from __future__ import annotations

import gzip
import json
import socket
import threading
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from aftercall.ingest import limits
from aftercall.web.api.models import IngestShape
from tests.servers import Server
from tests.web.calls import START, agent_path, assert_error, call, ids, listed, metric, said, send, turn

BROKEN = b'{"kind":"turn","conversation_id":"c","speaker":"user","text":"\\ud800"}'


def post(client: httpx.Client, content: bytes, **headers: str) -> httpx.Response:
    return client.post("/v1/ingest", content=content, headers=headers)


def body(*events: Any) -> bytes:
    return json.dumps({"schema": 1, "events": events}).encode()


def test_acknowledged_is_visible_at_once(project: httpx.Client, slug: str) -> None:
    answer = post(project, body(*call("c")))
    IngestShape.model_validate(answer.json())
    assert answer.json() == {"accepted": 4, "duplicates": 0, "clock_corrected": 0, "rejected": []}
    assert project.get(agent_path(slug, "c")).json()["turns"][0]["agent_response"] == "Friday at ten?"


def test_the_same_again_changes_nothing(project: httpx.Client, slug: str) -> None:
    events = [{**event, "id": f"e{i}"} for i, event in enumerate(call("c"))]
    send(project, events)
    before = listed(project, slug)
    assert send(project, [*events, events[0]]) | {"duplicates": 5} == {
        "accepted": 0,
        "duplicates": 5,
        "clock_corrected": 0,
        "rejected": [],
    }
    assert listed(project, slug) == before


def test_each_event_is_judged_on_its_own(project: httpx.Client, slug: str) -> None:
    good = turn("c", "user", "hello", START, id="good")
    answer = post(project, body(good, {"kind": "metirc", "conversation_id": "c", "id": "bad"}, 5, good))
    assert answer.status_code == 200
    told = answer.json()
    assert (told["accepted"], told["duplicates"]) == (1, 1)
    assert [(one["position"], one["event_id"], one["code"]) for one in told["rejected"]] == [
        (1, "bad", "UNKNOWN_KIND"),
        (2, None, "NOT_AN_OBJECT"),
    ]
    waiting = project.get("/v1/rejects").json()
    assert waiting["count"] == 2
    assert {one["code"] for one in waiting["rejects"]} == {"UNKNOWN_KIND", "NOT_AN_OBJECT"}


@pytest.mark.parametrize(
    "broken",
    [
        BROKEN,
        b'{"kind":"metric","conversation_id":"c","name":"x","value":NaN}',
        b'{"kind":"metric","conversation_id":"c","name":"x","value":' + b"[" * 5000 + b"]" * 5000 + b"}",
        b'{"kind":"turn","conversation_id":"c","speaker":"user","text":"\xff\xfe"}',
        b'{"a":]}',
    ],
    ids=lambda b: str(b[:60]),
)
def test_broken_json_in_one_event_costs_no_neighbour(project: httpx.Client, slug: str, broken: bytes) -> None:
    one, other = (json.dumps(turn(cid, "user", "hi", START)).encode() for cid in ("before", "after"))
    answer = post(project, b'{"schema":1,"events":[' + b",".join([one, broken, other]) + b"]}")
    assert answer.status_code == 200, answer.text
    assert answer.json()["accepted"] == 2
    assert [one["position"] for one in answer.json()["rejected"]] == [1]
    assert sorted(ids(project, slug)) == ["after", "before"]
    (kept,) = project.get("/v1/rejects").json()["rejects"]
    assert kept["payload"] == broken.decode("utf-8", "backslashreplace")


def test_a_lost_tail_costs_only_what_was_cut(project: httpx.Client, slug: str) -> None:
    answer = post(project, body(*call("whole"), turn("cut", "user", "hi", START))[:-10])
    assert (answer.status_code, answer.json()["accepted"]) == (200, 4)
    assert ids(project, slug) == ["whole"]


def test_when_nothing_is_accepted_the_verdict_comes_as_a_failure(project: httpx.Client) -> None:
    answer = post(project, body({"kind": "metirc", "conversation_id": "c"}))
    assert "metric" in assert_error(answer, 422, "EVENTS_REJECTED")
    verdict = answer.json()["data"]
    IngestShape.model_validate(verdict)
    assert (verdict["accepted"], len(verdict["rejected"])) == (0, 1)
    assert project.get("/v1/rejects").json()["count"] == 1


@pytest.mark.parametrize(
    "content", [b"", b"[]", b'{"events": 5}', b"{", b'{"schema": 1}', b"\xff", b'"x"', b"null"]
)
def test_what_has_no_events_is_refused_whole(project: httpx.Client, content: bytes) -> None:
    assert '"events": ' in assert_error(post(project, content), 400, "INVALID_BODY")


def test_no_events_are_fine(project: httpx.Client) -> None:
    assert send(project, [])["accepted"] == 0


def test_a_schema_of_the_future(project: httpx.Client) -> None:
    answer = project.post("/v1/ingest", json={"schema": 2, "events": call("c")})
    assert "upgrade the server" in assert_error(answer, 422, "SCHEMA_TOO_NEW")


def test_wrong_clocks_are_counted_and_the_body_keeps_them(project: httpx.Client, slug: str) -> None:
    told = send(project, [metric("c", "X", at=5), metric("c", "Y", at=START)])
    assert told["clock_corrected"] == 1
    events = project.get(f"/v1/conversations/{slug}/c/events").json()["events"]
    assert {one["event"]["name"]: one["event"]["at"] for one in events} == {"X": 5, "Y": START}
    assert {one["event"]["name"]: one["at"][:4] for one in events}["X"] >= "2026"


def test_only_an_administrator_may_erase(server: Server, project: httpx.Client, slug: str) -> None:
    send(project, call("c"))
    agent = server.client(key=server.new_key(["ingest"], slug))
    erasure = said("erasure", "c", START)
    answer = post(agent, body(erasure))
    assert "admin" in assert_error(answer, 422, "EVENTS_REJECTED")
    assert answer.json()["data"]["rejected"][0]["code"] == "FORBIDDEN"
    assert ids(project, slug) == ["c"]
    send(project, [erasure])
    assert ids(project, slug) == []


def test_of_an_erased_conversation_nothing_is_kept_rejects_included(project: httpx.Client, slug: str) -> None:
    send(project, [said("erasure", "c", START, id="gone")])
    before = project.get("/v1/rejects").json()["count"]
    answer = post(
        project, body(turn("c", "user", "secret", START), {"kind": "metirc", "conversation_id": "c"})
    )
    codes = [one["code"] for one in answer.json()["data"]["rejected"]]
    assert codes == ["ERASED", "UNKNOWN_KIND"]
    assert project.get("/v1/rejects").json()["count"] == before
    assert_error(project.get(agent_path(slug, "c")), 404, "CONVERSATIONS_NOT_FOUND")


def test_the_key_names_the_project_or_the_header_does(
    server: Server, project: httpx.Client, slug: str
) -> None:
    own = server.client(key=server.new_key(["ingest"], slug))
    assert post(own, body(*call("by-key"))).status_code == 200
    assert post(server.client(slug), body(*call("by-header"))).status_code == 200
    assert sorted(ids(project, slug)) == ["by-header", "by-key"]
    both = server.client(slug, key=server.new_key(["ingest"], slug))
    assert post(both, body(*call("both"))).status_code == 200
    unknown = post(server.client(f"{slug}s"), body(*call("c")))
    assert repr(slug) in assert_error(unknown, 404, "PROJECT_NOT_FOUND")
    assert_error(
        post(server.client("elsewhere", key=server.new_key(["ingest"], slug)), body()), 403, "FORBIDDEN"
    )
    assert "x-aftercall-project" in assert_error(post(server.client(), body()), 400, "PROJECT_REQUIRED")


def test_ingest_never_makes_a_project(server: Server) -> None:
    assert_error(post(server.client("by-accident"), body(*call("c"))), 404, "PROJECT_NOT_FOUND")
    assert "by-accident" not in server.client().get("/v1/projects").text


def test_reading_keys_may_not_write(server: Server, project: httpx.Client, slug: str) -> None:
    reader = server.client(key=server.new_key(["read", "read:transcripts", "read:pii"], slug))
    assert "ingest" in assert_error(post(reader, body(*call("c"))), 403, "FORBIDDEN")
    assert_error(post(server.client(slug, key=""), body()), 401, "UNAUTHORIZED")


def test_gzip(project: httpx.Client, slug: str) -> None:
    answer = post(project, gzip.compress(body(*call("c"))), **{"content-encoding": "gzip"})
    assert answer.json()["accepted"] == 4
    assert ids(project, slug) == ["c"]
    assert_error(post(project, b"plain", **{"content-encoding": "gzip"}), 400, "INVALID_GZIP")
    assert_error(post(project, b"x", **{"content-encoding": "br"}), 400, "UNSUPPORTED_ENCODING")
    bomb = gzip.compress(b"\0" * (limits.BODY_BYTES + 1))
    assert_error(post(project, bomb, **{"content-encoding": "gzip"}), 413, "BODY_TOO_LARGE")


def test_a_body_over_the_bound_is_refused_told_or_not(project: httpx.Client, slug: str) -> None:
    big = b'{"events":[' + b" " * limits.BODY_BYTES + b"]}"
    assert f"{limits.BODY_BYTES:,}" in assert_error(post(project, big), 413, "BODY_TOO_LARGE")
    chunks = (big[i : i + 65536] for i in range(0, len(big), 65536))
    assert_error(project.post("/v1/ingest", content=chunks), 413, "BODY_TOO_LARGE")
    send(project, call("after"))
    assert ids(project, slug) == ["after"]


def test_what_is_too_large_is_refused_before_it_is_sent(server: Server) -> None:
    where = urlsplit(server.url)
    with socket.create_connection((where.hostname, where.port), timeout=30) as connection:
        head = "POST /v1/ingest HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999999\r\n\r\n"
        connection.sendall(head.encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 413")


def test_ten_megabytes_of_text_cost_no_neighbour(project: httpx.Client, slug: str) -> None:
    answer = post(
        project, body(*call("before"), turn("big", "user", "x" * 10_000_000, START), *call("after"))
    )
    assert answer.json()["accepted"] == 8
    assert [one["code"] for one in answer.json()["rejected"]] == ["EVENT_TOO_LARGE"]
    assert sorted(ids(project, slug)) == ["after", "before"]
    (kept,) = project.get("/v1/rejects").json()["rejects"]
    assert (kept["conversation_id"], len(kept["payload"])) == ("big", limits.REJECT_PAYLOAD_BYTES)


def test_the_longest_text_comes_back_whole(project: httpx.Client, slug: str) -> None:
    text = '🙂\0"\\é' * (limits.TEXT_CHARACTERS // 5)
    send(project, [turn("c", "user", text, START)])
    assert project.get(agent_path(slug, "c")).json()["turns"][0]["user_input"] == text


def test_other_bodies_are_bounded_too(server: Server) -> None:
    answer = server.client().post("/v1/projects", json={"slug": "x" * limits.SMALL_BODY_BYTES})
    assert_error(answer, 413, "BODY_TOO_LARGE")
    chunks = (b"x" * 65536 for _ in range(100))
    answer = server.client().post("/v1/keys", content=chunks, headers={"content-type": "application/json"})
    assert_error(answer, 413, "BODY_TOO_LARGE")


def test_a_client_that_hangs_up_harms_nobody(server: Server, project: httpx.Client, slug: str) -> None:
    where = urlsplit(server.url)
    for _ in range(5):
        with socket.create_connection((where.hostname, where.port), timeout=30) as connection:
            head = f"POST /v1/ingest HTTP/1.1\r\nhost: x\r\nx-api-key: {server.key}\r\n"
            connection.sendall(head.encode() + b'content-length: 999\r\n\r\n{"events":[')
    send(project, call("c"))
    assert ids(project, slug) == ["c"]
    assert "Traceback" not in server.log


def test_many_at_once(server: Server, project: httpx.Client, slug: str) -> None:
    def agent(number: int) -> None:
        client = server.client(slug)
        for i in range(5):
            send(client, call(f"{number}-{i}"))

    threads = [threading.Thread(target=agent, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids(project, slug)) == 40
