"""No number in a text without a source: neither in our sentences nor in what somebody else wrote."""

from __future__ import annotations

import pytest

from aftercall.analyst.answer.claims import UNSUPPORTED, Claims


@pytest.fixture
def claims() -> Claims:
    made = Claims()
    made.number(1147, "population.conversations")
    made.number(0.32543, "totals.BOOKED.rate", "percent")
    made.number(66.4, "totals.duration.avg", "duration", "s")
    made.number(13_219.2, "totals.PAID.sum", "currency", "USD")
    made.label("2026-11-09", "rows[0].bucket")
    made.label("Zone 51", "rows[1].AREA")
    made.worked_out(-0.5, "relative difference", ["totals.a", "previous.totals.a"], "percent")
    return made


@pytest.mark.parametrize(
    "text",
    [
        "1,147 calls, 1147 in other words; 32.5% or 32.54% of them booked.",
        "It took 1m 06s, about 66 seconds, and 13,219.20 USD.",
        "On 2026-11-09 there was Zone 51.",
        "Fewer: -50.0%.",
        "One of these days the caller said so.",
        "A third-party p95x name and v2beta are no numbers.",
    ],
)
def test_what_is_claimed_may_be_said(claims: Claims, text: str) -> None:
    assert claims.unsupported(text) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1,148 calls", ["1,148"]),
        ("34% booked", ["34%"]),
        ("on 2026-11-10", ["2026", "-11", "-10"]),
        ("twelve calls", ["twelve"]),
        ("twice as many, a million", ["twice", "million"]),
        ("114 of 1,147", ["114"]),
        ("11,470 calls", ["11,470"]),
        ("Zone 52", ["52"]),
        ("0.4 of them", ["0.4"]),
    ],
)
def test_what_is_not_claimed_is_found_and_taken_out(claims: Claims, text: str, found: list[str]) -> None:
    assert claims.unsupported(text) == found
    cleaned = claims.without_unsupported(text)
    assert cleaned.count(UNSUPPORTED) == len(found)
    assert claims.unsupported(cleaned) == []


def test_each_claim_tells_its_source(claims: Claims) -> None:
    assert [(one.text, one.source, list(one.of)) for one in claims.made][-1] == (
        "-50.0%",
        "relative difference",
        ["totals.a", "previous.totals.a"],
    )
    assert claims.number(None, "totals.nothing") == "-"
    assert claims.made[-1].text == "-50.0%"
