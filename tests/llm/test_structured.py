"""Typed answers: asked for in three ways, repaired, or refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pytest
from pydantic import BaseModel, Field, create_model

from aftercall.llm import ChatCompletionError
from aftercall.testing.model_endpoint import ModelEndpoint, Reply
from tests.llm.conftest import OpenDoor


class Fields(BaseModel):
    reason: Literal["booking", "billing"] | None
    escalations: int = Field(ge=0)


@dataclass
class Point:
    x: int


MODES = ["tool", "schema", "prompted"]
GOOD = {"reason": "billing", "escalations": 2}


@pytest.mark.parametrize("output", MODES)
def test_three_ways_of_asking(endpoint: ModelEndpoint, open_door: OpenDoor, output: str) -> None:
    endpoint.script(GOOD)
    found = (
        open_door(output=output).session("dental", "c1").structured("Transcript ...", Fields, system="Read.")
    )
    assert found == Fields(reason="billing", escalations=2)
    body = endpoint.requests[0].body
    assert endpoint.requests[0].prompt == "Transcript ..."
    assert "Read." in endpoint.requests[0].text
    assert ("tools" in body) == (output == "tool")
    assert ("json_schema" in str(body.get("response_format"))) == (output == "schema")
    assert "escalations" in str(body)


@pytest.mark.parametrize("output", MODES)
def test_a_wrong_answer_goes_back_with_its_reason(
    endpoint: ModelEndpoint, open_door: OpenDoor, output: str
) -> None:
    endpoint.script({"reason": "weather", "escalations": 1}, {"reason": "billing"}, GOOD)
    session = open_door(output=output).session("dental", "c1")
    assert session.structured("Transcript", Fields).escalations == 2
    assert session.calls == 3
    assert "'booking' or 'billing'" in endpoint.requests[1].text
    assert "Field required" in endpoint.requests[2].text


@pytest.mark.parametrize("output", MODES)
@pytest.mark.parametrize("repairs", [0, 1])
def test_repairs_end(endpoint: ModelEndpoint, open_door: OpenDoor, output: str, repairs: int) -> None:
    door = open_door(output=output)
    endpoint.script({"reason": "Mrs Xyzzyworth", "escalations": 1})
    with pytest.raises(
        ChatCompletionError, match=r"reason: Input should be 'booking' or 'billing'"
    ) as raised:
        door.session("dental", "c1").structured("Transcript", Fields, repairs=repairs)
    assert raised.value.code == "MODEL_OUTPUT_INVALID"
    assert "Xyzzyworth" not in str(raised.value)
    assert len(endpoint.requests) == repairs + 1
    endpoint.script(GOOD)  # wrong answers are not stored
    assert door.session("dental", "c1").structured("Transcript", Fields, repairs=repairs).escalations == 2


@pytest.mark.parametrize("output", MODES)
def test_a_repaired_answer_is_stored_with_its_way(
    endpoint: ModelEndpoint, open_door: OpenDoor, output: str
) -> None:
    endpoint.script({"reason": "weather"}, GOOD, Reply(status=400))
    door = open_door(output=output)
    for _ in range(2):
        assert door.session("dental", "c1").structured("Transcript", Fields).escalations == 2
    assert len(endpoint.requests) == 2


def test_validate_says_what_is_wrong(endpoint: ModelEndpoint, open_door: OpenDoor) -> None:
    endpoint.script({"x": 1}, {"x": 7})
    found = open_door().session("dental").structured(
        "A number", Point, validate=lambda point: None if point.x > 5 else "x must be over 5"
    )  # fmt: skip
    assert found == Point(7)
    assert "x must be over 5" in endpoint.requests[1].text


def test_validate_may_ask_a_model_itself(endpoint: ModelEndpoint, open_door: OpenDoor) -> None:
    endpoint.script({"x": 1}, "fine")
    session = open_door().session("dental")
    answers: list[object] = []

    def validate(_: Point) -> None:
        answers.append(session.prompt_llm("Is it?"))

    assert session.structured("A number", Point, validate=validate) == Point(1)
    assert answers == ["fine"]


def test_a_model_made_at_run_time(endpoint: ModelEndpoint, open_door: OpenDoor) -> None:
    fields = create_model("Answers", CALL_REASON=(str, ...), ESCALATION_COUNT=(int | None, None))
    endpoint.script({"CALL_REASON": "billing"})
    found = open_door().session("dental").structured("Transcript", fields)
    assert found.model_dump() == {"CALL_REASON": "billing", "ESCALATION_COUNT": None}


def test_a_json_schema(endpoint: ModelEndpoint, open_door: OpenDoor) -> None:
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
    endpoint.script({"a": 1})
    found = open_door().session("dental").structured("Transcript", schema)
    assert (type(found), found) == (dict, {"a": 1})
    assert '"a"' in str(endpoint.requests[0].body).replace("'", '"')


@pytest.mark.parametrize("output", MODES)
def test_cut_off(endpoint: ModelEndpoint, open_door: OpenDoor, output: str) -> None:
    endpoint.script(Reply(None, finish="length"))
    with pytest.raises(ChatCompletionError, match="max_output_tokens") as raised:
        open_door(output=output).session("dental").structured("Transcript", Fields)
    assert raised.value.code == "MODEL_TRUNCATED"


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (Reply(status=401), "MODEL_UNAUTHORIZED"),
        (Reply(status=500), "MODEL_UNAVAILABLE"),
        (Reply(refusal="no"), "MODEL_REFUSED"),
    ],
)
def test_a_failed_request_ends_it(
    endpoint: ModelEndpoint, open_door: OpenDoor, reply: Reply, code: str
) -> None:
    endpoint.script(reply)
    with pytest.raises(ChatCompletionError) as raised:
        open_door(retries=1).session("dental").structured("Transcript", Fields)
    assert raised.value.code == code


def test_streaming_does_not_get_around_the_door(endpoint: ModelEndpoint, open_door: OpenDoor) -> None:
    from pydantic_ai import Agent
    from pydantic_ai.models import Model

    async def stream(model: Model) -> None:
        async with Agent(model).run_stream("Hi") as answer:
            await answer.get_output()

    with pytest.raises(NotImplementedError, match="streaming does not pass the door"):
        open_door().session("dental").run(stream)
    assert endpoint.requests == []


def test_the_loop_does_not_wait_for_itself(endpoint: ModelEndpoint, open_door: OpenDoor) -> None:
    session = open_door().session("dental")

    async def again(_: object) -> object:
        return session.prompt_llm("Why?")

    with pytest.raises(RuntimeError, match="wait for itself"):
        session.run(again)
