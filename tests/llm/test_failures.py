"""Every way in which a provider can fail: what is tried again, after how long, and what is told."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from email.utils import formatdate
from itertools import pairwise
from pathlib import Path

import pytest

from aftercall.llm import ChatCompletionError, Door
from aftercall.llm.retrying import LONGEST_S, pause_s
from aftercall.testing.model_endpoint import ModelEndpoint, Reply
from tests.llm.conftest import FakeTime, OpenDoor

GARBLED = [b"not json", b"{}", b"null", b"[1]", b'{"choices": []}', b'{"error": {"message": "boom"}}', b""]


@pytest.mark.parametrize(
    "reply",
    [
        Reply(status=429), Reply(status=500), Reply(status=502), Reply(status=503), Reply(status=504),
        Reply(status=529), Reply(status=408), Reply(status=409), Reply(hang_up=True), Reply("cut", cut=True),
        *(Reply(body=body) for body in GARBLED),
    ],
)  # fmt: skip
def test_what_passes_is_tried_again(
    endpoint: ModelEndpoint, open_door: OpenDoor, time_: FakeTime, reply: Reply
) -> None:
    door = open_door()
    endpoint.script(reply, reply, "At last.")
    assert door.session("dental", "c1").prompt_llm("Why?") == "At last."
    assert len(endpoint.requests) == 3
    assert len({str(request.body) for request in endpoint.requests}) == 1
    (call,) = door.ledger.calls()
    assert (call.outcome, call.attempts) == ("ok", 3)


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (Reply(status=400), "MODEL_REQUEST_REJECTED"),
        (Reply(status=401), "MODEL_UNAUTHORIZED"),
        (Reply(status=403), "MODEL_UNAUTHORIZED"),
        (Reply(status=404), "MODEL_NOT_FOUND"),
        (Reply(status=422), "MODEL_REQUEST_REJECTED"),
        (Reply(status=400, error_code="context_length_exceeded"), "MODEL_INPUT_TOO_LONG"),
        (Reply(status=429, error_code="insufficient_quota"), "MODEL_QUOTA_EXCEEDED"),
        (Reply(refusal="I cannot help with that."), "MODEL_REFUSED"),
        (Reply(None, finish="content_filter"), "MODEL_REFUSED"),
        (Reply(""), "MODEL_EMPTY"),
        (Reply(None), "MODEL_EMPTY"),
        (Reply("", finish="length"), "MODEL_TRUNCATED"),
    ],
)
def test_what_does_not_pass_is_asked_once(
    endpoint: ModelEndpoint, open_door: OpenDoor, time_: FakeTime, reply: Reply, code: str
) -> None:
    door = open_door()
    endpoint.script(reply)
    with pytest.raises(ChatCompletionError) as raised:
        door.session("dental", "c1").prompt_llm("Why?")
    assert (raised.value.code, raised.value.passing) == (code, False)
    assert (len(endpoint.requests), time_.slept) == (1, [])
    assert door.ledger.calls()[0].outcome == code
    endpoint.script("Better.")  # a failure is not stored
    assert door.session("dental", "c1").prompt_llm("Why?") == "Better."


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (Reply(status=429), "MODEL_RATE_LIMITED"),
        (Reply(status=500), "MODEL_UNAVAILABLE"),
        (Reply(hang_up=True), "MODEL_UNREACHABLE"),
        (Reply(body=b"not json"), "MODEL_BAD_ANSWER"),
    ],
)
def test_retries_end(
    endpoint: ModelEndpoint, open_door: OpenDoor, time_: FakeTime, reply: Reply, code: str
) -> None:
    endpoint.script(reply)
    with pytest.raises(ChatCompletionError) as raised:
        open_door(retries=2).session("dental").prompt_llm("Why?")
    assert (raised.value.code, raised.value.passing, raised.value.status) == (code, True, 502)
    assert len(endpoint.requests) == 3


def test_no_retries_when_none_are_wanted(endpoint: ModelEndpoint, open_door: OpenDoor) -> None:
    endpoint.script(Reply(status=500))
    with pytest.raises(ChatCompletionError):
        open_door(retries=0).session("dental").prompt_llm("Why?")
    assert len(endpoint.requests) == 1


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_respected(
    endpoint: ModelEndpoint, open_door: OpenDoor, time_: FakeTime, status: int
) -> None:
    asked_at: list[float] = []
    replies = iter([Reply(status=status, retry_after=7), Reply(status=status, retry_after=11), Reply("ok")])

    def answer(_: object) -> Reply:
        asked_at.append(time_.now)
        return next(replies)

    endpoint.script(answer)
    assert open_door().session("dental").prompt_llm("Why?") == "ok"
    waits = [later - earlier for earlier, later in pairwise(asked_at)]
    assert waits == [7, 11]


def test_retry_after_as_a_date(endpoint: ModelEndpoint, open_door: OpenDoor, time_: FakeTime) -> None:
    endpoint.script(Reply(status=503, retry_after=formatdate(time.time() + 30, usegmt=True)), "ok")
    assert open_door().session("dental").prompt_llm("Why?") == "ok"
    assert sum(time_.slept) == pytest.approx(30, abs=5)


def test_retry_after_holds_for_every_call_to_the_endpoint(
    endpoint: ModelEndpoint, open_door: OpenDoor, time_: FakeTime
) -> None:
    door = open_door(retries=0)
    endpoint.script(Reply(status=429, retry_after=20), "ok")
    with pytest.raises(ChatCompletionError) as raised:
        door.session("dental").prompt_llm("Why?")
    assert raised.value.retry_after_s == 20
    assert door.session("other").prompt_llm("Who?") == "ok"
    assert time_.slept == [20]


def test_retry_after_longer_than_the_call_may_take_is_told_at_once(
    endpoint: ModelEndpoint, open_door: OpenDoor, time_: FakeTime
) -> None:
    door = open_door(give_up_after_s=60)
    endpoint.script(Reply(status=429, retry_after=10**9), "ok")
    with pytest.raises(ChatCompletionError) as raised:
        door.session("dental").prompt_llm("Why?")
    assert (raised.value.code, raised.value.retry_after_s) == ("MODEL_RATE_LIMITED", 10**9)
    assert time_.slept == []
    time_.now += 61  # and the endpoint is not shut for thirty years
    assert door.session("dental").prompt_llm("Why?") == "ok"


@pytest.mark.parametrize("value", ["soon", "-5", ""])
def test_a_retry_after_that_makes_no_sense(
    endpoint: ModelEndpoint, open_door: OpenDoor, time_: FakeTime, value: str
) -> None:
    endpoint.script(Reply(status=429, retry_after=value), "ok")
    assert open_door().session("dental").prompt_llm("Why?") == "ok"


def test_pauses_grow_with_jitter_on_top_of_what_was_asked_for() -> None:
    assert [pause_s(n, None, lambda: 1.0) for n in (1, 2, 3, 4)] == [0.5, 1.0, 2.0, 4.0]
    assert pause_s(50, None, lambda: 1.0) == LONGEST_S
    assert pause_s(3, None, lambda: 0.0) == 0.0
    assert pause_s(2, 10.0, lambda: 0.5) == 10.5


def test_a_slow_answer_is_given_up(endpoint: ModelEndpoint, open_door: OpenDoor) -> None:
    endpoint.script(Reply("late", delay_s=30), "in time")
    started = time.perf_counter()
    door = open_door(timeout_s=0.4)
    assert door.session("dental").prompt_llm("Why?") == "in time"
    assert time.perf_counter() - started < 10
    endpoint.script(Reply("late", delay_s=30))
    with pytest.raises(ChatCompletionError, match=r"within 0\.4 s") as raised:
        open_door(timeout_s=0.4, retries=0).session("dental").prompt_llm("Who?")
    assert raised.value.code == "MODEL_TIMEOUT"


@pytest.fixture
def nobody() -> Iterator[str]:
    """An address that refuses connections: bound, and not listening."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}/v1"


def test_nobody_there(nobody: str, tmp_path: Path, time_: FakeTime) -> None:
    config = {
        "endpoints": {"gone": {"base_url": nobody, "retries": 1}},
        "models": {"*": {"endpoint": "gone", "input_price": 1, "output_price": 1}},
    }
    door = Door(tmp_path, config=config, clock=time_.clock, sleep=time_.sleep)
    with pytest.raises(ChatCompletionError, match=r"'gone'.*cannot be reached") as raised:
        door.session("dental").prompt_llm("Why?")
    assert raised.value.code == "MODEL_UNREACHABLE"
    assert door.ledger.calls()[0].attempts == 2
    assert door.ledger.spent("dental") == 0  # nothing was sent, so nothing can be billed
    door.close()
