"""Every group of commands against a real server, for people and with --json."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from aftercall import __version__
from tests.cli.conftest import Cli, call
from tests.servers import Server

AT = 1_772_443_800_000
HOSTILE = "\x1b]0;owned\x07\x1b[2J[bold]no[/bold] \u202eback \x9b31m\nEND"


def tell(http: httpx.Client, *events: dict[str, object], id_: str) -> None:
    sent = [{"conversation_id": id_, "id": str(n), "at": AT + n} | event for n, event in enumerate(events)]
    http.post("/v1/ingest", json={"schema": 1, "events": sent}).raise_for_status()


@pytest.fixture
def call_1(http: httpx.Client) -> None:
    tell(
        http,
        {"kind": "start", "channel": "voice"},
        {"kind": "turn", "speaker": "user", "text": "my tooth hurts"},
        {"kind": "metric", "name": "EMERGENCY"},
        {"kind": "function_call", "name": "find_slot", "error": "timed out"},
        {"kind": "end"},
        id_="call-1",
    )


def test_version(cli: Cli) -> None:
    assert cli("version").out == f"aftercall {__version__}\n"
    assert cli("version", "--json").json == {"version": __version__}


def test_conversations_for_programs(cli: Cli, call_1: None) -> None:
    page = cli("conversations", "list", "-p", "clinic", "--json").json
    assert "call-1" in {one["id"] for one in page["conversations"]}
    found = cli("conversations", "get", "call-1", "-p", "clinic", "--json").json
    assert found["conversationId"] == "call-1"
    assert found["turns"][0]["user_input"] == "my tooth hurts"
    assert found["metrics"] == {"EMERGENCY": "true"}


def test_conversations_for_people(cli: Cli, call_1: None) -> None:
    listed = cli("conversations", "list", "-p", "clinic", "--search", "tooth").out
    assert "call-1" in listed
    assert "EMERGENCY" in listed
    shown = cli("conversations", "get", "call-1", "-p", "clinic").out
    assert "my tooth hurts" in shown
    assert re.search("find_slot.*timed out", shown)


def test_filters_reach_the_server(cli: Cli, call_1: None) -> None:
    def count(*options: str) -> int:
        return len(cli("conversations", "list", "-p", "clinic", "--json", *options).json["conversations"])

    assert count("--search", "tooth", "--since", "2026-03-02") >= 1
    assert count("--search", "dragons") == 0
    assert count("--until", "2026-03-01") == 0
    assert count("--channel", "chat") == 0
    assert count("--environment", "sandbox") == 0


def test_pages_go_on_at_the_cursor(cli: Cli, http: httpx.Client) -> None:
    for n in range(3):
        tell(http, {"kind": "start"}, {"kind": "end"}, id_=f"page-{n}")
    first = cli("conversations", "list", "-p", "clinic", "-n", "1")
    found = re.search(r"--cursor (\S+)", first.err)
    assert found is not None
    second = cli("conversations", "list", "-p", "clinic", "-n", "1", "--cursor", found[1], "--json").json
    assert second["conversations"][0]["id"] not in first.out


@pytest.mark.parametrize("id_", ["a/b", "a?b#c", "a b%2Fc", "😀[bold]", "ends/audio"])
def test_ids_may_contain_anything(cli: Cli, http: httpx.Client, id_: str) -> None:
    tell(http, {"kind": "start"}, id_=id_)
    assert cli("conversations", "get", id_, "-p", "clinic", "--json").json["conversationId"] == id_


def test_hostile_data_never_reaches_the_terminal(cli: Cli, http: httpx.Client) -> None:
    tell(
        http,
        {"kind": "start", "from_number": HOSTILE, "channel": HOSTILE},
        {"kind": "turn", "speaker": "user", "text": HOSTILE},
        {"kind": "handoff", "destination": HOSTILE, "reason": HOSTILE},
        {"kind": "metric", "name": "WORDS", "value": HOSTILE},
        id_="hostile [red]id[/red]\u202e",
    )
    for arguments in (
        ("conversations", "list", "-p", "clinic"),
        ("conversations", "get", "hostile [red]id[/red]\u202e", "-p", "clinic"),
        ("conversations", "get", "hostile [red]id[/red]\u202e", "-p", "clinic", "--json"),
        ("conversations", "get", "\x1b[2Jmissing", "-p", "clinic"),
    ):
        done = cli(*arguments)
        for character in done.out + done.err:
            assert character == "\n" or character.isprintable(), (arguments, character)
    assert (
        "\\x1b]0;owned\\x07\\x1b[2J[bold]no[/bold] \\u202eback"
        in cli("conversations", "get", "hostile [red]id[/red]\u202e", "-p", "clinic").out
    )


def test_an_erased_conversation_is_gone(cli: Cli, http: httpx.Client) -> None:
    tell(http, {"kind": "start"}, id_="forget me")
    kept = cli("conversations", "erase", "forget me", "-p", "clinic", stdin="n\n")
    assert kept.code == 1
    assert cli("conversations", "get", "forget me", "-p", "clinic").code == 0
    assert cli("conversations", "erase", "forget me", "-p", "clinic", "--yes").code == 0
    assert cli("conversations", "get", "forget me", "-p", "clinic").code == 4


def test_erasing_what_never_was_does_not_forbid_its_id(cli: Cli, http: httpx.Client) -> None:
    assert cli("conversations", "erase", "not yet", "-p", "clinic", "--yes").code == 4
    tell(http, {"kind": "start"}, id_="not yet")
    assert cli("conversations", "get", "not yet", "-p", "clinic").code == 0


def test_projects(cli: Cli) -> None:
    assert [one["slug"] for one in cli("projects", "list", "--json").json["projects"]][:2] == [
        "clinic",
        "shop",
    ]
    assert "clinic" in cli("projects", "list").out
    made = cli("projects", "create", "bakery", "--timezone", "Europe/Paris", "--json").json
    assert (made["slug"], made["timezone"]) == ("bakery", "Europe/Paris")
    again = cli("projects", "create", "bakery")
    assert (again.code, len(again.err.splitlines())) == (4, 1)


def test_which_project_is_meant(cli: Cli) -> None:
    several = cli("conversations", "list")
    assert several.code == 2
    assert "clinic, shop" in several.err
    assert cli("conversations", "list", AFTERCALL_PROJECT="shop").code == 0
    assert cli("conversations", "list", "-p", "nowhere").code == 4


def test_keys(cli: Cli, running: Server) -> None:
    key = cli("keys", "create", "dashboards", "--scope", "read", "-p", "clinic").out.strip()
    use = {"AFTERCALL_URL": running.url, "AFTERCALL_API_KEY": key}
    assert cli("conversations", "list", **use).code == 0
    refused = cli("keys", "list", **use)
    assert refused.code == 4
    assert "admin" in refused.err
    listed = cli("keys", "list", "--json").json["keys"]
    (found,) = [one for one in listed if one["name"] == "dashboards"]
    assert found["scopes"] == ["read"]
    assert "dashboards" in cli("keys", "list").out
    assert cli("keys", "revoke", str(found["id"])).code == 0
    assert cli("conversations", "list", **use).code == 4
    assert "dashboards" not in cli("keys", "list").out
    assert "revoked" in cli("keys", "list", "--all").out
    assert cli("keys", "revoke", "999999").code == 4


def test_rejects_are_listed_mended_replayed_and_dropped(cli: Cli, http: httpx.Client, tmp_path: Path) -> None:
    wrong = {"kind": "trun", "conversation_id": "bad-1", "id": "t", "speaker": "user", "text": HOSTILE}
    start = {"kind": "start", "conversation_id": "bad-1", "id": "s"}
    http.post("/v1/ingest", json={"events": [start, wrong, wrong | {"conversation_id": "bad-2"}]})
    listed = cli("rejects", "list", "-p", "clinic", "--json").json["rejects"]
    by_call = {one["conversation_id"]: one["id"] for one in listed}
    table = cli("rejects", "list", "-p", "clinic").out
    assert by_call["bad-1"] in table
    shown = cli("rejects", "show", by_call["bad-1"], "-p", "clinic").out
    assert "trun" in shown
    assert "\x1b" not in shown
    still = cli("rejects", "replay", "-p", "clinic", "--json")
    assert still.code == 3
    assert still.json["remaining"] == 2
    mended = tmp_path / "mended.json"
    mended.write_text(json.dumps(wrong | {"kind": "turn"}))
    done = cli("rejects", "replay", by_call["bad-1"], "-p", "clinic", "--mended", str(mended), "--json")
    assert done.json["accepted"] == 1
    turns = cli("conversations", "get", "bad-1", "-p", "clinic", "--json").json["turns"]
    assert turns[0]["user_input"] == HOSTILE
    assert cli("rejects", "drop", by_call["bad-2"], "-p", "clinic", "--yes").code == 0
    assert cli("rejects", "list", "-p", "clinic", "--json").json["count"] == 0
    assert "nothing was refused" in cli("rejects", "list", "-p", "clinic").out
    assert cli("rejects", "show", by_call["bad-2"], "-p", "clinic").code == 4


def test_nobody_answers(tmp_path: Path) -> None:
    away = call(
        tmp_path, "projects", "list", "--json", AFTERCALL_URL="http://127.0.0.1:1", AFTERCALL_API_KEY="ac_x"
    )
    assert (away.code, away.out, len(away.err.splitlines())) == (5, "", 1)
    assert "aftercall serve" in away.err


@pytest.mark.parametrize(
    ("arguments", "env"),
    [
        (("projects", "list"), {"AFTERCALL_URL": "http://127.0.0.1:1"}),
        (("projects", "list"), {"AFTERCALL_URL": "ftp://x", "AFTERCALL_API_KEY": "k"}),
        (("projects", "list"), {"AFTERCALL_PORT": "many"}),
        (("projects", "lsit"), {}),
        (("conversations", "list", "--limit", "0"), {}),
        (("import",), {}),
        (("import", "/no/such/file", "-p", "clinic"), {}),
        (("import", "-", "--started-at", "soon", "-p", "clinic"), {}),
    ],
)
def test_wrong_usage(cli: Cli, arguments: tuple[str, ...], env: dict[str, str]) -> None:
    done = cli(*arguments, **env)
    assert (done.code, done.out) == (2, "")


def test_what_answers_is_something_else(cli: Cli, tmp_path: Path) -> None:
    serve = [sys.executable, "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", str(tmp_path)]
    with subprocess.Popen([*serve], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, bufsize=1,
                          env={"PYTHONUNBUFFERED": "1"}) as other:  # fmt: skip
        try:
            assert other.stdout is not None
            found = re.search(r"port (\d+)", other.stdout.readline())
            assert found is not None
            url = f"http://127.0.0.1:{found[1]}"
            done = cli("projects", "list", AFTERCALL_URL=url, AFTERCALL_API_KEY="k")
        finally:
            other.terminate()
    assert done.code == 1
    assert "no aftercall server" in done.err


@pytest.mark.slow
def test_without_a_server_the_command_is_its_own(tmp_path: Path) -> None:
    assert call(tmp_path, "projects", "create", "alone").code == 0
    assert [one["slug"] for one in call(tmp_path, "projects", "list", "--json").json["projects"]] == ["alone"]
    assert not (tmp_path / "server.json").exists()


def test_what_a_killed_server_left_is_not_believed(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()
    told = {"url": "http://127.0.0.1:1", "api_key": "ac_x", "pid": gone.pid}
    (tmp_path / "server.json").write_text(json.dumps(told))
    assert call(tmp_path, "projects", "list").code == 0


def test_help_needs_nothing_heavy() -> None:
    heavy = "rich httpx msgspec sqlalchemy fastapi pydantic chdb uvicorn clickhouse_connect"
    code = f"import sys, aftercall.cli; print(sorted(set({heavy.split()!r}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout == "[]\n", done.stderr


def test_a_fault_of_ours_is_one_line_unless_asked_for_more(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom aftercall import cli\n"
        "@cli.app.command('break')\ndef broken() -> None:\n    raise RuntimeError('\\x1bboom')\n"
        "sys.argv = ['aftercall', 'break']\nsys.exit(cli.main())\n"
    )

    def run(**env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, env=env
        )

    quiet = run()
    assert (quiet.returncode, quiet.stdout) == (1, "")
    assert quiet.stderr.splitlines() == [
        "aftercall: aftercall broke (RuntimeError: \\x1bboom); AFTERCALL_DEBUG=1 shows where"
    ]
    assert "Traceback" in run(AFTERCALL_DEBUG="1").stderr
