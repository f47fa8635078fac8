"""When what is sent, with a clock and a network in the test's hands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from aftercall.sdk.backoff import CONFIGURATION_S, FIRST_S, LONGEST_S, Backoff
from aftercall.sdk.delivery import Delivery
from aftercall.sdk.notices import Notices
from aftercall.sdk.rejects import Rejects
from aftercall.sdk.sender import ADOPT_EVERY_S, PASSED_OVER_S, Sender
from aftercall.sdk.spools import Spools
from tests.sdk.fakes import Clock, FakeTransport, acknowledged, chunk, refused, settings_in


class Rig:
    """A sender with everything around it. Jitter is always the longest possible."""

    def __init__(self, folder: Path, **options: Any) -> None:
        self.clock = Clock()
        self.transport = FakeTransport()
        self.settings = settings_in(folder, **options)
        notices = Notices()
        self.spools = Spools(self.settings, notices, self.clock)
        self.rejects = Rejects(folder)
        delivery = Delivery(self.transport, self.rejects, notices)
        self.sender = Sender(
            self.spools, delivery, self.settings, notices, self.clock, Backoff(rng=lambda: 1.0)
        )

    def spool(self, *numbers: int, project: str = "p", hurry: bool = False, size: int = 0) -> None:
        assert self.spools.put(chunk(*numbers, project=project, size=size))
        self.sender.spooled(hurry=hurry)

    def after(self, seconds: float) -> float:
        self.clock.now += seconds
        return self.sender.round()


@pytest.fixture
def new_rig(tmp_path: Path) -> Iterator[Callable[..., Rig]]:
    made: list[Rig] = []

    def new(**options: Any) -> Rig:
        made.append(Rig(tmp_path, **options))
        return made[-1]

    yield new
    for rig in made:
        rig.spools.close()


@pytest.fixture
def rig(new_rig: Callable[..., Rig]) -> Rig:
    return new_rig()


def test_events_are_gathered_before_they_are_sent(rig: Rig) -> None:
    rig.spool(1)
    assert rig.after(0) == pytest.approx(rig.settings.send_every)
    rig.spool(2)
    assert rig.transport.requests == []
    rig.after(rig.settings.send_every)
    assert rig.transport.sizes() == [2]
    assert rig.spools.events() == 0
    assert rig.after(0) == pytest.approx(ADOPT_EVERY_S - rig.settings.send_every)


def test_the_end_of_a_call_does_not_wait(rig: Rig) -> None:
    rig.spool(1)
    rig.spool(2, hurry=True)
    rig.after(0)
    assert rig.transport.sizes() == [2]


def test_a_full_batch_does_not_wait(new_rig: Callable[..., Rig]) -> None:
    rig = new_rig(max_batch_events=2)
    rig.spool(1, 2)
    rig.after(0)
    assert rig.transport.sizes() == [2]


def test_batches_are_bounded_by_count_and_bytes(new_rig: Callable[..., Rig]) -> None:
    rig = new_rig(max_batch_events=4, max_batch_bytes=3000)
    for number in range(6):
        rig.spool(2 * number, 2 * number + 1)
    rig.spool(100, size=5000)
    rig.spool(101, size=2000)
    rig.spool(102, size=2000)
    rig.after(1)
    assert rig.transport.sizes() == [4, 4, 4, 1, 1, 1]
    ids = [event["id"] for _, events in rig.transport.requests for event in events]
    assert ids == [f"e{number}" for number in [*range(12), 100, 101, 102]]


def test_failures_are_followed_by_pauses_that_grow_to_a_bound(rig: Rig) -> None:
    rig.transport.respond = lambda project, events: None
    rig.spool(1, hurry=True)
    pauses = []
    pause = rig.after(0)
    for _ in range(9):
        pauses.append(pause)
        pause = rig.after(pause)
    assert pauses[:5] == [FIRST_S * 2**n for n in range(5)]
    assert max(pauses) <= LONGEST_S
    # the longest pauses are interrupted to look for left spools, without sending
    assert 8 <= len(rig.transport.requests) <= 10
    assert rig.sender.last_error == "nobody is there"
    rig.transport.respond = lambda project, events: acknowledged(len(events))
    rig.after(LONGEST_S)
    assert rig.sender.last_error is None
    assert rig.spools.events() == 0
    rig.transport.respond = lambda project, events: None
    rig.spool(2, hurry=True)
    assert rig.after(0) == FIRST_S


def test_new_events_and_ended_calls_do_not_shorten_a_pause(rig: Rig) -> None:
    rig.transport.respond = lambda project, events: refused(503)
    rig.spool(1, hurry=True)
    rig.after(0)
    for number in range(5):
        rig.spool(number + 2, hurry=True)
        rig.after(FIRST_S / 10)
    assert len(rig.transport.requests) == 1


def test_jitter_is_full() -> None:
    drawn = iter([0.0, 0.5, 1.0])
    backoff = Backoff(rng=lambda: next(drawn))
    assert [backoff.next(), backoff.next(), backoff.next()] == [0.0, FIRST_S, 4 * FIRST_S]


def test_what_the_server_asks_for_is_a_minimum(rig: Rig) -> None:
    rig.transport.respond = lambda project, events: refused(429, retry_after="7")
    rig.spool(1, hurry=True)
    assert rig.after(0) == 7 + FIRST_S


def test_somebody_who_waits_shortens_pauses(rig: Rig) -> None:
    rig.transport.respond = lambda project, events: None
    rig.spool(1, hurry=True)
    pause = rig.after(0)
    for _ in range(5):
        pause = rig.after(pause)
    assert pause > FIRST_S
    with rig.sender.somebody_waits():
        before = len(rig.transport.requests)
        assert rig.after(0) == FIRST_S
        assert len(rig.transport.requests) == before + 1


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_wrong_project_does_not_hold_up_the_others(
    rig: Rig, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    rig.transport.respond = lambda project, events: (
        refused(status) if project == "wrong" else acknowledged(len(events))
    )
    rig.spool(1, project="wrong")
    rig.spool(2, project="right", hurry=True)
    pause = rig.after(0)
    assert pause == CONFIGURATION_S == 30
    assert [project for project, _ in rig.transport.requests] == ["wrong", "right"]
    assert rig.spools.events() == 1
    assert "wrong" in caplog.text
    assert rig.sender.last_error is not None
    rig.spool(3, project="right", hurry=True)
    rig.after(1)
    assert [project for project, _ in rig.transport.requests] == ["wrong", "right", "right"]
    assert rig.sender.last_error is not None, "still waiting for somebody to put the other right"
    rig.transport.respond = lambda project, events: acknowledged(len(events))
    rig.after(CONFIGURATION_S)
    assert rig.spools.events() == 0
    assert rig.sender.last_error is None
    assert len([record for record in caplog.records if "wrong" in record.getMessage()]) == 1


def test_an_event_that_breaks_the_server_holds_up_nothing(rig: Rig) -> None:
    def respond(project: str, events: list[dict[str, Any]]) -> Any:
        broken = any(event["id"] == "e5" for event in events)
        return refused(500) if broken else acknowledged(len(events))

    rig.transport.respond = respond
    for number in range(10):
        rig.spool(number, hurry=True)
    for _ in range(10):
        rig.after(LONGEST_S)
        if rig.spools.events() == 1:
            break
    assert rig.spools.events() == 1
    rig.spool(20, hurry=True)
    rig.after(0)
    assert rig.spools.events() == 1, "what comes later passes it"
    asked = len(rig.transport.requests)
    rig.after(1)
    assert len(rig.transport.requests) == asked, "it is let be for a while"
    rig.transport.respond = lambda project, events: acknowledged(len(events))
    rig.after(PASSED_OVER_S)
    assert rig.spools.events() == 0


def test_what_cannot_be_deleted_is_not_sent_again(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.spool(1, hurry=True)
    (spool,) = rig.spools.sources()
    with spool.lock:
        spool._open().execute(
            "CREATE TRIGGER stop BEFORE DELETE ON chunk BEGIN SELECT RAISE(ABORT, 'full'); END"
        )
    rig.after(0)
    rig.after(CONFIGURATION_S)
    assert rig.transport.sizes() == [1]
    with spool.lock:
        spool._open().execute("DROP TRIGGER stop")
    rig.spool(2, hurry=True)
    rig.after(CONFIGURATION_S)
    assert rig.transport.sizes() == [1, 1]
    with spool.lock:
        assert spool._open().execute("SELECT count(*) FROM chunk").fetchone() == (0,)


def test_a_fault_in_a_round_does_not_end_the_thread(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    def broken(project: str, events: list[dict[str, Any]]) -> Any:
        raise ZeroDivisionError("ours")

    rig.transport.respond = broken
    rig.spool(1, hurry=True)
    waits: list[float] = []

    def wait(seconds: float) -> bool:
        waits.append(seconds)
        rig.clock.now += seconds
        return len(waits) > 5

    rig.sender.run(wait)
    assert len(waits) == 6
    assert "ZeroDivisionError" in caplog.text
    assert rig.spools.events() == 1
