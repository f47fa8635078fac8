"""The doubles that users test their functions with."""

from __future__ import annotations

from typing import Any

import pytest

from aftercall.sdk import WrongType
from aftercall.testing import (
    FakeConversation,
    assert_metric,
    assert_no_metric,
    recording,
    turns_of,
)


def test_metrics_are_what_reporting_shows() -> None:
    conv = recording(mode="production")
    conv.write_metric("HAPPENED")
    conv.write_metric("UNKNOWN", None)
    conv.write_metric("REASON", "a")
    conv.write_metric("REASON", "b")
    conv.write_metric("FIRST", 1, write_once=True)
    conv.write_metric("FIRST", 2, write_once=True)
    conv.write_metric("FIRST", 3)
    conv.write_metric("LATE_ONCE", 1)
    conv.write_metric("LATE_ONCE", 2, write_once=True)
    conv.write_metric("BAD", [1])
    assert conv.metrics == {"HAPPENED": True, "UNKNOWN": None, "REASON": "b", "FIRST": 1, "LATE_ONCE": 1}
    assert conv.invalid_metrics == {"BAD": "a list is no metric value"}


def test_asserting() -> None:
    conv = recording()
    conv.write_metric("BOOKED")
    assert_metric(conv, "BOOKED")
    assert_metric(conv, "BOOKED", True)
    assert_no_metric(conv, "OTHER")
    with pytest.raises(AssertionError, match="BOOKED is True \\(bool\\), not 1 \\(int\\)"):
        assert_metric(conv, "BOOKED", 1)
    with pytest.raises(AssertionError, match="OTHER was not written; written: BOOKED"):
        assert_metric(conv, "OTHER")
    with pytest.raises(AssertionError, match="BOOKED was written: True"):
        assert_no_metric(conv, "BOOKED")


def test_it_raises_on_mistakes_unless_told_otherwise() -> None:
    with pytest.raises(WrongType):
        recording().write_metric("M", object())
    recording(mode="production").write_metric("M", object())


def test_the_classic_end_function() -> None:
    queries = {"CALL_REASON": "Why did they call?", "RESOLVED": "Was it resolved?"}

    def analyse(conv: Any, questions: dict[str, str]) -> dict[str, Any]:
        prompt = "\n".join([*questions.values(), *(said.to_string() for said in conv.history)])
        answers: dict[str, Any] = conv.utils.prompt_llm(prompt, return_json=True, show_history=False)
        return answers

    def end_function(conv: Any) -> None:
        for key, value in conv.functions.analyse(queries).items():
            conv.write_metric(key, value)

    conv = FakeConversation(
        functions={"analyse": analyse}, prompt_llm={"refund": {"CALL_REASON": "refund", "RESOLVED": True}}
    )
    conv.with_turns([("agent", "Hello"), ("user", "A refund, please. A refund!")])
    end_function(conv)
    assert conv.metrics == {"CALL_REASON": "refund", "RESOLVED": True}
    assert conv.functions.calls == [("analyse", (queries,), {})]
    assert "User: A refund, please" in conv.utils.prompts[0].prompt
    assert turns_of(conv) == [("agent", "Hello"), ("user", "A refund, please. A refund!")]


def test_functions_get_conv_and_flow_only_when_the_caller_passed_none() -> None:
    seen: list[tuple[Any, ...]] = []

    def step(conv: Any, flow: Any, day: str = "mon") -> None:
        seen.append((conv, flow, day))

    def simple(day: str) -> str:
        return day

    conv = recording()
    flow = conv.fake_flow({"step": step, "simple": simple}, step="Ask")
    flow.functions.step(day="tue")
    flow.functions.step(conv, flow, "wed")
    assert seen == [(conv, flow, "tue"), (conv, flow, "wed")]
    assert flow.functions.simple("thu") == "thu"
    flow.goto_step("Confirm", "yes")
    assert flow.current_step == conv.current_step == "Confirm"
    assert conv.events_of("flow")[0]["label"] == "yes"
    with pytest.raises(AttributeError, match="no function 'missing' was given"):
        conv.functions.missing()


@pytest.mark.parametrize(
    ("replies", "as_json", "expected"),
    [
        ("yes", False, "yes"),
        ('{"a": 1}', True, {"a": 1}),
        ('{"a": 1}', False, '{"a": 1}'),
        ({"": {"a": 1}}, True, {"a": 1}),
        ({"": {"a": 1}}, False, '{"a": 1}'),
        ({"why": "because"}, False, "because"),
        (lambda prompt, **options: f"{prompt}:{options['model']}", False, "why?:gpt-4o"),
    ],
)
def test_answers_of_the_model(replies: Any, as_json: bool, expected: Any) -> None:
    conv = recording(prompt_llm=replies)
    assert conv.utils.prompt_llm("why?", return_json=as_json) == expected


def test_without_answers_there_is_no_model() -> None:
    with pytest.raises(NotImplementedError):
        recording().utils.prompt_llm("why?")
    with pytest.raises(KeyError, match="no reply for this prompt"):
        recording(prompt_llm={"other": "x"}).utils.prompt_llm("why?")


def test_secrets() -> None:
    conv = recording(secrets={"crm": "s3cret"})
    assert conv.utils.get_secret("crm") == "s3cret"
    with pytest.raises(KeyError, match="no secret"):
        conv.utils.get_secret("other")


def test_the_state_to_begin_with() -> None:
    conv = recording(state={"call_start": 1})
    assert conv.state.call_start == 1
