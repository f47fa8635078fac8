"""Code that does not end, ends its process, or lies: it harms its own attempt only."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from aftercall.runtime import Pool
from tests.runtime.conftest import NewProject, NewRunner, metrics
from tests.runtime.evil import GOOD, eventually, is_running, run_evil


@pytest.mark.parametrize(
    "body",
    [
        "while True: pass",
        "import time; time.sleep(1000)",
        "import re; re.match('(a+)+$', 'a' * 60 + 'b')",  # never lets another thread run
        """
            import signal, time; signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
            while True: pass
        """,
        "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)",
        "import threading; threading.Lock().acquire() and threading.Event().wait()",
        "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
    ],
    ids=["loop", "sleep", "regex", "signals blocked", "stopped", "event", "catches all"],
)
def test_a_function_that_does_not_end(runner: NewRunner, body: str) -> None:
    began = time.monotonic()
    _, outcome = run_evil(runner, body, seconds=0.6)
    assert (outcome.failure, outcome.error) == ("timeout", "it took longer than 0.6 s")
    assert time.monotonic() - began < 20


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("import os; os._exit(0)", "its process exited with code 0"),
        ("import os; os._exit(5)", "its process exited with code 5"),
        ("import os; os.abort()", "its process was ended by SIGABRT"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "its process was ended by SIGKILL"),
        ("import os, signal; os.killpg(0, signal.SIGTERM)", "its process was ended by SIGTERM"),
        ("import ctypes; ctypes.string_at(0)", "its process was ended by SIGSEGV"),
    ],
)
def test_a_function_that_ends_the_process(runner: NewRunner, body: str, error: str) -> None:
    _, outcome = run_evil(runner, body)
    assert (outcome.failure, outcome.error) == ("exited", error)


@pytest.mark.parametrize(
    "body", ["import sys; sys.exit('bye')", "raise KeyboardInterrupt", "raise GeneratorExit", "exit()"]
)
def test_a_function_that_only_wants_to_end_it(runner: NewRunner, body: str) -> None:
    _, outcome = run_evil(runner, body)
    assert outcome.failure == "exception"
    assert outcome.recycled == []


def test_closing_its_pipes(runner: NewRunner) -> None:
    _, outcome = run_evil(runner, "import os, time; os.closerange(0, 4096); time.sleep(1000)")
    assert (outcome.failure, outcome.error) == ("exited", "its process closed the pipes it reports through")


def test_closing_its_pipes_and_going_on_writing(runner: NewRunner) -> None:
    _, outcome = run_evil(runner, "import os; os.closerange(0, 4096); conv.write_metric('AFTER')")
    assert outcome.failure == "exited"
    assert metrics(outcome) == {"BEFORE": ...}


FORGED = """
import os, json
fds = [fd for fd in range(200, 260) if os.path.exists(f"/proc/self/fd/{fd}")]
os.write(max(fds), LINE)
conv.write_metric("AFTER")
"""


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="finds the pipe by /proc")
@pytest.mark.parametrize(
    "line",
    [
        b"this is no JSON\n",
        b"[" * 100_000 + b"\n",
        b'{"event": {"kind": "erasure"}, "id": "%ID%"}\n',
        b'{"event": {"kind": "metric"}, "id": "%ID%"}\n',
        b'{"event": 7, "id": "%ID%"}\n',
        b'{"done": 7, "id": "%ID%"}\n',
    ],
)
def test_forged_reports_end_the_attempt(runner: NewRunner, line: bytes) -> None:
    body = FORGED.replace("LINE", f"{line!r}.replace(b'%ID%', conv.utils._wire.call.encode())")
    _, outcome = run_evil(runner, body)
    assert outcome.failure == "protocol"


def test_reports_under_another_id_are_not_heard(runner: NewRunner) -> None:
    line = b'{"event": {"kind": "metric", "name": "FORGED"}, "id": "another"}\n'
    if not Path("/proc/self/fd").exists():
        pytest.skip("finds the pipe by /proc")
    _, outcome = run_evil(runner, FORGED.replace("LINE", repr(line)))
    assert metrics(outcome) == {"BEFORE": ..., "AFTER": ...}


def test_a_worker_killed_between_calls_costs_nothing(runner: NewRunner) -> None:
    project = runner(good=GOOD)
    first = project("good").value
    os.kill(first, signal.SIGKILL)
    second = project("good")
    assert second.ok and second.value != first


def test_a_worker_that_dies_of_what_an_earlier_call_left_is_not_blamed_on_the_next(runner: NewRunner) -> None:
    project = runner(
        good=GOOD,
        trap="""
        import os

        def trap(conv):
            wire = conv.utils._wire
            next_request = wire.next_request
            wire.next_request = lambda: (next_request(), os._exit(1))
            return os.getpid()
        """,
    )
    trapped = project("trap")
    assert (trapped.ok, trapped.recycled) == (True, [])
    outcome = project("good")
    assert outcome.ok and outcome.value != trapped.value


def test_a_loop_left_behind_by_a_killed_server_is_ended_by_the_system(runner: NewRunner) -> None:
    """Where the thread that would notice never gets to run. Waiting for it takes too long for a test."""
    project = runner(
        tell="import resource\n\ndef tell(conv):\n    return resource.getrlimit(resource.RLIMIT_CPU)[0]\n"
    )
    cores = os.cpu_count() or 1
    assert 10 * cores <= project("tell", seconds=10.0).value <= 10 * cores + 10
    assert 20 * cores <= project("tell", seconds=20.0).value <= 20 * cores + 10


def test_a_killed_server_leaves_nothing_behind(home: Path, new_project: NewProject, tmp_path: Path) -> None:

    folder = new_project(
        {
            "functions/sleeps.py": f"""
                import os, subprocess, time

                def sleeps(conv):
                    child = subprocess.Popen(["sleep", "1000"])
                    with open({str(tmp_path / "pids")!r}, "w") as file:
                        file.write(f"{{os.getpid()}} {{child.pid}}\\n")
                    time.sleep(1000)
            """
        }
    )
    script = f"""
from pathlib import Path
from aftercall.runtime import Pool, Snapshot, in_place
Pool(Path({str(home)!r})).call(in_place(Path({str(folder)!r})), "sleeps", Snapshot("c"))
"""
    server = subprocess.Popen([sys.executable, "-c", script])
    pids = tmp_path / "pids"
    assert eventually(lambda: pids.exists() and pids.read_text().endswith("\n"))
    server.kill()
    server.wait()
    assert eventually(lambda: not any(is_running(int(pid)) for pid in pids.read_text().split()))
    assert list((home / "agents/.run").iterdir()) != []
    Pool(home).close()
    assert list((home / "agents/.run").iterdir()) == [], "homes without a server are removed"
