"""What an operator relies on: health, metrics, start and stop, one server per home, the local key."""

from __future__ import annotations

import json
import os
import re
import socket
import stat
import threading
import time
from pathlib import Path

import httpx
import pytest

from aftercall.config import Config
from aftercall.errors import AftercallError
from aftercall.web.server import own_home, serve, write_private
from tests import servers
from tests.servers import Server, start_server
from tests.web.calls import START, agent_path, assert_error, call, ids, send, turn


def measured(server: Server) -> dict[str, float]:
    text = server.client(key="").get("/metrics").text
    return {
        name: float(value)
        for name, value in re.findall(r"^([^#\s]\S*(?:\{.*\})?) (\S+)$", text, re.MULTILINE)
    }


def test_health_needs_no_key(server: Server) -> None:
    anyone = server.client(key="")
    assert anyone.get("/healthz").json() == {"status": "alive"}
    while (told := anyone.get("/readyz").json()) == {"status": "ready", "postcall": "starting"}:
        time.sleep(0.05)
    assert told == {"status": "ready", "postcall": "running"}
    assert anyone.get("/metrics").headers["content-type"].startswith("text/plain")


def test_metrics_count_what_happens(server: Server, project: httpx.Client, slug: str) -> None:
    before = measured(server)
    event = {**turn("c", "user", "hi", START), "id": "e"}
    send(project, [event])
    send(project, [event])
    project.post("/v1/ingest", json={"events": [{"kind": "metirc", "conversation_id": "c"}]})
    project.get(agent_path(slug, "c"))
    project.get("/no/such/route")
    after = measured(server)

    def grown(name: str) -> float:
        return after[name] - before.get(name, 0)

    assert grown('aftercall_ingest_events_total{code="",outcome="accepted"}') == 1
    assert grown('aftercall_ingest_events_total{code="",outcome="duplicate"}') == 1
    assert grown('aftercall_ingest_events_total{code="UNKNOWN_KIND",outcome="rejected"}') == 1
    route = 'route="/v1/agents/{agentId}/conversations/{conversationId}"'
    assert grown(f'aftercall_http_requests_total{{method="GET",{route},status="200"}}') == 1
    assert grown('aftercall_http_requests_total{method="GET",route="(none)",status="404"}') == 1
    assert grown("aftercall_commit_seconds_count") >= 3
    assert grown("aftercall_commit_events_sum") >= 2
    assert after["aftercall_pending_events"] == 0
    assert after["aftercall_ready"] == 1
    for name in ("sweep_healed_total", "sweep_failures_total", "eraser_failures_total", "rejects_waiting"):
        assert f"aftercall_{name}" in after
    assert slug not in server.client(key="").get("/metrics").text


def test_a_server_leaves_its_file_and_takes_it_away(tmp_path: Path) -> None:
    server = start_server(tmp_path)
    path = tmp_path / "server.json"
    told = json.loads(path.read_text())
    assert told == {"url": server.url, "pid": server.process.pid, "api_key": server.key}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert server.stop() == 0
    assert not path.exists()


@pytest.mark.slow
def test_everything_acknowledged_survives_stop_and_kill(tmp_path: Path) -> None:
    first = start_server(tmp_path)
    send(first.project("clinic"), call("one"))
    assert first.stop() == 0
    second = start_server(tmp_path)
    assert ids(second.client("clinic"), "clinic") == ["one"]
    send(second.client("clinic"), call("two", START + 1))
    second.kill()
    with servers.server(tmp_path) as third:
        assert ids(third.client("clinic"), "clinic") == ["two", "one"]
        # Of the local keys there is only that of the last start.
        keys = third.client().get("/v1/keys").json()["keys"]
        assert [one["revoked_at"] for one in keys if one["name"] == "local commands"] == [None]
        assert_error(third.client(key=second.key).get("/v1/projects"), 401, "UNAUTHORIZED")


@pytest.mark.slow
def test_what_is_under_way_at_a_stop_is_committed_and_answered(tmp_path: Path) -> None:
    server = start_server(tmp_path)
    server.project("clinic")
    answers: list[dict[str, int] | None] = []
    begun = threading.Barrier(5)

    def agent(number: int) -> None:
        with httpx.Client(base_url=server.url, timeout=60, trust_env=False) as client:
            headers = {"x-api-key": server.key, "x-aftercall-project": "clinic"}
            client.get("/v1/projects", headers=headers)  # the connection stands
            begun.wait()
            events = [{**turn(f"{number}", "user", "hi", START), "id": f"{i}"} for i in range(2_000)]
            try:
                answer = client.post("/v1/ingest", json={"events": events}, headers=headers)
            except httpx.TransportError:
                answers.append(None)  # refused at the door: the client still has them
            else:
                answers.append(answer.json() if answer.status_code == 200 else None)

    threads = [threading.Thread(target=agent, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    begun.wait()
    assert server.stop() == 0
    for thread in threads:
        thread.join()
    acknowledged = sum(answer["accepted"] for answer in answers if answer)
    with servers.server(tmp_path) as again:
        found = again.client("clinic").get("/v3/default/clinic/conversations").json()["conversations"]
        assert 2_000 * len(found) >= acknowledged
        for one in found:
            events = again.client().get(f"/v1/conversations/clinic/{one['id']}/events").json()["events"]
            assert len(events) == 2_000
    assert len(answers) == 4


def test_a_second_server_on_one_home_says_what_to_do(tmp_path: Path) -> None:
    with servers.server(tmp_path) as first, pytest.raises(AftercallError) as caught:
        serve(Config.from_env({"AFTERCALL_HOME": str(tmp_path), "AFTERCALL_PORT": "0"}))
    assert caught.value.code == "SERVER_RUNNING"
    assert str(first.process.pid) in caught.value.message


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(AftercallError) as caught:
        port = taken.getsockname()[1]
        serve(Config.from_env({"AFTERCALL_HOME": str(tmp_path), "AFTERCALL_PORT": str(port)}))
    assert caught.value.code == "PORT_IN_USE"
    assert "AFTERCALL_PORT" in caught.value.message
    assert not (tmp_path / "server.json").exists()


def test_an_address_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(AftercallError, match="AFTERCALL_HOST"):
        serve(Config.from_env({"AFTERCALL_HOME": str(tmp_path), "AFTERCALL_HOST": "no such host"}))


def test_a_catalog_that_cannot_be_opened_stops_the_start(tmp_path: Path) -> None:
    env = {
        "AFTERCALL_HOME": str(tmp_path),
        "AFTERCALL_PORT": "0",
        "AFTERCALL_CATALOG_URL": f"sqlite:///{tmp_path}",
    }
    with pytest.raises(AftercallError, match="catalog"):
        serve(Config.from_env(env))
    with own_home(tmp_path):
        pass  # the home was let go


def test_a_signal_while_starting_ends_it_well(tmp_path: Path) -> None:
    process = servers.spawn(tmp_path)
    log = tmp_path / "server.log"
    while "alembic" not in log.read_text():  # the first thing a fresh home does
        assert process.poll() is None
        time.sleep(0.005)
    process.terminate()
    assert process.wait(timeout=60) == 0
    assert process.stdout is not None
    assert process.stdout.read() == ""
    process.stdout.close()
    assert not (tmp_path / "server.json").exists()


def test_a_temporary_server_for_one_command(tmp_path: Path) -> None:
    # In a process of its own: the engine it opens must not stay in this one.
    program = f"""
import httpx
from aftercall.config import Config
from aftercall.web.server import run_in_thread
config = Config.from_env({{"AFTERCALL_HOME": {str(tmp_path)!r}}})
for _ in range(2):
    with run_in_thread(config) as running:
        assert not config.server_file.exists()
        headers = {{"x-api-key": running.api_key}}
        answer = httpx.get(running.url + "/v1/projects", headers=headers, trust_env=False)
        print(answer.status_code)
"""
    import subprocess
    import sys

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout) == (0, "200\n200\n"), done.stderr


def test_private_files_are_private_and_whole(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    before = os.umask(0)
    try:
        write_private(path, "one")
        write_private(path, "two")
    finally:
        os.umask(before)
    assert path.read_text() == "two"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["x.json"]
