"""``conv.extract``: what is asked goes up, what was found comes back typed, its events are the parent's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from aftercall.errors import InvalidInput
from aftercall.runtime import Extracted, Host, Limits, Pool, Snapshot, in_place
from tests.runtime.conftest import NewProject, NewRunner

ASK = """
def ask(conv, fields):
    conv.write_metric("BEFORE", 1)
    found = conv.extract(fields)
    conv.write_metric("AFTER", 2)
    return [found.DAYS.value + 1, found["DAYS"].status, found.DAYS.evidence[0].turn, found.NOTHING,
            found.GONE.value, [e.name for e in conv.metric_events]]
"""
QUOTE = {"turn": 2, "speaker": "user", "quote": "three days"}


def answered(value: Any, status: str = "ok") -> dict[str, Any]:
    return {"value": value, "status": status, "reason": "", "evidence": [QUOTE], "extractor": "llm"}


def event(name: str, value: Any, number: int = 1) -> dict[str, Any]:
    return {
        "kind": "metric", "id": f"x{number}-{name}", "conversation_id": "call-1", "at": 1_700_000_000_000,
        "source": "extraction", "name": name, "value": value, "lineage": {"status": "ok"},
        "evidence": [QUOTE],
    }  # fmt: skip


def test_answers_are_typed_and_events_stand_where_they_were_asked_for(runner: NewRunner) -> None:
    asked: list[tuple[Mapping[str, Any], int]] = []

    def extract(fields: Mapping[str, Any], position: int) -> Extracted:
        asked.append((fields, position))
        found = {"DAYS": answered(3), "GONE": answered(None, "skipped")}
        return Extracted(found, [event("DAYS", 3)], llm_calls=1)

    fields = {"DAYS": {"type": "integer", "question": "How many?"}, "GONE": "Why?"}
    outcome = runner(ask=ASK)("ask", fields, host=Host(extract=extract))
    assert outcome.ok, outcome.traceback
    assert outcome.value == [4, "ok", 2, None, None, ["BEFORE", "DAYS", "AFTER"]]
    assert asked == [(fields, 1)]
    assert [one["name"] for one in outcome.events] == ["BEFORE", "DAYS", "AFTER"]
    assert outcome.events[1] == event("DAYS", 3)  # the child could not have said so: it is the parent's word
    assert outcome.llm_calls == 1


@pytest.mark.parametrize(
    ("failure", "told"),
    [
        (
            InvalidInput("DAYS: extract: no question", code="EXTRACTION_INVALID"),
            "ValueError: DAYS: extract: no",
        ),
        (RuntimeError("the store is away"), "ChatCompletionError: the store is away"),
        (None, "NotImplementedError: conv.extract works in end_function"),
    ],
)
def test_what_goes_wrong_is_raised(runner: NewRunner, failure: Exception | None, told: str) -> None:
    def extract(fields: Mapping[str, Any], position: int) -> Extracted:
        assert failure is not None
        raise failure

    outcome = runner(ask=ASK)("ask", {"DAYS": "?"}, host=Host(extract=extract if failure else None))
    assert (outcome.error or "").startswith(told)
    assert [one["name"] for one in outcome.events] == ["BEFORE"]


def test_a_model_that_is_down_fails_the_call_and_the_reason_is_kept(runner: NewRunner) -> None:
    failed = {**event("DAYS", ""), "invalid": "failed: MODEL_TIMEOUT: it took too long"}
    host = Host(
        extract=lambda fields, position: Extracted({}, [failed], "DAYS: MODEL_TIMEOUT: it took too long")
    )
    outcome = runner(ask=ASK)("ask", {"DAYS": "?"}, host=host)
    assert outcome.error == "ChatCompletionError: DAYS: MODEL_TIMEOUT: it took too long"
    assert outcome.events[1:] == [failed]


THREADS = """
from concurrent.futures import ThreadPoolExecutor

def ask(conv):
    with ThreadPoolExecutor(4) as pool:
        return sorted(pool.map(lambda n: conv.extract({f"F{n}": "?"})[f"F{n}"].value, range(8)))
"""


def test_from_several_threads(runner: NewRunner) -> None:
    def extract(fields: Mapping[str, Any], position: int) -> Extracted:
        (name,) = fields
        return Extracted({name: answered(int(name[1:]))}, [event(name, 0, position)])

    outcome = runner(ask=THREADS)("ask", host=Host(extract=extract))
    assert outcome.value == list(range(8)), outcome.traceback
    assert len({one["id"] for one in outcome.events}) == 8


def test_what_is_extracted_counts_as_written(new_project: NewProject, tmp_path: Any) -> None:
    agent = in_place(new_project({"functions/ask.py": ASK}))
    many = [event("DAYS", n, n) for n in range(20)]
    with Pool(tmp_path / "home", limits=Limits(events=5)) as pool:
        host = Host(extract=lambda fields, position: Extracted({"DAYS": answered(1)}, many))
        outcome = pool.call(agent, "ask", Snapshot.of("call-1"), args=[{"DAYS": "?"}], host=host)
    assert (outcome.failure, len(outcome.events)) == ("output", 5)
