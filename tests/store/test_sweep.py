"""What the sweep looks at: a watermark that is wrong must not make it blind."""

from __future__ import annotations

from aftercall.model.ids import new_id
from aftercall.model.times import now_ms
from tests.store.conftest import BASE, Bench, incoming

WATERMARK = "sweep.watermark"
DAY = 86_400_000


def leave_half_done(bench: Bench) -> str:
    """Events without row and turns, as after kill -9 between the inserts; its conversation's id."""
    conversation = new_id()
    said = {
        "conversation_id": conversation,
        "kind": "turn",
        "speaker": "user",
        "text": "half done",
        "at": BASE,
    }
    bench.store.engine.insert("events", [incoming(said).record(bench.project.id, 5)])
    return conversation


def test_a_watermark_of_the_future_hides_nothing(bench: Bench) -> None:
    conversation = leave_half_done(bench)
    bench.catalog.settings.set(WATERMARK, now_ms() + 30 * DAY)
    bench.store.sweeper.sweep()
    assert bench.spoken(conversation) == ["half done"]
    assert bench.catalog.settings.get(WATERMARK) <= now_ms()


def test_a_sweep_that_is_cut_short_does_not_count(bench: Bench) -> None:
    conversation = leave_half_done(bench)
    bench.catalog.settings.set(WATERMARK, 0)
    stop = bench.store.sweeper._stop
    stop.set()
    try:
        bench.store.sweeper.sweep()
    finally:
        stop.clear()
    assert bench.catalog.settings.get(WATERMARK) == 0
    assert bench.rows(conversation) == []
    bench.store.sweeper.sweep()
    assert len(bench.rows(conversation)) == 1
