"""Real processes that end, are killed, and fork. Each is a Python of its own, told what to do as a script."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aftercall.testing import IngestServer
from tests.sdk.conftest import NewClient

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and forks")

BEGIN = """
import os, signal, sys, time
from aftercall.sdk import Client, Conversation, default_client
"""


def run(spool: Path, url: str, script: str, **popen: Any) -> subprocess.Popen[str]:
    environment = {
        **os.environ,
        "AFTERCALL_URL": url,
        "AFTERCALL_SPOOL": str(spool),
        "AFTERCALL_MODE": "production",
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
    }
    return subprocess.Popen(
        [sys.executable, "-c", BEGIN + textwrap.dedent(script)],
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        **popen,
    )


def finish(process: subprocess.Popen[str]) -> tuple[str, str]:
    out, err = process.communicate(timeout=60)
    return out, err


def spooled(spool: Path) -> int:
    """Events in the files of a folder, as any process can read them."""
    total = 0
    for path in spool.glob("*-*.sqlite3"):
        try:
            connection = sqlite3.connect(f"file:{path}?mode=rw", uri=True)
        except sqlite3.OperationalError:
            continue  # sent and removed meanwhile
        with contextlib.closing(connection), contextlib.suppress(sqlite3.OperationalError):
            total += connection.execute("SELECT coalesce(sum(events), 0) FROM chunk").fetchone()[0]
    return total


def until(ready: Callable[[], bool], seconds: float = 30) -> bool:
    """Files tell nobody when they change: they are looked at again and again."""
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            return False
        threading.Event().wait(0.02)
    return True


def ids(server: IngestServer) -> Counter[str]:
    return Counter(event["id"] for event in server.events)


CALL = """
conv = Conversation(id="call-1")
conv.start()
for number in range(50):
    conv.write_metric("M", number)
"""


def test_what_was_said_last_is_sent_when_a_process_ends(server: IngestServer, spool: Path) -> None:
    out, err = finish(run(spool, server.url, CALL))
    assert (out, err) == ("", "")
    assert len(server.of("call-1")) == 51
    assert list(spool.iterdir()) == []


@pytest.mark.parametrize(
    "ending", ["raise ValueError('crash')", "sys.exit(3)", "import threading; raise SystemExit"]
)
def test_however_it_ends(server: IngestServer, spool: Path, ending: str) -> None:
    finish(run(spool, server.url, f"{CALL}{ending}"))
    assert len(server.of("call-1")) == 51


def test_events_recorded_while_the_interpreter_ends(
    server: IngestServer, spool: Path, new_client: NewClient
) -> None:
    script = f"""
import atexit
atexit.register(lambda: (conv.write_metric("LATE"), conv.end("completed")))
{CALL}"""
    _, err = finish(run(spool, server.url, script))
    assert err == ""
    new_client().start()
    assert server.wait_for(lambda: len(server.of("call-1")) == 53)
    assert server.kinds("call-1")[-2:] == ["metric", "end"]


def test_a_server_that_is_down_does_not_keep_a_process_from_ending(
    server: IngestServer, spool: Path, new_client: NewClient
) -> None:
    server.stop()
    _, err = finish(run(spool, server.url, CALL))
    assert "cannot send" in err
    assert spooled(spool) == 51
    with IngestServer(port=server.port) as again:
        new_client().start()
        assert again.wait_for(lambda: len(again.events) == 51)
        assert [event["seq"] for event in again.events] == list(range(1, 52))


def test_sigterm_does_what_it_does_without_us(
    server: IngestServer, spool: Path, new_client: NewClient
) -> None:
    server.stop()
    script = f"""{CALL}
while default_client().health().in_memory: time.sleep(0.005)
assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
print("ready", flush=True)
time.sleep(60)"""
    process = run(spool, server.url, script)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.terminate()
    finish(process)
    assert process.returncode == -signal.SIGTERM
    assert spooled(spool) == 51


def kill_while_recording(server: IngestServer, spool: Path, after: int) -> int:
    """kill -9 a process that records without end, once it has said that ``after`` events are on its disk.
    How many it had recorded when it said so."""
    script = f"""
conv = Conversation(id=f"call-{{os.getpid()}}")
conv.start()
client = default_client()
number, said = 1, False
while True:
    conv.write_metric("M", number)
    number += 1
    if number % 50 == 0:
        time.sleep(0.001)
    if not said and number >= {after}:
        said = True
        while client.health().in_memory: time.sleep(0.001)
        print(os.getpid(), number, flush=True)
"""
    process = run(spool, server.url, script)
    assert process.stdout is not None
    pid, recorded = process.stdout.readline().split()
    process.send_signal(signal.SIGKILL)
    finish(process)
    assert int(pid) == process.pid
    return int(recorded)


def test_what_was_spooled_survives_kill_9_and_the_next_process_sends_it(
    server: IngestServer, spool: Path, new_client: NewClient
) -> None:
    port = server.port
    server.stop()
    recorded = kill_while_recording(server, spool, 500)
    assert spooled(spool) >= recorded
    with IngestServer(port=port) as again:
        new_client().start()
        assert again.wait_for(lambda: len(again.events) >= recorded, timeout=20)
        assert until(lambda: spooled(spool) == 0)
        seqs = sorted(event["seq"] for event in again.events)
        assert seqs == list(range(1, len(seqs) + 1)), "nothing before the last is missing"
        assert set(ids(again).values()) == {1}


@pytest.mark.slow
def test_twenty_processes_killed_at_random_while_they_record_and_send(
    server: IngestServer, spool: Path, new_client: NewClient
) -> None:
    chance = random.Random(20)
    recorded: dict[int, int] = {}
    for number in range(20):
        if chance.random() < 0.5:
            server.fail(503, times=chance.randrange(1, 5))
        if chance.random() < 0.3:
            server.cut(times=2)
        said = kill_while_recording(server, spool, chance.randrange(100, 3000))
        recorded[number] = said
    server.recover()
    client = new_client()
    client.start()
    total = sum(recorded.values())
    assert server.wait_for(lambda: len(server.events) >= total, timeout=60)
    assert until(lambda: spooled(spool) == 0)
    assert set(ids(server).values()) == {1}
    calls = Counter(event["conversation_id"] for event in server.events)
    assert len(calls) == 20
    assert sorted(calls.values(), reverse=True) >= sorted(recorded.values(), reverse=True)
    for call in calls:
        seqs = sorted(event["seq"] for event in server.of(call))
        assert seqs == list(range(1, len(seqs) + 1)), "nothing before the last is missing"


def test_a_living_process_takes_over_from_a_killed_one(
    server: IngestServer, spool: Path, new_client: NewClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aftercall.sdk.sender.ADOPT_EVERY_S", 0.05)
    server.fail(503, times=None, matches=lambda events: events[0]["conversation_id"] != "mine")
    client = new_client()
    client.start()
    recorded = kill_while_recording(server, spool, 200)
    server.recover()
    assert server.wait_for(lambda: len(server.events) >= recorded, timeout=20)


def test_a_fork_leaves_the_parent_unharmed_and_starts_the_child_afresh(
    server: IngestServer, spool: Path
) -> None:
    script = f"""{CALL}
conv.state.shared = 1
child = os.fork()
name = "child" if child == 0 else "parent"
assert default_client().health().spooled + default_client().health().in_memory <= (0 if child == 0 else 52)
mine = Conversation(id=name)
for number in range(100):
    mine.write_metric("M", number)
    conv.write_metric("SHARED", name)
conv.state[name] = 1
mine.end()
assert default_client().flush(20)
if child:
    _, status = os.waitpid(child, 0)
    assert status == 0, status
    conv.write_metric("AFTER")
    assert default_client().flush(20)
else:
    sys.exit(0)
"""
    process = run(spool, server.url, script)
    _, err = finish(process)
    assert process.returncode == 0, err
    assert set(ids(server).values()) == {1}
    assert server.duplicates == 0, "the child sent nothing of the parent's"
    assert len(server.of("child")) == len(server.of("parent")) == 101
    shared = server.of("call-1")
    assert len(shared) == 51 + 1 + 2 * 100 + 2 + 1
    by_parent = [
        event["seq"] for event in shared if event.get("value") != "child" and event.get("set") != {"child": 1}
    ]
    assert sorted(by_parent) == list(range(1, 155)), "the child takes none of the parent's numbers"
    assert all("seq" not in event for event in shared if event.get("value") == "child")
    assert list(spool.iterdir()) == []


def test_a_fork_while_the_spool_is_full_of_unsent_events(server: IngestServer, spool: Path) -> None:
    server.fail(503, times=None)
    script = f"""{CALL}
for _ in range(5):
    child = os.fork()
    if child == 0:
        Conversation(id=f"child-{{os.getpid()}}").start()
        os._exit(0 if default_client().health().last_error is None else 1)
    conv.write_metric("BETWEEN")
    _, status = os.waitpid(child, 0)
    assert status == 0
while default_client().health().in_memory: time.sleep(0.005)
print(default_client().health().spooled)
os._exit(0)
"""
    process = run(spool, server.url, script)
    out, err = finish(process)
    assert process.returncode == 0, err
    assert out == "56\n"
    assert spooled(spool) >= 56


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_multiprocessing_children_lose_nothing(
    server: IngestServer, spool: Path, tmp_path: Path, method: str
) -> None:
    script = tmp_path / "pool.py"
    script.write_text(
        BEGIN
        + textwrap.dedent(f"""
        import multiprocessing

        def work(name):
            with Conversation(id=name) as conv:
                conv.write_metric("M")

        if __name__ == "__main__":
            context = multiprocessing.get_context({method!r})
            Conversation(id="parent").start()
            children = [context.Process(target=work, args=(f"child-{{n}}",)) for n in range(3)]
            for child in children: child.start()
            for child in children: child.join()
            assert [child.exitcode for child in children] == [0, 0, 0]
        """)
    )
    process = run(spool, server.url, f"import runpy; runpy.run_path({str(script)!r}, run_name='__main__')")
    _, err = finish(process)
    assert process.returncode == 0, err
    assert server.kinds("parent") == ["start"]
    for number in range(3):
        assert server.kinds(f"child-{number}") == ["start", "metric", "end"], err


def test_a_child_that_outlives_its_parent_does_not_keep_its_spool(
    server: IngestServer, spool: Path, new_client: NewClient
) -> None:
    port = server.port
    server.stop()
    script = f"""{CALL}
while default_client().health().in_memory: time.sleep(0.005)
here, there = os.pipe()
if os.fork() == 0:
    os.close(1); os.close(2)
    os.write(there, b".")
    time.sleep(30)
    os._exit(0)
os.read(here, 1)
print("forked", flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    process = run(spool, server.url, script, start_new_session=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "forked\n"
        process.wait(20)
        with IngestServer(port=port) as again:
            new_client().start()
            assert again.wait_for(lambda: len(again.events) == 51, timeout=10)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        finish(process)


def test_starting_is_quick_and_light(spool: Path) -> None:
    script = """
    heavy = {"httpx", "asyncio", "http.client", "ssl", "email.utils", "gzip"} & set(sys.modules)
    print(sorted(heavy))
    """
    out, _ = finish(run(spool, "http://127.0.0.1:1", script))
    assert out == "[]\n"


def test_import_starts_no_thread_and_makes_no_file(spool: Path) -> None:
    script = """
    import threading
    client = default_client()
    print(threading.active_count(), os.path.exists(os.environ["AFTERCALL_SPOOL"]))
    """
    out, _ = finish(run(spool, "http://127.0.0.1:1", script))
    assert out == "1 False\n"
