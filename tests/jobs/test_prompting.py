"""What ``prompt_llm`` asks, without personal data where the project wants that."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from aftercall.extraction import Redactor
from aftercall.jobs.prompting import ask_model
from aftercall.llm import ChatCompletionError, Door, Session
from aftercall.runtime import Prompt
from aftercall.testing.model_endpoint import ModelEndpoint

HISTORY = [
    {"type": "AgentResponse", "text": "Who is calling?"},
    {"type": "UserInput", "text": "My name is Ann Lee, I call from 212-555-0188."},
]


@pytest.fixture
def endpoint() -> Iterator[ModelEndpoint]:
    with ModelEndpoint() as running:
        yield running


@pytest.fixture
def session(endpoint: ModelEndpoint, tmp_path: Path) -> Iterator[Session]:
    config = {
        "endpoints": {"double": {"base_url": endpoint.url, "retries": 0}},
        "models": {"*": {"endpoint": "double", "model": "m"}},
    }
    door = Door(tmp_path, config=config)
    yield door.session("dental", "c1")
    door.close()


def prompt(text: str, *, return_json: bool = False) -> Prompt:
    return Prompt("c1", text, True, return_json, None, HISTORY, 1)


def sent(endpoint: ModelEndpoint) -> str:
    return str(endpoint.requests[-1].body["messages"])


def test_the_model_sees_placeholders_and_the_answer_has_the_words(
    session: Session, endpoint: ModelEndpoint
) -> None:
    endpoint.script("Call [NAME_1] back on [PHONE_1].")
    answer = ask_model(session, prompt("Who called?"), Redactor())
    assert answer == "Call Ann Lee back on 212-555-0188."
    assert "Ann" not in sent(endpoint)
    assert "0188" not in sent(endpoint)
    assert "My name is [NAME_1]" in sent(endpoint)


def test_json_has_the_words_too(session: Session, endpoint: ModelEndpoint) -> None:
    endpoint.script('{"caller": {"name": "[NAME_1]"}, "numbers": ["[PHONE_1]", 2]}')
    answer = ask_model(session, prompt("As JSON.", return_json=True), Redactor())
    assert answer == {"caller": {"name": "Ann Lee"}, "numbers": ["212-555-0188", 2]}


def test_what_is_known_is_taken_out(session: Session, endpoint: ModelEndpoint) -> None:
    endpoint.script("ok")
    ask_model(session, prompt("The line is x-77-x."), Redactor(), known=["x-77-x"])
    assert "x-77-x" not in sent(endpoint)


def test_without_one_it_is_sent_as_it_stands(session: Session, endpoint: ModelEndpoint) -> None:
    endpoint.script("[NAME_1]")
    assert ask_model(session, prompt("Who?")) == "[NAME_1]"
    assert "Ann Lee" in sent(endpoint)


def test_a_detector_that_fails_sends_nothing(session: Session, endpoint: ModelEndpoint) -> None:
    def broken(text: str) -> list[tuple[int, int]]:
        raise RuntimeError(text)

    with pytest.raises(ChatCompletionError, match="redaction failed") as refused:
        ask_model(session, prompt("Who?"), Redactor(names=broken))
    assert "Ann" not in str(refused.value)
    assert not endpoint.requests
