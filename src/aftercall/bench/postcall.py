"""``aftercall bench postcall``: how many calls a second get their post-call result, and how soon one is seen.

A real server process on a temporary home, an agent project whose ``end_function`` asks no model, whole calls
of 20 events posted over HTTP from this process. First all at once, for the rate; then evenly at ``rate``
calls a second, watching some of them through the API from the acknowledgement of their end until their
result is there. Everything shares this machine: server, children, and the one who measures.
"""

from __future__ import annotations

import json
import queue
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx

from aftercall import runtime
from aftercall.bench.calls import Calls
from aftercall.bench.ingest import quantiles
from aftercall.bench.process import SERVE, Server, server
from aftercall.errors import InternalError

PROJECT = "bench"
RESULT = "CALL_SUMMARY"
"""Written last."""
WATCHED = 10
"""One call in so many is watched: looking costs the server as much as a result does."""
LOOK_EVERY_S = 0.05
PATIENCE_S = 120.0

END_FUNCTION = """
from _gen import *

def end_function(conv: Conversation):
    said = [turn.text for turn in conv.history if turn.role == "user"]
    words = sum(len(text.split()) for text in said)
    conv.write_metric("USER_TURNS", len(said))
    conv.write_metric("USER_WORDS", words)
    conv.write_metric("TALKATIVE", words > 40)
    conv.write_metric("FOLLOW_UP_NEEDED", not any(event.value is True for event in conv.metric_events))
    conv.state.analysed = True
    conv.log.info("analysed", words=words)
    conv.write_metric("CALL_SUMMARY", " / ".join(said)[:200])
"""

Progress = Callable[[str], None]


def run(
    *,
    conversations: int = 1_000,
    rate: float = 50.0,
    seconds: float = 20.0,
    progress: Progress = lambda _: None,
    program: Sequence[str] = SERVE,
) -> dict[str, Any]:
    """All figures as one JSON-able dict: ``calls_per_s``, ``latency_ms`` ``{p50, p95, max}`` from the
    acknowledged end to the visible result, at ``offered_per_s`` calls a second."""
    progress("making calls up")
    calls = Calls()
    with server(program=program) as one:
        one.client(PROJECT).post("/v1/projects", json={"slug": PROJECT}).raise_for_status()
        _add_agent(one.home)
        progress("warming up")
        _until_seen(one, _post(one, [calls.call(days=1) for _ in range(20)]))
        progress(f"{conversations} calls at once")
        calls_per_s = _burst(one, calls, conversations)
        progress(f"{rate:g} calls a second for {seconds:g} s")
        offered, waits = _paced(one, calls, rate, seconds)
        peak_mb = one.memory_mb(peak=True)
        one.stop()
    return {
        "conversations": conversations,
        "calls_per_s": round(calls_per_s, 1),
        "offered_per_s": round(offered, 1),
        "watched": len(waits),
        "latency_ms": quantiles(waits),
        "peak_memory_mb": None if peak_mb is None else round(peak_mb),
    }


def _add_agent(home: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="aftercall-bench-agent-") as folder:
        functions = Path(folder) / "functions"
        functions.mkdir()
        (Path(folder) / "project.yaml").write_text(f"project_id: {PROJECT}\n")
        (functions / "end_function.py").write_text(END_FUNCTION)
        runtime.add(home, PROJECT, Path(folder))


def _burst(one: Server, calls: Calls, conversations: int) -> float:
    """Results per second, from the first call that is posted to the last result that is seen."""
    made = [calls.call(days=1) for _ in range(conversations)]
    batches = [made[start : start + 20] for start in range(0, conversations, 20)]
    began = time.perf_counter()
    with ThreadPoolExecutor(4) as pool:
        ids = [c for posted in pool.map(lambda batch: _post(one, batch), batches) for c in posted]
    _until_seen(one, ids)
    return conversations / (time.perf_counter() - began)


def _paced(one: Server, calls: Calls, rate: float, seconds: float) -> tuple[float, list[float]]:
    """Calls a second that were really offered, and the waits in milliseconds."""
    made = [calls.call(days=1) for _ in range(int(rate * seconds))]
    watched: queue.SimpleQueue[tuple[str, float] | None] = queue.SimpleQueue()
    waits: list[float] = []
    watcher = threading.Thread(target=_watch, args=(one, watched, waits), daemon=True)
    watcher.start()
    began = time.perf_counter()
    with one.client(PROJECT) as client:
        for number, call in enumerate(made):
            time.sleep(max(0.0, began + number / rate - time.perf_counter()))
            _acknowledged(client, call)
            if number % WATCHED == 0:
                watched.put((call[0]["conversation_id"], time.perf_counter()))
    offered = len(made) / (time.perf_counter() - began)
    watched.put(None)
    watcher.join()
    return offered, waits


def _watch(one: Server, watched: queue.SimpleQueue[tuple[str, float] | None], waits: list[float]) -> None:
    """Look at each watched call in turn until its result is there."""
    open_: dict[str, float] = {}
    ended = False
    with one.client(PROJECT) as client:
        while open_ or not ended:
            while not watched.empty():
                told = watched.get()
                if told is None:
                    ended = True
                else:
                    open_[told[0]] = told[1]
            for conversation_id, acknowledged in list(open_.items()):
                if _is_seen(client, conversation_id):
                    waits.append((time.perf_counter() - acknowledged) * 1000)
                    del open_[conversation_id]
                elif time.perf_counter() - acknowledged > PATIENCE_S:
                    raise InternalError(f"no result of {conversation_id} within {PATIENCE_S:g} s")
            time.sleep(LOOK_EVERY_S)


def _post(one: Server, calls: list[list[dict[str, Any]]]) -> list[str]:
    with one.client(PROJECT) as client:
        _acknowledged(client, [event for call in calls for event in call])
    return [call[0]["conversation_id"] for call in calls]


def _acknowledged(client: httpx.Client, events: list[dict[str, Any]]) -> None:
    body = json.dumps({"events": events})
    answer = client.post("/v1/ingest", content=body, headers={"content-type": "application/json"})
    answer.raise_for_status()
    if answer.json()["rejected"]:
        raise InternalError(f"the server did not take the calls: {answer.text[:300]}")


def _is_seen(client: httpx.Client, conversation_id: str) -> bool:
    answer = client.get(f"/v1/agents/{PROJECT}/conversations/{conversation_id}")
    answer.raise_for_status()
    return RESULT in answer.json()["metrics"]


def _until_seen(one: Server, ids: list[str]) -> None:
    """From the last one on backwards: what is due longest is done first."""
    deadline = time.perf_counter() + PATIENCE_S
    with one.client(PROJECT) as client:
        for conversation_id in reversed(ids):
            while not _is_seen(client, conversation_id):
                if time.perf_counter() > deadline:
                    raise InternalError(f"no result of {conversation_id} within {PATIENCE_S:g} s")
                time.sleep(LOOK_EVERY_S)
