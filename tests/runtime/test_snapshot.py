"""Stored events into what ``conv`` shows."""

from __future__ import annotations

from typing import Any

import pytest

from aftercall.runtime import Snapshot


def event(kind: str, at: Any, **fields: Any) -> dict[str, Any]:
    return {"kind": kind, "at": at, "id": f"{kind}-{at}-{fields.get('seq', 0)}", **fields}


def test_the_order_is_that_of_time_then_seq_whatever_the_order_of_arrival() -> None:
    events = [
        event("turn", 3000, speaker="user", text="third"),
        event("turn", "1970-01-01T00:00:01Z", speaker="agent", text="first"),
        event("turn", 2000, seq=5, speaker="agent", text="second and a half"),
        event("turn", 2000, seq=4, speaker="user", text="second"),
    ]
    texts = [text for _, text in Snapshot.of("c", events).history]
    assert texts == ["first", "second", "second and a half", "third"]


def test_what_was_retracted_is_not_seen() -> None:
    events = [
        event("metric", 1, name="A"),
        event("metric", 2, name="B"),
        {"kind": "retraction", "at": 0, "id": "r", "target": "metric-1-0"},
    ]
    assert [metric["name"] for metric in Snapshot.of("c", events).metrics] == ["B"]


@pytest.mark.parametrize("first", ["human", "agent"])
def test_facts_of_the_higher_source_win_then_later_ones(first: str) -> None:
    events = [
        event("start", 1, language="en", variant_name="a", channel="voice"),
        event("update", 2, language="fr", source=first),
        event("update", 3, language="de"),
    ]
    assert Snapshot.of("c", events).facts["language"] == ("fr" if first == "human" else "de")


def test_facts_that_are_known_better_win() -> None:
    events = [event("start", 1, language="en", from_number="+1", environment="sandbox")]
    facts = {"language": "fr", "to_number": "+2", "tags": ["x"], "variant_name": None, "attributes": {"a": 1}}
    snapshot = Snapshot.of("c", events, facts)
    assert snapshot.facts == {
        "env": "sandbox",
        "channel_type": "voice",
        "language": "fr",
        "caller_number": "+1",
        "callee_number": "+2",
    }
    assert snapshot.integration_attributes == {"a": 1}


def test_the_alternatives_are_of_the_last_thing_the_user_said() -> None:
    events = [
        event("turn", 1, speaker="user", text="a", alternatives=["b"]),
        event("turn", 2, speaker="user", text="c", transcript_alternatives=["c", "d"]),
        event("turn", 3, speaker="agent", text="e"),
    ]
    assert Snapshot.of("c", events).transcript_alternatives == ["c", "d"]


def test_attachments_are_carried_on() -> None:
    told = {"attachments": [{"title": "Menu"}]}
    assert (
        Snapshot.of("c", [event("custom", 1, name="attachments", data=told)]).attachments
        == told["attachments"]
    )


def test_no_events_at_all() -> None:
    snapshot = Snapshot.of("c")
    assert (snapshot.facts, snapshot.history) == ({"env": "live", "channel_type": "voice"}, [])
