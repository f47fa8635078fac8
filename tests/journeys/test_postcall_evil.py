"""An end_function that loops, eats memory, forks, exits, prints gigabytes or closes its pipes harms nothing
but its own attempt: the server, its other calls and their results are as if it were not there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.serving import Serving

SECONDS = 4
END = """
import os, signal, sys, time

def misbehave(how):
    if how == "loop":
        while True:
            pass
    if how == "sleep":
        time.sleep(1000)
    if how == "memory":
        held = []
        while True:
            held.append(bytearray(8_000_000))
    if how == "fork":
        while True:
            os.fork()
    if how == "exit":
        os._exit(0)
    if how == "quit":
        sys.exit(3)
    if how == "print":
        while True:
            os.write(1, b"x" * 1_000_000)
    if how == "print politely":
        while True:
            print("x" * 1_000_000)
    if how == "pipes":
        os.closerange(0, 4096)
        time.sleep(1000)
    if how == "crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    if how == "deaf":
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        while True:
            pass
    if how == "recurse":
        misbehave(how)

def end_function(conv: Conversation):
    conv.write_metric("BEFORE", len(conv.history))
    how = conv.history[-1].text
    if how != "A question about my bill":
        misbehave(how)
    conv.write_metric("AFTER")
"""
EVIL = {
    "loop": "took longer",
    "sleep": "took longer",
    "memory": "bytes of memory",
    "fork": "",  # too many processes, or too much memory in them: whichever comes first
    "exit": "exited with code 0",
    "quit": "SystemExit: 3",
    "print": "printed more",
    "print politely": "printed more",
    "pipes": "closed the pipes",
    "crash": "SIGSEGV",
    "deaf": "took longer",
    "recurse": "RecursionError",
}
"""How it misbehaves, and what its error says."""


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Serving]:
    env = {"AFTERCALL_POSTCALL_SECONDS": str(SECONDS), "AFTERCALL_POSTCALL_MEMORY_MB": "150"}
    one = Serving(tmp_path / "home", env)
    try:
        one.start()
        one.make_project()
        one.add_agent(END)
        yield one
    finally:
        one.close()


@pytest.mark.slow
def test_whatever_one_does_the_others_get_their_results(serving: Serving, tmp_path: Path) -> None:
    bad: dict[str, str] = {}
    good: list[str] = []
    for how in EVIL:
        bad[how] = serving.call_about(how)
        good += [serving.call(), serving.call()]
    serving.until_analysed(*good)
    serving.until_attempted(*bad.values(), patience_s=180)
    for how, cid in bad.items():
        first = serving.attempts(cid)[0]
        assert first["status"] == "failed", how
        assert first["error"] and EVIL[how] in first["error"], (how, first["error"])
        assert serving.metrics(cid) == {"LIVE": "1", "BEFORE": "2"}, how
    for cid in good:
        assert serving.metrics(cid) == {"LIVE": "1", "BEFORE": "2", "AFTER": "true"}
        assert [one["status"] for one in serving.attempts(cid)] == ["ok"]
    told = serving.client.get("/readyz").json()
    assert told == {"status": "ready", "postcall": "running"}

    # The repaired version mends every one of them.
    serving.add_agent("def end_function(conv):\n    conv.write_metric('REPAIRED')\n", tmp_path / "repaired")
    assert serving.client.post("/v1/postcall/replay-failed").status_code == 202
    serving.until_analysed(*bad.values())
    for how, cid in bad.items():
        assert serving.metrics(cid) == {"LIVE": "1", "REPAIRED": "true"}, how
    home = str(serving.home / "agents").encode()
    serving.stop()
    assert [one for one in running() if home in one] == []  # nothing of it lives on
    assert size_of(serving.home) < 100_000_000


def running() -> list[bytes]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                found.append((entry / "environ").read_bytes())
            except OSError:
                continue
    return found


def size_of(home: Path) -> int:
    """Bytes on disk, the engine left out."""
    files = (path for path in home.rglob("*") if path.is_file() and "engine" not in path.parts)
    return sum(path.stat().st_size for path in files)
