"""From conversations through the spool to a server, with everything that goes wrong on the way."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest

from aftercall.sdk import Client, Conversation, default_client
from aftercall.sdk import client as client_module
from aftercall.testing import IngestServer
from tests.sdk.conftest import NewClient


def a_call(client: Client, call_id: str, metrics: int = 20) -> int:
    """A whole call; how many events it has."""
    with Conversation(client=client, id=call_id) as conv:
        conv.add_turn("agent", "Hello")
        for number in range(metrics):
            conv.write_metric(f"M{number}", number)
        conv.state.done = True
    return metrics + 4


def assert_whole(server: IngestServer, call_id: str, count: int) -> None:
    events = server.of(call_id)
    assert [event["seq"] for event in events] == list(range(1, count + 1))
    assert Counter(event["id"] for event in events).most_common(1)[0][1] == 1


def test_a_call_arrives_once_and_in_order(client: Client, server: IngestServer, spool: Path) -> None:
    count = a_call(client, "call-1")
    assert client.flush(10)
    assert_whole(server, "call-1", count)
    assert server.duplicates == 0
    health = client.health()
    assert (health.acknowledged, health.spooled, health.in_memory, health.dropped) == (count, 0, 0, 0)
    assert health.ok
    assert health.oldest_unsent_age_s is None
    assert health.last_success_at == pytest.approx(time.time(), abs=30)
    assert client.close()
    assert list(spool.iterdir()) == []


def test_many_conversations_in_many_threads(client: Client, server: IngestServer) -> None:
    threads = [
        threading.Thread(target=lambda n=number: [a_call(client, f"call-{n}-{k}") for k in range(5)])
        for number in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert client.flush(20)
    for number in range(8):
        for k in range(5):
            assert_whole(server, f"call-{number}-{k}", 24)
    assert server.duplicates == 0


def test_the_end_of_a_call_is_sent_without_waiting(new_client: NewClient, server: IngestServer) -> None:
    client = new_client(send_every=3600)
    a_call(client, "call-1")
    assert server.wait_for(lambda: "end" in server.kinds(), timeout=10)


def test_the_server_is_down_for_the_length_of_a_call(new_client: NewClient, server: IngestServer) -> None:
    server.stop()
    client = new_client()
    count = a_call(client, "call-1")
    assert not client.flush(0.3)
    health = client.health()
    assert (health.spooled, health.dropped) == (count, 0)
    assert not health.ok
    assert "Connect" in str(health.last_error)
    assert health.oldest_unsent_age_s is not None
    with IngestServer(port=server.port) as again:
        assert client.flush(10)
        assert_whole(again, "call-1", count)
        assert again.duplicates == 0
        assert client.health().ok


def test_a_slow_server_delays_nobody(client: Client, server: IngestServer) -> None:
    server.delay(0.4)
    began = time.perf_counter()
    count = sum(a_call(client, f"call-{number}") for number in range(20))
    assert time.perf_counter() - began < 0.4, "twenty calls took no longer than one answer"
    assert client.flush(15)
    assert len(server.events) == count
    assert len(server.requests) < 10, "what gathered while it answered went out together"


def test_an_answer_that_breaks_off_is_asked_for_again(client: Client, server: IngestServer) -> None:
    server.cut(times=2)
    count = a_call(client, "call-1")
    assert client.flush(15)
    assert_whole(server, "call-1", count)
    assert server.duplicates > 0, "they were accepted the first time, and the id told that"


@pytest.mark.parametrize("status", [500, 503, 429, 408])
def test_trouble_passes(client: Client, server: IngestServer, status: int) -> None:
    server.fail(status, times=2)
    count = a_call(client, "call-1")
    assert client.flush(15)
    assert_whole(server, "call-1", count)


def test_it_waits_as_long_as_it_is_told(client: Client, server: IngestServer) -> None:
    server.fail(503, times=1, retry_after=1)
    began = time.monotonic()
    a_call(client, "call-1")
    assert client.flush(15)
    assert time.monotonic() - began >= 1


@pytest.mark.parametrize("body", [b"", b"<html>Welcome</html>", b'{"ok": true}', b"[]", b"\xff\xfe"])
def test_a_friendly_answer_from_somebody_else_deletes_nothing(
    client: Client, server: IngestServer, body: bytes
) -> None:
    server.fail(200, body=body, times=1)
    count = a_call(client, "call-1")
    assert client.flush(15)
    assert_whole(server, "call-1", count)


def test_a_wrong_key_keeps_everything(
    new_client: NewClient, server: IngestServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.api_key = "right"
    client = new_client(api_key="wrong")
    count = a_call(client, "call-1")
    assert not client.flush(0.3)
    assert client.health().spooled == count
    assert "AFTERCALL_API_KEY" in str(client.health().last_error)
    assert len([record for record in caplog.records if "AFTERCALL_API_KEY" in record.getMessage()]) == 1
    server.api_key = "wrong"
    assert client.flush(10)
    assert_whole(server, "call-1", count)


def test_a_request_too_large_is_halved(client: Client, server: IngestServer) -> None:
    server.fail(413, times=None, matches=lambda events: len(events) > 5)
    count = a_call(client, "call-1", metrics=100)
    assert client.flush(15)
    assert_whole(server, "call-1", count)
    assert client.health().rejected == 0


def test_an_event_too_large_is_put_aside_and_the_rest_arrives(
    client: Client, server: IngestServer, spool: Path
) -> None:
    server.fail(
        413, times=None, matches=lambda events: any(event.get("content") == "too large" for event in events)
    )
    with Conversation(client=client, id="call-1") as conv:
        for number in range(30):
            conv.log.info("too large" if number == 17 else "fine")
    assert client.flush(15)
    assert len(server.of("call-1")) == 31
    assert client.health().rejected == 1
    assert (spool / "rejected.sqlite3").exists()
    assert server.of("call-1")[-1]["last_seq"] == 32, "so that the server can tell that one is missing"


def test_rejected_by_verdict(client: Client, server: IngestServer) -> None:
    server.refuse = lambda event: ("BAD", "no such luck") if event.get("name") == "M3" else None
    a_call(client, "call-1")
    assert client.flush(10)
    health = client.health()
    assert (health.rejected, health.acknowledged, health.spooled) == (1, 23, 0)


def test_the_headers(new_client: NewClient, server: IngestServer) -> None:
    client = new_client(api_key="ac_live_key\n", project="clinic")
    a_call(client, "call-1")
    Conversation(client=client, project="shop").start()
    assert client.flush(10)
    projects = {request.get("x-aftercall-project") for request in server.requests}
    assert projects == {"clinic", "shop"}
    assert {request["x-api-key"] for request in server.requests} == {"ac_live_key"}
    assert {request["content-type"] for request in server.requests} == {"application/json"}


def test_a_key_for_one_project_needs_no_header(client: Client, server: IngestServer) -> None:
    a_call(client, "call-1")
    assert client.flush(10)
    assert all("x-aftercall-project" not in request for request in server.requests)


def test_a_project_no_header_can_carry_holds_up_nobody(client: Client, server: IngestServer) -> None:
    Conversation(client=client, id="odd", project="clínica\r\nx-api-key: other").start()
    a_call(client, "call-1")
    assert client.flush(10)
    assert_whole(server, "call-1", 24)
    assert all("x-api-key" not in request for request in server.requests)


@pytest.mark.parametrize("url", ["nonsense", "ftp://127.0.0.1", "http://127.0.0.1:99999", ""])
def test_no_url_breaks_a_call(new_client: NewClient, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AFTERCALL_PORT", "1")
    client = new_client(url=url)
    count = a_call(client, "call-1")
    assert not client.flush(0.3)
    assert client.health().spooled == count
    assert client.health().last_error


def test_gzip(new_client: NewClient, server: IngestServer) -> None:
    client = new_client(gzip=True)
    count = a_call(client, "call-1", metrics=200)
    assert client.flush(10)
    assert_whole(server, "call-1", count)
    request = max(server.requests, key=lambda one: int(one[":bytes"]))
    assert request["content-encoding"] == "gzip"
    assert int(request["content-length"]) < int(request[":bytes"]) / 3


def test_this_machine_is_reached_without_a_proxy(
    client: Client, server: IngestServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    a_call(client, "call-1")
    assert client.flush(10)
    assert_whole(server, "call-1", 24)


def test_nothing_to_flush(client: Client, server: IngestServer) -> None:
    assert client.flush(5)
    assert server.requests == []


def test_flush_waits_only_for_what_came_before(client: Client, server: IngestServer) -> None:
    server.fail(
        503, times=None, matches=lambda events: any(event["conversation_id"] == "late" for event in events)
    )
    a_call(client, "early")
    assert client.flush(10)
    Conversation(client=client, id="late").start()
    assert not client.flush(0.2)
    assert_whole(server, "early", 24)


def test_closing_while_the_server_is_down_does_not_take_long(
    new_client: NewClient, server: IngestServer
) -> None:
    server.stop()
    client = new_client()
    count = a_call(client, "call-1")
    began = time.monotonic()
    assert not client.close(timeout=30)
    assert time.monotonic() - began < 5
    assert client.close(), "closing twice is no fault"
    with IngestServer(port=server.port) as again:
        following = new_client()
        following.start()
        assert again.wait_for(lambda: len(again.events) == count), "left to the next client of the folder"
        assert_whole(again, "call-1", count)


def test_what_is_recorded_after_close_is_not_lost(new_client: NewClient, server: IngestServer) -> None:
    first = new_client()
    conv = Conversation(client=first, id="call-1")
    conv.start()
    assert first.close()
    conv.write_metric("LATE")
    conv.end()
    assert first.health().in_memory == 0
    assert server.kinds() == ["start"]
    new_client().start()
    assert server.wait_for(lambda: len(server.events) == 3)
    assert server.kinds() == ["start", "metric", "end"]


def test_two_clients_of_one_folder(new_client: NewClient, server: IngestServer) -> None:
    first, second = new_client(), new_client()
    a_call(first, "call-1")
    a_call(second, "call-2")
    assert first.flush(10)
    assert second.flush(10)
    assert_whole(server, "call-1", 24)
    assert_whole(server, "call-2", 24)
    assert server.duplicates == 0


def test_a_full_spool(new_client: NewClient, server: IngestServer, caplog: pytest.LogCaptureFixture) -> None:
    server.fail(503, times=None)
    client = new_client(max_spool_bytes=20_000, max_chunk_events=2)
    conv = Conversation(client=client, id="call-1")
    conv.start()
    for number in range(500):
        conv.write_metric("M", number)
    client.flush(0.3)
    health = client.health()
    assert health.full
    assert 0 < health.spooled < 501
    assert health.dropped == 501 - health.spooled
    assert not health.ok
    assert len([record for record in caplog.records if "is full" in record.getMessage()]) == 1
    server.recover()
    assert client.flush(10)
    assert server.wait_for(lambda: server.kinds()[-1] == "custom")
    assert server.events[-1]["name"] == "aftercall.sdk.dropped"
    assert server.events[-1]["data"] == {"count": health.dropped}
    assert not client.health().full
    conv.end()
    assert client.flush(10)
    assert server.kinds()[-1] == "end"
    assert client.health().dropped == health.dropped


def test_a_spool_folder_that_cannot_be_made(
    new_client: NewClient, server: IngestServer, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("not a folder")
    client = new_client(spool=tmp_path / "file" / "spool")
    count = a_call(client, "call-1")
    assert client.flush(10)
    assert_whole(server, "call-1", count)
    assert "NotADirectory" in str(client.health().disk_error)


def test_threads_that_cannot_start(
    new_client: NewClient,
    server: IngestServer,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    client = new_client()

    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuse)
        conv = Conversation(client=client, id="call-1")
        conv.start()
        conv.write_metric("M")
        assert client.health().in_memory == 0, "on disk at once"
    assert "no background threads" in caplog.text
    conv.end()
    assert client.flush(10)
    assert server.wait_for(lambda: len(server.events) == 3), "sent as soon as threads can start again"


def test_logging_that_breaks_does_not_break_the_call(new_client: NewClient) -> None:
    class Broken(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            raise OSError("no disk for logs either")

    logger = logging.getLogger("aftercall.sdk")
    handler = Broken()
    logger.addHandler(handler)
    try:
        client = new_client(url="http://127.0.0.1:1")
        a_call(client, "call-1")
        assert not client.flush(0.3)
        a_call(client, "call-2")
        client.flush(0.3)
        assert client.health().spooled == 48
    finally:
        logger.removeHandler(handler)


def test_the_default_client_is_set_up_by_the_environment(
    server: IngestServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AFTERCALL_URL", server.url)
    monkeypatch.setenv("AFTERCALL_API_KEY", "key")
    monkeypatch.setenv("AFTERCALL_PROJECT", "clinic")
    monkeypatch.setenv("AFTERCALL_SPOOL", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("AFTERCALL_MODE", "production")
    monkeypatch.setattr(client_module, "_default", None)
    client = default_client()
    try:
        assert default_client() is client
        assert client.mode == "production"
        conv = Conversation(id="call-1")
        assert conv.client is client
        assert conv.project == "clinic"
        conv.start()
        assert client.flush(10)
        assert server.requests[0]["x-aftercall-project"] == "clinic"
        assert (tmp_path / "elsewhere").is_dir()
    finally:
        client.close()


def test_without_a_url_it_finds_the_server_of_this_home(
    server: IngestServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AFTERCALL_PORT", "1")
    home = tmp_path / "home"
    home.mkdir()
    server.api_key = "local"
    with Client(project="p", mode="production", send_every=0.01) as client:
        a_call(client, "call-1")
        assert not client.flush(0.3)
        (home / "server.json").write_text(json.dumps({"url": server.url, "pid": 1, "api_key": "local"}))
        assert client.flush(10)
    assert_whole(server, "call-1", 24)
    assert (home / "spool").is_dir()


@pytest.mark.parametrize(
    ("env", "mode"),
    [
        ({}, "development"),
        ({"AFTERCALL_MODE": "production"}, "production"),
        ({"AFTERCALL_MODE": "Dev"}, "development"),
    ],
)
def test_the_mode(env: dict[str, str], mode: str, monkeypatch: pytest.MonkeyPatch, spool: Path) -> None:
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    assert Client(spool=spool).mode == mode, "under pytest it is development unless told otherwise"
    monkeypatch.delenv("PYTEST_VERSION", raising=False)
    if not env:
        assert Client(spool=spool).mode == "production"


def test_an_unknown_option_is_told() -> None:
    with pytest.raises(TypeError, match="max_spol_bytes"):
        Client(max_spol_bytes=1)


def test_connections_are_kept(
    new_client: NewClient, server: IngestServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Any] = []
    original = httpx.Client.__init__

    def count(self: httpx.Client, **options: Any) -> None:
        made.append(options)
        original(self, **options)

    monkeypatch.setattr(httpx.Client, "__init__", count)
    client = new_client()
    for number in range(5):
        a_call(client, f"call-{number}")
        assert client.flush(10)
    assert len(made) == 1
