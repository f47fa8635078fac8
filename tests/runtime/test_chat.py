"""A chat, line by line: with a person who picks the functions, and with a model that plays the agent."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aftercall.runtime import Pool, in_place
from aftercall.runtime.chat import Chat, Line
from aftercall.runtime.held import HeldCall

NewProject = Callable[[dict[str, str]], Path]

PROJECT = {
    "functions/book.py": """
        @func_description("Book.")
        @func_parameter("day", "When")
        def book(conv, day: str, seats: int):
            conv.state.day = day
            conv.write_metric("BOOKED")
            conv.write_metric("SEATS", seats)
            conv.write_metric("LIST", [1])
            conv.log.warning("nearly full")
            conv.send_sms(content="see you")
            return f"booked {day}"
        """,
    "functions/fail.py": """
        @func_description("Fails.")
        def fail(conv):
            raise ValueError("no luck")
        """,
    "functions/desk.py": """
        @func_description("Hand over.")
        def desk(conv):
            conv.call_handoff(destination="desk", reason="asked")
            return {"utterance": "One moment."}
        """,
    "functions/end_function.py": """
        def end_function(conv):
            conv.write_metric("TURNS", len(conv.history))
        """,
    "flows/table/flow_config.yaml": "name: Table\nstart_step: Ask\n",
}


@pytest.fixture
def chat(new_project: NewProject, pool: Pool) -> Callable[..., Chat]:
    def make(**options: Any) -> Chat:
        return Chat(HeldCall(pool, in_place(new_project(PROJECT)), conversation_id="call-1"), **options)

    return make


def told(lines: list[Line]) -> list[str]:
    return [f"{line.kind}: {line.text}" for line in lines]


def test_a_person_picks_the_functions(chat: Callable[..., Chat]) -> None:
    session = chat()
    assert session.begin() == []
    assert session.take("A table, please") == []
    assert told(session.take("/flow Table")) == ["flow: Table / Ask"]
    assert told(session.take('/call book day="next Friday" seats=4')) == [
        "metric: BOOKED = true",
        "metric: SEATS = 4",
        "error: LIST is not written: a list is no metric value",
        "log: nearly full",
        "sms: see you",
        "function: booked next Friday",
    ]
    assert told(session.take("/say You are booked.")) == ["agent: You are booked."]
    assert told(session.take("/metrics")) == ["note: BOOKED = true", "note: SEATS = 4"]
    assert told(session.take("/state")) == ['note: day = "next Friday"']
    assert told(session.take("/functions"))[0] == "note: book day= seats="
    assert any("/call NAME" in line for line in told(session.take("/help")))
    assert told(session.take("/end")) == ["metric: TURNS = 2", "end: call-1"]
    assert session.is_over
    assert told(session.take("Hello?")) == ["note: the call is over"]
    assert session.end() == []
    assert session.call.of_kind("end")[0]["reason"] == "user_hangup"


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("/dance", "there is no /dance"),
        ("/call", "no function '' can be called here; there are: book, desk, fail"),
        ("/call nothing", "no function 'nothing'"),
        ("/call book day=Friday", "book needs seats"),
        ("/call book day=Friday seats=many", "seats is int"),
        ("/call book Friday", "'Friday' has no name"),
        ("/call book day='Friday", "that cannot be read"),
        ("/flow Chairs", "there is no flow 'Chairs'; there are: Table"),
    ],
)
def test_a_mistake_is_told_and_changes_nothing(chat: Callable[..., Chat], typed: str, message: str) -> None:
    session = chat()
    session.begin()
    before = list(session.call.events)
    (line,) = session.take(typed)
    assert line.kind == "error"
    assert message in line.text
    assert session.call.events == before


def test_a_function_that_fails_is_told_once_and_the_chat_goes_on(chat: Callable[..., Chat]) -> None:
    session = chat()
    session.begin()
    assert told(session.take("/call fail")) == ["error: fail: ValueError: no luck"]
    assert not session.is_over


def test_a_handoff_ends_it(chat: Callable[..., Chat]) -> None:
    session = chat(analyse=False)
    session.begin()
    assert told(session.take("/call desk")) == [
        "handoff: to desk: asked",
        "agent: One moment.",
        "end: call-1",
    ]
    assert session.call.of_kind("end")[0]["reason"] == "handoff"
    assert "TURNS" not in session.call.metrics  # the server will see to it


def test_a_model_plays_the_agent(chat: Callable[..., Chat]) -> None:
    answers = iter(
        [
            {"say": "Hello?"},
            {"call": "book", "arguments": {"day": "Friday", "seats": 2}},
            {"say": "Booked."},
        ]
    )
    session = chat(ask=lambda prompt: next(answers))
    assert told(session.begin()) == ["agent: Hello?"]
    lines = told(session.take("A table for two on Friday"))
    assert lines[0] == "metric: BOOKED = true"
    assert lines[-2:] == ["function: booked Friday", "agent: Booked."]


def test_a_model_that_fails_does_not_end_the_chat(chat: Callable[..., Chat]) -> None:
    def ask(prompt: str) -> dict[str, Any]:
        raise RuntimeError("overloaded")

    session = chat(ask=ask)
    assert told(session.begin()) == ["error: the model does not answer: overloaded"]
    assert told(session.take("/call book day=Friday seats=2"))[-1] == "function: booked Friday"
    assert told(session.end())[-1] == "end: call-1"
