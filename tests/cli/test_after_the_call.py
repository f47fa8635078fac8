"""``aftercall chat|replay|postcall|webhooks`` on a running server: a call is held, analysed, told of."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from aftercall.runtime.init import init
from aftercall.testing.model_endpoint import ModelEndpoint
from tests import servers
from tests.cli.conftest import Cli, Done, call, run
from tests.jobs.receiver import Receiver, receiver
from tests.servers import Server

SAID = ["Hi, I have a flat tire.", "/flow Repair", '/call book_repair problem="flat tire" day=Friday', "/end"]
FAILING = (
    "from _gen import *\n\ndef end_function(conv: Conversation):\n    raise RuntimeError('boom \\x1b[2J')\n"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("agent") / "bikes"
    init(made)
    return made


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, folder: Path) -> Iterator[Server]:
    """With the agent of ``folder`` as the project ``bikes``."""
    allowed = {"AFTERCALL_WEBHOOK_ALLOW_PRIVATE": "1"}
    with servers.server(tmp_path_factory.mktemp("after") / "home", allowed) as running:
        assert run(running.home, "agents", "add", str(folder)).code == 0
        yield running


@pytest.fixture
def cli(server: Server) -> Cli:
    return lambda *arguments, **options: run(server.home, *arguments, **options)


@pytest.fixture
def http(server: Server) -> httpx.Client:
    return server.client("bikes")


def typed(*lines: str) -> str:
    return "".join(f"{line}\n" for line in lines)


def events(http: httpx.Client, conversation_id: str) -> list[dict[str, Any]]:
    told = http.get(f"/v1/conversations/bikes/{conversation_id}/events").raise_for_status().json()
    found: list[dict[str, Any]] = told["events"]
    return found


def test_a_call_held_by_hand_reaches_the_server_and_comes_back_analysed(
    cli: Cli, http: httpx.Client, folder: Path
) -> None:
    done = cli("chat", str(folder), "--id", "by-hand", "--caller", "+441632960001", stdin=typed(*SAID))
    assert (done.code, done.err) == (0, "")
    for shown in ("REPAIR_BOOKED = true", "ESTIMATE = 15.0", 'CALL_REASON = "repair"', "Booked for Friday"):
        assert shown in done.out
    told = events(http, "by-hand")
    assert [one["event"]["text"] for one in told if one["kind"] == "turn"] == [SAID[0]]
    assert [one["source"] for one in told if one["kind"] == "postcall"] == ["extraction"]
    found = http.get("/v1/agents/bikes/conversations/by-hand").json()
    assert (found["clientEnv"], found["fromNumber"], found["handoff"]) == ("sandbox", "+441632960001", False)
    assert found["metrics"]["CALL_REASON"] == "repair"


def test_the_end_of_the_input_ends_the_call_and_mistakes_do_not(cli: Cli, folder: Path) -> None:
    lines = ["/functions", "/no-such-thing", "/call nobody", "", "/state", "/metrics"]
    done = cli("chat", str(folder), "--environment", "live", "--json", stdin=typed(*lines))
    assert done.json["metrics"] == {"CALL_REASON": "other"}
    assert [turn["speaker"] for turn in done.json["turns"]] == ["user"]
    listed = cli("conversations", "list", "-p", "bikes", "--json").json["conversations"]
    assert done.json["conversation_id"] in {one["id"] for one in listed}


def test_offline_no_server_hears_of_it(
    server: Server, http: httpx.Client, tmp_path: Path, folder: Path
) -> None:
    done = run(tmp_path / "home", "chat", str(folder), "--offline", "--id", "quiet", stdin=typed(*SAID))
    assert (done.code, 'CALL_REASON = "repair"' in done.out) == (0, True)
    assert not (tmp_path / "home").exists()
    assert http.get("/v1/agents/bikes/conversations/quiet").status_code == 404


def test_a_project_the_server_has_not_is_refused(cli: Cli, folder: Path) -> None:
    done = cli("chat", str(folder), "-p", "unknown", stdin=typed(*SAID))
    assert (done.code, done.out) == (4, "")
    assert "agents add" in done.err


def test_a_project_without_code_is_analysed_here(cli: Cli, server: Server, folder: Path) -> None:
    client = server.project("codeless")
    done = cli("chat", str(folder), "-p", "codeless", "--id", "c", stdin=typed(*SAID))
    assert (done.code, "end_function runs here" in done.out) == (0, True)
    assert client.get("/v1/agents/codeless/conversations/c").json()["metrics"]["CALL_REASON"] == "repair"


def test_a_model_plays_the_agent(cli: Cli, server: Server, http: httpx.Client, folder: Path) -> None:
    moves = iter([{"say": "How can I help?"}, {"enter": "Repair"}, {"say": "Sure. When?"}])
    with ModelEndpoint() as model:
        model.script(lambda asked: next(moves))
        env = {"AFTERCALL_LLM_URL": model.url, "AFTERCALL_LLM_KEY": "k", "AFTERCALL_LLM_MODEL": "m"}
        done = cli("chat", str(folder), "--id", "played", stdin=typed("My tire is flat."), **env)
    assert done.code == 0, done.err
    turns = [one["event"]["text"] for one in events(http, "played") if one["kind"] == "turn"]
    assert turns == ["How can I help?", "My tire is flat.", "Sure. When?"]
    assert "flow     Repair" in done.out


CONFIGURED = """from _gen import *

def opening_hours(conv: Conversation):
    return f"open until {conv.real_time_config.get('closes', '?')}, {sorted(conv.real_time_config)}"
"""


def test_functions_find_the_real_time_config(cli: Cli, server: Server, tmp_path: Path) -> None:
    folder, file = tmp_path / "configured", tmp_path / "config.yaml"
    init(folder)
    (folder / "functions/opening_hours.py").write_text(
        CONFIGURED.replace("def", "@func_description('x')\ndef")
    )
    client = server.project("configured")
    setting = {"real_time_config": {"closes": "six"}}
    assert client.patch("/v1/projects/configured/settings", json=setting).status_code == 200
    file.write_text("closes: nine\nfrom: 2026-03-01\n")
    lines = typed("/call opening_hours", "/end")
    assert "open until six, ['closes']" in cli("chat", str(folder), stdin=lines).out
    named = cli("chat", str(folder), "--config", str(file), stdin=lines)
    assert "open until nine, ['closes', 'from']" in named.out
    assert "open until ?, []" in cli("chat", str(folder), "--offline", stdin=lines).out
    file.write_text("- a list\n")
    refused = cli("chat", str(folder), "--config", str(file), stdin=lines)
    assert (refused.code, refused.out) == (2, "")
    assert "no mapping" in refused.err


def test_functions_find_their_secrets(cli: Cli, server: Server, tmp_path: Path) -> None:
    folder = tmp_path / "secretive"
    init(folder)
    code = "def tell(conv):\n    conv.write_metric('TOLD', conv.utils.get_secret('word'))\n"
    described = "from _gen import *\n\n@func_description('Tell.')\n" + code
    (folder / "functions" / "tell.py").write_text(described)
    place = server.home / "secrets" / "bikes" / "word"
    place.parent.mkdir(parents=True)
    place.write_text("sesame\n")
    done = cli("chat", str(folder), "-p", "bikes", "--json", stdin=typed("/call tell"))
    assert done.json["metrics"]["TOLD"] == "sesame"


def failed(done: Done) -> bool:
    return done.code == 3 and "\x1b" not in done.out


def test_a_failure_is_shown_mended_and_replayed(cli: Cli, folder: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    init(broken)
    end = broken / "functions" / "end_function.py"
    good = end.read_text()
    end.write_text(FAILING)
    assert cli("agents", "add", str(broken), "-p", "failing").code == 0
    held = cli("chat", str(broken), "-p", "failing", "--id", "f", stdin=typed(*SAID))
    assert failed(held)
    assert "RuntimeError: boom" in held.out
    shown = cli("conversations", "get", "f", "-p", "failing").out
    assert "RuntimeError: boom" in shown
    assert "functions/end_function.py" in shown  # the traceback
    counted = cli("postcall", "-p", "failing", "--json").json
    assert (counted["counts"]["failed"], counted["failures"][0]["conversation_id"]) == (1, "f")
    assert "RuntimeError: boom" in cli("postcall", "-p", "failing").out
    assert failed(cli("replay", "f", "-p", "failing"))
    end.write_text(good)
    assert cli("agents", "add", str(broken), "-p", "failing").code == 0
    assert cli("replay", "--failed", "-p", "failing", "--json").json == {"replayed": 1, "failed": 0}
    assert "nothing failed" in cli("postcall", "-p", "failing").out
    once_more = cli("replay", "f", "-p", "failing", "--json").json
    assert (once_more["result"]["status"], once_more["result"]["metrics"]) == ("ok", ["CALL_REASON"])


def test_a_value_that_fits_no_column_is_told(cli: Cli, tmp_path: Path) -> None:
    folder = tmp_path / "odd"
    init(folder)
    unknown = (
        "from _gen import *\n\ndef end_function(conv):\n    conv.write_metric('CALL_REASON', 'weather')\n"
    )
    (folder / "functions/end_function.py").write_text(unknown)
    assert cli("agents", "add", str(folder)).code == 0
    held = cli("chat", str(folder), stdin=typed(*SAID))
    assert "CALL_REASON is not written: 'weather'" in held.out
    summary = cli("chat", str(folder), "--json", stdin=typed(*SAID)).json
    assert summary["metrics"] == {"REPAIR_BOOKED": True, "ESTIMATE": 15.0}


def test_replay_of_nothing_and_of_what_is_not_there(cli: Cli) -> None:
    assert cli("replay", "-p", "bikes").code == 2
    assert cli("replay", "x", "--failed", "-p", "bikes").code == 2
    assert cli("replay", "no such call", "-p", "bikes").code == 4


def test_a_webhook_from_its_making_to_its_removal(cli: Cli, http: httpx.Client, folder: Path) -> None:
    with receiver() as hook:
        made = cli("webhooks", "add", hook.url, "--name", "CRM [red]", "-p", "bikes")
        secret = made.out.strip()
        assert secret.startswith("whsec_")
        (one,) = cli("webhooks", "list", "-p", "bikes", "--json").json["webhooks"]
        assert secret not in json.dumps(one)
        assert "CRM [red]" in cli("webhooks", "list", "-p", "bikes").out
        number = str(one["id"])
        assert cli("webhooks", "test", number, "-p", "bikes").code == 0
        assert cli("chat", str(folder), "--id", "told", stdin=typed(*SAID)).code == 0
        wait_for(hook, 2)
        analysed = hook.requests[1]
        assert analysed.json["conversation"]["conversationId"] == "told"
        stamp = analysed.headers["x-aftercall-timestamp"].encode()
        signed = hmac.new(secret.encode(), stamp + b"." + analysed.body, hashlib.sha256).hexdigest()
        assert signed in analysed.headers["x-aftercall-signature"]
        (delivery,) = delivered(cli)
        assert (delivery["conversation_id"], delivery["status"]) == ("told", "delivered")
        assert "told" in cli("webhooks", "deliveries", "-p", "bikes", "--conversation", "told").out
        assert cli("webhooks", "redeliver", delivery["id"], "-p", "bikes").code == 0
        wait_for(hook, 3)
    assert cli("webhooks", "test", number, "-p", "bikes").code == 3  # nobody listens any more
    assert cli("webhooks", "deliveries", "--status", "lost", "-p", "bikes").code == 4
    assert cli("webhooks", "redeliver", "no such", "-p", "bikes").code == 4
    kept = cli("webhooks", "remove", number, "-p", "bikes", stdin="n\n")
    assert (kept.code, len(http.get("/v1/webhooks").json()["webhooks"])) == (1, 1)
    assert cli("webhooks", "remove", number, "-p", "bikes", "--yes").code == 0
    assert "no webhook yet" in cli("webhooks", "list", "-p", "bikes").out
    assert cli("webhooks", "add", "ftp://x", "-p", "bikes").code == 4


def delivered(cli: Cli) -> list[dict[str, Any]]:
    deadline = time.monotonic() + 30
    while True:
        found: list[dict[str, Any]] = cli(
            "webhooks", "deliveries", "-p", "bikes", "--status", "delivered", "--json"
        ).json["deliveries"]
        if found:
            return found
        assert time.monotonic() < deadline


def wait_for(hook: Receiver, requests: int) -> None:
    deadline = time.monotonic() + 30
    while len(hook.requests) < requests:
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.slow
def test_all_of_it_without_a_server(tmp_path: Path, folder: Path) -> None:
    home = tmp_path / "home"
    assert call(home, "agents", "add", str(folder)).code == 0
    assert 'CALL_REASON = "repair"' in call(home, "chat", str(folder), "--id", "x", stdin=typed(*SAID)).out
    assert call(home, "replay", "x").code == 0
    assert call(home, "postcall", "--json").json["counts"]["failed"] == 0
    assert [one["name"] for one in call(home, "keys", "list", "--json").json["keys"]] == ["local commands"]
