"""The simulated history: complete, deterministic, shaped like a clinic's, and spoken by many mouths."""

from __future__ import annotations

import random
from collections import Counter
from itertools import islice

import msgspec
import pytest

from aftercall.demo.simulator import past
from aftercall.demo.simulator.plan import plans
from aftercall.ingest.judge import Judge
from aftercall.model.events import KINDS
from tests.demo.history import CALLS, DAYS, UNTIL, Seen

pytestmark = pytest.mark.xdist_group("simulator")  # the history is made once, by one worker

ALL_WEEK = range(7)
SHORT_WORDS = 3
"""Utterances of up to so many words ("yes", "no thank you") repeat between any two people."""


def encoded(events: list[dict[str, object]]) -> list[bytes]:
    return [msgspec.json.encode(event, order="deterministic") for event in events]


def test_every_event_is_one_the_server_takes(history: list[Seen]) -> None:
    judge = Judge(UNTIL, may_erase=False)
    for call in history:
        judged = judge.all(encoded(call.events))
        assert judged.rejections == []
    assert judge.clock_corrected == 0


def test_every_call_is_told_from_its_start_to_its_result(history: list[Seen]) -> None:
    assert len(history) == CALLS
    assert len({call.start["conversation_id"] for call in history}) == CALLS
    for call in history:
        told = [event for event in call.events if event.get("source") != "extraction"]
        assert [event["seq"] for event in told] == list(range(1, len(told) + 1))
        assert (told[0]["kind"], told[-1]["kind"]) == ("start", "end")
        assert told[-1]["last_seq"] == len(told)
        assert len({event["id"] for event in call.events}) == len(call.events)
        assert max(event["at"] for event in told) == told[-1]["at"] < UNTIL
        assert all(event["at"] >= call.start["at"] for event in told)
        outcome = call.events[-1]
        assert (outcome["kind"], outcome["status"], outcome["lineage"]["events"]) == (
            "postcall",
            "ok",
            len(told),
        )
        assert {event["lineage"]["attempt"] for event in call.events[len(told) :]} == {outcome["attempt"]}


def test_the_same_arguments_give_the_same_events_whoever_plays_them() -> None:
    alone = [encoded(events) for events in past(calls=90, days=21, until=UNTIL, workers=1)]
    together = [encoded(events) for events in past(calls=90, days=21, until=UNTIL, workers=2)]
    assert alone == together
    rest = [encoded(events) for events in islice(past(calls=90, days=21, until=UNTIL, skip=71), 5)]
    assert rest == alone[71:76]


def test_another_seed_gives_other_calls() -> None:
    first, second = (
        next(iter(past(seed, calls=3, days=3, until=UNTIL, workers=1))) for seed in ("one", "two")
    )
    assert first[0]["id"] != second[0]["id"]
    assert [e.get("text") for e in first] != [e.get("text") for e in second]


@pytest.mark.parametrize("days", [1, 2, 7, 14, 60])
@pytest.mark.parametrize("hour", [0, 5, 9, 13, 23])
def test_calls_lie_within_the_days_asked_for_at_any_hour(days: int, hour: int) -> None:
    until = UNTIL - UNTIL % 86_400_000 + hour * 3_600_000
    made = plans("juniper", 40, days, until)
    assert len(made) == 40
    assert [plan.at for plan in made] == sorted(plan.at for plan in made)
    assert all(until - (days + 2) * 86_400_000 < plan.at < until for plan in made)


def test_mondays_are_busy_sundays_quiet_and_the_end_busier_than_the_beginning(history: list[Seen]) -> None:
    by_weekday = Counter(call.day.weekday() for call in history)
    assert by_weekday[0] == max(by_weekday.values())
    assert by_weekday[6] == min(by_weekday[day] for day in ALL_WEEK) < by_weekday[5] < by_weekday[4]
    by_hour = Counter(call.began.hour for call in history if call.day.weekday() < 5)
    assert by_hour[10] > by_hour[12] < by_hour[15]
    assert sum(by_hour[hour] for hour in range(8, 18)) > 0.9 * sum(by_hour.values())
    days = sorted({call.day for call in history})
    assert (days[-1] - days[0]).days in (DAYS - 1, DAYS)
    first, last = (sum(call.day in part for call in history) for part in (days[:21], days[-21:]))
    assert 1.25 * first < last < 2.2 * first


def test_all_kinds_of_callers_and_of_ends_are_there(history: list[Seen]) -> None:
    ends = Counter(call.of("end")[0]["reason"] for call in history)
    assert set(ends) == {"completed", "user_hangup", "agent_hangup", "handoff", "voicemail"}
    assert min(ends.values()) >= 20
    assert 0.1 < sum(call.is_spanish for call in history) / CALLS < 0.25
    assert sum(any(turn.get("is_silence") for turn in call.turns("user")) for call in history) >= 40
    assert sum(any(turn.get("is_ood") for turn in call.turns("user")) for call in history) >= 10
    assert sum(call.value("SENTIMENT") == "negative" for call in history) >= 80
    assert sum(call.has("HUMAN_REQUESTED") for call in history) >= 60
    assert Counter(call.variant for call in history).keys() == {"warm", "brisk"}
    assert Counter(call.start["channel"] for call in history).keys() == {"voice", "chat"}
    kinds = {event["kind"] for call in history for event in call.events}
    assert kinds == set(KINDS) - {"custom", "retraction", "erasure"}


def test_the_functions_of_the_example_really_ran(history: list[Seen]) -> None:
    called = {event["name"] for call in history for event in call.of("function_call")}
    assert len(called) >= 25
    written = {event["name"] for call in history for event in call.of("metric")}
    assert {
        "APPOINTMENT_BOOKED",
        "PAYMENT_PROCESSED",
        "HANDOFF_BILLING",
        "SMS_SENT",
        "INSURANCE_VERIFIED",
    } <= written
    booked = next(call for call in history if call.has("APPOINTMENT_BOOKED"))
    slots = [value for event in booked.of("state") for key, value in event["set"].items() if key == "booked"]
    assert slots[-1]["$dataclass"][:2] == ["functions.practice", "Slot"]


def test_what_callers_say_hardly_repeats(history: list[Seen]) -> None:
    said = [turn["text"] for call in history for turn in call.turns("user")]
    long = [text for text in said if len(text.split()) > SHORT_WORDS]
    assert len(long) > 6_000
    assert 1 - len(set(long)) / len(long) < 0.12
    assert 1 - len(set(said)) / len(said) < 0.15  # the yes and the no included
    assert Counter(long).most_common(1)[0][1] < 15


def test_nothing_told_gives_away_what_was_planned(history: list[Seen]) -> None:
    told = b"".join(line for call in random.Random(1).sample(history, 300) for line in encoded(call.events))
    for secret in (b"pretend", b"twist", b"phantom", b"planted"):
        assert secret not in told.lower()
