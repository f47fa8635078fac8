"""A model that plays the agent: its choices are carried out, its mistakes are told to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from aftercall.errors import InvalidInput
from aftercall.runtime import Pool, in_place
from aftercall.runtime.arguments import read_arguments
from aftercall.runtime.director import MOST_MOVES, Director
from aftercall.runtime.held import HeldCall

NewProject = Callable[[dict[str, str]], Path]

PROJECT = {
    "agent_settings/rules.txt": "Be kind. Use {{fn:add}}.\n",
    "functions/add.py": """
        @func_description("Add two numbers.")
        @func_parameter("a", "The first")
        @func_parameter("b", "The second")
        def add(conv, a: int, b: float):
            conv.write_metric("SUM", a + b)
            return f"the sum is {a + b}"
        """,
    "functions/bye.py": """
        @func_description("End the call.")
        def bye(conv, really: bool, why: str = ""):
            return {"hangup": True, "utterance": "Bye"}
        """,
    "flows/help/flow_config.yaml": "name: Help\ndescription: Helps.\nstart_step: Ask\n",
    "flows/help/steps/ask.yaml": "name: Ask\nstep_type: advanced_step\nprompt: 'Ask, then {{ft:done}}.'\n",
    "flows/help/functions/done.py": """
        @func_description("It is done.")
        def done(conv, flow):
            conv.exit_flow()
        """,
}


@pytest.fixture
def call(new_project: NewProject, pool: Pool) -> HeldCall:
    held = HeldCall(pool, in_place(new_project(PROJECT)))
    held.begin()
    held.hears("What is 2 and 3?")
    return held


def scripted(*answers: Mapping[str, Any]) -> tuple[list[str], Callable[[str], Mapping[str, Any]]]:
    prompts: list[str] = []
    rest: Iterator[Mapping[str, Any]] = iter(answers)

    def ask(prompt: str) -> Mapping[str, Any]:
        prompts.append(prompt)
        return next(rest)

    return prompts, ask


def test_it_calls_hears_the_result_and_speaks(call: HeldCall) -> None:
    prompts, ask = scripted({"call": "add", "arguments": {"a": 2, "b": 3.0}}, {"say": "It is five."})
    moves = list(Director(call, ask).answer())
    assert [(move.kind, move.text) for move in moves] == [("call", "add"), ("say", "It is five.")]
    assert call.metrics == {"SUM": 5.0}
    assert "- add: Add two numbers.\n    a (int): The first" in prompts[0]
    assert "Be kind. Use add." in prompts[0]
    assert "Caller: What is 2 and 3?" in prompts[0]
    assert "- Help: Helps." in prompts[0]
    assert "the sum is 5.0" in prompts[1]
    assert call.of_kind("turn")[-1]["text"] == "It is five."


def test_in_a_flow_it_sees_the_step_and_its_functions(call: HeldCall) -> None:
    prompts, ask = scripted({"enter": "Help"}, {"call": "done"}, {"say": "There."})
    moves = list(Director(call, ask).answer())
    assert [move.kind for move in moves] == ["enter", "call", "say"]
    assert "You are in no flow." in prompts[0]
    assert "- done:" not in prompts[0]
    assert "You are in the flow Help, at the step Ask. Ask, then done." in prompts[1]
    assert "- done: It is done." in prompts[1]
    assert call.current_flow is None


def test_a_function_that_is_not_there_is_no_end_of_the_call(call: HeldCall) -> None:
    prompts, ask = scripted({"call": "launch"}, {"say": "Sorry."})
    assert [move.kind for move in Director(call, ask).answer()] == ["say"]
    assert "launch: there is no such function here. There are: add, bye" in prompts[1]
    assert call.of_kind("function_call") == []


def test_it_is_stopped_when_it_never_speaks(call: HeldCall) -> None:
    forever = {"call": "add", "arguments": {"a": 1, "b": 1.0}}
    _, ask = scripted(*[forever] * 50)
    moves = list(Director(call, ask).answer())
    assert [move.kind for move in moves] == ["call"] * MOST_MOVES + ["say"]


@pytest.mark.parametrize("nonsense", [{}, {"say": ""}, {"call": 3}, {"arguments": {}}])
def test_nonsense_becomes_a_question(call: HeldCall, nonsense: dict[str, Any]) -> None:
    _, ask = scripted(nonsense)
    (move,) = Director(call, ask).answer()
    assert (move.kind, move.text) == ("say", "Sorry, could you say that again?")


def test_a_hang_up_ends_its_turn(call: HeldCall) -> None:
    _, ask = scripted({"call": "bye", "arguments": {"really": True}})
    (move,) = Director(call, ask).answer()
    assert call.is_over
    assert move.done is not None and move.done.ok
    assert call.of_kind("turn")[-1]["text"] == "Bye"


def test_what_a_person_types_becomes_what_the_function_takes(call: HeldCall) -> None:
    known = {item.name: item for item in call.functions}
    assert read_arguments(known["add"], {"a": " 2", "b": "3"}) == {"a": 2, "b": 3.0}
    assert read_arguments(known["bye"], {"really": "Yes"}) == {"really": True}
    assert read_arguments(known["bye"], {"really": "0", "why": "5"}) == {"really": False, "why": "5"}
    for told, message in (
        ({"a": "two", "b": "3"}, "a is int; 'two' is none"),
        ({"a": "2"}, "add needs b"),
        ({"a": "2", "b": "3", "c": "4"}, "add takes no 'c'; it takes a, b"),
    ):
        with pytest.raises(InvalidInput, match=message):
            read_arguments(known["add"], told)
    with pytest.raises(InvalidInput, match="really is bool"):
        read_arguments(known["bye"], {"really": "perhaps"})
