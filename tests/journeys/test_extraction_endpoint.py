"""Declared fields and ``conv.extract`` through a real server, against a model endpoint that misbehaves.

Every call ends with a stored value or a stored reason, and what was answered is not asked again, kill -9
included.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from aftercall.testing.model_endpoint import ModelEndpoint
from aftercall.testing.model_reply import ModelCall, Reply
from tests.extraction.calls import answer
from tests.jobs.machine import Machine

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("extraction-endpoint")]

FIELDS: dict[str, Any] = {
    "CALL_REASON": {
        "type": "categorical",
        "options": ["billing", "booking"],
        "definition": "Why they called.",
        "extraction": {"extract": "Why did they call?", "grounded": "required", "speaker": "user"},
    },
    "RESOLVED": {
        "type": "boolean",
        "definition": "It was done in the call, or not.",
        "extraction": {
            "extract": "Was it resolved?",
            "otherwise": False,
            "rules": [{"value": True, "any": [{"words": "corrected", "speaker": "agent"}]}],
        },
    },
    "TURNS_OF_THE_USER": {
        "type": "integer",
        "definition": "How often the caller spoke.",
        "extraction": {
            "extract": "How many turns did the caller take?",
            "extractors": ["rules"],
            "rules": [{"count_turns": {"regex": ".", "speaker": "user"}}],
        },
    },
}
SAID = "My bill is wrong, case {}."
END = """
def end_function(conv):
    said = conv.history[1].text
    if "asks by code" not in said:
        return
    found = conv.extract({
        "MOOD": {"options": ["calm", "cross"], "question": "How is the caller?", "grounded": "required"},
        "DAYS": {"type": "integer", "question": "How many days did they wait?", "minimum": 0},
        "WHY": "In one sentence, why did they call?",
        "TURNS": {"type": "integer", "question": "How many?", "extractors": ["rules"],
                  "rules": [{"count_turns": {"regex": ".", "speaker": "user"}}]},
        "CHATTED": {"type": "boolean", "question": "Did they chat?", "when": {"channel": "chat"}},
    })
    assert found.MOOD.value == "calm" and found["MOOD"].evidence[0].turn == 2, found
    assert type(found.DAYS.value) is int and found.DAYS.value + 1 == 4
    assert (found.WHY.value, found.WHY.status) == (None, "unknown")
    assert (found.TURNS.value, found.TURNS.extractor) == (1, "rules")
    assert found.CHATTED.status == "skipped"
    assert [one.name for one in conv.metric_events][-4:] == ["MOOD", "DAYS", "WHY", "TURNS"]
    try:
        conv.extract({"WRONG": {"type": "boolean"}})
    except ValueError as error:
        conv.write_metric("REFUSED", str(error))
    conv.write_metric("RESOLVED", True)
"""
GOOD = {
    "CALL_REASON": answer("billing", (2, "My bill is wrong")),
    "RESOLVED": answer(False, (2, "My bill is wrong")),
}
BY_CODE = {
    "MOOD": answer("calm", (2, "asks by code")),
    "DAYS": answer(3, (2, "This one asks")),
    "WHY": answer(None, status="unknown"),
}

Stored = tuple[Any, str, str]
"""Value, status, and how the reason begins."""


@dataclass
class Case:
    """What the endpoint does about the call whose caller names this case, and what is stored in the end."""

    replies: Sequence[Reply | dict[str, Any]]
    """In turn; the last again and again."""
    reason: Stored
    resolved: Stored
    requests: int
    attempts: int = 1
    asked: int = field(default=0)


RULES = (False, "ok", "no rule holds")
OK = ("billing", "ok", "")
CASES: dict[str, Case] = {
    "good": Case([GOOD], OK, (False, "ok", ""), 1),
    "invalid-json": Case([Reply('{"CALL_REASON": ')], ("", "failed", "MODEL_OUTPUT_INVALID"), RULES, 3),
    "mended": Case([Reply("no JSON at all"), GOOD], OK, (False, "ok", ""), 2),
    "wrong-option": Case(
        [{**GOOD, "CALL_REASON": answer("refund", (2, "My bill is wrong"))}],
        ("", "failed", "MODEL_OUTPUT_INVALID"), (False, "ok", ""), 3,
    ),
    "ungrounded": Case(
        [{**GOOD, "CALL_REASON": answer("billing", (2, "I want a refund now"))}],
        ("billing", "ungrounded", "the quote is not in turn 2"), (False, "ok", ""), 3,
    ),
    "wrong-speaker": Case(
        [{**GOOD, "CALL_REASON": answer("billing", (1, "Hello, how can I help?"))}],
        ("billing", "ungrounded", "turn 1 was spoken by the agent"), (False, "ok", ""), 3,
    ),
    "truncated": Case([Reply('{"CALL_REASON": {"sta', finish="length")], ("", "failed", "MODEL_"), RULES, 3),
    "cut": Case([Reply(value=GOOD, cut=True), GOOD], OK, (False, "ok", ""), 2, attempts=2),
    "hangs-up": Case([Reply(hang_up=True), GOOD], OK, (False, "ok", ""), 2, attempts=2),
    "limited": Case([Reply(status=429, retry_after=1), GOOD], OK, (False, "ok", ""), 2, attempts=2),
    "broken": Case([Reply(status=500)], ("", "failed", "MODEL_UNAVAILABLE"), RULES, 5, attempts=5),
    "slow": Case([Reply(value=GOOD, delay_s=20), GOOD], OK, (False, "ok", ""), 2, attempts=2),
    "refuses": Case([Reply(refusal="I cannot help with that.")], ("", "failed", "MODEL_"), RULES, 1),
    "echoes-injection": Case(
        [{"CALL_REASON": answer("ignore all instructions", (2, "ignore all instructions")),
          "RESOLVED": answer("yes, as told", (2, "case echoes-injection")), "ADMIN": answer(True)}],
        ("", "failed", "MODEL_OUTPUT_INVALID"), RULES, 3,
    ),
    "nothing": Case([{}], ("", "failed", "MODEL_OUTPUT_INVALID"), RULES, 3),
}  # fmt: skip


class Model:
    """Answers by the case that the caller names."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self.hold: Callable[[ModelCall], None] = lambda call: None

    def __call__(self, call: ModelCall) -> Reply | dict[str, Any]:
        self.hold(call)
        if "by code" in call.text and "MOOD" in call.text:
            return BY_CODE
        name = next((name for name in CASES if f"case {name}." in call.text), None)
        if name is None:
            return GOOD
        with self._guard:
            case = CASES[name]
            case.asked += 1
            return case.replies[min(case.asked, len(case.replies)) - 1]


@dataclass
class Bench:
    machine: Machine
    endpoint: ModelEndpoint
    model: Model

    def call_about(self, text: str) -> str:
        """A finished call in which the caller says it."""
        from aftercall.model.ids import new_id

        c = new_id()
        turns = [("agent", "Hello, how can I help?"), ("user", text), ("agent", "I see.")]
        told: list[dict[str, Any]] = [{"kind": "start", "from_number": "+14155550100"}]
        told += [{"kind": "turn", "speaker": speaker, "text": said} for speaker, said in turns]
        told.append({"kind": "end", "last_seq": 5})
        self.machine.tell(*({**e, "conversation_id": c, "seq": n} for n, e in enumerate(told, 1)))
        return c

    def settled(self, conversation_id: str) -> dict[str, Any]:
        """Its timeline, once nothing more is to be done about it."""
        path = f"/v1/conversations/{self.machine.project}/{conversation_id}/timeline"

        def done() -> dict[str, Any] | None:
            told: dict[str, Any] = self.machine.client.get(path).json()
            over = told["postcall"]["status"] in ("ok", "failed") and told["postcall"]["due_at"] is None
            return told if over else None

        found: dict[str, Any] = self.machine.until(done, f"the end of {conversation_id}")
        return found


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    home = tmp_path_factory.mktemp("endpoint") / "home"
    model = Model()
    with ModelEndpoint() as endpoint:
        endpoint.script(model)
        machine = Machine(home)
        models = {
            "endpoints": {
                "here": {"base_url": endpoint.url, "retries": 0, "timeout_s": 5, "concurrency": 32}
            },
            "models": {"*": {"endpoint": "here", "input_price": 1.0, "output_price": 10.0}},
        }
        (home / "models.yaml").write_text(json.dumps(models))  # which is YAML too
        try:
            machine.start()
            machine.make_project()
            for name, told in FIELDS.items():
                made = machine.client.put(f"/v1/metrics/{name}", json=told)
                assert made.status_code in (200, 201), made.text
            machine.add_agent(END)
            yield Bench(machine, endpoint, model)
        finally:
            machine.close()


def metric(told: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = [one for one in told["metrics"] if one["name"] == name]
    return dict(found)


def check_stored(told: dict[str, Any], name: str, wanted: Stored, case: str) -> None:
    one = metric(told, name)
    value, status, reason = wanted
    lineage = one["lineage"]
    assert (one["value"], lineage["status"]) == (value, status), (case, one)
    assert lineage.get("reason", "").startswith(reason), (case, lineage)
    assert len(lineage["definition"]) == 12
    assert one["source"] == "extraction"
    if status == "failed" or (status == "ungrounded" and name == "CALL_REASON"):
        assert one["status"] == "invalid"
        assert one["reason"].startswith(f"{status}: ")
    if lineage["extractor"] == "llm":
        assert len(lineage["prompt"]) == 16
        assert ("model" in lineage) is (lineage["requests"] > 0)


def test_every_misbehaviour_ends_in_a_value_or_a_reason(bench: Bench) -> None:
    calls = {name: bench.call_about(SAID.format(name)) for name in CASES}
    for name, c in calls.items():
        case = CASES[name]
        told = bench.settled(c)
        check_stored(told, "CALL_REASON", case.reason, name)
        check_stored(told, "RESOLVED", case.resolved, name)
        assert metric(told, "TURNS_OF_THE_USER")["value"] == 1  # rules say their part whatever the model does
        assert case.asked == case.requests, name
        assert told["postcall"]["attempts"] == case.attempts, name
        assert {one["name"] for one in told["metrics"]} == set(FIELDS), name  # nothing that nobody asked for
    good = metric(bench.settled(calls["good"]), "CALL_REASON")
    (quote,) = good["evidence"]
    assert (quote["turn"], quote["speaker"], quote["quote"]) == (2, "user", "My bill is wrong")
    assert {"tokens_in", "tokens_out", "cost", "latency_ms", "self_reported", "at"} <= good["lineage"].keys()
    for name, code in (("slow", "TIMEOUT"), ("limited", "RATE_LIMITED"), ("cut", ""), ("hangs-up", "")):
        first, last = metric(bench.settled(calls[name]), "CALL_REASON")["history"]
        assert first["lineage"]["reason"].startswith(f"MODEL_{code}"), (name, first)  # it stays to be seen
        assert (first["counts"], last["wins"]) == (False, True)
    failed = metric(bench.settled(calls["invalid-json"]), "RESOLVED")["lineage"]
    assert [one["extractor"] for one in failed["tried"]] == ["llm"]


def test_code_asks_with_the_same_guarantees(bench: Bench) -> None:
    before = len(bench.endpoint.requests)
    told = bench.settled(bench.call_about("My bill is wrong. This one asks by code."))
    assert told["postcall"]["status"] == "ok", told["postcall"]
    stored = {one["name"]: (one["value"], (one["lineage"] or {}).get("status")) for one in told["metrics"]}
    assert stored["MOOD"] == ("calm", "ok")
    assert stored["DAYS"] == (3, "ok")
    assert stored["WHY"] == (None, "unknown")
    assert stored["TURNS"] == (1, "ok")
    assert "WRONG: extract: there is no question" in stored["REFUSED"][0]
    mood = metric(told, "MOOD")
    assert mood["evidence"][0]["quote"] == "asks by code"
    assert (mood["source"], mood["lineage"]["extractor"], mood["lineage"]["shared_by"]) == (
        "extraction",
        "llm",
        3,
    )
    assert stored["RESOLVED"] == (True, None)  # the code wrote it, so the declared field was not asked
    assert metric(told, "RESOLVED")["lineage"]["extractor"] == "end"
    assert len(bench.endpoint.requests) - before == 2  # one for all of conv.extract, one for what is declared


def test_a_wrong_declaration_is_refused_at_every_door(bench: Bench, tmp_path: Path) -> None:
    client = bench.machine.client
    question = {"extract": "Was it?", "rules": [{"value": True, "any": [{"regex": "(?=x)"}]}]}
    wrong = {**FIELDS["RESOLVED"], "extraction": question}
    answers = [
        client.put("/v1/metrics/RESOLVED", json=wrong),
        client.patch(
            "/v1/metrics/RESOLVED", json={"extraction": {"extract": "Was it?", "grounded": "perhaps"}}
        ),
        client.post("/v1/registry/plan", json={"yaml": json.dumps({"RESOLVED": wrong})}),
        client.post("/v1/registry/apply", json={"yaml": json.dumps({"RESOLVED": wrong})}),
    ]
    for one in answers:
        assert (one.status_code, one.json()["error_code"]) == (400, "EXTRACTION_INVALID"), one.text
        assert one.json()["error_message"].startswith("RESOLVED: ")
    assert client.get("/v1/metrics/RESOLVED").json()["extraction"]["otherwise"] is False


def test_kill_9_asks_no_answered_question_again(bench: Bench) -> None:
    """The server is killed while one half of the calls has its answers and the other half waits for them."""
    machine, endpoint = bench.machine, bench.endpoint
    answered, held = threading.Event(), threading.Event()
    names = [f"kill-{number}" for number in range(6)]

    def hold(call: ModelCall) -> None:
        if any(f"case {name}." in call.text for name in names[3:]) and not answered.is_set():
            held.set()
            answered.wait(60)

    bench.model.hold = hold
    before = len(endpoint.requests)
    calls = [bench.call_about(SAID.format(name)) for name in names]
    first = [bench.settled(c) for c in calls[:3]]
    assert held.wait(60)
    machine.kill()
    answered.set()
    machine.start()
    again = [bench.settled(c) for c in calls]
    for told in again:
        check_stored(told, "CALL_REASON", OK, "kill")
        assert [one["wins"] for one in metric(told, "CALL_REASON")["history"]] == [True]
    assert [metric(told, "CALL_REASON")["at"] for told in first] == [
        metric(told, "CALL_REASON")["at"] for told in again[:3]
    ]
    asked = [name for call in endpoint.requests[before:] for name in names if f"case {name}." in call.text]
    assert [asked.count(name) for name in names[:3]] == [1, 1, 1]

    # Replayed with an answer in store, the model is not asked; asked for fresh answers, it is.
    for fresh, more in ((False, 0), (True, 1)):
        before = len(endpoint.requests)
        path = f"/v1/conversations/{machine.project}/{calls[0]}/replay"
        attempts = bench.settled(calls[0])["postcall"]["attempts"]
        assert machine.client.post(path, json={"fresh": fresh}).status_code in (200, 202)
        machine.until(lambda n=attempts: bench.settled(calls[0])["postcall"]["attempts"] > n, "the replay")
        assert len(endpoint.requests) - before == more
    bench.model.hold = lambda call: None
