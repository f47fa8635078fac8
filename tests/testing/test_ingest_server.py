"""The server double answers as a server does, and fails as it is told."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from aftercall.testing import Fault, IngestServer


@pytest.fixture
def server() -> Iterator[IngestServer]:
    with IngestServer() as running:
        yield running


@pytest.fixture
def http(server: IngestServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, trust_env=False, timeout=10) as client:
        yield client


def event(number: int, **more: Any) -> dict[str, Any]:
    return {"kind": "metric", "conversation_id": "c", "id": f"e{number}", "name": "M", **more}


def post(http: httpx.Client, *events: Any) -> httpx.Response:
    return http.post("/v1/ingest", json={"schema": 1, "events": list(events)})


def test_it_accepts_counts_duplicates_and_rejects(http: httpx.Client, server: IngestServer) -> None:
    answer = post(http, event(1), event(1), {"kind": "no such"}, event(2, seq="x")).json()
    assert (answer["accepted"], answer["duplicates"]) == (1, 1)
    assert [one["position"] for one in answer["rejected"]] == [2, 3]
    assert server.kinds() == ["metric"]
    assert server.of("c") == [event(1)]
    assert (server.accepted, server.duplicates) == (1, 1)


def test_rejecting_on_request(http: httpx.Client, server: IngestServer) -> None:
    server.refuse = lambda told: ("BAD", "no") if told["id"] == "e2" else None
    answer = post(http, event(1), event(2)).json()
    assert answer["rejected"] == [{"position": 1, "code": "BAD", "reason": "no"}]


def test_faults_in_turn(http: httpx.Client, server: IngestServer) -> None:
    server.fail(503, retry_after=3)
    server.fail(413, matches=lambda events: len(events) > 1, times=2)
    first = post(http, event(1))
    assert (first.status_code, first.headers["retry-after"]) == (503, "3")
    assert set(first.json()) == {"success", "error", "error_id", "error_code", "error_message", "data"}
    assert [post(http, event(1), event(2)).status_code for _ in range(3)] == [413, 413, 200]
    server.fail(200, body=b"hello", times=None)
    assert post(http, event(9)).content == b"hello"
    server.recover()
    assert post(http, event(9)).json()["accepted"] == 1
    assert len(server.events) == 3


def test_cutting_the_answer_off(http: httpx.Client, server: IngestServer) -> None:
    server.cut()
    with pytest.raises(httpx.RemoteProtocolError):
        post(http, event(1))
    assert post(http, event(1)).json()["duplicates"] == 1


def test_keys_bodies_and_addresses(http: httpx.Client, server: IngestServer) -> None:
    server.api_key = "right"
    assert post(http, event(1)).status_code == 401
    server.api_key = None
    assert http.post("/v1/ingest", content=b"{").status_code == 400
    assert http.post("/elsewhere", content=b"{}").status_code == 404
    packed = gzip.compress(json.dumps({"events": [event(1)]}).encode())
    assert (
        http.post("/v1/ingest", content=packed, headers={"content-encoding": "gzip"}).json()["accepted"] == 1
    )
    assert len(server.requests) == 4
    assert server.requests[-1][":events"] == "1"


def test_waiting(http: httpx.Client, server: IngestServer) -> None:
    assert not server.wait_for(lambda: bool(server.events), timeout=0.01)
    server.faults.add(Fault(delay_s=0.01))
    post(http, event(1))
    assert server.wait_for(lambda: bool(server.events))


def test_the_same_port_again() -> None:
    with IngestServer() as first:
        port = first.port
    with IngestServer(port=port) as second:
        assert second.port == port


def test_in_a_process_of_its_own() -> None:
    command = [sys.executable, "-m", "aftercall.testing", "--count-only"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            with httpx.Client(base_url=url, trust_env=False) as http:
                assert post(http, event(1), event(1)).json()["accepted"] == 2, "it only counts"
        finally:
            process.kill()
