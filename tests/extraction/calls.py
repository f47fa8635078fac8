"""Calls and answers for these tests."""

from __future__ import annotations

from typing import Any

from aftercall.extraction import Call, Found, LlmExtractor, Results, extract, make_field
from aftercall.extraction.field import Field
from aftercall.llm import Door


def call(*lines: str, id: str = "c1", **facts: Any) -> Call:
    """``call("agent: Hello.", "user: My bill is wrong.")``; with ids turn-1, turn-2..."""
    events: list[dict[str, Any]] = [{"kind": "start", "at": 1_000}]
    for number, line in enumerate(lines, start=1):
        speaker, _, text = line.partition(":")
        events.append(
            {
                "kind": "turn",
                "id": f"turn-{number}",
                "at": 1_000 * (number + 1),
                "speaker": speaker.strip(),
                "text": text.strip(),
            }
        )
    return Call.of(id, events, facts)


REASON: dict[str, Any] = {"question": "Why did they call?", "grounded": "required"}
OPTIONS = ("booking", "billing", "other")


def reason(**changes: Any) -> Field:
    return make_field("CALL_REASON", "categorical", OPTIONS, extract={**REASON, **changes})


def resolved(**changes: Any) -> Field:
    return make_field("RESOLVED", "boolean", extract={"question": "Was it resolved?", **changes})


def answer(value: Any, *quotes: tuple[int, str], status: str = "ok", **more: Any) -> dict[str, Any]:
    """What a model says of one field."""
    told = {"status": status, "value": value, "reason": "it is said so", "confidence": 0.9}
    return {**told, "evidence": [{"turn": turn, "quote": quote} for turn, quote in quotes], **more}


def ask(door: Door, one: Call, *fields: Field, **options: Any) -> Results:
    return extract(one, fields, {"llm": LlmExtractor(door.session("dental", one.id), **options)})


def found_in(results: Results, name: str) -> Found:
    return next(found for field, found in results.found if field.name == name)
