"""Which calls are asked at all."""

from __future__ import annotations

from typing import Any

import pytest

from aftercall.extraction import Call
from aftercall.extraction.conditions import share, why_skipped
from tests.extraction.calls import call, resolved

ONE = call("agent: Hi", "user: Hello", language="en-GB", duration=12.0)


@pytest.mark.parametrize(
    ("when", "asked"),
    [
        ({}, True),
        ({"channel": "voice"}, True),
        ({"channel": ["chat", "sms"]}, False),
        ({"language": "en"}, True),
        ({"language": ["de", "EN_gb"]}, True),
        ({"language": "e"}, False),
        ({"min_turns": 2}, True),
        ({"min_turns": 3}, False),
        ({"min_duration": 12}, True),
        ({"min_duration": 12.5}, False),
        ({"only_if": {"BOOKED": True}}, False),
        ({"sample": 0}, False),
    ],
)
def test_conditions(when: dict[str, Any], asked: bool) -> None:
    assert (why_skipped(ONE, resolved(when=when)) is None) is asked


def test_unknown_duration_is_not_long_enough() -> None:
    assert why_skipped(call("user: Hi"), resolved(when={"min_duration": 0})) == "its duration is not known"


def test_a_value_that_does_not_count_fulfils_no_condition() -> None:
    """As of a field whose grounding is required: the text is there, to be read, and is no value."""
    good = {"kind": "metric", "id": "m1", "at": 1, "name": "REASON", "value": "billing"}
    bad = {**good, "id": "m2", "at": 2, "invalid": "ungrounded: it quotes nothing"}
    field = resolved(when={"only_if": {"REASON": "billing"}})
    assert why_skipped(Call.of("c1", [good]), field) is None
    assert why_skipped(Call.of("c1", [good, bad]), field) == "REASON is None"


def test_a_sample_is_a_share_and_the_same_each_time() -> None:
    shares = [share(f"call-{n}", "X") for n in range(2_000)]
    assert shares == [share(f"call-{n}", "X") for n in range(2_000)]
    assert all(0 <= one < 100 for one in shares)
    assert 400 < sum(one < 25 for one in shares) < 600
    assert shares != [share(f"call-{n}", "Y") for n in range(2_000)]
