"""What an agent's silence means where it is compared with an extraction."""

from __future__ import annotations

from typing import Any

from tests.metrics.desk import Desk, condition, extracted, wrote

DECLARED = {"extraction": {"extract": "Was it booked?"}}
AT = "2026-03-30T10:00Z"


def calls(desk: Desk) -> None:
    desk.call("both", AT, wrote("BOOKED"), extracted("BOOKED", True))
    desk.call("only agent", AT, wrote("BOOKED"), extracted("BOOKED", False))
    desk.call("only transcript", AT, extracted("BOOKED", True))
    desk.call("neither", AT, extracted("BOOKED", False))
    desk.call("unknown", AT, extracted("BOOKED", None))
    desk.call("not extracted", AT, wrote("BOOKED"))
    desk.call("null of the agent", AT, wrote("BOOKED", None), extracted("BOOKED", True))
    desk.call("failed", AT, {**extracted("BOOKED", ""), "invalid": "failed: MODEL_TIMEOUT"})


def told(desk: Desk, field: str) -> dict[bool, set[str]]:
    return {value: desk.ids(condition(field, "eq", value)) for value in (True, False)}


SILENCE_SAYS_NO = {True: {"only agent", "only transcript"}, False: {"both", "neither"}}
SILENCE_SAYS_NOTHING = {True: {"only agent"}, False: {"both"}}


def test_of_a_boolean_that_both_write_silence_says_no(desk: Desk) -> None:
    desk.metric("BOOKED", "boolean", **DECLARED)
    calls(desk)
    assert told(desk, "BOOKED@disagreement") == SILENCE_SAYS_NO
    assert told(desk, "disagreement") == SILENCE_SAYS_NO
    assert desk.row("disagreement_rate", "BOOKED@disagreement.rate") == {
        "disagreement_rate": 0.5,
        "BOOKED@disagreement.rate": 0.5,
    }


def test_the_pairs_of_values_are_rows(desk: Desk) -> None:
    desk.metric("BOOKED", "boolean", **DECLARED)
    calls(desk)
    asked: dict[str, Any] = {
        "measures": [{"metric": "conversations"}],
        "over": {"all": True},
        "by": ["BOOKED@agent", "BOOKED@extraction"],
        "where": [condition("BOOKED@disagreement", "eq", True)],
    }
    assert [tuple(row.values()) for row in desk.rows(asked)] == [(True, False, 1), (None, True, 1)]


def test_who_writes_it_can_be_declared(desk: Desk) -> None:
    desk.metric("BOOKED", "boolean", expected_sources=["agent", "extraction"])
    desk.call("only transcript", AT, extracted("BOOKED", True))  # no agent has ever written it
    assert told(desk, "disagreement")[True] == {"only transcript"}
    other = desk.another()
    other.metric("BOOKED", "boolean", expected_sources=["extraction"], **DECLARED)
    calls(other)
    assert told(other, "BOOKED@disagreement") == told(other, "disagreement") == SILENCE_SAYS_NOTHING


def test_what_only_extraction_writes_is_compared_with_nothing(desk: Desk) -> None:
    desk.metric("BOOKED", "boolean", **DECLARED)
    desk.call("true", AT, extracted("BOOKED", True), wrote("OTHER"))
    assert told(desk, "BOOKED@disagreement") == told(desk, "disagreement") == {True: set(), False: set()}


def test_of_other_types_silence_says_nothing(desk: Desk) -> None:
    desk.metric("REASON", "categorical", options=["a", "b"], **DECLARED)
    desk.call("silent", AT, extracted("REASON", "a"))
    desk.call("differ", AT, wrote("REASON", "A"), extracted("REASON", "b"))
    desk.call("same", AT, wrote("REASON", "A"), extracted("REASON", "a"))
    assert told(desk, "REASON@disagreement") == {True: {"differ"}, False: {"same"}}
