"""``aftercall bench postcall``: how many calls a second get their post-call result, and how soon one is seen.

A real server process on a temporary home, and calls of the example's dental clinic: its ``end_function`` runs
after each, without a model. First many at once, for the rate: from the first call that is posted to the last
result. Then evenly, watching some of them through the API from the acknowledgement of their end until their
result is in the answer. Everything shares this machine: server, children, and the one who measures.
"""

from __future__ import annotations

import json
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx

from aftercall.bench.process import SERVE, Server, server
from aftercall.config import Config
from aftercall.demo.agent import register
from aftercall.demo.simulator import past
from aftercall.errors import InternalError
from aftercall.model.times import now_ms

RESULT = "CALL_REASON"
"""What end_function writes of every call."""
PER_REQUEST = 20
AT_ONCE = 4
WARM_UP = 20
WATCHED = 20
"""One call in so many is watched: looking costs the server as much as a result does."""
LOOK_EVERY_S = 0.05
PATIENCE_S = 300.0

Call = list[dict[str, Any]]
Progress = Callable[[str], None]


def run(
    *,
    conversations: int = 1_000,
    rate: float = 50.0,
    seconds: float = 30.0,
    progress: Progress = lambda _: None,
    program: Sequence[str] = SERVE,
) -> dict[str, Any]:
    """All figures as one JSON-able dict: ``calls_per_s``, ``latency_ms`` ``{p50, p95, max}`` from the
    acknowledged end to the visible result, at ``offered_per_s`` calls a second; ``cpu_ms_per_call`` of the
    server's process and the children it waited for, of both phases."""
    paced = max(int(rate * seconds), 2 * WATCHED)
    progress("playing calls")
    calls = past(calls=WARM_UP + conversations + paced, until=now_ms())
    made = [_anew(call, number) for number, call in enumerate(calls)]
    with server(program=program) as one:
        project = register(Config.from_env({"AFTERCALL_HOME": str(one.home)})).project
        progress("warming up")
        _burst(one, project, made[:WARM_UP])
        before = one.cpu_s()
        progress(f"{conversations} calls at once")
        calls_per_s = _burst(one, project, made[WARM_UP : WARM_UP + conversations])
        progress(f"{rate:g} calls a second for {paced / rate:g} s")
        offered, waits = _paced(one, project, made[WARM_UP + conversations :], rate)
        _wait_done(one, project)
        after = one.cpu_s()
        peak_mb = one.memory_mb(peak=True)
        _check_results(one, project, len(made))
        one.stop()
    return {
        "conversations": conversations,
        "calls_per_s": round(calls_per_s, 1),
        "offered_per_s": round(offered, 1),
        "watched": len(waits),
        "latency_ms": _quantiles(waits),
        "cpu_ms_per_call": _per_call(before, after, conversations + paced),
        "peak_memory_mb": None if peak_mb is None else round(peak_mb),
    }


def _anew(call: Call, number: int) -> Call:
    """The call with ids of its own and its end now: what ended long ago is waited for by nobody."""
    shift = now_ms() - max(int(event.get("ended_at") or event["at"]) for event in call)
    ours = {"conversation_id": f"bench-{number}"}
    moved: Call = []
    for event in call:
        names = [name for name in ("at", "ended_at", "started_at") if name in event]
        times = {str(name): event[name] + shift for name in names}
        moved.append({**event, **ours, **times, "id": f"{number}-{event['id']}"})
    return moved


def _burst(one: Server, project: str, calls: list[Call]) -> float:
    """Results per second, from the first call that is posted to the last result."""
    batches = [calls[start : start + PER_REQUEST] for start in range(0, len(calls), PER_REQUEST)]
    began = time.perf_counter()
    with ThreadPoolExecutor(AT_ONCE) as pool, one.client(project) as client:
        for _ in pool.map(lambda batch: _acknowledged(client, batch), batches):
            pass
    _wait_done(one, project)
    return len(calls) / (time.perf_counter() - began)


def _wait_done(one: Server, project: str) -> None:
    deadline = time.perf_counter() + PATIENCE_S
    with one.client(project) as client:
        while _answer(client, "/v1/postcall?limit=1")["counts"]["due"]:
            if time.perf_counter() > deadline:
                raise InternalError(f"the results are not there after {PATIENCE_S:g} s")
            time.sleep(LOOK_EVERY_S)


def _paced(one: Server, project: str, calls: list[Call], rate: float) -> tuple[float, list[float]]:
    """Calls a second that were really offered, and the waits in milliseconds."""
    waits: list[float] = []
    began = time.perf_counter()

    def offer(number: int) -> None:
        time.sleep(max(0.0, began + number / rate - time.perf_counter()))
        _acknowledged(client, [calls[number]])
        if number % WATCHED == 0:
            watchers.submit(watch, calls[number][0]["conversation_id"], time.perf_counter())

    def watch(conversation_id: str, acknowledged: float) -> None:
        while not _is_seen(client, project, conversation_id):
            if time.perf_counter() - acknowledged > PATIENCE_S:
                failed.set()
                return
            time.sleep(LOOK_EVERY_S)
        waits.append((time.perf_counter() - acknowledged) * 1000)

    failed = threading.Event()
    with one.client(project) as client, ThreadPoolExecutor(64) as watchers:
        with ThreadPoolExecutor(8) as pool:
            for _ in pool.map(offer, range(len(calls))):
                pass
        offered = len(calls) / (time.perf_counter() - began)
    if failed.is_set():
        raise InternalError(f"a result is not there after {PATIENCE_S:g} s")
    return offered, waits


def _is_seen(client: httpx.Client, project: str, conversation_id: str) -> bool:
    return RESULT in _answer(client, f"/v1/agents/{project}/conversations/{conversation_id}")["metrics"]


def _check_results(one: Server, project: str, calls: int) -> None:
    """A rate of results that are wrong is none."""
    with one.client(project) as client:
        good = sum(RESULT in item["metrics"] for page in _pages(client, project) for item in page)
    if good != calls:
        raise InternalError(f"only {good} of {calls} calls have their result")


def _pages(client: httpx.Client, project: str) -> Iterator[list[dict[str, Any]]]:
    cursor = None
    while True:
        told = {"limit": 1000, **({"cursor": cursor} if cursor else {})}
        page = _answer(client, f"/v3/default/{project}/conversations", told)
        yield page["conversations"]
        cursor = page["cursor"]
        if not cursor:
            return


def _answer(client: httpx.Client, path: str, params: dict[str, Any] | None = None) -> dict[str, Any]:
    answer = client.get(path, params=params) if params else client.get(path)
    answer.raise_for_status()
    told: dict[str, Any] = answer.json()
    return told


def _acknowledged(client: httpx.Client, calls: list[Call]) -> None:
    body = json.dumps({"events": [event for call in calls for event in call]})
    answer = client.post("/v1/ingest", content=body, headers={"content-type": "application/json"})
    answer.raise_for_status()
    if answer.json()["rejected"]:
        raise InternalError(f"the server did not take the calls: {answer.text[:300]}")


def _quantiles(values: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(values, n=100, method="inclusive")
    return {"p50": round(cuts[49], 1), "p95": round(cuts[94], 1), "max": round(max(values), 1)}


def _per_call(before: float | None, after: float | None, calls: int) -> float | None:
    if before is None or after is None:
        return None
    return round((after - before) * 1000 / calls, 1)
