"""Only conversions that lose nothing."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftercall.model.values import METRIC_TYPES, MetricType, NotCoercible, coerce, infer_type, is_value, plain

OPTIONS = ("Billing", "Booking", "2")

GOOD: list[tuple[Any, MetricType, Any]] = [
    (True, "boolean", True),
    ("Yes", "boolean", True),
    (" no ", "boolean", False),
    (1, "boolean", True),
    (0.0, "boolean", False),
    ("2", "integer", 2),
    (2.0, "integer", 2),
    ("2.0", "integer", 2),
    (-(2**63), "integer", -(2**63)),
    ("9223372036854775807", "integer", 2**63 - 1),
    ("2", "number", 2.0),
    (" -1.5e3 ", "number", -1500.0),
    (7, "number", 7.0),
    ("billing", "categorical", "Billing"),
    (" BOOKING ", "categorical", "Booking"),
    (2, "categorical", "2"),
    (True, "text", "true"),
    (2.50, "text", "2.5"),
    ("", "text", ""),
]
BAD: list[tuple[Any, MetricType]] = [
    ("maybe", "boolean"),
    (2, "boolean"),
    ("", "boolean"),
    (True, "integer"),
    (2.5, "integer"),
    ("2,5", "integer"),
    ("1_000", "integer"),
    ("٣", "integer"),
    (2**63, "integer"),
    (10**400, "integer"),
    ("1e400", "number"),
    (10**400, "number"),
    (2**53 + 1, "number"),
    (True, "number"),
    ("nan", "number"),
    ("", "number"),
    ("refund", "categorical"),
    (math.nan, "number"),
    (math.inf, "text"),
    ([1], "text"),
    ({"a": 1}, "text"),
    (None, "text"),
]


@pytest.mark.parametrize(("value", "type_", "expected"), GOOD)
def test_lossless_values_enter(value: Any, type_: MetricType, expected: Any) -> None:
    got = coerce(value, type_, OPTIONS)
    assert got == expected
    assert type(got) is type(expected)


@pytest.mark.parametrize(("value", "type_"), BAD)
def test_the_rest_is_refused_with_a_reason(value: Any, type_: MetricType) -> None:
    with pytest.raises(NotCoercible, match=r"\w"):
        coerce(value, type_, OPTIONS)


anything = st.one_of(
    st.booleans(), st.integers(), st.floats(), st.text(max_size=20), st.none(), st.lists(st.none())
)


@given(anything, st.sampled_from(METRIC_TYPES))
def test_whatever_enters_keeps_its_meaning(value: Any, type_: MetricType) -> None:
    try:
        got = coerce(value, type_, OPTIONS)
    except NotCoercible as refusal:
        assert len(str(refusal)) < 300  # it is shown to people, whatever the value was
        return
    assert coerce(got, type_, OPTIONS) == got
    if isinstance(value, int | float) and not isinstance(value, bool) and isinstance(got, int | float):
        assert got == value


@given(st.one_of(st.booleans(), st.floats(allow_nan=False, allow_infinity=False), st.text()))
def test_an_inferred_type_takes_the_value_it_was_inferred_from(value: Any) -> None:
    type_ = infer_type(value)
    assert type_ is not None
    assert coerce(value, type_) == value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (False, "false"),
        (2, "2"),
        (2.0, "2"),
        (0.1, "0.1"),
        (1e22, "1e+22"),
        (-0.5, "-0.5"),
        ("x", "x"),
    ],
)
def test_plain_is_the_shortest_decimal(value: Any, text: str) -> None:
    assert plain(value) == text


def test_what_an_agent_may_write() -> None:
    assert [is_value(v) for v in (True, 1, 1.5, "a")] == [True] * 4
    assert [is_value(v) for v in (None, math.nan, math.inf, [], {}, b"a")] == [False] * 6
