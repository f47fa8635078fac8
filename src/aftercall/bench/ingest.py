"""``aftercall bench ingest``: what the whole way in costs, beside what the engine alone could do.

A real server process on a temporary home; whole calls of 20 events posted over HTTP from this process;
then the same calls inserted into the same tables by hand (bench/raw.py). Shared machines are noisy, so
the figure to look at is the ratio of the two, measured in one run.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import msgspec

from aftercall.bench.calls import EVENTS_PER_CALL, Calls
from aftercall.bench.process import Server, disk_bytes, server
from aftercall.errors import InternalError

PROJECT = "bench"
Progress = Callable[[str], None]


def run(
    *,
    conversations: int = 20_000,
    per_request: int = 100,
    in_flight: int = 16,
    freshness_samples: int = 200,
    progress: Progress = lambda _: None,
) -> dict[str, Any]:
    """All figures as one JSON-able dict; rates per second, times in ms unless the name says otherwise."""
    progress("making calls up")
    calls = Calls()
    bodies = [calls.body(per_request) for _ in range(max(2, conversations // per_request))]
    with server() as one:
        one.client(PROJECT).post("/v1/projects", json={"slug": PROJECT}).raise_for_status()
        idle_mb = one.memory_mb()
        _post(one, [calls.body(20)], 1)  # the first commit of a project makes its table
        progress(f"posting {len(bodies) * per_request} calls of {EVENTS_PER_CALL} events")
        empty = disk_bytes(one.home / "engine")
        seconds = _post(one, bodies, in_flight)
        group = _mean_group(one)
        bytes_per_call = (disk_bytes(one.home / "engine") - empty) / (len(bodies) * per_request)
        progress("measuring how soon an acknowledged call is seen")
        freshness = _freshness(one, calls, freshness_samples)
        peak_mb = one.memory_mb(peak=True)
        ready_s = one.ready_s
        one.stop()
    progress("inserting the same by hand")
    raw = _raw(bodies, max(1, round(group)))
    posted = len(bodies) * per_request
    rate = posted / seconds
    bound = max(raw["one_thread"], raw["two_threads"])
    return {
        "conversations": posted,
        "conversations_per_s": round(rate, 1),
        "events_per_s": round(rate * EVENTS_PER_CALL, 1),
        "raw_conversations_per_s": round(bound, 1),
        "raw_one_thread_per_s": round(raw["one_thread"], 1),
        "raw_two_threads_per_s": round(raw["two_threads"], 1),
        "ratio_to_raw": round(rate / bound, 3),
        "conversations_per_group": round(group, 1),
        "freshness_ms": freshness,
        "bytes_per_conversation": round(bytes_per_call),
        "idle_memory_mb": _rounded(idle_mb),
        "peak_memory_mb": _rounded(peak_mb),
        "ready_s": round(ready_s, 2),
    }


def _post(one: Server, bodies: list[bytes], in_flight: int) -> float:
    """Seconds until every body was acknowledged in full."""
    with one.client(PROJECT) as client, ThreadPoolExecutor(in_flight) as pool:
        began = time.perf_counter()
        for answer in pool.map(lambda body: _acknowledged(client, body), bodies):
            if answer["rejected"] or answer["duplicates"]:
                raise InternalError(f"the server did not take the calls: {str(answer)[:300]}")
        return time.perf_counter() - began


def _acknowledged(client: httpx.Client, body: bytes) -> dict[str, Any]:
    while True:
        answer = client.post("/v1/ingest", content=body, headers={"content-type": "application/json"})
        if answer.status_code != 503:
            answer.raise_for_status()
            verdict: dict[str, Any] = answer.json()
            return verdict
        time.sleep(float(answer.headers.get("retry-after", 1)))


def _mean_group(one: Server) -> float:
    """How many conversations the server committed together, on average, from its own metrics."""
    text = httpx.get(f"{one.url}/metrics", headers={"x-api-key": one.key}, trust_env=False).text
    values = dict(line.rsplit(" ", 1) for line in text.splitlines() if line and not line.startswith("#"))
    total = float(values["aftercall_commit_events_sum"])
    commits = float(values["aftercall_commit_events_count"])
    return total / commits / EVENTS_PER_CALL


def _freshness(one: Server, calls: Calls, samples: int) -> dict[str, float]:
    """Milliseconds from an acknowledgement to the first answer of the API that shows the call, under load."""
    stop = threading.Event()
    load = threading.Thread(target=_background_load, args=(one, calls, stop), daemon=True)
    load.start()
    waits: list[float] = []
    try:
        with one.client(PROJECT) as client:
            for _ in range(samples):
                events = calls.call()
                _acknowledged(client, json.dumps({"events": events}).encode())
                began = time.perf_counter()
                while (
                    client.get(
                        f"/v1/agents/{PROJECT}/conversations/{events[0]['conversation_id']}"
                    ).status_code
                    != 200
                ):
                    pass
                waits.append((time.perf_counter() - began) * 1000)
    finally:
        stop.set()
        load.join()
    return quantiles(waits)


def _background_load(one: Server, calls: Calls, stop: threading.Event) -> None:
    bodies: Iterator[bytes] = iter([calls.body(20) for _ in range(50)])
    with one.client(PROJECT) as client:
        for body in bodies:
            if stop.is_set():
                return
            _acknowledged(client, body)


def quantiles(values: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(values, n=100, method="inclusive")
    return {"p50": round(cuts[49], 2), "p99": round(cuts[98], 2), "max": round(max(values), 2)}


def _raw(bodies: list[bytes], group: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="aftercall-raw-") as folder:
        done = subprocess.run(
            [sys.executable, "-m", "aftercall.bench.raw", folder, str(group)],
            input=msgspec.msgpack.encode(bodies),
            capture_output=True,
            check=False,
        )
        if done.returncode:
            raise InternalError(f"the raw measurement failed: {done.stderr.decode()[-1000:]}")
        result: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
        return result


def _rounded(value: float | None) -> int | None:
    return None if value is None else round(value)
