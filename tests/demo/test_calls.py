"""The made-up calls: the same for the same seed, and varied enough to have something to ask about."""

from __future__ import annotations

from collections import Counter

from aftercall.demo.clinic import CALLERS, PHRASES
from aftercall.demo.past import Past
from aftercall.demo.player import _moment, perform
from aftercall.demo.scenes import LINE_UP, made_up_call
from aftercall.model.times import now_ms
from aftercall.sdk.conversation import Conversation
from aftercall.testing import RecordingSink

CALLS = [made_up_call(number) for number in range(400)]


def test_the_same_seed_makes_the_same_call() -> None:
    assert made_up_call("a") == made_up_call("a")
    assert made_up_call("a") != made_up_call("b")


def test_calls_differ_in_what_analysts_ask_for() -> None:
    metrics = Counter(step.told["name"] for call in CALLS for step in call.steps if step.kind == "metric")
    wanted = ["APPOINTMENT_BOOKED", "PAYMENT_PROCESSED", "HANDOFF_BILLING", "SMS_SENT", "INSURANCE_VERIFIED"]
    assert all(metrics[name] >= 10 for name in wanted), metrics
    assert Counter(call.ended_reason for call in CALLS).keys() == {"completed", "handoff", "user_hangup"}
    assert {call.language for call in CALLS} == set(PHRASES)
    assert {call.channel for call in CALLS} == {"voice", "chat"}
    errors = [step.told["error"] for call in CALLS for step in call.steps if "error" in step.told]
    assert {"calendar timed out after 5 s", "card declined"} == set(errors)
    callers = Counter(call.caller_number for call in CALLS)
    assert len(callers) > len(CALLERS)
    assert max(callers.values()) > 20  # some call again and again


def test_every_scene_is_played() -> None:
    flows = {step.told["flow"] for call in CALLS for step in call.steps if step.kind == "flow"}
    assert flows == {"Booking", "Reschedule", "Cancel", "Payment", "Insurance", "Emergency"}
    assert len(LINE_UP) == 12
    assert any(step.told.get("is_silence") for call in CALLS for step in call.steps)
    assert any(step.told.get("is_ood") for call in CALLS for step in call.steps)


def test_a_calls_clock_only_goes_on() -> None:
    for call in CALLS:
        times = [step.at for step in call.steps]
        assert times == sorted(times)
        assert call.duration >= times[-1]


def test_every_language_has_every_phrase() -> None:
    english = PHRASES["en-US"]
    for phrases in PHRASES.values():
        assert phrases.keys() == english.keys()


def test_the_past_dates_everything_the_sdk_records() -> None:
    client = RecordingSink()
    past = Past(client, 1_000)
    conversation = Conversation(client=past)
    conversation.start()
    for call in CALLS[:40]:
        for step in call.steps:
            past.now = 1_000 + step.at
            perform(conversation, step, past.now)
    past.now = 500_000
    conversation.end()
    at = [event["at"] for event in client.events]
    assert len(at) > 40
    assert min(at) == 1_000
    assert max(at) == 500_000
    kinds = {event["kind"] for event in client.events}
    assert kinds == {"start", "turn", "metric", "state", "function_call", "sms", "flow", "handoff", "end"}


def test_history_lies_within_its_days_and_never_in_the_future() -> None:
    now = now_ms()
    began = now - 60 * 86_400_000
    moments = [_moment(began, number, 320) for number in range(320)]
    assert began - 86_400_000 < min(moments)
    assert max(moments) < now
    assert len({moment // 86_400_000 for moment in moments}) >= 59
