"""Good neighbours are found where the request as a whole is no JSON."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aftercall.ingest.split import split

GOOD = b'{"kind": "x", "text": "a ] } , \\" [ {"}'
BROKEN = [
    b'{"value": NaN}',
    b'{"value": "\\ud800"}',
    b'{"value": ' + b"[" * 5000 + b"]" * 5000 + b"}",
    b'{"value": [1, 2}',
    b'{"value": 1]}',
    b'{"value": 1e}',
    b'{"value": \xff}',
    b"nonsense",
]


@pytest.mark.parametrize("broken", BROKEN, ids=lambda v: str(v[:30]))
@pytest.mark.parametrize("form", [b'{"schema":1,"events":[%s]}', b' { "events" : [ %s ] , "schema" : 1 } '])
def test_one_broken_event_costs_no_neighbour(broken: bytes, form: bytes) -> None:
    found = split(form.replace(b"%s", b" , ".join([GOOD, broken, GOOD])))
    assert found is not None
    assert found.events == [GOOD, broken, GOOD]
    assert found.schema == b"1"


def test_a_lost_tail_costs_only_what_was_cut() -> None:
    found = split(b'{"events":[' + GOOD + b"," + GOOD + b',{"kind": "st')
    assert found is not None
    assert found.events == [GOOD, GOOD, b'{"kind": "st']


@pytest.mark.parametrize("cut", range(1, 40))
def test_wherever_it_is_cut_the_whole_ones_before_are_there(cut: int) -> None:
    found = split((b'{"events":[' + GOOD + b"," + GOOD + b"]}")[:-cut])
    assert found is not None
    assert found.events[0] == GOOD


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"   ",
        b"[]",
        b"NaN",
        b'"events"',
        b"{",
        b'{"event":[NaN]}',
        b'{"events":{"a":NaN}}',
        b'{"x":{"events":[1]}}',
        b"\xff\xfe",
        b'{"events":5}',
    ],
)
def test_without_an_events_array_there_is_nothing(body: bytes) -> None:
    assert split(body) is None


def test_fields_around_it_are_passed_over() -> None:
    body = b'{"a": {"events": [9]}, "b": [{"schema": 9}], "events": [1, NaN], "c": "]", "schema": 7, "d": []}'
    found = split(body)
    assert found is not None
    assert (found.events, found.schema) == ([b"1", b"NaN"], b"7")


def test_an_empty_array_is_no_event() -> None:
    found = split(b'{"events": [ ], "x": NaN}')
    assert found is not None
    assert found.events == []


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(st.lists(json_values), st.booleans())
def test_it_finds_what_a_parser_finds(events: list[object], escaped: bool) -> None:
    body = json.dumps({"a": [{}], "events": events, "z": "}"}, ensure_ascii=escaped).encode()
    found = split(body)
    assert found is not None
    assert [json.loads(event) for event in found.events] == events


@given(st.binary() | st.text(alphabet='{}[]",:\\ events1').map(str.encode))
def test_it_takes_anything(body: bytes) -> None:
    split(body)
    split(b'{"events":[' + body)


@pytest.mark.parametrize("unit", [b"[", b"{", b"[}", b"]{", b'"a",', b"[[}", b'{"a":['])
def test_time_grows_with_the_text_only(unit: bytes) -> None:
    def seconds(times: int) -> float:
        body = b'{"events":[' + unit * times
        began = time.process_time()
        split(body)
        return time.process_time() - began

    seconds(1000)
    small = min(seconds(20_000) for _ in range(3))
    assert min(seconds(200_000) for _ in range(2)) < 40 * small + 0.05
