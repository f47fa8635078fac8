"""Rules: what is looked for, where, how often; how conditions combine; which rule wins."""

from __future__ import annotations

from typing import Any

import pytest

from aftercall.extraction import Call, Found, RulesExtractor, extract, make_field
from aftercall.extraction.rules.text import words
from tests.extraction.calls import call, found_in

HELLO = call(
    "agent: Hello! This is the clinic.",
    "user: I’d like to cancel my cleaning. My bill is wrong.",
    "agent: Which day?",
    "user: Friday. I don't want to cancel twice.",
    "agent: Done.",
)


def holds(condition: dict[str, Any], one: Call = HELLO) -> bool:
    field = make_field("X", "boolean", extract={"question": "?", "rules": [{"value": True, "if": condition}]})
    return field.decide(one).status == "ok"


@pytest.mark.parametrize(
    ("condition", "held"),
    [
        ({"words": "bill"}, True),
        ({"words": "BILL"}, True),
        ({"words": "bil"}, False),
        ({"words": "bil*"}, True),
        ({"words": ["invoice", "bill"]}, True),
        ({"words": "don’t"}, True),
        ({"words": "i'd like"}, True),
        ({"phrase": "bill   is wrong"}, True),
        ({"phrase": "bill wrong"}, False),
        ({"words": "bill", "speaker": "agent"}, False),
        ({"words": "cancel", "at_least": 2}, True),
        ({"words": "cancel", "at_least": 3}, False),
        ({"words": "bill", "speaker": "user", "first": 1}, True),
        ({"words": "friday", "speaker": "user", "first": 1}, False),
        ({"words": "friday", "last": 2}, True),
        ({"words": "bill", "last": 2}, False),
        ({"regex": r"\bcan\w+ my\b"}, True),
        ({"regex": r"CLEANING\."}, True),
        ({"regex": "^Done"}, True),
        ({"regex": "^one"}, False),
        ({"count": "turns", "eq": 5}, True),
        ({"count": "user_turns", "gte": 2, "lt": 3}, True),
        ({"count": "agent_words", "gt": 8}, False),
        ({"count": "duration", "gte": 0}, False),
        ({"count": "previous_contacts", "gte": 0}, False),
        ({"count": "unanswered", "eq": 0}, True),
        ({"fact": "channel", "is": "VOICE"}, True),
        ({"fact": "channel", "is": ["chat", "sms"]}, False),
        ({"fact": "language"}, False),
        ({"fact": "handoff", "is": False}, True),
        ({"metric": "BOOKED"}, False),
        ({"any": [{"words": "nothing"}, {"words": "bill"}]}, True),
        ({"all": [{"words": "nothing"}, {"words": "bill"}]}, False),
        ({"then": [{"words": "bill"}, {"words": "friday"}]}, True),
        ({"then": [{"words": "friday"}, {"words": "bill"}]}, False),
        ({"then": [{"words": "bill"}, {"words": "cancel"}]}, True),  # the last words of each count
        ({"then": [{"words": "bill"}, {"words": "nothing"}]}, False),
        ({"then": [{"words": "bill"}, {"count": "turns", "eq": 5}]}, False),  # no words show it
        ({"not": {"words": "nothing"}}, True),
        ({"not": [{"words": "nothing"}, {"words": "bill"}]}, False),
    ],
)
def test_conditions(condition: dict[str, Any], held: bool) -> None:
    assert holds(condition) is held


def test_events_and_metrics() -> None:
    events = [
        {"kind": "start", "at": 0, "channel": "chat"},
        {"kind": "function_call", "name": "find", "at": 1},
        {"kind": "function_call", "name": "book", "error": "no", "at": 2},
        {"kind": "handoff", "destination": "desk", "at": 3},
        {"kind": "metric", "name": "BOOKED", "at": 3},
        {"kind": "metric", "name": "AGE", "value": 1, "at": 3},
        {"kind": "metric", "id": "m", "name": "WRONG", "value": 1, "at": 3},
        {"kind": "retraction", "target": "m", "at": 4},
        {"kind": "end", "at": 61_000, "reason": "user_hangup"},
    ]
    one = Call.of("c", reversed(events), previous_contacts=2)
    assert holds({"count": "function_calls", "eq": 2}, one)
    assert holds({"count": "function_calls", "name": "book", "eq": 1}, one)
    assert holds({"count": "function_errors", "eq": 1}, one)
    assert holds({"count": "function_errors", "name": ["find"], "eq": 0}, one)
    assert holds({"count": "handoffs", "name": "desk", "gte": 1}, one)
    assert holds({"count": "duration", "eq": 61}, one)
    assert holds({"count": "previous_contacts", "eq": 2}, one)
    assert holds({"fact": "ended_reason", "is": ["user_hangup"]}, one)
    assert holds({"metric": "BOOKED", "is": True}, one)
    assert holds({"metric": "AGE", "is": 1}, one)
    assert not holds({"metric": "AGE", "is": True}, one)
    assert not holds({"metric": "WRONG"}, one)


def decide(one: Call, **extraction: Any) -> Found:
    field = make_field("X", "categorical", ("a", "b", "c"), extract={"question": "?", **extraction})
    return found_in(extract(one, [field], {"rules": RulesExtractor()}), "X")


A = {"value": "a", "if": {"words": "bill"}}
B = {"value": "b", "score": [{"words": "cancel", "weight": 2}, {"words": "friday"}], "at_least": 2}


def test_the_first_rule_that_holds_or_the_best() -> None:
    assert decide(HELLO, rules=[A, B]).value == "a"
    assert decide(HELLO, rules=[B, A]).value == "b"
    assert decide(HELLO, rules=[A, B], choose="best").value == "b"
    assert decide(HELLO, rules=[A, {**A, "value": "c"}], choose="best").value == "a"


def test_a_score_must_be_reached() -> None:
    assert decide(call("user: On Friday"), rules=[B]).status == "unknown"
    assert decide(call("user: On Friday"), rules=[B], otherwise="c").value == "c"
    assert decide(call("user: Cancel it"), rules=[B]).value == "b"


def test_any_all_and_not_of_a_rule_must_all_hold() -> None:
    rule = {
        "value": "a",
        "any": [{"words": "bill"}],
        "all": [{"words": "friday"}],
        "not": {"words": "cancel"},
    }
    assert decide(HELLO, rules=[rule]).status == "unknown"
    assert decide(call("user: A bill on Friday"), rules=[rule]).value == "a"


def test_reasons_for_no_value() -> None:
    unknown = decide(HELLO, rules=[{"unknown": "too short", "if": {"count": "turns", "lt": 9}}])
    assert (unknown.status, unknown.reason) == ("unknown", "too short")
    no = decide(HELLO, rules=[{"not_applicable": "no caller", "if": {"count": "turns", "lt": 9}}])
    assert (no.status, no.reason) == ("not_applicable", "no caller")


def test_evidence_is_the_sentence_verbatim() -> None:
    found = decide(HELLO, rules=[A], grounded="required", speaker="user")
    assert [(quote.turn, quote.text, quote.turn_id) for quote in found.evidence] == [
        (2, "My bill is wrong.", "turn-2")
    ]
    assert found.status == "ok"
    assert decide(HELLO, rules=[A], grounded="required", speaker="agent").status == "ungrounded"


@pytest.mark.parametrize(
    ("said", "quoted"),
    [
        ("Bill. I said it before. Now.", "Bill. I said it before."),
        ("Hello there. It is a\nbill. OK.", "bill. OK."),
        ("I have told you. Bill.", "I have told you. Bill."),
        ("Bill?!", "Bill?!"),
        ("A. Bill. B. C.", "Bill. B."),
        ("A. Bill.", "A. Bill."),
        ("what " * 80 + "bill " + "now " * 80, "what " * 15 + "bill " + ("now " * 40).strip()),
        ("now " * 80 + "a bill", "now " * 19 + "a bill"),
    ],
)
def test_a_sentence_too_short_to_be_a_quote_takes_its_neighbour(said: str, quoted: str) -> None:
    found = decide(call(f"user: {said}"), rules=[A], grounded="required")
    assert (found.status, [quote.text for quote in found.evidence]) == ("ok", [quoted])


def test_words_know_letters_of_every_script() -> None:
    find = words(["café", "имя", "名前"])
    assert [*find("Ein Café, мое имя; 名前")] == [(4, 8), (14, 17), (19, 21)]
    assert [*find("Cafés имяя")] == []


def test_no_text_makes_an_expression_slow() -> None:
    field = make_field(
        "X", "boolean", extract={"question": "?", "rules": [{"value": True, "if": {"regex": "(a+)+$"}}]}
    )
    hostile = call("user: " + "a" * 200_000 + "!")  # a backtracking engine would not come back
    assert field.decide(hostile).status == "unknown"


def test_a_value_out_of_bounds_is_a_failure_and_not_a_value() -> None:
    rules = [{"count_turns": {"words": "cancel"}}]
    field = make_field("N", "integer", extract={"question": "?", "rules": rules, "maximum": 1})
    found = RulesExtractor().extract(HELLO, [field])[0]
    assert (found.status, found.value) == ("failed", None)
    assert found.reason == "RULES_VALUE_INVALID: 2 is over 1"


def test_at_least_counts_turns_and_not_words() -> None:
    assert not holds({"words": "no", "at_least": 2}, call("user: no no no no", "agent: fine"))
    assert holds({"words": "no", "at_least": 2}, call("user: no", "agent: fine", "user: no"))
