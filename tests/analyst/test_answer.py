"""Answers over forty calls: the text's numbers are the Query's, and each can be followed to its source."""

from __future__ import annotations

import re

import pytest

from aftercall.analyst.access import Local
from aftercall.analyst.answer import Analyst, Answered, Claims
from aftercall.analyst.planner import Plan
from aftercall.metrics.query import Query


@pytest.fixture
def analyst(access: Local) -> Analyst:
    return Analyst(access)


def ask(analyst: Analyst, *questions: str) -> Answered:
    previous: Plan | None = None
    for question in questions[:-1]:
        previous = analyst.ask(question, previous).plan
    return analyst.ask(questions[-1], previous)


def test_a_count(analyst: Analyst) -> None:
    told = ask(analyst, "How many bookings?")
    assert told.text.startswith("10 conversations where BOOKED, ")
    assert told.chart == {"kind": "kpi", "query": {"where": [{"field": "BOOKED", "op": "flagged"}]}}
    assert told.computed["population"]["conversations"] == 10
    (count,) = [one for one in told.claims if one.source == "totals.conversations"]
    assert (count.text, count.value) == ("10", 10)


def test_a_share_names_its_base(analyst: Analyst) -> None:
    told = ask(analyst, "What is the booking rate for billing calls?")
    assert told.text.startswith("26.7% of 30 conversations: BOOKED, rate where REASON is billing")
    assert told.computed["bases"]["BOOKED.rate"] == {"base": "all", "conversations": 30}


def test_groups_are_named_and_the_rest_counted(analyst: Analyst) -> None:
    told = ask(analyst, "calls by reason")
    assert "billing 30, booking 8, other 2." in told.text
    assert told.answer is not None
    assert len(told.answer.rows) == 3
    assert told.chart is not None
    assert told.chart["kind"] == "bar"


def test_a_comparison_is_arithmetic_that_is_recorded(analyst: Analyst) -> None:
    told = ask(analyst, "How many calls last week compared to the week before?")
    worked_out = {one.source: (one.value, list(one.of)) for one in told.claims if one.of}
    of = ["totals.conversations", "previous.totals.conversations"]
    assert worked_out["difference"] == (8, of)
    assert worked_out["relative difference"] == (pytest.approx(-1 / 3), of)
    assert "8 less than the 24" in told.text


def test_a_mean_of_days(analyst: Analyst) -> None:
    told = ask(analyst, "average number of calls per day last week")
    assert told.text.startswith("On average 2.29 per day")
    assert any(one.source == "mean of the rows" for one in told.claims)


def test_a_course_tells_its_ends_and_extremes(analyst: Analyst) -> None:
    told = ask(analyst, "calls per day between 17 March and 20 March")
    assert "from 4 (2026-03-17) to 4 (2026-03-20)" in told.text
    assert told.chart is not None
    assert told.chart["kind"] == "line"


def test_a_list_shows_the_calls(analyst: Analyst) -> None:
    told = ask(analyst, "Show me the 3 most recent calls that were booked")
    assert told.count == 10
    assert [one.id for one in told.conversations] == ["c36", "c32", "c28"]
    assert told.text.startswith("10 conversations where BOOKED")


def test_why_states_the_pool_and_what_would_be_read(analyst: Analyst) -> None:
    told = ask(analyst, "How many calls about billing?", "why?")
    assert told.plan.kind == "why"
    assert "The pool is 30 conversations where REASON is billing" in told.text
    assert "a sample of 30" in told.text


@pytest.mark.parametrize(
    "question",
    [
        "How many calls?",
        "booking rate by reason",
        "average score",
        "How many calls last week compared to the week before?",
        "median score per day",
        "top 2 reasons",
        "Show me the calls about billing",
        "Why did callers call about billing?",
        "average number of calls per day last week",
        "How many calls mention booking?",
        "p95 score for billing calls by channel",
    ],
)
def test_every_number_in_a_text_is_claimed_and_every_claim_is_in_the_answer(
    analyst: Analyst, question: str
) -> None:
    told = ask(analyst, question)
    assert told.plan.kind in ("number", "list", "why"), told.text
    assert re.search(r"\d", told.text)
    assert "removed" not in told.text
    assert Claims(list(told.claims)).unsupported(told.text) == []
    assert told.answer is not None
    for claim in told.claims:
        if found := re.fullmatch(r"rows\[(\d+)\]\.(.+)", claim.source):
            value = told.answer.rows[int(found[1])][found[2]]
            assert claim.value == value or claim.text in str(value)
        if found := re.fullmatch(r"totals\.(.+)", claim.source):
            assert claim.value == told.answer.totals[found[1]]


def test_what_is_refused_has_no_numbers_and_says_what_could_be_asked(analyst: Analyst) -> None:
    told = ask(analyst, "what is our revenue?")
    assert told.answer is None
    assert told.text.startswith('Not understood: "revenue".')
    assert "You could ask:" in told.text


def test_what_can_be_asked_and_what_a_metric_means(analyst: Analyst) -> None:
    assert "REASON (categorical)" in ask(analyst, "what metrics are there?").text
    assert ask(analyst, "What does BOOKED mean?").text == "BOOKED (boolean): An appointment was made."


def test_a_corrected_plan_is_carried_out(analyst: Analyst) -> None:
    query = Query.read({"where": [{"field": "REASON", "op": "eq", "value": "other"}]})
    assert analyst.carry_out(Plan("corrected", "number", query)).text.startswith("2 conversations")
    wrong = Query.read({"where": [{"field": "REASN", "op": "eq", "value": "other"}]})
    told = analyst.carry_out(Plan("corrected", "number", wrong))
    assert told.plan.kind == "refused"
    assert "did you mean 'REASON'" in told.text


def test_the_json_of_an_answer_has_no_phone_numbers(analyst: Analyst) -> None:
    told = ask(analyst, "Show me the calls about billing").plain()
    assert set(told["conversations"][0]) == {"id", "started_at", "channel", "duration"}
    assert told["plan"]["query"] == {"where": [{"field": "REASON", "op": "eq", "value": "billing"}]}
