"""Whatever stands in a file: a line goes in whole or is set aside, and the next one is taken."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aftercall.ingest.importer import Import, Plan, Sender
from aftercall.ingest.importer.source import Source
from aftercall.ingest.judge import Judge
from aftercall.model.events import batch_decoder
from aftercall.model.times import now_ms
from tests.ingest.importing import call, write

ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(10**40), 10**40),
    st.floats(),
    st.text(st.characters(), max_size=20),
    st.sampled_from(["", "\0", "\x1b", "2026-01-01", "9999-12-31T23:59:59Z", "user", "agent"]),
)
VALUES = st.recursive(
    ODD,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


def mostly(good: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Good nine times in ten: a line with one fault goes further in than one that is all faults."""
    return st.integers(0, 9).flatmap(lambda chance: good if chance else VALUES)


OFFSETS = mostly(st.none() | st.integers(-1_000, 100_000) | st.floats(0, 1e5))
TURNS = st.fixed_dictionaries(
    {"speaker": mostly(st.sampled_from(["user", "agent"])), "text": mostly(st.text(max_size=20))},
    optional={"start_ms": OFFSETS, "end_ms": OFFSETS}
    | dict.fromkeys(["at", "id", "kind", "seq", "source", "lineage", "ended_at", "x\x00y"], VALUES)
    | {"latency_ms": OFFSETS, "intents": mostly(st.lists(VALUES, max_size=2))},
)
EVENTS = st.fixed_dictionaries(
    {"type": mostly(st.sampled_from(["tool_call", "handoff", "form"]))},
    optional={"name": mostly(st.text(max_size=10)), "start_ms": OFFSETS, "duration_ms": OFFSETS}
    | dict.fromkeys(["args", "result", "error", "after_turn", "arguments", "data", "value"], VALUES),
)
CONVERSATIONS = st.fixed_dictionaries(
    {"id": mostly(st.text(min_size=1, max_size=10)), "turns": mostly(st.lists(TURNS, max_size=4))},
    optional={
        "events": mostly(st.lists(EVENTS, max_size=3)),
        "labels": mostly(st.dictionaries(st.text(max_size=5), VALUES, max_size=3)),
        "started_at": mostly(st.none() | st.sampled_from(["2026-01-01", 1_700_000_000_000])),
        "duration_ms": OFFSETS,
    }
    | dict.fromkeys(("lang", "channel", "caller"), mostly(st.text(max_size=5)))
    | dict.fromkeys(("tags", "agent", "note"), VALUES),
)


def as_line(value: Any) -> bytes:
    """Python writes NaN and half surrogate pairs, as some programs do; both belong to no JSON."""
    return json.dumps(value).encode()


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(CONVERSATIONS | VALUES, max_size=4))
def test_every_line_is_taken_or_set_aside(tmp_path: Path, values: list[Any]) -> None:
    taken: set[str] = set()

    def handle(request: httpx.Request) -> httpx.Response:
        judged = Judge(now_ms(), may_erase=False).all(batch_decoder.decode(request.content).events)
        assert judged.rejections == []  # a line was judged before it was sent
        taken.update(item.event.conversation_id for item in judged.items)
        return httpx.Response(200, json={"accepted": len(judged.items), "duplicates": 0, "rejected": []})

    lines = [as_line(value) for value in values]
    file = write(tmp_path / "calls.jsonl", *lines, call("the good neighbour"))
    with httpx.Client(base_url="http://double", transport=httpx.MockTransport(handle)) as client:
        plan = Plan(Source.of(str(file)), "p", "local", tmp_path, labels=True)
        summary = Import(plan, Sender(client, "p"), lambda summary, read: None).run()
    assert "the good neighbour" in taken
    assert summary.conversations == len(taken)
    assert summary.conversations + summary.set_aside == len(lines) + 1


@pytest.mark.parametrize("name", ["start_ms", "end_ms"])
@pytest.mark.parametrize("value", [1e308, -1e308, 10**30])
def test_offsets_beyond_all_bounds_are_set_aside(tmp_path: Path, name: str, value: float) -> None:
    told = call(turns=[{"speaker": "user", "text": "hello", name: value}])
    file = write(tmp_path / "calls.jsonl", told)
    transport = httpx.MockTransport(lambda _: httpx.Response(500))
    with httpx.Client(base_url="http://double", transport=transport) as client:
        plan = Plan(Source.of(str(file)), "p", "local", tmp_path)
        summary = Import(plan, Sender(client, "p"), lambda summary, read: None).run()
    assert (summary.conversations, summary.set_aside) == (0, 1)
