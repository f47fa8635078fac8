"""The demo's agent process, against a server double."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aftercall.testing import IngestServer


@contextmanager
def player(server: IngestServer, home: Path, calls: int) -> Iterator[subprocess.Popen[str]]:
    (home / "server.json").write_text(json.dumps({"url": server.url, "api_key": "k", "pid": os.getpid()}))
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AFTERCALL_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "aftercall.demo.player", "--history", str(calls)],
        env=kept | {"AFTERCALL_HOME": str(home)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield process
        process.stdin.close()  # as when the demo goes: it says goodbye and ends
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


def play(server: IngestServer, home: Path, calls: int) -> None:
    with player(server, home, calls) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if json.loads(line)["sent"]:
                break
        assert server.wait_for(lambda: any(is_live(event["conversation_id"]) for event in server.events))


def is_live(conversation_id: str) -> bool:
    return not conversation_id.startswith("demo-")


def history(server: IngestServer) -> list[tuple[str, str]]:
    return [
        (one["conversation_id"], one["id"]) for one in server.events if not is_live(one["conversation_id"])
    ]


def test_history_is_played_once_and_goes_on_where_it_stopped(tmp_path: Path) -> None:
    with IngestServer() as server:
        play(server, tmp_path, 10)
        first = history(server)
        assert {id_ for id_, _ in first} == {f"demo-{number:04d}" for number in range(10)}
        play(server, tmp_path, 10)
        assert history(server) == first
        play(server, tmp_path, 15)
        assert {id_ for id_, _ in history(server)} == {f"demo-{number:04d}" for number in range(15)}
        assert history(server)[: len(first)] == first


def test_live_calls_are_ended_when_the_demo_goes(tmp_path: Path) -> None:
    with IngestServer() as server:
        play(server, tmp_path, 0)
        live = {one["conversation_id"] for one in server.events}
        assert live
        for id_ in live:
            assert server.kinds(id_)[0] == "start"
            assert server.kinds(id_)[-1] == "end"
