"""Within 50 ms on disk: one tick empties memory and commits, and ticks are never further apart than 25 ms."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from aftercall.model.events import event_decoder
from aftercall.sdk.intake import Drops, Head, Intake, Marker
from aftercall.sdk.notices import Notices
from aftercall.sdk.spooler import TICK_S, Spooler
from aftercall.sdk.spools import Spools
from tests.sdk.fakes import settings_in

HEAD = Head("call-1", "p", "n-1-", True)


class Rig:
    def __init__(self, folder: Path, **options: Any) -> None:
        settings = settings_in(folder, **options)
        self.folder = folder
        self.notices = Notices()
        self.woken = 0
        self.drops = Drops()
        self.intake = Intake(settings.max_memory_events, settings.max_memory_bytes, self._wake, self.drops)
        self.spools = Spools(settings, self.notices)
        self.spooler = Spooler(self.intake, self.spools, self.drops, settings, self.notices)
        self.hurried: list[bool] = []
        self.spooler.on_spooled = self.hurried.append

    def _wake(self) -> None:
        self.woken += 1

    def metric(self, number: int, head: Head = HEAD, value: Any = True) -> None:
        self.intake.put((head, number, 1772357400000, "M", value, False, None))

    def on_disk(self) -> list[dict[str, Any]]:
        """What another process finds there now."""
        found = []
        for path in sorted(self.folder.glob("*-*.sqlite3")):
            connection = sqlite3.connect(path)
            for (body,) in connection.execute("SELECT body FROM chunk ORDER BY n"):
                found += msgspec.json.decode(b"[" + body + b"]")
            connection.close()
        return found


@pytest.fixture
def new_rig(tmp_path: Path) -> Iterator[Callable[..., Rig]]:
    made: list[Rig] = []

    def new(**options: Any) -> Rig:
        made.append(Rig(tmp_path / "spool", **options))
        return made[-1]

    yield new
    for rig in made:
        rig.spools.close()


@pytest.fixture
def rig(new_rig: Callable[..., Rig]) -> Rig:
    return new_rig()


def test_one_tick_takes_everything_to_disk_in_order(rig: Rig) -> None:
    for number in range(1, 1001):
        rig.metric(number)
    rig.spooler.tick()
    assert not rig.intake.items
    events = rig.on_disk()
    assert [event["seq"] for event in events] == list(range(1, 1001))
    assert [event["id"] for event in events[:2]] == ["n-1-1", "n-1-2"]
    assert all(event_decoder.decode(msgspec.json.encode(event)) for event in events)


def test_ticks_are_at_most_25_ms_apart_while_there_is_anything(rig: Rig) -> None:
    assert TICK_S <= 0.025
    waits: list[float | None] = []

    def wait(seconds: float | None) -> bool:
        waits.append(seconds)
        assert not rig.intake.asleep or seconds is None
        if len(waits) in (1, 30, 65):
            rig.metric(len(waits))
        elif len(waits) > 1 and waits[-2] is None:
            return True
        return False

    rig.intake.asleep = False
    rig.spooler.run(wait)
    assert set(waits[:-2]) == {TICK_S}
    assert waits.index(None) == 65 + 40, "it sleeps only after a second without events"
    assert len(rig.on_disk()) == 3


def test_whoever_puts_wakes_a_sleeping_thread(rig: Rig) -> None:
    assert rig.intake.asleep
    rig.metric(1)
    assert rig.woken == 1
    rig.intake.asleep = False
    rig.metric(2)
    assert rig.woken == 1


def test_what_is_put_while_it_goes_to_sleep_is_not_overlooked(rig: Rig) -> None:
    waits: list[float | None] = []

    class Sneaky(type(rig.intake)):  # type: ignore[misc]
        """Puts an event between the look at the deque and the announcement that the thread sleeps."""

        def __setattr__(self, name: str, value: Any) -> None:
            super().__setattr__(name, value)
            if name == "asleep" and value and waits[-1:] != [None]:
                self.items.append((HEAD, 1, 0, "M", True, False, None))

    rig.intake.__class__ = Sneaky

    def wait(seconds: float | None) -> bool:
        waits.append(seconds)
        return len(waits) > 45

    rig.spooler.run(wait)
    assert 0.0 in waits
    assert None not in waits
    assert rig.on_disk()


def test_a_real_thread_needs_no_waking_for_the_next_event(rig: Rig) -> None:
    wake = threading.Event()
    stop = threading.Event()
    spooled = threading.Event()
    rig.spooler.on_spooled = lambda hurried: spooled.set()

    def wait(seconds: float | None) -> bool:
        wake.wait(seconds)
        wake.clear()
        return stop.is_set()

    rig.intake.asleep = False
    thread = threading.Thread(target=rig.spooler.run, args=(wait,))
    thread.start()
    rig.metric(1)
    assert spooled.wait(5)
    assert len(rig.on_disk()) == 1
    stop.set()
    wake.set()
    thread.join()


def test_each_project_has_its_own_chunks(rig: Rig) -> None:
    other = Head("call-2", "q", "n-2-", True)
    for number in range(1, 11):
        rig.metric(number)
        rig.metric(number, other)
    rig.spooler.tick()
    (spool,) = rig.spools.sources()
    assert spool.lanes == {"p": 1, "q": 1}


def test_chunks_are_bounded(new_rig: Callable[..., Rig]) -> None:
    rig = new_rig(max_chunk_events=10, max_chunk_bytes=2000)
    for number in range(1, 26):
        rig.metric(number)
    rig.intake.put((HEAD, b'{"pad":"' + b"x" * 5000 + b'"}'))
    rig.metric(26)
    rig.spooler.tick()
    (spool,) = rig.spools.sources()
    chunks = spool.read("p", max_events=999, max_bytes=10**9)
    assert [chunk.events for chunk in chunks] == [10, 10, 6, 1]


def test_a_hurry_is_passed_on_with_what_was_put_before_it(rig: Rig) -> None:
    rig.metric(1)
    rig.spooler.tick()
    rig.spooler.hurried = True
    rig.spooler.tick()
    rig.spooler.tick()
    assert rig.hurried == [False, True]


def test_a_marker_waits_for_what_was_put_before_it(rig: Rig) -> None:
    rig.metric(1)
    marker = Marker()
    rig.intake.mark(marker)
    rig.metric(2)
    rig.spooler.tick()
    assert marker.spooled.is_set()
    (spool,) = rig.spools.sources()
    first, second = spool.read("p", max_events=9, max_bytes=9999)
    assert marker.is_waiting()
    spool.delete([first])
    assert not marker.is_waiting(), "the event after it does not matter"
    assert second.events == 1


def test_an_event_that_cannot_be_encoded_is_counted_and_takes_none_along(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    rig.metric(1)
    rig.metric(2, value="\ud800")
    rig.metric(3)
    rig.spooler.tick()
    assert [event["seq"] for event in rig.on_disk()] == [1, 3]
    assert rig.drops.total == 1
    assert "call-1" in caplog.text


def test_a_full_spool_drops_counts_logs_once_and_tells_each_conversation(
    new_rig: Callable[..., Rig], caplog: pytest.LogCaptureFixture
) -> None:
    rig = new_rig(max_spool_bytes=3000, max_chunk_events=1)
    other = Head("call-2", "p", "n-2-", True)
    for number in range(1, 31):
        rig.metric(number)
        rig.metric(number, other)
    rig.spooler.tick()
    kept = len(rig.on_disk())
    assert rig.drops.total == 60 - kept > 0
    assert rig.spools.full
    rig.spooler.tick()
    assert len(rig.on_disk()) == kept, "nothing is told while there is no room"
    assert len(caplog.records) == 1
    assert "full" in caplog.text
    (spool,) = rig.spools.sources()
    spool.delete(spool.read("p", max_events=999, max_bytes=10**9))
    rig.spooler.tick()
    told = rig.on_disk()
    assert {event["conversation_id"] for event in told} == {"call-1", "call-2"}
    assert {(event["kind"], event["name"], event["source"]) for event in told} == {
        ("custom", "aftercall.sdk.dropped", "system")
    }
    assert sum(event["data"]["count"] for event in told) == 60 - kept
    rig.spooler.tick()
    assert len(rig.on_disk()) == 2, "each is told once"


def test_memory_is_bounded_by_count_and_by_bytes(new_rig: Callable[..., Rig]) -> None:
    rig = new_rig(max_memory_events=10, max_memory_bytes=1000)
    for number in range(1, 16):
        rig.metric(number)
    assert (len(rig.intake.items), rig.drops.total) == (10, 5)
    rig.spooler.tick()
    for _ in range(5):
        rig.intake.put((HEAD, b'{"pad":1}' + b" " * 300), 309)
    assert (len(rig.intake.items), rig.drops.total) == (3, 7)


def test_a_fault_of_a_tick_does_not_end_the_thread(
    rig: Rig, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(chunk: Any) -> bool:
        raise ZeroDivisionError("ours")

    rig.metric(1)
    with monkeypatch.context() as patched:
        patched.setattr(rig.spools, "put", broken)
        rig.spooler.tick()
    assert "ZeroDivisionError" in caplog.text
    assert rig.drops.total == 1
    rig.metric(2)
    rig.spooler.tick()
    assert [event.get("seq") or event["data"] for event in rig.on_disk()] == [{"count": 1}, 2]
