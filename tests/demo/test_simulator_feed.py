"""The process that sends simulated calls: everything arrives once, however often it is killed or run."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from aftercall.demo.simulator import past
from aftercall.demo.simulator.feed import Journal, body_of
from aftercall.testing import IngestServer

CALLS = 150
DAYS = 10


@pytest.fixture
def server(tmp_path: Path) -> Iterator[IngestServer]:
    """A double of the server that runs on the home ``tmp_path``."""
    with IngestServer(api_key="k") as running:
        told = {"url": running.url, "api_key": "k", "pid": os.getpid()}
        (tmp_path / "server.json").write_text(json.dumps(told))
        yield running


def start(home: Path, *options: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "aftercall.demo.simulator.feed", "--project", "clinic"]
    return subprocess.Popen(
        [*command, "--calls", str(CALLS), "--days", str(DAYS), *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "AFTERCALL_HOME": str(home)},
    )


def finish(process: subprocess.Popen[bytes]) -> list[dict[str, object]]:
    """What it said on standard output, once it has ended by itself."""
    assert process.stdout is not None and process.stdin is not None
    lines = [json.loads(line) for line in process.stdout]
    assert process.wait(30) == 0
    process.stdout.close()
    process.stdin.close()
    return lines


def kill(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()
    for pipe in (process.stdin, process.stdout):
        assert pipe is not None
        pipe.close()


def ids(server: IngestServer) -> list[tuple[str, str]]:
    return [(event["conversation_id"], event["id"]) for event in server.events]


def complete(home: Path) -> list[tuple[str, str]]:
    """Every event that the journal's calls consist of."""
    journal = Journal.open(home / "demo-simulator.json", 0, 0)
    calls = past(calls=journal.calls, days=journal.days, until=journal.until, workers=1)
    return [(event["conversation_id"], event["id"]) for events in calls for event in events]


def test_it_sends_everything_once_and_says_how_far_it_is(server: IngestServer, tmp_path: Path) -> None:
    lines = finish(start(tmp_path, "--no-live"))
    assert lines[-1] == {"played": CALLS, "of": CALLS, "sent": True}
    assert ids(server) == complete(tmp_path)
    requests = len(server.requests)
    assert finish(start(tmp_path, "--no-live"))[-1]["played"] == CALLS
    assert len(server.requests) == requests  # nothing was left to send
    assert {request["x-aftercall-project"] for request in server.requests} == {"clinic"}


def test_sending_again_after_the_journal_was_lost_adds_nothing(server: IngestServer, tmp_path: Path) -> None:
    finish(start(tmp_path, "--no-live"))
    before = ids(server)
    path = tmp_path / "demo-simulator.json"
    journal = Journal.open(path, CALLS, DAYS)
    journal.done = 0
    journal.save(path)
    finish(start(tmp_path, "--no-live"))
    assert ids(server) == before
    assert server.duplicates == len(before)


@pytest.mark.slow
def test_killed_at_any_moment_it_goes_on_and_nothing_is_doubled_or_lost(
    server: IngestServer, tmp_path: Path
) -> None:
    for lines in (1, 2):
        process = start(tmp_path, "--no-live")
        assert process.stdout is not None
        for _ in range(lines):
            assert process.stdout.readline()
        kill(process)
    finish(start(tmp_path, "--no-live"))
    assert len(ids(server)) == len(set(ids(server)))
    assert sorted(ids(server)) == sorted(complete(tmp_path))


def test_live_calls_follow_and_end_with_whoever_started_it(server: IngestServer, tmp_path: Path) -> None:
    process = start(tmp_path)
    assert process.stdout is not None and process.stdin is not None
    while not json.loads(process.stdout.readline())["sent"]:
        continue
    history = len(complete(tmp_path))
    assert server.wait_for(lambda: len(server.events) > history, 30)  # the first live call is being answered
    process.stdin.close()
    assert process.wait(30) == 0
    process.stdout.close()


def test_bodies_are_what_ingest_takes() -> None:
    calls = list(past(calls=3, days=3, until=1_795_300_000_000, workers=1))
    told = msgspec.json.decode(body_of(calls))
    assert told["schema"] == 1
    assert [event["id"] for event in told["events"]] == [event["id"] for one in calls for event in one]
