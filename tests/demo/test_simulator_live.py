from __future__ import annotations

import threading
from typing import Any

from aftercall.demo.simulator import live
from tests.demo.history import UNTIL

HOUR_MS = 3_600_000


class Clock:
    """Time that passes only while somebody waits."""

    def __init__(self, stop: threading.Event, until: int) -> None:
        self.now = UNTIL
        self._stop = stop
        self._until = until

    def __call__(self) -> int:
        return self.now

    def wait(self, seconds: float) -> None:
        assert 0 <= seconds < 60
        self.now += max(1, round(seconds * 1000))
        if self.now >= self._until:
            self._stop.set()


def played(seed: str, minutes: int) -> list[tuple[int, dict[str, Any]]]:
    stop = threading.Event()
    clock = Clock(stop, UNTIL + minutes * 60_000)
    told = live(stop, seed, clock=clock, wait=clock.wait)
    return [(clock.now, event) for events in told for event in events]


def test_events_come_when_they_happen_from_several_calls_at_once() -> None:
    told = played("juniper", minutes=20)
    for now, event in told:
        if event["kind"] != "end":
            assert 0 <= now - (event.get("ended_at") or event["at"]) < 50  # never before it happened
    calls = {event["conversation_id"] for _, event in told}
    assert 40 < len(calls) < 160  # one every 8 to 25 s
    begun = [event["conversation_id"] for _, event in told if event["kind"] == "start"]
    ended = [event["conversation_id"] for _, event in told if event["kind"] == "end"]
    assert set(begun) == calls
    assert set(ended) == calls  # those that went on when it stopped, too
    overlapping = [i for i, one in enumerate(begun[:-1]) if one not in ended or ended.index(one) > i]
    assert overlapping


def test_calls_cut_off_are_whole_up_to_their_end() -> None:
    calls: dict[str, list[dict[str, Any]]] = {}
    for _, event in played("juniper", minutes=3):
        calls.setdefault(event["conversation_id"], []).append(event)
    cut = [events for events in calls.values() if events[-1].get("reason") == "agent_hangup"]
    assert cut
    for events in cut:
        assert sorted(event["seq"] for event in events) == list(range(1, len(events) + 1))
        assert events[-1]["last_seq"] == len(events)
        assert len({event["id"] for event in events}) == len(events)


def test_the_result_comes_with_the_end_so_that_nobody_makes_another() -> None:
    stop = threading.Event()
    clock = Clock(stop, UNTIL + 4 * 60_000)
    batches = list(live(stop, analysed=True, clock=clock, wait=clock.wait))
    analysed = 0
    for batch in batches:
        for event in batch:
            if event["kind"] == "postcall":
                analysed += 1
                together = [one for one in batch if one["conversation_id"] == event["conversation_id"]]
                assert "end" in [one["kind"] for one in together]
    assert analysed > 5


def test_the_same_moment_and_seed_give_the_same_calls() -> None:
    assert played("juniper", minutes=2) == played("juniper", minutes=2)
