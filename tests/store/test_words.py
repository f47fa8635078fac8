"""Search by words finds what stands, and only that, however often it was taken back or moved.

The search looks at places that hold the words, and at no others: so a tombstone must hold them too.
"""

from __future__ import annotations

from typing import Any

from aftercall.model.ids import new_id
from aftercall.store.reader import Filter
from tests.store.conftest import BASE, Bench

MONTH = 31 * 86_400_000


def said(conversation: str, text: str, **fields: Any) -> dict[str, Any]:
    told = {"conversation_id": conversation, "kind": "turn", "at": BASE, "speaker": "user", "text": text}
    return told | fields


def found(bench: Bench, words: str, **which: Any) -> list[str]:
    page = bench.store.reader.page(bench.project.id, Filter(words=words, **which), limit=10)
    return [one.conversation_id for one in page.items]


def test_what_was_taken_back_is_not_found_and_what_stands_in_its_place_is(bench: Bench) -> None:
    c = new_id()
    bench.send(said(c, "a crownpiece please", id="misheard"))
    assert found(bench, "crownpiece") == [c]
    bench.send(
        said(c, "", kind="retraction", target="misheard"),
        said(c, "a crown piece please", id="heard"),
    )
    assert found(bench, "crownpiece") == []
    assert found(bench, "crown piece") == [c]


def test_a_moved_start_moves_what_was_said(bench: Bench) -> None:
    c = new_id()
    early, late = {"end": BASE - MONTH // 2}, {"start": BASE - MONTH // 2}
    bench.send(said(c, "wandering words"))
    bench.send({"conversation_id": c, "kind": "update", "at": BASE, "started_at": BASE - MONTH})
    assert found(bench, "wandering") == [c]
    assert found(bench, "wandering", **early) == [c]
    assert found(bench, "wandering", **late) == []
    bench.send({"conversation_id": c, "kind": "update", "at": BASE + 1, "started_at": BASE - 60_000})
    assert found(bench, "wandering", **early) == []
    assert found(bench, "wandering", **late) == [c]
    in_turns = bench.store.engine.select(
        "SELECT count() FROM turns FINAL WHERE conversation_id = {c:String}", {"c": c}
    )
    assert in_turns == [(1,)]


def test_an_erased_conversation_leaves_no_word(bench: Bench) -> None:
    c = new_id()
    bench.send(said(c, "unforgettable"))
    bench.send({"conversation_id": c, "kind": "erasure", "at": BASE})
    assert found(bench, "unforgettable") == []
    bench.store.eraser.settle()
    left = bench.store.engine.select(
        "SELECT count() FROM turns WHERE conversation_id = {c:String} AND text != ''", {"c": c}
    )
    assert left == [(0,)]
