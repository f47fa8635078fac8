"""What functions ask of the server: models, from several threads at once, and secrets."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from aftercall.runtime import Host, Prompt, Snapshot
from tests.runtime.conftest import NewRunner

ASK = """
def ask(conv, options):
    return conv.utils.prompt_llm("What happened?", **options)
"""


@pytest.mark.parametrize(
    ("options", "answer", "value"),
    [
        ({}, "A booking", "A booking"),
        ({}, '{"a": 1}', '{"a": 1}'),
        ({}, {"a": 1}, '{"a": 1}'),
        ({"return_json": True}, {"a": [1, None]}, {"a": [1, None]}),
    ],
)
def test_the_answer_has_the_kind_that_was_asked_for(
    runner: NewRunner, options: dict[str, Any], answer: Any, value: Any
) -> None:
    outcome = runner(ask=ASK)("ask", options, host=Host(lambda prompt: answer))
    assert outcome.value == value
    assert outcome.llm_calls == 1


def test_what_a_model_is_asked(runner: NewRunner) -> None:
    asked: list[Prompt] = []
    snapshot = Snapshot("call-1", history=[("agent", "Hello"), ("user", "Bonjour é\U0001f600")])
    options = {"show_history": True, "return_json": False, "model": "claude-sonnet-4"}

    def prompt_llm(prompt: Prompt) -> str:
        asked.append(prompt)
        return "x"

    runner(ask=ASK)("ask", options, snapshot=snapshot, host=Host(prompt_llm))
    (prompt,) = asked
    assert prompt == Prompt(
        conversation_id="call-1",
        prompt="What happened?",
        show_history=True,
        return_json=False,
        model="claude-sonnet-4",
        history=[
            {"type": "AgentResponse", "text": "Hello"},
            {"type": "UserInput", "text": "Bonjour é\U0001f600"},
        ],
        position=1,
    )


def test_without_a_model_it_raises_what_projects_expect(runner: NewRunner) -> None:
    outcome = runner(ask=ASK)("ask", {})
    assert outcome.error is not None and outcome.error.startswith(
        "NotImplementedError: no model is configured"
    )
    assert outcome.llm_calls == 1


@pytest.mark.parametrize(
    ("answer", "options", "told"),
    [
        (TimeoutError("the model took too long"), {}, "the model took too long"),
        (ValueError(), {}, "ValueError"),
        ("no object", {"return_json": True}, 'the model\'s answer is no JSON object: "no object"'),
        ([1], {"return_json": True}, "the model's answer is no JSON object: [1]"),
        (object(), {}, "Encoding objects of type object is unsupported"),
        ("\ud800", {}, "surrogates not allowed"),
    ],
)
def test_every_other_failure_is_a_chat_completion_error(
    runner: NewRunner, answer: Any, options: dict[str, Any], told: str
) -> None:
    def prompt_llm(prompt: Prompt) -> Any:
        if isinstance(answer, Exception):
            raise answer
        return answer

    project = runner(
        ask="""
        from _gen import ChatCompletionError

        def ask(conv, options):
            try:
                conv.utils.prompt_llm("?", **options)
            except ChatCompletionError as error:
                return str(error)
        """
    )
    outcome = project("ask", options, host=Host(prompt_llm))
    assert outcome.ok, outcome.traceback
    assert told in outcome.value


def test_threads_ask_at_the_same_time(runner: NewRunner) -> None:
    together = threading.Barrier(5, timeout=10)

    def prompt_llm(prompt: Prompt) -> str:
        together.wait()  # passes only if all five are being asked at once
        return prompt.prompt.upper()

    project = runner(
        end_function="""
        from concurrent.futures import ThreadPoolExecutor

        def end_function(conv):
            with ThreadPoolExecutor(5) as executor:
                answers = list(executor.map(conv.utils.prompt_llm, "abcde"))
            for answer in answers:
                conv.write_metric(answer)
            return answers
        """
    )
    outcome = project("end_function", host=Host(prompt_llm))
    assert outcome.value == list("ABCDE")
    assert (outcome.llm_calls, outcome.recycled) == (5, [])


def test_a_thread_that_raises_and_one_that_answers(runner: NewRunner) -> None:
    def prompt_llm(prompt: Prompt) -> str:
        if prompt.prompt == "b":
            raise RuntimeError("refused")
        return "fine"

    project = runner(
        end_function="""
        from concurrent.futures import ThreadPoolExecutor

        def one(conv, letter):
            try:
                return conv.utils.prompt_llm(letter)
            except Exception as error:
                return type(error).__name__

        def end_function(conv):
            with ThreadPoolExecutor() as executor:
                return list(executor.map(lambda letter: one(conv, letter), "abc"))
        """
    )
    assert project("end_function", host=Host(prompt_llm)).value == ["fine", "ChatCompletionError", "fine"]


def test_secrets(runner: NewRunner, caplog: pytest.LogCaptureFixture) -> None:
    secrets = {"key": "s3cret", "both": {"user": "a", "password": "b"}}
    project = runner(
        tell="""
        from _gen import SecretNotFound
        import os

        def tell(conv):
            told = [conv.utils.get_secret("key"), conv.utils.get_secret("both")]
            try:
                conv.utils.get_secret("other")
            except SecretNotFound as error:
                told.append(str(error))
            return told + ["s3cret" in str(dict(os.environ))]
        """
    )
    outcome = project("tell", host=Host(get_secret=secrets.__getitem__))
    assert outcome.value == ["s3cret", secrets["both"], "the project has no secret 'other'", False]
    assert outcome.llm_calls == 0
    assert "s3cret" not in caplog.text


def test_the_number_of_questions_is_bounded(runner: NewRunner) -> None:
    from dataclasses import replace

    project = runner(
        tell="""
        def tell(conv):
            for number in range(10):
                conv.utils.prompt_llm("?")
                conv.write_metric("ASKED", number)
        """
    )
    project.pool.limits = replace(project.pool.limits, prompts=3)
    outcome = project("tell", host=Host(lambda prompt: "x"))
    assert outcome.error == "ChatCompletionError: one call may ask 3 times"
    assert len(outcome.events) == 3


def test_entities_are_validated_without_a_model(runner: NewRunner) -> None:
    cases = [
        ("EmailConfig()", "Ann@Example.com", "ann@example.com"),
        ("EmailConfig()", "no", None),
        ("PhoneNumberConfig(country_code='44')", "07700 900123", "+447700900123"),
        ("PhoneNumberConfig()", "+44 (0) x", None),
        ("DateConfig()", "2026-03-01", "2026-03-01"),
        ("DateConfig()", "2026-02-30", None),
        ("TimeConfig()", "09:30", "09:30"),
        ("NumericConfig(min=1, max=5)", "3", "3"),
        ("NumericConfig(min=1, max=5)", 7, None),
        ("NameConfig()", "Ann O'Neill", "Ann O'Neill"),
        ("AlphanumericConfig()", "AB12", "AB12"),
        ("EnumConfig(options=['Small', 'Large'])", "small", "Small"),
        ("EnumConfig(options=['Small', 'Large'])", "huge", None),
        ("FreeTextConfig()", " anything ", "anything"),
        ("CurrencyConfig()", "$1,200.50", "1200.50"),
        ("QuantityConfig()", None, None),
    ]
    calls = ", ".join(
        f"conv.utils.validate_entity({value!r}, conv.utils.{config})" for config, value, _ in cases
    )
    outcome = runner(tell=f"def tell(conv):\n    return [[r.is_valid, r.value] for r in [{calls}]]\n")("tell")
    assert outcome.value == [[normal is not None, normal] for _, _, normal in cases]


def test_addresses_are_found_by_a_model(runner: NewRunner) -> None:
    prompts: list[str] = []

    def prompt_llm(prompt: Prompt) -> dict[str, Any]:
        prompts.append(prompt.prompt)
        return {"city": "Leeds", "state": None} if "a city" in prompt.prompt else {}

    project = runner(
        tell="""
        from _gen import ExtractionError

        def tell(conv):
            told = [conv.utils.extract_city(states=["West Yorkshire"], country="GB").city]
            try:
                conv.utils.extract_address()
            except ExtractionError as error:
                told.append(str(error))
            return told
        """
    )
    snapshot = Snapshot("call-1", history=[("user", "I am in Leeds"), ("agent", "Where?")])
    outcome = project("tell", snapshot=snapshot, host=Host(prompt_llm))
    assert outcome.value == ["Leeds", "nothing of the kind was found in what the user said last"]
    assert "I am in Leeds" in prompts[0] and "West Yorkshire" in prompts[0]


class NotTurnedOn(NotImplementedError):
    """As the door to models raises it: one of our own kinds."""


def test_a_door_of_its_own_kind_that_is_shut_is_still_a_not_implemented_error(runner: NewRunner) -> None:
    def shut(_: Prompt) -> str:
        raise NotTurnedOn("configure a model")

    outcome = runner(ask=ASK)("ask", {}, host=Host(shut))
    assert outcome.error is not None
    assert "NotImplementedError: configure a model" in outcome.error
