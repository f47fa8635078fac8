"""Questions and the Query they become: one block for each part of the grammar."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from aftercall.analyst.planner import Plan, Planner
from aftercall.analyst.planner.frame import Frame
from aftercall.metrics.strict import QueryInvalid
from tests.analyst.registry import Clinic

BOOKED = {"field": "APPOINTMENT_BOOKED", "op": "flagged"}
CANCELLED = {"field": "APPOINTMENT_CANCELLED", "op": "flagged"}
BILLING = {"field": "CALL_REASON", "op": "eq", "value": "billing question"}
SPANISH = {"field": "language", "op": "eq", "value": "es-US"}
RATE = [{"metric": "APPOINTMENT_BOOKED", "agg": "rate"}]


@pytest.fixture(scope="module")
def planner() -> Planner:
    return Planner(Clinic())


def asked(planner: Planner, *questions: str) -> Plan:
    """The plan of the last; each follows the one before."""
    plan: Plan | None = None
    for question in questions:
        plan = planner.plan(question, plan)
    assert plan is not None
    return plan


def query(plan: Plan) -> dict[str, Any]:
    assert plan.query is not None, plan.message
    return plan.query.plain()


COUNTS: list[tuple[str, dict[str, Any]]] = [
    ("How many calls did we get last week?", {"over": {"preset": "last_week"}}),
    ("number of bookings", {"where": [BOOKED]}),
    ("How many appointments were booked?", {"where": [BOOKED]}),
    ("How many booked appointments were there?", {"where": [BOOKED]}),
    ("count of cancellations", {"where": [CANCELLED]}),
    ("How many people called?", {"measures": [{"metric": "callers"}]}),
    ("how many calls about billing", {"where": [BILLING]}),
    ("How many billing calls?", {"where": [BILLING]}),
    (
        "How many bookings without a follow up?",
        {"where": [BOOKED, {"field": "FOLLOW_UP_NEEDED", "op": "not_flagged"}]},
    ),
    ("calls where no slot was found", {"where": [{"field": "NO_SLOT_FOUND", "op": "flagged"}]}),
    ("calls with unverified patients", {"where": [{"field": "PATIENT_VERIFIED", "op": "not_flagged"}]}),
    (
        "calls that failed verification",
        {"where": [{"field": "PATIENT_VERIFIED", "op": "eq", "value": False}]},
    ),
    (
        "calls about billing or insurance",
        {"where": [{"field": "CALL_REASON", "op": "in", "value": ["billing question", "insurance"]}]},
    ),
    ("how many Spanish calls", {"where": [SPANISH]}),
    ("calls longer than 2 minutes", {"where": [{"field": "duration", "op": "gt", "value": 120}]}),
    ("calls with a queue time over a minute", {"where": [{"field": "WAIT_BEFORE", "op": "gt", "value": 60}]}),
    (
        "calls with 3 or more slots declined",
        {"where": [{"field": "SLOTS_DECLINED", "op": "gte", "value": 3}]},
    ),
    ("how many slots were declined", {"measures": [{"metric": "SLOTS_DECLINED", "agg": "sum"}]}),
]


@pytest.mark.parametrize(("question", "expected"), COUNTS, ids=[question for question, _ in COUNTS])
def test_counts_and_conditions(planner: Planner, question: str, expected: dict[str, Any]) -> None:
    assert query(asked(planner, question)) == expected


SHARES: list[tuple[str, dict[str, Any]]] = [
    ("What percentage of calls resulted in a booked appointment?", {"measures": RATE}),
    ("booking rate", {"measures": RATE}),
    ("share of billing calls that booked an appointment", {"measures": RATE, "where": [BILLING]}),
    (
        "What percent of callers who asked for a human booked?",
        {"measures": RATE, "where": [{"field": "HUMAN_REQUESTED", "op": "flagged"}]},
    ),
    ("how often do callers ask for a person", {"measures": [{"metric": "HUMAN_REQUESTED", "agg": "rate"}]}),
    (
        "What share of calls was negative?",
        {"measures": [{"metric": "SENTIMENT", "agg": "rate", "value": "negative"}]},
    ),
    (
        "what fraction of calls lasted more than 60 seconds",
        {"measures": [{"agg": "rate", "where": [{"field": "duration", "op": "gt", "value": 60}]}]},
    ),
    ("containment", {"measures": [{"metric": "containment"}]}),
    (
        "average duration by channel",
        {"measures": [{"metric": "duration", "agg": "avg"}], "by": [{"field": "channel"}]},
    ),
    ("median payment amount", {"measures": [{"metric": "PAYMENT_AMOUNT", "agg": "p50"}]}),
    ("How much was paid?", {"measures": [{"metric": "PAYMENT_AMOUNT", "agg": "sum"}]}),
    ("How long are calls?", {"measures": [{"metric": "duration", "agg": "avg"}]}),
    ("95th percentile of latency", {"measures": [{"metric": "agent_latency", "agg": "p95"}]}),
    ("how many different treatments", {"measures": [{"metric": "TREATMENT", "agg": "distinct"}]}),
    ("bookings per caller", {"measures": [{"where": [BOOKED], "divide_by": {"metric": "callers"}}]}),
    (
        "ratio of bookings to cancellations",
        {"measures": [{"where": [BOOKED], "divide_by": {"where": [CANCELLED]}}]},
    ),
]


@pytest.mark.parametrize(("question", "expected"), SHARES, ids=[question for question, _ in SHARES])
def test_shares_and_numbers(planner: Planner, question: str, expected: dict[str, Any]) -> None:
    assert query(asked(planner, question)) == expected


KNOWN_REASON = {"field": "CALL_REASON", "op": "exists"}
ROWS: list[tuple[str, dict[str, Any]]] = [
    ("top 3 call reasons", {"by": [{"field": "CALL_REASON"}], "where": [KNOWN_REASON], "limit": 3}),
    (
        "What are the most common reasons?",
        {"by": [{"field": "CALL_REASON"}], "where": [KNOWN_REASON], "limit": 10},
    ),
    (
        "top reasons callers request a human",
        {
            "by": [{"field": "CALL_REASON"}],
            "where": [{"field": "HUMAN_REQUESTED", "op": "flagged"}, KNOWN_REASON],
            "limit": 10,
        },
    ),
    (
        "Which variant has the highest booking rate?",
        {
            "measures": RATE,
            "by": [{"field": "variant_name"}],
            "where": [{"field": "variant_name", "op": "exists"}],
            "limit": 1,
        },
    ),
    (
        "which variant has the best booking rate",
        {
            "measures": RATE,
            "by": [{"field": "variant_name"}],
            "where": [{"field": "variant_name", "op": "exists"}],
            "limit": 1,
        },
    ),
    ("busiest hour of the day", {"by": [{"field": "hour_of_day"}], "limit": 1}),
    ("sentiment by variant", {"by": [{"field": "variant_name"}, {"field": "SENTIMENT"}]}),
    (
        "cancellations by cancel reason and channel",
        {"by": [{"field": "CANCEL_REASON"}, {"field": "channel"}], "where": [CANCELLED]},
    ),
    ("bookings per day", {"interval": "day", "where": [BOOKED]}),
    ("weekly booking rate", {"measures": RATE, "interval": "week"}),
    (
        "booking rate over time this year",
        {"measures": RATE, "interval": "week", "over": {"preset": "this_year"}},
    ),
    (
        "voice vs chat booking rate",
        {
            "measures": RATE,
            "by": [{"field": "channel"}],
            "where": [{"field": "channel", "op": "in", "value": ["voice", "chat"]}],
        },
    ),
    (
        "bookings this week compared to last week",
        {"over": {"preset": "this_week"}, "compare": "previous_week", "where": [BOOKED]},
    ),
    (
        "more cancellations last month than the month before?",
        {"over": {"preset": "last_month"}, "compare": "previous_month", "where": [CANCELLED]},
    ),
    (
        "longest calls yesterday",
        {
            "over": {"preset": "yesterday"},
            "measures": [{"metric": "duration", "agg": "max"}],
            "by": [{"field": "conversation_id"}],
            "limit": 10,
        },
    ),
]


@pytest.mark.parametrize(("question", "expected"), ROWS, ids=[question for question, _ in ROWS])
def test_rows_courses_and_comparisons(planner: Planner, question: str, expected: dict[str, Any]) -> None:
    assert query(asked(planner, question)) == expected


@pytest.mark.parametrize(
    ("question", "where"),
    [
        ("How many callers mentioned insurance concerns?", {"value": "insurance", "speaker": "user"}),
        ("calls in which the agent said sorry", {"value": "sorry", "speaker": "agent"}),
        ('how many calls contain "your card"', {"value": "your card"}),
        ("how many calls mention parking this week", {"value": "parking"}),
        ("calls where parking came up", {"value": "parking"}),
    ],
)
def test_what_was_said(planner: Planner, question: str, where: dict[str, Any]) -> None:
    (found,) = query(asked(planner, question))["where"]
    assert found == {"field": "transcript", "op": "contains", **where}


TIMES: list[tuple[str, dict[str, Any]]] = [
    ("today", {"preset": "today"}),
    ("last month", {"preset": "last_month"}),
    ("in the last month", {"last": "1mo"}),
    ("in the past 2 weeks", {"last": "14d"}),
    ("over the last 24 hours", {"last": "24h"}),
    ("in October", {"from": "2026-10-01", "to": "2026-10-31"}),
    ("in December", {"from": "2025-12-01", "to": "2025-12-31"}),
    ("on Tuesday", {"from": "2026-11-17", "to": "2026-11-17"}),
    ("on Saturday", {"from": "2026-11-14", "to": "2026-11-14"}),
    ("3 days ago", {"from": "2026-11-18", "to": "2026-11-18"}),
    ("two weeks ago", {"from": "2026-11-02", "to": "2026-11-08"}),
    ("since the first of November", {"from": "2026-11-01"}),
    ("from 3 to 5 November", None),
    ("between 3 November and 5 November", {"from": "2026-11-03", "to": "2026-11-05"}),
    ("before 10/15/2026", {"to": "2026-10-14"}),
    ("on 2026-11-05", {"from": "2026-11-05", "to": "2026-11-05"}),
    ("in Q3", {"from": "2026-07-01", "to": "2026-09-30"}),
    ("yesterday afternoon", {"from": "2026-11-20T12:00", "to": "2026-11-20T18:00"}),
    ("ever", {"all": True}),
    ("year to date", {"preset": "this_year"}),
]


@pytest.mark.parametrize(("words", "over"), TIMES, ids=[words for words, _ in TIMES])
def test_times(planner: Planner, words: str, over: dict[str, Any] | None) -> None:
    plan = asked(planner, f"How many calls {words}?")
    if over is None:
        assert plan.query is None
    else:
        assert query(plan)["over"] == over


def test_hours_and_days_of_the_week_are_conditions(planner: Planner) -> None:
    told = query(asked(planner, "bookings between 9am and 5pm on weekdays"))
    assert told["where"] == [
        {"field": "hour_of_day", "op": "between", "value": [9, 16]},
        {"field": "day_of_week", "op": "lte", "value": 5},
        BOOKED,
    ]


FOLLOW_UPS: list[tuple[list[str], dict[str, Any]]] = [
    (["bookings last week", "and last month?"], {"over": {"preset": "last_month"}, "where": [BOOKED]}),
    (
        ["bookings last week", "by variant"],
        {"over": {"preset": "last_week"}, "by": [{"field": "variant_name"}], "where": [BOOKED]},
    ),
    (["bookings last week", "only Spanish"], {"over": {"preset": "last_week"}, "where": [SPANISH, BOOKED]}),
    (["bookings last week", "as a percentage"], {"over": {"preset": "last_week"}, "measures": RATE}),
    (
        ["bookings last week", "what about cancellations?"],
        {"over": {"preset": "last_week"}, "where": [CANCELLED]},
    ),
    (
        ["bookings last week", "per day"],
        {"over": {"preset": "last_week"}, "interval": "day", "where": [BOOKED]},
    ),
    (["average duration", "median"], {"measures": [{"metric": "duration", "agg": "p50"}]}),
    (
        ["booking rate", "for billing calls", "and in chat?"],
        {"measures": RATE, "where": [BILLING, {"field": "channel", "op": "eq", "value": "chat"}]},
    ),
    (
        ["bookings last week", "compared to the week before"],
        {"over": {"preset": "last_week"}, "compare": "previous_week", "where": [BOOKED]},
    ),
    (["bookings by variant", "And how many calls were there yesterday?"], {"over": {"preset": "yesterday"}}),
]


@pytest.mark.parametrize(
    ("questions", "expected"), FOLLOW_UPS, ids=[" / ".join(one) for one, _ in FOLLOW_UPS]
)
def test_follow_ups(planner: Planner, questions: list[str], expected: dict[str, Any]) -> None:
    assert query(asked(planner, *questions)) == expected


def test_lists_and_reasons_of_what_was_counted(planner: Planner) -> None:
    for question, kind in (("show me the calls", "list"), ("why?", "why")):
        plan = asked(planner, "cancellations last week", question)
        assert (plan.kind, plan.followed) == (kind, True)
        assert query(plan) == {"over": {"preset": "last_week"}, "where": [CANCELLED]}
    assert asked(planner, "Show me all calls with negative sentiment").kind == "list"
    assert asked(planner, "Why are calls failing authentication?").kind == "why"


def test_typing_errors_are_mended_and_told(planner: Planner) -> None:
    plan = asked(planner, "how many apointments were bookd by variannt")
    assert query(plan) == {"by": [{"field": "variant_name"}], "where": [BOOKED]}
    mended = {one.text: one.means for one in plan.understood if one.corrected}
    assert mended == {
        "apointments": "read as appointments",
        "bookd": "read as booked",
        "variannt": "read as variant",
    }


@pytest.mark.parametrize(
    ("question", "reason", "words"),
    [
        ("what is our revenue", "unknown", ["revenue"]),
        ("How many calls will we get next week?", "future", None),
        ("Should we hire more people?", "opinion", None),
        ("Delete all calls", "action", None),
        ("how many bookings did Dr. Smith make", "unknown", ["Dr", "Smith"]),
        ("CSAT by channel", "unknown", ["CSAT"]),
        ("the highest", "unclear", None),
        ("average of calls", "unclear", None),
        ("", "empty", None),
        ("???", "empty", None),
        ("which variant has the best cancellation rate", "opinion", None),
        ("calls that failed to book", "unclear", None),
    ],
)
def test_what_is_refused_answers_nothing(
    planner: Planner, question: str, reason: str, words: list[str] | None
) -> None:
    plan = asked(planner, question)
    assert (plan.query, plan.reason) == (None, reason), plan.query
    assert plan.kind in ("refused", "ambiguous")
    assert plan.message
    if words is not None:
        assert plan.not_understood == words


def test_near_questions_are_ones_that_are_answered(planner: Planner) -> None:
    for question in (
        "what is our revenue",
        "how many were paid for in gold",
        "how many appointments?",
        "blorb",
    ):
        for near in asked(planner, question).alternatives:
            assert asked(planner, near.question).query is not None, near.question


def test_an_ambiguous_word_is_told_with_its_meanings(planner: Planner) -> None:
    plan = asked(planner, "how many appointments?")
    assert plan.kind == "ambiguous"
    assert {"APPOINTMENT_BOOKED", "APPOINTMENT_CANCELLED"} <= {
        name for one in plan.alternatives for name in one.question.rstrip("?").split()
    }


def test_how_it_was_understood_names_places_in_the_question(planner: Planner) -> None:
    plan = asked(planner, "booking rate for Spanish calls last week by variant")
    told = {one.text: (one.role, one.means) for one in plan.understood}
    assert told["last week"] == ("over", "last week")
    assert told["variant"] == ("by", "for each variant_name")
    assert told["Spanish"] == ("where", "language is es-US")
    assert told["rate"] == ("measure", "as a share")
    assert all(plan.question[one.start : one.end] == one.text for one in plan.understood)
    assert plan.plain()["query"] == query(plan)


def test_every_word_is_accounted_for_or_told(planner: Planner) -> None:
    """An unknown word anywhere turns an answer into a refusal that names it."""
    for question in ("How many bookings last week", "average duration by channel", "top 3 call reasons"):
        words = question.split()
        for place in range(len(words) + 1):
            plan = asked(planner, " ".join([*words[:place], "xylophones", *words[place:]]))
            assert plan.query is None
            assert "xylophones" in plan.not_understood or plan.reason == "unclear"


def test_what_a_follow_up_needs_can_be_kept_as_json(planner: Planner) -> None:
    first = asked(planner, "booking rate for Spanish calls by variant last week")
    assert first.frame is not None
    kept = json.loads(json.dumps(first.plain()["frame"]))
    again = replace(first, frame=Frame.read(kept))
    assert planner.plan("and last month?", again).query == planner.plan("and last month?", first).query


def test_hostile_text_is_only_text(planner: Planner) -> None:
    for question in (
        "'; DROP TABLE events; --",
        "\x00 \x1b[31m zalgo",
        'how many calls mention "\'; DROP TABLE x"',
        "calls " * 3_000,
        "(" * 500 + "calls",
        "how many calls where state.secret is 1",
        "𝔥𝔬𝔴 𝔪𝔞𝔫𝔶 𝔠𝔞𝔩𝔩𝔰",
    ):
        plan = asked(planner, question)
        assert plan.query is None or "mention" in question or plan.query.plain() == {}
    with pytest.raises(QueryInvalid, match="surrogate"):
        asked(planner, "\ud800 calls")


def test_values_are_looked_up_only_for_words_the_registry_does_not_have() -> None:
    clinic = Clinic()
    planner = Planner(clinic)
    planner.plan("booking rate by variant last week")
    assert clinic.asked == []
    planner.plan("Spanish bookings")
    assert clinic.asked
    many = len(clinic.asked)
    planner.plan("Spanish cancellations")
    assert len(clinic.asked) == many
