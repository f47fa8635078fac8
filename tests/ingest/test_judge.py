"""One event at a time: what is taken, and what each refusal says."""

from __future__ import annotations

import json
from typing import Any

import pytest

from aftercall.catalog.metric_fields import LONGEST_METRIC_NAME
from aftercall.ingest import limits
from aftercall.ingest.explain import Refused
from aftercall.ingest.judge import RULES, Judge
from aftercall.model.events import EVENT_TYPES, event_decoder
from aftercall.store.incoming import Incoming

NOW = 1_772_357_400_000


def judged(event: dict[str, Any] | bytes, *, may_erase: bool = False) -> Incoming:
    data = event if isinstance(event, bytes) else json.dumps(event).encode()
    return Judge(NOW, may_erase=may_erase).one(data, 3)


def refused(event: dict[str, Any] | bytes) -> Refused:
    with pytest.raises(Refused) as caught:
        judged(event)
    return caught.value


def metric(**fields: Any) -> dict[str, Any]:
    return {"kind": "metric", "conversation_id": "c", "name": "X", **fields}


def turn(**fields: Any) -> dict[str, Any]:
    return {"kind": "turn", "conversation_id": "c", "speaker": "user", "text": "hi", **fields}


def test_a_good_event_is_taken_as_it_was_sent() -> None:
    sent = (
        b'{ "kind":"metric", "conversation_id":"c", "id":"e1", "at":1772357399000, "name":"X", "new": [1] }'
    )
    item = judged(sent)
    assert (item.position, item.event_id, item.at, item.received_at) == (3, "e1", 1_772_357_399_000, NOW)
    assert item.body.encode() == sent
    assert item.event == event_decoder.decode(sent)


def test_what_is_left_out_is_filled_in() -> None:
    one, other = judged(metric()), judged(metric())
    assert one.at == NOW
    assert len(one.event_id) == 36
    assert one.event_id != other.event_id


@pytest.mark.parametrize(
    ("at", "ms"),
    [
        ("2026-03-01T09:30:00Z", NOW),
        ("2026-03-01T10:30:00.250+01:00", NOW + 250),
        ("2026-03-01T09:30:00", NOW),
        (1772357400000.9, NOW),
        (946_684_800_000, 946_684_800_000),
        (NOW + 48 * 3_600_000, NOW + 48 * 3_600_000),
    ],
)
def test_times_of_either_form(at: Any, ms: int) -> None:
    judge = Judge(NOW, may_erase=False)
    assert judge.one(json.dumps(metric(at=at)).encode()).at == ms
    assert judge.clock_corrected == 0


@pytest.mark.parametrize(
    "at",
    [
        0,
        -5,
        946_684_799_999,
        NOW + 48 * 3_600_000 + 1,
        10**30,
        1e300,
        "1970-01-01",
        "9999-12-31T23:59:59-23:59",
    ],
)
def test_an_impossible_clock_is_corrected_and_counted(at: Any) -> None:
    sent = json.dumps(metric(at=at)).encode()
    told = Judge(NOW, may_erase=False).all([sent])
    assert told.clock_corrected == 1
    assert told.items[0].at == NOW
    assert told.items[0].body.encode() == sent


REFUSALS: list[tuple[dict[str, Any] | bytes, str, str]] = [
    ({"kind": "metirc", "conversation_id": "c"}, "UNKNOWN_KIND", 'Did you mean "metric"'),
    (
        {"kind": "zzzzzz", "conversation_id": "c"},
        "UNKNOWN_KIND",
        'There is no kind "zzzzzz". Kinds are start',
    ),
    ({"kind": 5, "conversation_id": "c"}, "WRONG_TYPE", "at $.kind must be text"),
    ({"conversation_id": "c"}, "MISSING_FIELD", '"kind" is missing'),
    (metric(source="agnet"), "UNKNOWN_SOURCE", 'Did you mean "agent"'),
    ({"kind": "metric", "name": "x"}, "MISSING_FIELD", '"conversation_id" is missing; a "metric" event'),
    (
        {"kind": "turn", "conversation_id": "c", "speaker": "user", "txt": "x"},
        "MISSING_FIELD",
        'meant by "txt"',
    ),
    (turn(speaker="caller"), "INVALID_VALUE", '"speaker" cannot be "caller"; it is one of user, agent'),
    (turn(text=5), "WRONG_TYPE", "at $.text must be text, not a whole number"),
    ({"kind": "start", "conversation_id": "c", "tags": ["a", 5]}, "WRONG_TYPE", "at $.tags[1]"),
    (metric(at=True), "WRONG_TYPE", "at $.at"),
    (metric(at="yesterday"), "INVALID_TIME", "'yesterday' is not a time"),
    ({"kind": "start", "conversation_id": "c", "started_at": "nine"}, "INVALID_TIME", "'started_at'"),
    ({"kind": "end", "conversation_id": "c", "ended_at": "nine"}, "INVALID_TIME", "'ended_at'"),
    (turn(ended_at="nine"), "INVALID_TIME", "'ended_at'"),
    (metric(seq=-1), "INVALID_SEQ", "-1"),
    (metric(seq=2**53 + 1), "INVALID_SEQ", "2^53"),
    (metric(seq=10**400), "INVALID_SEQ", "more than 20 digits"),
    ({"kind": "end", "conversation_id": "c", "last_seq": -1}, "INVALID_SEQ", "'last_seq'"),
    (metric(conversation_id=""), "INVALID_ID", "1 to 512"),
    (metric(conversation_id="c" * 513), "INVALID_ID", "1 to 512"),
    (metric(conversation_id="a\0b"), "INVALID_ID", "U+0000"),
    (metric(id=""), "INVALID_ID", "1 to 200"),
    (metric(id="i" * 201), "INVALID_ID", "1 to 200"),
    (metric(id="a\nb"), "INVALID_ID", "U+000A"),
    (metric(name=""), "INVALID_NAME", "1 to 200"),
    (metric(name="n" * 201), "INVALID_NAME", "1 to 200"),
    (metric(name="a\0"), "INVALID_NAME", "U+0000"),
    ({"kind": "function_call", "conversation_id": "c", "name": "a\x1b"}, "INVALID_NAME", "U+001B"),
    ({"kind": "custom", "conversation_id": "c", "name": "\t"}, "INVALID_NAME", "U+0009"),
    ({"kind": "retraction", "conversation_id": "c", "target": ""}, "INVALID_ID", "'target'"),
    ({"kind": "erasure", "conversation_id": "c"}, "FORBIDDEN", "admin"),
    (turn(text="x" * (limits.TEXT_CHARACTERS + 1)), "TEXT_TOO_LONG", "262,145"),
    (turn(translated_text="x" * (limits.TEXT_CHARACTERS + 1)), "TEXT_TOO_LONG", "'translated_text'"),
    ({"kind": "log", "conversation_id": "c", "content": "x" * 262_145}, "TEXT_TOO_LONG", "'content'"),
    (metric(value="x" * 262_145), "TEXT_TOO_LONG", "'value'"),
    ({"kind": "start", "conversation_id": "c", "channel": "x" * 1001}, "TEXT_TOO_LONG", "'channel'"),
    ({"kind": "start", "conversation_id": "c", "tags": ["x" * 1001]}, "TEXT_TOO_LONG", "'tags'"),
    ({"kind": "start", "conversation_id": "c", "tags": ["tag-x"] * 201}, "TEXT_TOO_LONG", "201 tags"),
    (turn(more="x" * limits.EVENT_BYTES), "EVENT_TOO_LARGE", "1,048,576"),
    (b'{"kind":"metric","conversation_id":"c","name":"x","value":1e999}', "NUMBER_OUT_OF_RANGE", "$.value"),
    (b'{"kind":"metric","conversation_id":"c","name":"x","value":NaN}', "INVALID_JSON", "no valid JSON"),
    (b'{"kind":"metric","conversation_id":"c","name":"x","value":"\\ud800"}', "INVALID_JSON", ""),
    (b'{"kind":"metric","conversation_id":"c","name":"x","more":"\\ud800"}', "INVALID_JSON", ""),
    (b'{"kind":"metric","conversation_id":"c","name":"x","value":"\xff"}', "INVALID_UTF8", "not UTF-8"),
    (b'{"kind":"metric","conversation_id":"c","name":"x","more":"\xff"}', "INVALID_UTF8", "not UTF-8"),
    (
        b'{"kind":"metric","conversation_id":"c","name":"x","more":' + b"[" * 160 + b"]" * 160 + b"}",
        "TOO_DEEP",
        "160",
    ),
    (
        b'{"kind":"metric","conversation_id":"c","name":"x","value":' + b"[" * 5000 + b"]" * 5000 + b"}",
        "TOO_DEEP",
        "160",
    ),
    (b"5", "NOT_AN_OBJECT", "An event is an object, not a whole number"),
    (b'"text"', "NOT_AN_OBJECT", "not text"),
    (b"null", "NOT_AN_OBJECT", "not null"),
    (b"", "INVALID_JSON", ""),
    (b'{"kind":"tur', "INVALID_JSON", ""),
]


@pytest.mark.parametrize(("event", "code", "says"), REFUSALS, ids=lambda v: str(v)[:50])
def test_refusals_teach(event: dict[str, Any] | bytes, code: str, says: str) -> None:
    told = refused(event)
    assert told.code == code, told.reason
    assert says in told.reason
    assert len(told.reason) < 500


@pytest.mark.parametrize(
    "event",
    [
        metric(conversation_id="c" * 512, id="i" * 200, name="n" * LONGEST_METRIC_NAME, seq=2**53),
        metric(conversation_id="🙂" * 512),
        metric(value="a\0b"),
        metric(value=[1, {"a": None}]),
        metric(value=10**30),
        turn(text="x" * limits.TEXT_CHARACTERS),
        turn(text="\0"),
        turn(text=""),
        {"kind": "start", "conversation_id": "c", "channel": "x" * 1000, "tags": ["a"] * 200},
        {"kind": "custom", "conversation_id": "c", "name": "x", "data": "[" * 1000 + "{" * 1000},
        b'{"kind":"metric","conversation_id":"c","name":"x","more":' + b"[" * 159 + b"]" * 159 + b"}",
        b'{"kind":"metric","conversation_id":"c","name":"x","more":"' + b'\\"[' * 500 + b'"}',
    ],
    ids=lambda v: str(v)[:50],
)
def test_what_is_just_within_the_bounds_is_taken(event: dict[str, Any] | bytes) -> None:
    assert judged(event).event.conversation_id


def test_an_administrator_may_erase() -> None:
    assert judged({"kind": "erasure", "conversation_id": "c"}, may_erase=True).event.conversation_id == "c"


def test_every_kind_has_its_rules() -> None:
    assert RULES.keys() == set(EVENT_TYPES.values())
    for kind, rules in RULES.items():
        named = {name for names in rules for name in names}
        assert named <= set(kind.__struct_fields__), kind


def test_neighbours_are_judged_apart_and_what_is_refused_is_kept() -> None:
    broken = b'{"kind":"turn","conversation_id":"c2","id":"e2","speaker":"user","text":"\xff"}'
    good = json.dumps(metric()).encode()
    told = Judge(NOW, may_erase=False).all([good, broken, b"5", good])
    assert [item.position for item in told.items] == [0, 3]
    assert [(one.position, one.conversation_id, one.event_id) for one in told.rejections] == [
        (1, "c2", "e2"),
        (2, "", None),
    ]
    assert told.rejections[0].payload.endswith('"text":"\\xff"}')


def test_what_is_kept_of_a_huge_event_is_bounded_and_still_found_by_its_conversation() -> None:
    huge = json.dumps(turn(conversation_id="c9", more="x" * 3_000_000)).encode()
    (one,) = Judge(NOW, may_erase=False).all([huge]).rejections
    assert one.code == "EVENT_TOO_LARGE"
    assert len(one.payload) == limits.REJECT_PAYLOAD_BYTES
    assert one.conversation_id == "c9"


def test_a_nested_id_is_not_taken_for_the_events_own() -> None:
    event = {"kind": "turn", "entities": [{"id": "inner"}], "id": "outer", "conversation_id": "c"}
    (one,) = Judge(NOW, may_erase=False).all([json.dumps(event).encode()]).rejections
    assert one.event_id == "outer"
