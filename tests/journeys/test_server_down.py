"""The server is away for the length of a call: the call does not feel it, and all is there afterwards."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.api import Api, Json
from tests.journeys.compare import wait_until
from tests.journeys.ports import free_port
from tests.servers import ROOT, Server, start_server

TURNS = 120
FELT_S = 1.0
"""No single step of a call may take longer, however busy the machine is: a wait for a server takes longer."""
PATIENCE_S = 60


class Agent:
    """The process of tests/journeys/agent.py."""

    def __init__(self, home: Path, url: str, key: str, conversation_id: str, *options: str) -> None:
        told = {"AFTERCALL_URL": url, "AFTERCALL_API_KEY": key, "AFTERCALL_PROJECT": "clinic"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.journeys.agent", conversation_id, str(TURNS), *options],
            cwd=ROOT,
            env={"PATH": "/usr/bin:/bin", "AFTERCALL_HOME": str(home), **told},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def hears(self, what: str) -> Any:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line.startswith(what), (line, self.process.poll())
        return json.loads(line.removeprefix(what))

    def go_on(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def leaves(self) -> bool:
        """Whether it had sent everything before it ended."""
        sent: bool = self.hears("left")["sent"]
        assert self.process.wait(PATIENCE_S) == 0
        self.process.communicate()
        return sent


@pytest.fixture
def away(tmp_path: Path) -> tuple[Path, dict[str, str], str, str]:
    """(home, environment, URL, key) of a server that was there and is gone."""
    home, env = tmp_path / "server", {"AFTERCALL_PORT": str(free_port())}
    server = start_server(home, env)
    server.project("clinic")
    key = server.new_key(["ingest"], "clinic")
    assert server.stop() == 0
    return home, env, server.url, key


Away = tuple[Path, dict[str, str], str, str]


@pytest.mark.slow
def test_down_for_the_whole_call_and_back_while_the_agent_lives(away: Away, tmp_path: Path) -> None:
    home, env, url, key = away
    agent = Agent(tmp_path / "agent", url, key, "call", "--wait")
    agent.hears("half")
    agent.go_on()
    unharmed(agent.hears("ended"))
    server = start_server(home, env)
    agent.go_on()
    assert agent.leaves()
    everything_is_there(server, "call")
    assert server.stop() == 0


@pytest.mark.slow
def test_down_until_the_agent_is_gone_the_next_agent_sends_it(away: Away, tmp_path: Path) -> None:
    home, env, url, key = away
    first = Agent(tmp_path / "agent", url, key, "first")
    for word in ("half", "ended"):
        first.hears(word)
        first.go_on()
    assert not first.leaves()
    server = start_server(home, env)
    second = Agent(tmp_path / "agent", url, key, "second", "--wait")
    for word in ("half", "ended"):
        second.hears(word)
        second.go_on()
    second.leaves()
    everything_is_there(server, "first")
    everything_is_there(server, "second")
    assert server.stop() == 0


@pytest.mark.slow
def test_killed_in_the_middle_of_a_call_and_back_before_its_end(away: Away, tmp_path: Path) -> None:
    home, env, url, key = away
    server = start_server(home, env)
    agent = Agent(tmp_path / "agent", url, key, "call", "--wait")
    agent.hears("half")
    server.kill()
    agent.go_on()
    unharmed(agent.hears("ended"))
    server = start_server(home, env)
    agent.go_on()
    assert agent.leaves()
    everything_is_there(server, "call")
    assert server.stop() == 0


def unharmed(felt: Json) -> None:
    print(felt)
    assert felt["faults"] == 0
    assert felt["max_s"] < FELT_S


def everything_is_there(server: Server, conversation_id: str) -> None:
    """Each word, each value, once, in the list and by id."""
    api = Api(server)
    wait_until(lambda: is_over(api.get("clinic", conversation_id)), PATIENCE_S)
    [item] = [one for one in api.list("clinic") if one["id"] == conversation_id]
    said = [(turn["user_input"], turn["agent_response"]) for turn in item["turns"]]
    assert said == [(f"words {n}", f"words {n + 1}") for n in range(0, TURNS, 2)]
    counts = {f"COUNT_{n}": [str(i) for i in range(n, TURNS, 5)] for n in range(5)}
    assert item["metrics"] == {**counts, "BOOKED": "true"}
    assert item["state"] == {"last": TURNS - 1}
    assert (item["handoff"], item["handoff_destination"], item["handoff_reason"]) == (
        True,
        "billing",
        "asked for",
    )
    one = api.get("clinic", conversation_id)
    assert one is not None
    assert [call["name"] for call in one["functionEvents"]] == ["book"]
    api.close()


def is_over(one: Json | None) -> bool:
    """The end may be judged before the last of what came before it: another request may carry that."""
    return one is not None and not one["inProgress"] and len(one["turns"]) == TURNS // 2
