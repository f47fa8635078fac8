"""A call held by hand: its functions run, its events are the wire's, and the flow goes where they send it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from aftercall.model.events import event_decoder
from aftercall.runtime import Pool, in_place
from aftercall.runtime.held import MAX_STEPS, HeldCall

NewProject = Callable[[dict[str, str]], Path]
Hold = Callable[..., HeldCall]

PROJECT = {
    "functions/start_function.py": """
        def start_function(conv):
            conv.state.begun = True
        """,
    "functions/greet.py": """
        @func_description("Greet the caller.")
        @func_parameter("name", "Their name")
        def greet(conv, name: str):
            conv.say("One moment")
            return {"utterance": f"Hello {name}", "content": "greeted"}
        """,
    "functions/hidden.py": """
        def hidden(conv):
            return conv.state.begun
        """,
    "functions/bye.py": """
        @func_description("End the call.")
        def bye(conv):
            return {"hangup": True}
        """,
    "functions/pass_on.py": """
        @func_description("Hand over.")
        def pass_on(conv):
            return {"handoff": {"destination": "desk", "reason": "asked"}}
        """,
    "functions/move.py": """
        @func_description("Go to another flow.")
        def move(conv):
            return {"transition": {"goto_flow": "Order", "goto_step": "Confirm"}}
        """,
    "functions/broken.py": """
        @func_description("Fails.")
        def broken(conv):
            conv.write_metric("BEFORE")
            raise ValueError("no luck")
        """,
    "functions/end_function.py": """
        def end_function(conv):
            conv.write_metric("SAID", sum(1 for said in conv.history if said.role == "user"))
        """,
    "flows/order/flow_config.yaml": "name: Order\ndescription: Takes an order.\nstart_step: Ask\n",
    "flows/order/steps/ask.yaml": "name: Ask\nstep_type: advanced_step\nprompt: Ask, then {{ft:take}}.\n",
    "flows/order/steps/confirm.yaml": "name: Confirm\nstep_type: advanced_step\nprompt: Confirm.\n",
    "flows/order/functions/take.py": """
        @func_description("Take the order.")
        def take(conv, flow, what: str):
            conv.state.order = what
            flow.goto_step("price")
            return f"taken: {what}"
        """,
    "flows/order/functions/round.py": """
        @func_description("Two steps that lead to each other.")
        def round(conv, flow):
            flow.goto_step("ping")
        """,
    "flows/order/function_steps/price.py": """
        def price(conv, flow):
            conv.write_metric("PRICED", len(conv.state.order))
            flow.goto_step("Confirm")
            return "priced"
        """,
    "flows/order/function_steps/ping.py": """
        def ping(conv, flow):
            flow.goto_step("pong")
        """,
    "flows/order/function_steps/pong.py": """
        def pong(conv, flow):
            flow.goto_step("ping")
        """,
    "flows/order/function_steps/stuck.py": """
        def stuck(conv, flow):
            return "goes nowhere"
        """,
    "flows/order/functions/to_stuck.py": """
        @func_description("To a step that goes nowhere.")
        def to_stuck(conv, flow):
            flow.goto_step("stuck")
        """,
}


@pytest.fixture
def hold(new_project: NewProject, pool: Pool) -> Hold:
    agent = in_place(new_project(PROJECT))

    def make(**options: Any) -> HeldCall:
        call = HeldCall(pool, agent, **options)
        call.begin()
        return call

    return make


def test_its_events_are_the_wires_in_order_and_complete(hold: Hold) -> None:
    told: list[dict[str, Any]] = []
    call = hold(caller_number="+15550123", on_event=told.append, attributes={"tier": "gold"})
    call.says("Hello?")
    call.hears("")
    call.hears("Me.")
    call.calls("greet", {"name": "Ann"})
    ended = call.ends("user_hangup")
    assert ended is not None and ended.ok
    assert told == call.events
    for event in call.events:
        event_decoder.decode(msgspec.json.encode(event))
    live = [event for event in call.events if event.get("source") != "extraction"]
    assert [event["seq"] for event in live] == list(range(1, len(live) + 1))
    assert len({event["id"] for event in call.events}) == len(call.events)
    assert call.of_kind("end")[0]["last_seq"] == len(live)
    start = call.of_kind("start")[0]
    assert (start["from_number"], start["environment"]) == ("+15550123", "sandbox")
    assert start["attributes"] == {"tier": "gold"}
    assert start["agent_version"] == call.agent.version
    assert [turn["text"] for turn in call.of_kind("turn")] == ["Hello?", "", "Me.", "One moment", "Hello Ann"]
    assert call.metrics == {"SAID": 2}
    assert call.state == {"begun": True}


def test_functions_steps_follow_the_function_that_goes_to_them(hold: Hold) -> None:
    call = hold()
    call.enters("Order")
    assert (call.current_flow, call.current_step) == ("Order", "Ask")
    done = call.calls("take", {"what": "tea"})
    assert done.ok and done.content == "taken: tea\npriced"
    assert [name for name, _ in done.steps] == ["price"]
    assert [event["name"] for event in call.of_kind("function_call")] == ["take", "price"]
    assert call.metrics == {"PRICED": 3}
    assert call.current_step == "Confirm"


def test_steps_that_lead_to_each_other_or_nowhere_end(hold: Hold) -> None:
    call = hold()
    call.enters("order")
    assert len(call.calls("round").steps) == MAX_STEPS
    assert [name for name, _ in call.calls("to_stuck").steps] == ["stuck"]


def test_what_functions_return_for_the_call_happens(hold: Hold) -> None:
    call = hold()
    call.calls("move")
    assert (call.current_flow, call.current_step, call.is_over) == ("Order", "Confirm", False)
    call.calls("bye")
    assert call.is_over is True


def test_a_handoff_that_is_returned_ends_the_call(hold: Hold) -> None:
    call = hold()
    call.calls("pass_on")
    assert call.is_over
    assert call.of_kind("handoff")[0]["destination"] == "desk"


def test_a_function_that_fails_is_on_the_call_with_its_traceback(hold: Hold) -> None:
    call = hold()
    done = call.calls("broken")
    assert not done.ok
    assert done.content == "broken failed: ValueError: no luck"
    assert call.of_kind("function_call")[0]["error"] == "ValueError: no luck"
    assert "broken.py" in call.of_kind("error")[0]["traceback"]
    assert call.metrics == {"BEFORE": True}
    assert not call.calls("take").ok  # not without its flow, and without its argument
    assert not call.calls("nothing_of_that_name").ok


def test_a_model_is_offered_what_it_may_call_where_it_is(hold: Hold) -> None:
    call = hold()
    outside = {item.name for item in call.functions}
    assert outside == {"greet", "bye", "pass_on", "move", "broken"}  # hidden has no description
    call.enters("Order")
    assert {item.name for item in call.functions} - outside == {"take", "round", "to_stuck"}


def test_a_server_may_do_the_rest(hold: Hold) -> None:
    call = hold()
    assert call.ends(analyse=False) is None
    assert call.events[-1]["kind"] == "end"
