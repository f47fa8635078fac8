"""Concurrency and rates: the bounds hold."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftercall.llm import ChatCompletionError
from aftercall.llm.session import Session
from aftercall.llm.window import PERIOD_S, Window
from aftercall.testing.model_endpoint import ModelCall, ModelEndpoint, Reply
from tests.llm.conftest import FakeTime, OpenDoor


def ask_from_threads(session: Session, count: int) -> list[threading.Thread]:
    threads = [threading.Thread(target=session.prompt_llm, args=(f"question {n}",)) for n in range(count)]
    for thread in threads:
        thread.start()
    return threads


def test_no_more_at_once_than_concurrency(endpoint: ModelEndpoint, open_door: OpenDoor) -> None:
    full, release = threading.Event(), threading.Event()

    def answer(_: ModelCall) -> Reply:
        if len(endpoint.requests) >= 3:
            full.set()
        release.wait(30)
        return Reply("ok")

    endpoint.script(answer)
    threads = ask_from_threads(open_door(real_time=True, concurrency=3).session("dental"), 12)
    assert full.wait(20)
    # a fourth would come while three wait: give it the chance
    assert not endpoint.wait_for(lambda: len(endpoint.requests) > 3, timeout=0.5)
    release.set()
    for thread in threads:
        thread.join(30)
    assert (len(endpoint.requests), endpoint.at_once) == (12, 3)


def test_a_place_is_given_back_after_a_failure(endpoint: ModelEndpoint, open_door: OpenDoor) -> None:
    session = open_door(concurrency=1, retries=0).session("dental")
    endpoint.script(Reply(status=500), Reply(status=400), Reply(body=b"x"), "ok")
    for _ in range(3):
        with pytest.raises(ChatCompletionError):
            session.prompt_llm("Why?")
    assert session.prompt_llm("Why?") == "ok"


def test_requests_per_minute(endpoint: ModelEndpoint, open_door: OpenDoor, time_: FakeTime) -> None:
    asked_at: list[float] = []

    def answer(_: ModelCall) -> str:
        asked_at.append(time_.now)
        return "ok"

    endpoint.script(answer)
    session = open_door(requests_per_minute=4).session("dental")
    for number in range(10):
        time_.now += 1
        session.prompt_llm(f"question {number}")
    for moment in asked_at:
        assert sum(moment <= other < moment + 60 for other in asked_at) <= 4
    assert asked_at[-1] - asked_at[0] == pytest.approx(120, abs=3)  # and not slower than it must be


def test_retries_count_as_requests(endpoint: ModelEndpoint, open_door: OpenDoor, time_: FakeTime) -> None:
    endpoint.script(Reply(status=500), Reply(status=500), "ok")
    open_door(requests_per_minute=2).session("dental").prompt_llm("Why?")
    assert sum(time_.slept) == pytest.approx(60)


def test_tokens_per_minute_by_what_was_really_used(
    endpoint: ModelEndpoint, open_door: OpenDoor, time_: FakeTime
) -> None:
    endpoint.script(Reply("ok", tokens=(400, 100)))
    session = open_door(tokens_per_minute=1000).session("dental")
    for number in range(3):
        session.prompt_llm(f"question {number}")
    assert sum(time_.slept) == pytest.approx(60)  # two of 500 fit, the third waits for the first to pass


def test_a_call_larger_than_a_minutes_tokens_is_let_through_alone(
    endpoint: ModelEndpoint, open_door: OpenDoor, time_: FakeTime
) -> None:
    session = open_door(tokens_per_minute=10).session("dental")
    session.prompt_llm("long " * 1000)
    assert time_.slept == []
    session.prompt_llm("long " * 1000)
    assert sum(time_.slept) == pytest.approx(60)


def test_waiting_longer_than_the_call_may_take_is_an_error(
    endpoint: ModelEndpoint, open_door: OpenDoor, time_: FakeTime
) -> None:
    session = open_door(requests_per_minute=1, give_up_after_s=30).session("dental")
    session.prompt_llm("first")
    with pytest.raises(ChatCompletionError, match="at its limits") as raised:
        session.prompt_llm("second")
    assert (raised.value.code, raised.value.retry_after_s) == ("MODEL_RATE_LIMITED", 60)
    assert len(endpoint.requests) == 1


def test_waiting_for_a_place_ends_too(endpoint: ModelEndpoint, open_door: OpenDoor) -> None:
    release = threading.Event()
    endpoint.script(lambda call: (release.wait(30), Reply("ok"))[1])
    door = open_door(real_time=True, concurrency=1, give_up_after_s=0.5)
    threads = ask_from_threads(door.session("dental"), 1)
    assert endpoint.wait_for(lambda: len(endpoint.requests) == 1)
    with pytest.raises(ChatCompletionError, match="at its limits"):
        door.session("dental").prompt_llm("second")
    release.set()
    threads[0].join(30)


@given(
    st.integers(1, 50),
    st.lists(st.tuples(st.floats(0, 40), st.integers(1, 30), st.integers(0, 30)), max_size=40),
)
def test_no_window_ever_holds_more_than_its_limit(limit: int, steps: list[tuple[float, int, int]]) -> None:
    window, now, taken = Window(limit), 0.0, []
    for pause, amount, used in steps:
        now += pause
        now += window.wait_s(amount, now)
        assert window.wait_s(amount, now) <= 1e-6
        now += 1e-6
        entry = window.take(min(amount, limit), now)
        window.correct(entry, min(used, amount, limit))
        taken.append((now, min(used, amount, limit)))
        for end, _ in taken:
            assert sum(size for at, size in taken if end - PERIOD_S < at <= end) <= limit


def test_no_limit_no_wait() -> None:
    window = Window(None)
    window.correct(window.take(10**9, 0.0), 10**9)
    assert window.wait_s(10**9, 0.0) == 0
