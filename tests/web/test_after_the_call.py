"""Post-call work over the API: attempts, replay, failures, the agent's versions, and who may ask."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from aftercall.runtime import add
from aftercall.web.api.postcall_models import (
    AgentVersionsShape,
    AttemptsShape,
    PostCallShape,
    ReplayedFailedShape,
    ReplayShape,
)
from tests.servers import PATIENCE_S, Server
from tests.web.calls import START, agent_path, assert_error, call, metric, send, start

BROKEN = (
    "def end_function(conv):\n    conv.write_metric('HALF', 1)\n    raise NotImplementedError('no model')\n"
)
GOOD = "def end_function(conv):\n    conv.write_metric('TURNS', len(conv.history))\n"


def add_agent(server: Server, slug: str, folder: Path, end_function: str, **files: str) -> str:
    """The version."""
    (folder / "functions").mkdir(parents=True, exist_ok=True)
    (folder / "project.yaml").write_text(f"project_id: {slug}\n")
    for name, text in {"end_function": end_function, **files}.items():
        (folder / "functions" / f"{name}.py").write_text("from _gen import *\n" + text)
    return add(server.home, slug, folder).agent.version


def path(slug: str, cid: str, what: str) -> str:
    return f"/v1/conversations/{slug}/{quote(cid, safe='')}/{what}"


def attempts(client: httpx.Client, slug: str, cid: str) -> dict[str, Any]:
    answer = client.get(path(slug, cid, "attempts"))
    assert answer.status_code == 200, answer.text
    AttemptsShape.model_validate(answer.json())
    told: dict[str, Any] = answer.json()
    return told


def until(ready: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + PATIENCE_S
    while not (found := ready()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found


def test_before_anything_ran(project: httpx.Client, slug: str) -> None:
    send(project, call("c"))
    send(project, [start("running")])
    told = attempts(project, slug, "c")
    assert (told["conversation_id"], told["project_id"], told["attempts"]) == ("c", slug, [])
    assert told["status"] == "pending"
    assert attempts(project, slug, "running")["status"] == "in_progress"
    for what in ("attempts", "replay"):
        method = project.get if what == "attempts" else project.post
        assert_error(method(path(slug, "nobody", what)), 404, "CONVERSATIONS_NOT_FOUND")
    assert_error(project.post(path(slug, "running", "replay")), 409, "CONVERSATION_IN_PROGRESS")


@pytest.mark.slow
def test_a_failure_is_shown_and_replay_mends_it(
    server: Server, project: httpx.Client, slug: str, tmp_path: Path
) -> None:
    cid = "a/b?c#d %00 🙂"
    first = add_agent(server, slug, tmp_path / "one", BROKEN)
    send(project, call(cid))
    failed = until(lambda: attempts(project, slug, cid)["attempts"])
    (one,) = failed
    assert (one["number"], one["status"], one["counts"], one["version"]) == (1, "failed", True, first)
    assert (one["tried"], one["retry_at"], one["metrics"], one["llm_calls"]) == (1, None, ["HALF"], 0)
    assert one["error"] == "NotImplementedError: no model"
    assert "functions/end_function.py" in one["traceback"]
    assert one["started_at"] <= one["ended_at"]
    assert attempts(project, slug, cid)["status"] == "failed"
    # The events of a conversation may be shown a moment before its row.
    until(lambda: project.get("/v1/postcall").json()["counts"]["failed"])
    told = project.get("/v1/postcall").json()
    PostCallShape.model_validate(told)
    assert (told["state"], told["project_id"], told["cursor"]) == ("running", slug, None)
    assert (told["counts"]["failed"], told["counts"]["due"]) == (1, 0)
    assert [(f["conversation_id"], f["error"], f["attempts"]) for f in told["failures"]] == [
        (cid, one["error"], 1)
    ]

    second = add_agent(server, slug, tmp_path / "two", GOOD)
    assert first != second
    answer = project.post(path(slug, cid, "replay"), json={"fresh": True})
    assert answer.status_code == 202
    ReplayShape.model_validate(answer.json())
    until(lambda: attempts(project, slug, cid)["status"] == "ok")
    told = attempts(project, slug, cid)
    assert [(a["attempt"] == answer.json()["attempt"], a["counts"]) for a in told["attempts"]] == [
        (False, False),
        (True, True),
    ]
    assert told["attempts"][1]["version"] == second
    assert told["attempts"][0]["metrics"] == []  # history by now
    assert project.get(agent_path(slug, cid)).json()["metrics"] == {"TURNS": "2"}
    until(lambda: project.get("/v1/postcall").json()["failures"] == [])  # the row, a moment after its events


@pytest.mark.slow
def test_all_that_failed_is_listed_in_pages_and_replayed(
    server: Server, project: httpx.Client, slug: str, tmp_path: Path
) -> None:
    add_agent(server, slug, tmp_path / "one", BROKEN)
    calls = [f"c{number}" for number in range(5)]
    for number, cid in enumerate(calls):
        send(project, call(cid, START + number))
    until(lambda: project.get("/v1/postcall").json()["counts"]["failed"] == 5)
    found: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = project.get("/v1/postcall", params={"limit": 2, **cursor}).json()
        found += [one["conversation_id"] for one in page["failures"]]
        if page["cursor"] is None:
            break
        cursor = {"cursor": page["cursor"]}
    assert found == calls[::-1]
    assert_error(project.get("/v1/postcall?cursor=x"), 400, "INVALID_INPUT")
    add_agent(server, slug, tmp_path / "two", GOOD)
    answer = project.post("/v1/postcall/replay-failed")
    ReplayedFailedShape.model_validate(answer.json())
    assert (answer.status_code, answer.json()) == (202, {"replayed": 5})
    until(lambda: project.get("/v1/postcall").json()["counts"]["failed"] == 0)
    assert project.post("/v1/postcall/replay-failed", json={"fresh": False}).json() == {"replayed": 0}
    for cid in calls:
        assert [a["status"] for a in attempts(project, slug, cid)["attempts"]] == ["failed", "ok"]


def test_what_others_report_is_shown_as_it_is(project: httpx.Client, slug: str) -> None:
    lineage = {"attempt": "theirs", "retry_at": "soon", "try": -1, "version": 7, "llm_calls": True}
    told = {"kind": "postcall", "conversation_id": "c", "attempt": "theirs", "status": "ok", "at": START}
    send(
        project,
        [
            *call("c"),
            {**metric("c", "REASON", "x"), "source": "extraction", "lineage": {"attempt": "theirs"}},
            {**told, "id": "p1", "source": "extraction", "duration_ms": -5.0, "lineage": lineage},
            {
                **told,
                "id": "p2",
                "source": "extraction",
                "status": "failed",
                "attempt": "other",
                "error": "e",
            },
            {"kind": "retraction", "conversation_id": "c", "target": "p2"},
        ],
    )
    found = {one["attempt"]: one for one in attempts(project, slug, "c")["attempts"]}
    theirs, other = found["theirs"], found["other"]
    assert (theirs["counts"], theirs["metrics"], theirs["version"]) == (True, ["REASON"], None)
    assert (theirs["tried"], theirs["retry_at"], theirs["llm_calls"]) == (None, None, 0)
    assert (other["retracted"], other["counts"], other["error"]) == (True, False, "e")


def test_who_may_ask(server: Server, project: httpx.Client, slug: str) -> None:
    send(project, call("c"))
    reader = server.client(slug, key=server.new_key(["read", "read:pii"], slug))
    assert "read:transcripts" in assert_error(reader.get(path(slug, "c", "attempts")), 403, "FORBIDDEN")
    everything = server.client(slug, key=server.new_key(["read", "read:transcripts", "ingest"], slug))
    assert everything.get(path(slug, "c", "attempts")).status_code == 200
    for method, where in (
        ("POST", path(slug, "c", "replay")),
        ("GET", "/v1/postcall"),
        ("POST", "/v1/postcall/replay-failed"),
        ("GET", "/v1/agent-versions"),
        ("GET", "/v1/webhooks"),
        ("POST", "/v1/webhooks"),
        ("GET", "/v1/deliveries"),
    ):
        body: dict[str, Any] = {"json": {"url": "http://x.example"}} if where == "/v1/webhooks" else {}
        assert_error(everything.request(method, where, **body), 403, "FORBIDDEN")
        assert_error(server.client(slug, key="").request(method, where, **body), 401, "UNAUTHORIZED")
    other = f"{slug}-other"
    server.project(other)
    elsewhere = server.client(key=server.new_key(["admin"], other))
    assert_error(elsewhere.post(path(slug, "c", "replay")), 403, "FORBIDDEN")
    assert_error(elsewhere.get("/v1/postcall", headers={"x-aftercall-project": slug}), 403, "FORBIDDEN")
    assert_error(server.client().get("/v1/postcall"), 400, "PROJECT_REQUIRED")


def test_versions_of_the_agent(server: Server, project: httpx.Client, slug: str, tmp_path: Path) -> None:
    assert project.get("/v1/agent-versions").json() == {"project_id": slug, "versions": []}
    find = "@func_parameter('day', 'ISO date')\ndef find(conv: Conversation, day: str):\n    return day\n"
    first = add_agent(server, slug, tmp_path / "a", GOOD, find=find, broken="import nothing_like_it\n")
    second = add_agent(server, slug, tmp_path / "b", BROKEN)
    told = project.get("/v1/agent-versions").json()
    AgentVersionsShape.model_validate(told)
    assert [(one["version"], one["current"]) for one in told["versions"]] == [(second, True), (first, False)]
    new, old = told["versions"]
    assert new["problems"] == []
    assert (old["source"], old["files"]) == (str((tmp_path / "a").resolve()), 4)
    functions = {one["name"]: one for one in old["functions"]}
    assert functions["find"]["parameters"] == [
        {"name": "day", "type": "str", "description": "ISO date", "required": True}
    ]
    (problem,) = old["problems"]
    assert (problem["file"], problem["code"], problem["severity"]) == (
        "functions/broken.py",
        "IMPORT_FAILED",
        "error",
    )


@pytest.mark.slow
def test_a_server_without_post_call_work_says_so(tmp_path: Path) -> None:
    from tests import servers

    with servers.server(tmp_path / "home", {"AFTERCALL_POSTCALL": "0"}) as server:
        project = server.project("clinic")
        send(project, call("c"))
        assert project.get("/readyz").json() == {"status": "ready", "postcall": "off"}
        assert_error(project.post(path("clinic", "c", "replay")), 501, "POSTCALL_OFF")
        assert_error(project.get("/v1/postcall"), 501, "POSTCALL_OFF")
        assert attempts(project, "clinic", "c")["attempts"] == []
        assert "aftercall_postcall" not in server.client(key="").get("/metrics").text


@pytest.mark.slow
def test_jobs_that_cannot_start_stop_nothing_else(tmp_path: Path) -> None:
    from tests import servers

    url = f"sqlite:///{tmp_path}/no/such/folder/jobs.db"
    with servers.server(tmp_path / "home", {"AFTERCALL_JOBS_URL": url}) as server:
        project = server.project("clinic")
        until(lambda: project.get("/readyz").json()["postcall"] == "failing")
        send(project, call("c"))
        assert project.get(agent_path("clinic", "c")).status_code == 200
        message = assert_error(project.post(path("clinic", "c", "replay")), 503, "JOBS_NOT_READY")
        assert "log" in message
        assert project.get("/v1/postcall").json()["state"] == "failing"
        text = server.client(key="").get("/metrics").text
        assert "aftercall_postcall_up 0.0" in text
        assert "post-call jobs could not start" in server.log
        (tmp_path / "no" / "such" / "folder").mkdir(parents=True)
        until(lambda: project.get("/readyz").json()["postcall"] == "running")  # it went on trying
        assert server.stop() == 0
