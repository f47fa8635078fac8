"""Running a function that misbehaves, and looking at what is left of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from textwrap import dedent, indent
from typing import Any

from aftercall.runtime import Outcome
from tests.runtime.conftest import NewRunner, Runner, metrics

MIB = 1024 * 1024


GOOD = "def good(conv):\n    import os\n    return os.getpid()\n"


def run_evil(runner: NewRunner, body: str, **limits: Any) -> tuple[Runner, Outcome]:
    """``body`` runs after one metric was written; then another call has to work."""
    lines = indent(dedent(body).strip(), "    ")
    project = runner(evil=f"def evil(conv):\n    conv.write_metric('BEFORE')\n{lines}\n", good=GOOD)
    project.pool.limits = replace(project.pool.limits, **{"seconds": 10.0, **limits})
    before = project("good").value
    outcome = project("evil")
    assert metrics(outcome).get("BEFORE") is ..., "what was written before is kept"
    after = project("good")
    assert after.ok
    assert (after.value == before) is (outcome.recycled == []), (
        "a fresh process unless nothing was left behind"
    )
    return project, outcome


def left_running(project: Runner) -> list[str]:
    """Processes with the home of a worker of this pool that are no worker of it."""
    homes = str(project.pool._homes).encode()
    workers = {worker.pid for idle in project.pool._idle.values() for worker in idle}
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) not in workers:
            try:
                if homes in (entry / "environ").read_bytes():
                    found.append((entry / "cmdline").read_text())
            except OSError:
                continue
    return found


def eventually(ready: Callable[[], bool], seconds: float = 15.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if ready():
            return True
        time.sleep(0.02)
    return False


def is_running(pid: int) -> bool:
    try:
        return "(zombie)" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
