"""What is hidden in the history can be found by somebody who knows only the events."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from itertools import pairwise
from statistics import median

import pytest

from aftercall.demo.simulator.discoveries import INSURER, TERMINAL_ERROR, Planted
from aftercall.demo.simulator.rhythm import days_before
from tests.demo.history import DAYS, UNTIL, Seen

pytestmark = pytest.mark.xdist_group("simulator")  # the history is made once, by one worker

PLANTED = Planted.within(days_before(UNTIL, DAYS))
BACK_WITHIN = timedelta(days=4)
REFUSAL = re.compile(
    r"\b(leave it|forget it|never mind|don't book|don't put me|not taking|call (back|again)|think about it"
    r"|somewhere else|drop it|let's not|déjelo|no reserve|olvídelo|no me apunte|volveré a llamar|llamaré"
    r"|buscaré otro)",
    re.IGNORECASE,
)


def share(calls: Iterable[Seen], is_so: Callable[[Seen], bool]) -> float:
    told = [is_so(call) for call in calls]
    assert len(told) >= 12, "too few to tell"
    return sum(told) / len(told)


def attempts_to_pay(history: list[Seen]) -> list[Seen]:
    return [call for call in history if call.called("take_payment")]


def test_for_three_workdays_no_payment_goes_through_and_one_error_says_why(history: list[Seen]) -> None:
    failed: dict[date, list[bool]] = defaultdict(list)
    for call in attempts_to_pay(history):
        failed[call.day].append(any("error" in event for event in call.called("take_payment")))
    broken = sorted(day for day, outcomes in failed.items() if any(outcomes))
    assert tuple(broken) == PLANTED.incident
    assert all(all(failed[day]) for day in broken)
    errors = {event["error"] for call in history for event in call.of("function_call") if "error" in event}
    assert errors == {f"TerminalError: {TERMINAL_ERROR}"}
    traced = [event for call in history for event in call.of("error")]
    assert traced
    assert all("take_payment.py" in event["traceback"] for event in traced)


def test_the_incident_shows_in_the_business(history: list[Seen]) -> None:
    during = [call for call in attempts_to_pay(history) if call.day in PLANTED.incident]
    other = [call for call in attempts_to_pay(history) if call.day not in PLANTED.incident]
    assert share(during, lambda call: call.has("PAYMENT_PROCESSED")) == 0
    assert share(other, lambda call: call.has("PAYMENT_PROCESSED")) > 0.8
    assert share(during, lambda call: call.has("HANDOFF_BILLING")) > 0.45
    assert share(other, lambda call: call.has("HANDOFF_BILLING")) < 0.2
    assert share(during, is_unhappy) > 2 * share(other, is_unhappy)


def is_unhappy(call: Seen) -> bool:
    return bool(call.value("SENTIMENT") == "negative")


def is_unanswered(call: Seen) -> bool:
    """The insurer was asked and said nothing."""
    return call.has("INSURANCE_VERIFIED") and call.value("INSURANCE_VERIFIED") is None


def test_one_insurer_stops_answering(history: list[Seen]) -> None:
    asked = [call for call in history if call.has("INSURANCE_VERIFIED")]
    late = [call for call in asked if call.day >= PLANTED.insurer_from]
    assert share([call for call in late if call.value("INSURER") == INSURER], is_unanswered) > 0.5
    assert share([call for call in late if call.value("INSURER") != INSURER], is_unanswered) < 0.15
    early = [call for call in asked if call.day < PLANTED.insurer_from and call.value("INSURER") == INSURER]
    assert share(early, is_unanswered) < 0.15


def test_callers_whose_matter_was_left_open_come_back(history: list[Seen]) -> None:
    calls_of: dict[str, list[Seen]] = defaultdict(list)
    for call in history:
        calls_of[call.person].append(call)
    back = {
        id(earlier)
        for calls in calls_of.values()
        for earlier, later in pairwise(calls)
        if later.began - earlier.began < BACK_WITHIN
    }
    last = max(call.began for call in history)
    settled = [call for call in history if call.began < last - BACK_WITHIN]

    def is_back(call: Seen) -> bool:
        return id(call) in back

    paid = [call for call in settled if call.has("PAYMENT_PROCESSED")]
    unpaid = [call for call in settled if any("error" in event for event in call.called("take_payment"))]
    unanswered = [call for call in settled if is_unanswered(call)]
    assert share(settled, is_back) < 0.15
    assert share(paid, is_back) < 0.15
    assert share(unpaid, is_back) >= 0.5
    assert share(unanswered, is_back) > 0.3


def test_variant_b_books_for_callers_who_said_no(history: list[Seen]) -> None:
    refused: dict[str, list[Seen]] = {"warm": [], "brisk": []}
    booked: dict[str, list[Seen]] = {"warm": [], "brisk": []}
    for call in history:
        if not call.has("APPOINTMENT_BOOKED"):
            continue
        booked[call.variant].append(call)
        if REFUSAL.search(last_words_before_booking(call)):
            refused[call.variant].append(call)
    assert len(refused["brisk"]) / len(booked["brisk"]) > 0.1
    assert len(refused["warm"]) / len(booked["warm"]) < 0.02
    # The agent itself claims that the caller agreed.
    claims = {
        event["arguments"]["caller_agreed"] for call in refused["brisk"] for event in call.called("book_slot")
    }
    assert claims == {True}


def test_the_transcript_contradicts_the_agent(history: list[Seen]) -> None:
    """What the rules of metrics.yaml found after the call stands beside what the agent wrote in it."""
    contradicted, refused = set(), set()
    for place, call in enumerate(history):
        written = [event for event in call.of("metric") if event["name"] == "APPOINTMENT_BOOKED"]
        if written and REFUSAL.search(last_words_before_booking(call)):
            refused.add(place)
        for event in written:
            if event.get("source") == "extraction" and event["value"] is False:
                assert event["lineage"]["extractor"] == "rules"
                assert event["evidence"][0]["quote"] in {turn["text"] for turn in call.turns("user")}
                contradicted.add(place)
    assert len(contradicted) >= 20
    assert len(contradicted & refused) >= 0.8 * max(len(contradicted), len(refused))
    assert {history[place].variant for place in contradicted} == {"brisk"}


def test_every_call_is_read_and_says_by_whom(history: list[Seen]) -> None:
    asked = {
        "CALL_REASON", "RESOLUTION", "SENTIMENT", "FOLLOW_UP_NEEDED", "NO_SHOW_RISK", "ESCALATION_COUNT",
        "REPEAT_CONTACT", "CALL_SUMMARY", "QUALITY",
    }  # fmt: skip
    for call in history:
        told = {event["name"]: event["lineage"] for event in call.of("metric") if event.get("source")}
        assert asked <= told.keys()
        assert {told[name]["extractor"] for name in asked} == {"rules"}
        assert all(told[name]["status"] in ("ok", "unknown", "not_applicable") for name in asked)
    for name in asked - {
        "SENTIMENT",
        "NO_SHOW_RISK",
    }:  # of Spanish, and without an appointment, nothing is known
        assert share(history, lambda call, name=name: call.value(name) is not None) > 0.95


def last_words_before_booking(call: Seen) -> str:
    place = next(i for i, event in enumerate(call.events) if event.get("name") == "book_slot")
    said = [e for e in call.events[:place] if e["kind"] == "turn" and e["speaker"] == "user" and e["text"]]
    text: str = said[-1]["text"]
    return text


def test_some_of_them_call_to_complain(history: list[Seen]) -> None:
    booked = {
        call.person: call for call in history if call.has("APPOINTMENT_BOOKED") and call.variant == "brisk"
    }
    complaint = re.compile(
        r"never|said no|told you|didn't (agree|make)|declined|turned down|no (acepté|quise|pedí)|dije que no"
    )
    complaints = [
        call
        for call in history
        if call.person in booked
        and call.began > booked[call.person].began
        and call.called("find_appointment")
        and complaint.search(call.turns("user")[0]["text"].lower())
    ]
    assert len(complaints) >= 10


def test_in_the_last_days_spanish_calls_wait_longer(history: list[Seen]) -> None:
    def latency(is_spanish: bool, is_late: bool) -> float:
        return median(
            float(turn["latency_ms"])
            for call in history
            if call.is_spanish is is_spanish and (call.day >= PLANTED.slow_from) is is_late
            for turn in call.turns("agent")[1:]
        )

    assert latency(True, True) > 2 * latency(True, False)
    assert latency(False, True) < 1.2 * latency(False, False)
