"""What recording costs an agent process: ``write_metric`` with the server up, slow and down."""

from __future__ import annotations

import contextlib
import logging
import resource
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from aftercall.sdk import Client, Conversation

GOAL_US = {"p50": 5.0, "p99": 50.0}
SLOW_ANSWER_S = 2.0
DRAINED_EVENTS = 50_000
_WRITES = 8
"""Metrics written between two pauses of a call."""


def run(calls: int = 20, seconds: float = 5.0, drained_events: int = DRAINED_EVENTS) -> dict[str, Any]:
    """Measure and return one JSON-able object; takes about ``3 * seconds`` plus ten seconds.

    ``calls`` conversations go on at once in one thread, each with turns, state, logs and metrics in bursts
    with a millisecond between them, for ``seconds`` in each situation. The server runs in another process.
    Times are microseconds, memory MiB. ``write_metric_us`` is the worst of the three situations.
    """
    logging.getLogger("aftercall.sdk").addHandler(
        logging.NullHandler()
    )  # a server that is down is meant here
    situations: dict[str, dict[str, Any]] = {}
    with _server() as url:
        situations["up"] = _situation(url, calls, seconds)
        drain = _drain(url, drained_events)
    with _server("--delay", str(SLOW_ANSWER_S)) as url:
        situations["slow"] = _situation(url, calls, seconds)
    with _nobody() as url:
        down = situations["down"] = _situation(url, calls, seconds)
    worst = {
        key: max(situation["write_metric_us"][key] for situation in situations.values())
        for key in ("p50", "p99", "max")
    }
    return {
        "bench": "sdk",
        "calls": calls,
        "seconds": seconds,
        "write_metric_us": worst,
        "goal_us": GOAL_US,
        "goal_met": all(worst[key] <= goal for key, goal in GOAL_US.items()),
        "situations": situations,
        "drained_events_per_s": drain,
        "spool_bytes_per_event": round(down["spool_bytes"] / down["spooled"], 1),
        "peak_memory_mib": _peak_mib(),
        "import_ms": _import_ms(),
    }


def _situation(url: str, calls: int, seconds: float) -> dict[str, Any]:
    before = _memory_mib()
    with tempfile.TemporaryDirectory() as folder:
        client = Client(url, "bench", project="bench", spool=folder, mode="production")
        try:
            times = _calls(client, calls, seconds)
            while client.health().in_memory:
                time.sleep(0.01)
            health = client.health()
            size = sum(path.stat().st_size for path in Path(folder).glob("*-*.sqlite3*"))
            after = _memory_mib()
        finally:
            client.close(timeout=0.1)
    return {
        "write_metric_us": _percentiles(times),
        "writes": len(times),
        "memory_grown_mib": round(after - before, 1),
        "spooled": health.spooled,
        "acknowledged": health.acknowledged,
        "dropped": health.dropped,
        "spool_bytes": size,
    }


def _calls(client: Client, calls: int, seconds: float) -> list[int]:
    """Nanoseconds of each write_metric."""
    times: list[int] = []
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        conversations = [Conversation(client=client) for _ in range(calls)]
        for conversation in conversations:
            conversation.start()
        for step in range(5):
            for conversation in conversations:
                _burst(conversation, step, times)
                time.sleep(0.001)
        for conversation in conversations:
            conversation.end("completed")
    return times


def _burst(conversation: Conversation, step: int, times: list[int]) -> None:
    now = time.perf_counter_ns
    conversation.add_turn("user", "I would like to move my appointment to next week, please", latency_ms=410)
    conversation.state.step = step
    conversation.log.info("step", step=step)
    for number in range(_WRITES):
        began = now()
        conversation.write_metric("APPOINTMENT_MOVED", number)
        times.append(now() - began)
    conversation.add_turn("agent", "Of course. Which day suits you best?", interrupted=False)


def _drain(url: str, events: int) -> float:
    """Events per second from memory through the spool to the server, beginning with all of them in memory."""
    with tempfile.TemporaryDirectory() as folder:
        client = Client(url, "bench", spool=folder, mode="production", max_memory_events=events + 1000)
        conversation = Conversation(client=client)
        began = time.perf_counter()
        for number in range(events):
            conversation.write_metric("NUMBER", number)
        delivered = client.flush(60.0)
        took = time.perf_counter() - began
        client.close()
    return round(events / took, 1) if delivered else 0.0


@contextlib.contextmanager
def _server(*options: str) -> Iterator[str]:
    command = [sys.executable, "-m", "aftercall.testing", "--count-only", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.kill()


@contextlib.contextmanager
def _nobody() -> Iterator[str]:
    """A port that is taken, so nobody else gets it, and at which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


def _percentiles(times: list[int]) -> dict[str, float]:
    ordered = sorted(times)
    at = {"p50": 0.5, "p99": 0.99, "p999": 0.999}
    found = {name: round(ordered[int(len(ordered) * share)] / 1000, 2) for name, share in at.items()}
    return {**found, "max": round(ordered[-1] / 1000, 2)}


def _peak_mib() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1024 * 1024 if sys.platform == "darwin" else 1024), 1)


def _memory_mib() -> float:
    status = Path("/proc/self/status")
    if not status.exists():
        return _peak_mib()
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def _import_ms() -> float:
    """Of ``from aftercall.sdk import Conversation`` in a fresh Python, without Python's own start."""
    code = (
        "import time; began = time.perf_counter(); from aftercall.sdk import Conversation;"
        " print((time.perf_counter() - began) * 1000)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return round(float(out.stdout), 1)
