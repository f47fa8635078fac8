"""``aftercall demo`` as a person meets it: one command, an address, a key, calls."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from aftercall.demo.simulator.feed import Journal
from aftercall.model.times import iso, now_ms

PROJECT = "juniper-lane-dental"
CALLS = 30


@dataclass(frozen=True, slots=True)
class Demo:
    process: subprocess.Popen[str]
    client: httpx.Client

    home: Path

    def conversations(self) -> list[dict[str, Any]]:
        page = self.client.get(f"/v3/default/{PROJECT}/conversations", params={"limit": 5000})
        found: list[dict[str, Any]] = page.raise_for_status().json()["conversations"]
        return found

    def past(self) -> dict[str, dict[str, Any]]:
        """By id, those of before the demo was first started."""
        until = iso(Journal.open(self.home / "demo-simulator.json", 0, 0).until)
        return {one["id"]: one for one in self.conversations() if one["started_at"] < until}


def environment(**settings: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AFTERCALL_")}
    return kept | {"AFTERCALL_PORT": "0", "AFTERCALL_OPEN": "0"} | settings


@contextmanager
def demo(folder: Path, calls: int = CALLS, **settings: str) -> Iterator[Demo]:
    """Running, with its past played; what it logs is added to ``demo.log`` in the folder."""
    log = (folder / "demo.log").open("a")
    process = subprocess.Popen(
        [sys.executable, "-m", "aftercall", "demo", "--calls", str(calls)],
        env=environment(**settings),
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
    )
    assert process.stdout is not None
    try:
        told = ""
        for line in process.stdout:
            told += line
            if "calls are in" in line:
                break
        url, key = re.search(r"http://\S+", told), re.search(r"^key (\S+)$", told, re.MULTILINE)
        assert url is not None, told
        assert key is not None, told
        link = re.search(r"^sign in.*: (\S+)$", told, re.MULTILINE)
        assert link is not None, told
        assert link[1].startswith(f"{url[0]}/enter?token=")
        headers = {"x-api-key": key[1]}
        with httpx.Client(base_url=url[0], headers=headers, trust_env=False) as client:
            yield Demo(process, client, Path(settings.get("AFTERCALL_HOME", folder / ".aftercall-demo")))
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        log.close()


def ended(demo: Demo, by: signal.Signals) -> int:
    demo.process.send_signal(by)
    return demo.process.wait(30)


@pytest.mark.slow
def test_demo_twice(tmp_path: Path) -> None:
    home = str(tmp_path / "home")
    with demo(tmp_path, AFTERCALL_HOME=home) as first:
        past = first.past()
        assert len(past) == CALLS
        assert not any(one["in_progress"] for one in past.values())
        assert all("CALL_REASON" in one["metrics"] for one in past.values())  # post-call is done
        wait_for(lambda: len(first.conversations()) > CALLS)  # the first live call
        assert [one["slug"] for one in first.client.get("/v1/projects").json()["projects"]] == [PROJECT]
        assert ended(first, signal.SIGTERM) == 0
    assert (tmp_path / "demo.log").read_text().count("\n") == 1  # where it serves; no fault, no refused call
    restarted = iso(now_ms())
    with demo(tmp_path, AFTERCALL_HOME=home) as second:
        assert second.past() == past

        def before() -> list[dict[str, Any]]:
            return [one for one in second.conversations() if one["started_at"] < restarted]

        assert len(before()) > CALLS
        assert not any(one["in_progress"] for one in before())  # the first demo hung up when it went
        # Calls of the present have no analysis of the simulator's: it is the server's own.
        wait_for(lambda: all("CALL_REASON" in one["metrics"] for one in before()))
        assert ended(second, signal.SIGINT) == 0


@pytest.mark.slow
def test_killing_the_demo_takes_the_agent_process_along(tmp_path: Path) -> None:
    with demo(tmp_path, AFTERCALL_HOME=str(tmp_path / "home")) as running:
        (player,) = children_of(running.process.pid)
        running.process.kill()
        deadline = time.monotonic() + 30
        while player in living():
            assert time.monotonic() < deadline, "the agent process outlived the demo"
            time.sleep(0.05)


@pytest.mark.slow
def test_without_a_home_the_demo_keeps_apart_and_commands_find_it(tmp_path: Path) -> None:
    def projects() -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "aftercall", "projects", "list", "--json"]
        return subprocess.run(command, env=environment(HOME=str(tmp_path)), capture_output=True, text=True)

    usual = tmp_path / ".aftercall"
    with demo(tmp_path, HOME=str(tmp_path), AFTERCALL_STORE_URL=f"chdb://{usual}/engine"):
        found = projects()
        assert PROJECT in found.stdout
        assert "using the running demo" in found.stderr
        assert not usual.exists()
        usual.mkdir()
        (usual / "server.lock").touch()
        assert PROJECT not in projects().stdout  # a home in use is never passed over for a demo


def wait_for(ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not ready():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def children_of(pid: int) -> list[int]:
    return [child for child, parent in living().items() if parent == pid]


def living() -> dict[int, int]:
    """Process id -> its parent's, without those that are only waiting to be noticed as dead."""
    listed = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid=,stat="], capture_output=True, text=True, check=True
    )
    found = (line.split() for line in listed.stdout.splitlines())
    return {int(pid): int(parent) for pid, parent, stat, *_ in found if not stat.startswith("Z")}
