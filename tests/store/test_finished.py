"""A commit whose predecessor got no further than the events writes what that one left out."""

from __future__ import annotations

import pytest

from aftercall.model.ids import new_id
from aftercall.store import finished
from aftercall.store.finished import Finished, digest
from aftercall.store.incoming import NEWEST
from tests.store.conftest import BASE, Bench, incoming


def test_the_turn_of_a_commit_that_was_cut_off_comes_with_the_next_one(bench: Bench) -> None:
    conversation = new_id()
    said = [
        {
            "conversation_id": conversation,
            "kind": "turn",
            "speaker": "user",
            "text": f"word {n}",
            "at": BASE + n,
        }
        for n in range(3)
    ]
    bench.send(said[0])
    bench.store.engine.insert("events", [incoming(said[1]).record(bench.project.id, 5)])
    bench.send(said[2])
    assert bench.spoken(conversation) == ["word 0", "word 1", "word 2"]
    assert bench.row(conversation)["num_utterances"] == 3


def test_a_digest_tells_other_events_from_the_same_ones() -> None:
    entries = [
        incoming({"conversation_id": "c", "kind": "log", "content": ""}).entry(NEWEST - n) for n in range(9)
    ]
    assert digest(entries) == digest(reversed(entries)) == digest(entries[4:], digest(entries[:4]))
    assert len({digest(entries[:n]) for n in range(9)}) == 9
    assert digest(entries[:1]) != digest(entries[1:2])


def test_only_the_conversations_of_late_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finished, "REMEMBERED", 3)
    kept = Finished()
    kept.note(1, [("a", (1, 1)), ("b", (1, 1)), ("c", (1, 1))])
    kept.note(1, [("a", (2, 2))])
    kept.note(2, [("a", (3, 3))])
    assert [kept.get(1, "a"), kept.get(1, "b"), kept.get(1, "c"), kept.get(2, "a")] == [
        (2, 2),
        None,
        (1, 1),
        (3, 3),
    ]
