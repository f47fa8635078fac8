"""``aftercall import`` into a real server: counts, exit codes, Ctrl-C, and every turn of real files back."""

from __future__ import annotations

import gzip
import json
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import httpx
import pytest

from aftercall.model.turns import Utterance, joined, pair
from tests.cli.conftest import Cli, call, environment
from tests.ingest.importing import call as told
from tests.ingest.importing import turn, write
from tests.servers import Server

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


def test_a_file_becomes_conversations(cli: Cli, running: Server, tmp_path: Path) -> None:
    file = write(tmp_path / "calls.jsonl", told("a"), told("b", turns=[turn("agent", "hello?")]))
    done = cli("import", str(file), "-p", "fresh", "--json")
    assert done.code == 0
    assert "made the project fresh" in done.err
    assert (done.json["conversations"], done.json["duplicates"]) == (2, 0)
    found = cli("conversations", "get", "a", "-p", "fresh", "--json").json
    assert [one["agent_response"] for one in found["turns"]] == ["Good morning", "Done"]
    assert found["turns"][1]["user_input"] == "A table for two, please"
    assert found["totalDuration"] == 20
    assert [one["name"] for one in found["functionEvents"]] == ["book_table"]
    assert found["metrics"] == {
        "TOOL_CALLED": "book_table",
        "CALLED_BOOK_TABLE": "true",
        "TOOL_CALLS": "1",
        "TOOL_ERRORS": "0",
    }
    assert cli("conversations", "get", "b", "-p", "fresh", "--json").json["tags"] == ["times-estimated"]
    again = cli("import", str(file), "-p", "fresh")
    assert (again.code, "made the project" in again.err) == (0, False)
    assert "0 events are new" in again.out


def test_labels_come_when_asked_for(cli: Cli, tmp_path: Path) -> None:
    file = write(tmp_path / "calls.jsonl", told("a"))
    assert cli("import", str(file), "-p", "labels").code == 0
    added = cli("import", str(file), "-p", "labels", "--labels", "--json").json
    assert added["accepted"] == 1
    found = cli("conversations", "get", "a", "-p", "labels", "--json").json
    assert found["metrics"]["LABEL_OUTCOME"] == "booked"


def test_bad_lines_give_exit_code_3_and_say_where_they_are(cli: Cli, tmp_path: Path) -> None:
    file = write(tmp_path / "calls\x1b[2J.jsonl", told("a"), "{broken")
    done = cli("import", str(file), "-p", "shop")
    assert done.code == 3
    assert "calls\\x1b[2J.jsonl.rejects.jsonl" in done.err
    assert "\x1b" not in done.out + done.err
    as_json = cli("import", str(file), "-p", "shop", "--json")
    assert (as_json.code, as_json.json["set_aside"]) == (3, 1)
    assert as_json.json["files"][0]["set_aside_file"] == f"{file}.rejects.jsonl"


def test_several_files_and_standard_input(cli: Cli, running: Server, tmp_path: Path) -> None:
    one = write(tmp_path / "one.jsonl", told("one"))
    two = tmp_path / "two"
    two.write_bytes(gzip.compress(json.dumps(told("two")).encode()))
    done = cli("import", str(one), str(two), "-", "-p", "shop", "--json", stdin=json.dumps(told("three")))
    assert done.code == 0
    assert [file["conversations"] for file in done.json["files"]] == [1, 1, 1]
    listed = cli("conversations", "list", "-p", "shop", "--json").json["conversations"]
    assert {"one", "two", "three"} <= {one["id"] for one in listed}
    bad = cli("import", "-", "-p", "shop", stdin="{broken")
    assert (bad.code, str(running.home / "imports" / "stdin.rejects.jsonl") in bad.err) == (3, True)


def test_gzip_comes_through_a_pipe_too(running: Server) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "aftercall", "import", "-", "-p", "shop", "--json"],
        env=environment(running.home),
        input=gzip.compress(json.dumps(told("piped")).encode()),
        capture_output=True,
        timeout=60,
    )
    assert (done.returncode, json.loads(done.stdout)["conversations"]) == (0, 1)


def test_a_key_that_may_only_write_is_enough(cli: Cli, running: Server, tmp_path: Path) -> None:
    file = write(tmp_path / "calls.jsonl", told("written"))
    use = {"AFTERCALL_URL": running.url, "AFTERCALL_API_KEY": running.new_key(["ingest"])}
    assert cli("import", str(file), "-p", "shop", **use).code == 0
    missing = cli("import", str(file), "-p", "no-such-project", **use)
    assert missing.code == 4
    assert "no project 'no-such-project'" in missing.err


def test_ctrl_c_stops_and_the_same_command_goes_on(cli: Cli, running: Server, tmp_path: Path) -> None:
    file = write(tmp_path / "calls.jsonl", *(told(f"call-{n}") for n in range(5_000)))
    states = running.home / "imports"
    before = set(states.glob("*.json"))
    process = subprocess.Popen(
        [sys.executable, "-m", "aftercall", "import", str(file), "-p", "shop"],
        env=environment(running.home),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60
    while not set(states.glob("*.json")) - before:
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, "the same command goes on from there" in err) == (130, True)
    rest = cli("import", str(file), "-p", "shop", "--json").json["files"][0]
    assert rest["resumed_after_line"] > 0
    assert rest["resumed_after_line"] + rest["conversations"] == 5_000
    assert set(states.glob("*.json")) == before


def test_a_server_that_goes_away_is_exit_code_5(tmp_path: Path) -> None:
    file = write(tmp_path / "calls.jsonl", told("a"))
    away = {"AFTERCALL_URL": "http://127.0.0.1:1", "AFTERCALL_API_KEY": "k"}
    done = call(tmp_path, "import", str(file), "-p", "x", **away)
    assert (done.code, len(done.err.splitlines())) == (5, 1)


@pytest.mark.slow
@pytest.mark.filterwarnings("default:.*NOT imported:UserWarning")
@pytest.mark.parametrize("name", ["star", "eva_voice", "sgd", "harper_valley_sample", "abcd_sample"])
def test_every_turn_of_real_conversations_comes_back(cli: Cli, running: Server, name: str) -> None:
    path = DATA / f"{name}.jsonl.gz"
    if not path.exists():
        warnings.warn(f"{path} is absent: it was NOT imported", stacklevel=1)
        return
    slug = name.replace("_", "-")
    done = cli("import", str(path), "-p", slug, "--json").json
    assert (done["set_aside"], done["refused"], done["duplicates"]) == (0, 0, 0)
    found = everything(running.client(), slug)
    with gzip.open(path) as file:
        conversations = [json.loads(line) for line in file]
    assert len(found) == done["conversations"] == len(conversations)
    for one in conversations:
        assert sides(found[one["id"]]) == told_sides(one), one["id"]


def everything(client: httpx.Client, slug: str) -> dict[str, dict[str, Any]]:
    """Every conversation of the project by id, page by page."""
    found: dict[str, dict[str, Any]] = {}
    cursor = None
    while True:
        params = {"limit": 1000} | ({"cursor": cursor} if cursor else {})
        page = client.get(f"/v3/default/{slug}/conversations", params=params).raise_for_status().json()
        found |= {one["id"]: one for one in page["conversations"]}
        cursor = page["cursor"]
        if cursor is None:
            return found


def sides(conversation: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one["user_input"], one["agent_response"]) for one in conversation["turns"]]


def told_sides(conversation: dict[str, Any]) -> list[tuple[str, str]]:
    utterances = (Utterance("", one["speaker"], one["text"], 0) for one in conversation["turns"])
    return [(joined(one.user), joined(one.agent)) for one in pair(utterances)]
