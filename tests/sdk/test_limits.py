"""What is too long for a server is cut, told on the conversation, and never costs the event."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from aftercall.ingest import limits as servers
from aftercall.ingest.judge import Judge
from aftercall.model.times import now_ms
from aftercall.sdk import bounds
from aftercall.sdk.plain import MAX_NAME
from aftercall.testing import FakeConversation, recording

LONG = "x" * 300_000
HUGE = "y" * 2_000_000


def test_they_are_the_servers() -> None:
    ours = (
        bounds.FIELD_CHARACTERS,
        bounds.TEXT_CHARACTERS,
        bounds.EVENT_BYTES,
        bounds.TAGS,
        bounds.ID_CHARACTERS,
    )
    theirs = (
        servers.FIELD_CHARACTERS,
        servers.TEXT_CHARACTERS,
        servers.EVENT_BYTES,
        servers.TAGS,
        servers.EVENT_ID_CHARACTERS,
    )
    assert ours == theirs
    assert MAX_NAME == 200


@pytest.mark.parametrize(
    ("kind", "say"),
    [
        ("turn", lambda conv: conv.add_turn("user", LONG)),
        ("turn", lambda conv: conv.add_turn("user", "x", dtmf="1" * 2000)),
        ("log", lambda conv: conv.log.info(LONG)),
        ("log", lambda conv: conv.log.info("x", answer=HUGE)),
        ("error", lambda conv: conv.error(LONG, traceback=LONG)),
        (
            "function_call",
            lambda conv: conv.record_function_call("f", {"a": HUGE}, result=[HUGE], error=LONG),
        ),
        ("custom", lambda conv: conv.custom("c", HUGE)),
        ("flow", lambda conv: conv.goto_flow("F" * 2000)),
        ("handoff", lambda conv: conv.call_handoff("d" * 2000, LONG, "u", {"X": HUGE})),
        ("sms", lambda conv: conv.send_sms(to_number="1" * 2000, content=LONG)),
        ("update", lambda conv: conv.update(tags=["t" * 2000] * 500)),
        ("update", lambda conv: conv.update(attributes={"small": 1, "large": HUGE}, language="l" * 2000)),
        ("state", lambda conv: conv.state.update(small=1, large=HUGE)),
        ("end", lambda conv: conv.end("r" * 300_000)),
    ],
)
@pytest.mark.parametrize("mode", ["development", "production"])
def test_everything_too_long_is_cut_and_told(kind: str, say: Any, mode: Any) -> None:
    conv = recording(mode=mode)
    say(conv)
    bodies = [msgspec.json.encode(event) for event in conv.events]
    assert Judge(now_ms(), may_erase=False).all(bodies).rejections == []
    (said,) = [event for event in conv.events_of(kind) if event.get("fields") != {"logger": "aftercall.sdk"}]
    notes = [
        event["content"]
        for event in conv.events_of("log")
        if event.get("fields") == {"logger": "aftercall.sdk"}
    ]
    assert notes
    assert all(note.startswith(f"{kind}: ") or kind in ("error", "function_call") for note in notes)
    assert "characters)" in str(said) or "left out" in str(said)


def test_what_is_small_beside_it_stays() -> None:
    conv = recording()
    conv.state.update(small=1, large=HUGE)
    conv.update(attributes={"small": {"a": 1}, "large": HUGE})
    assert conv.events_of("state")[0]["set"]["small"] == 1
    assert conv.events_of("update")[0]["attributes"]["small"] == {"a": 1}
    assert conv.state.large == HUGE, "in the process it is whole"


def test_long_but_not_too_long_is_left_alone() -> None:
    conv = recording()
    text = "é" * bounds.TEXT_CHARACTERS
    conv.add_turn("user", text)
    assert conv.events_of("turn")[0]["text"] == text
    assert conv.events_of("log") == []


def test_a_metric_too_long_is_invalid() -> None:
    conv = FakeConversation(mode="production")
    conv.write_metric("M", LONG)
    assert "300000 characters" in conv.invalid_metrics["M"]
    assert len(conv.events[-1]["value"]) == bounds.TEXT_CHARACTERS
