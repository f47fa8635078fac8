"""write_metric: what may be written, what may not, and how either goes on the wire."""

from __future__ import annotations

import enum
import math
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftercall.errors import UserError
from aftercall.model.events import Metric, event_decoder
from aftercall.sdk import Conversation, WrongType
from aftercall.sdk.metrics import NO_VALUE, is_ordinary, judge
from aftercall.testing import RecordingSink


class Colour(enum.StrEnum):
    RED = "red"


class Level(enum.IntEnum):
    HIGH = 3


class SubFloat(float):
    def __float__(self) -> float:
        raise RuntimeError("not to be asked")


def conversation(mode: Any = "production") -> tuple[Conversation, RecordingSink]:
    sink = RecordingSink(mode)
    conv = Conversation(client=sink, id="call-1")
    conv.start()
    return conv, sink


def written(sink: RecordingSink) -> dict[str, Any]:
    (event,) = [event for event in sink.events if event["kind"] == "metric"]
    assert isinstance(event_decoder.decode(msgspec.json.encode(event)), Metric)
    return event


def test_the_three_kinds_of_no_value_stay_apart() -> None:
    conv, sink = conversation()
    conv.write_metric("HAPPENED")
    conv.write_metric("UNKNOWN", None)
    conv.write_metric("TRUE", True)
    happened, unknown, true = [event for event in sink.events if event["kind"] == "metric"]
    assert "value" not in happened
    assert unknown["value"] is None
    assert true["value"] is True
    assert [(m.name, m.value, m.has_value) for m in conv.metric_events] == [
        ("HAPPENED", None, False),
        ("UNKNOWN", None, True),
        ("TRUE", True, True),
    ]


@pytest.mark.parametrize(
    ("value", "wire"),
    [
        (True, True),
        (False, False),
        (0, 0),
        (-(2**63), -(2**63)),
        (2**63 - 1, 2**63 - 1),
        (2.5, 2.5),
        (-0.0, -0.0),
        (5e-324, 5e-324),
        ("", ""),
        ("no slots", "no slots"),
        ("Zürich 🦊", "Zürich 🦊"),
        ("a\x00b", "a\x00b"),
        ("x" * 5000, "x" * 5000),
        (Colour.RED, "red"),
        (Level.HIGH, 3),
        (SubFloat(1.5), 1.5),
    ],
)
@pytest.mark.parametrize("mode", ["development", "production"])
def test_good_values_keep_their_type(value: Any, wire: Any, mode: str) -> None:
    conv, sink = conversation(mode)
    conv.write_metric("M", value)
    event = written(sink)
    assert event["value"] == wire
    assert type(event["value"]) is type(wire)
    assert "invalid" not in event


BAD_VALUES = [
    (math.nan, "nan"),
    (math.inf, "inf"),
    (-math.inf, "-inf"),
    (2**63, str(2**63)),
    (-(2**63) - 1, str(-(2**63) - 1)),
    ([1, 2], "[1, 2]"),
    ({"a": 1}, "{'a': 1}"),
    ((1,), "(1,)"),
    (b"x", "b'x'"),
    (1 + 2j, "(1+2j)"),
    (Decimal("1.5"), "1.5"),
    ("lone \ud800", "lone ?"),
]


@pytest.mark.parametrize(("value", "text"), BAD_VALUES)
def test_bad_values_are_recorded_as_invalid_in_production(value: Any, text: str) -> None:
    conv, sink = conversation()
    conv.write_metric("M", value)
    event = written(sink)
    assert event["value"] == text
    assert event["invalid"]
    assert conv.metric_events[0].value == text


@pytest.mark.parametrize(("value", "text"), BAD_VALUES)
def test_bad_values_raise_in_development(value: Any, text: str) -> None:
    conv, sink = conversation("development")
    with pytest.raises(TypeError) as raised:
        conv.write_metric("PRICE", value)
    assert isinstance(raised.value, WrongType)
    assert isinstance(raised.value, UserError)
    message = str(raised.value)
    assert "PRICE" in message
    assert text in message
    assert "Allowed: no value, None, True or False" in message
    assert [event["kind"] for event in sink.events] == ["start"]


def test_an_integer_too_long_to_print_is_recorded_too() -> None:
    conv, sink = conversation()
    conv.write_metric("M", 10**5000)
    assert written(sink)["invalid"] == "the number does not fit in 64 bits"


@pytest.mark.parametrize("name", [None, 7, b"M", ["M"], "", "   ", "a\udfffb", "a\nb", "x" * 201])
def test_names_of_the_wrong_kind(name: Any) -> None:
    conv, sink = conversation()
    conv.write_metric(name, 1)
    event = written(sink)
    assert event["invalid"]
    assert isinstance(event["name"], str)
    with pytest.raises(WrongType):
        conversation("development")[0].write_metric(name, 1)


def test_write_once_passes_through() -> None:
    conv, sink = conversation()
    conv.write_metric("FIRST", "a", write_once=True)
    conv.write_metric("FIRST", "b", write_once=True)
    metrics = [event for event in sink.events if event["kind"] == "metric"]
    assert [(event["value"], event["write_once"]) for event in metrics] == [("a", True), ("b", True)]


def test_write_once_that_is_no_boolean() -> None:
    conv, sink = conversation()
    conv.write_metric("M", 1, write_once="yes")  # type: ignore[arg-type]
    assert written(sink)["write_once"] is True
    assert any("write_once" in event.get("content", "") for event in sink.events)
    with pytest.raises(WrongType, match="write_once"):
        conversation("development")[0].write_metric("M", 1, write_once="yes")  # type: ignore[arg-type]


def test_a_write_returns_nothing_because_functions_return_it_as_their_utterance() -> None:
    conv, _ = conversation()
    assert conv.write_metric("M") is None  # type: ignore[func-returns-value]


def test_metric_events_give_the_ids_to_retract_by() -> None:
    conv, sink = conversation()
    conv.write_metric("M", 1)
    conv.retract(conv.metric_events[-1].event_id)
    metric, retraction = sink.events[-2:]
    assert retraction["target"] == metric["id"]


ordinary = st.one_of(
    st.just(NO_VALUE),
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.binary(),
    st.lists(st.none()),
)


@given(name=st.one_of(st.text(), st.text(alphabet=st.characters(categories=["Cs"]))), value=ordinary)
def test_the_short_way_takes_only_what_the_long_way_calls_good(name: str, value: object) -> None:
    told_name, told_value, invalid = judge(name, value)
    if is_ordinary(name, value, False):
        assert invalid is None
        assert told_name == name
        assert told_value is value or told_value == value
