"""``conv.extract({...})``: fields from plain JSON, answers as plain JSON."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from aftercall.errors import InvalidInput
from aftercall.extraction import LlmExtractor, answers_of, asked_fields, extract
from aftercall.testing.model_endpoint import ModelEndpoint
from tests.extraction.calls import answer, call
from tests.llm.conftest import OpenDoor


def test_questions_become_fields() -> None:
    fields = asked_fields(
        {
            "WHY": "In one sentence, why did they call?",
            "RESOLVED": {"type": "boolean", "question": "Was it resolved?", "grounded": "required"},
            "KIND": {"options": ["a", "b"], "question": "Which kind?"},
            "MOOD": {"use": "sentiment"},
        }
    )
    assert [(one.name, one.type) for one in fields] == [
        ("WHY", "text"), ("RESOLVED", "boolean"), ("KIND", "categorical"), ("MOOD", "categorical"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "told", [{}, [], "Why?", {"A": 1}, {"A": {"type": "boolean"}}, {str(n): "?" for n in range(101)}]
)
def test_what_is_wrong_is_told(told: Any) -> None:
    with pytest.raises(InvalidInput) as raised:
        asked_fields(told)
    assert raised.value.code == "EXTRACTION_INVALID"


def test_answers_are_plain(endpoint: ModelEndpoint, open_door: OpenDoor) -> None:
    fields = asked_fields(
        {
            "GOOD": {"type": "boolean", "question": "?"},
            "BAD": {"type": "integer", "question": "?", "grounded": "required"},
            "NOT": {"type": "boolean", "question": "?", "when": {"channel": "chat"}},
        }
    )
    quote = (1, "I am very happy")
    endpoint.script({"GOOD": answer(True, quote), "BAD": answer(3, (1, "never said this"))})
    results = extract(
        call("user: I am very happy."), fields, {"llm": LlmExtractor(open_door().session("dental", "c1"))}
    )
    told = msgspec.json.decode(msgspec.json.encode(answers_of(results)))
    assert (told["GOOD"]["value"], told["GOOD"]["evidence"][0]["quote"]) == (True, "I am very happy")
    assert (told["BAD"]["value"], told["BAD"]["status"]) == (None, "ungrounded")
    assert (told["NOT"]["value"], told["NOT"]["status"]) == (None, "skipped")
