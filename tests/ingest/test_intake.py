"""A request's body: what is found in it, how it is unpacked, and what is answered."""

from __future__ import annotations

import gzip
import zlib

import msgspec
import pytest

from aftercall.errors import InvalidInput, TooLarge, Unprocessable
from aftercall.ingest import limits
from aftercall.ingest.intake import Answer, Receipt, Refusal, read_events
from aftercall.ingest.judge import Judge
from aftercall.ingest.unpack import unpack
from aftercall.store.shard import Verdict

ONE = b'{"kind":"metric","conversation_id":"c","name":"x"}'


@pytest.mark.parametrize(
    "body",
    [
        b'{"schema":1,"events":[%s]}',
        b'{"events":[%s]}',
        b'\xef\xbb\xbf{"events":[%s]}',
        b'{"events":[%s],"x":NaN}',
    ],
)
def test_events_are_found(body: bytes) -> None:
    assert [bytes(raw) for raw in read_events(body.replace(b"%s", ONE))] == [ONE]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        ONE,
        b'{"events":5}',
        b'{"schema":"1","events":[]}',
        b'{"schema":0,"events":[]}',
        b"\xff",
        b'{"schema":x,"events":[NaN]}',
    ],
)
def test_what_is_no_request_is_refused_with_an_example(body: bytes) -> None:
    with pytest.raises(InvalidInput, match='"events": ') as caught:
        read_events(body)
    assert caught.value.code == "INVALID_BODY"


@pytest.mark.parametrize("body", [b'{"schema":2,"events":[]}', b'{"schema":2,"events":[NaN]}'])
def test_a_schema_of_the_future_asks_for_an_upgrade(body: bytes) -> None:
    with pytest.raises(Unprocessable, match="upgrade the server") as caught:
        read_events(body)
    assert caught.value.code == "SCHEMA_TOO_NEW"


def test_too_many_events_are_refused_before_they_are_judged() -> None:
    with pytest.raises(TooLarge, match="50,000"):
        read_events(b'{"events":[' + b",".join([b"1"] * (limits.EVENTS + 1)) + b"]}")


def test_gzip_is_unpacked_members_and_padding_included() -> None:
    assert unpack(gzip.compress(b"a" * 100, mtime=0), "gzip") == b"a" * 100
    assert (
        unpack(gzip.compress(b"ab", mtime=0) + gzip.compress(b"cd", mtime=0) + b"\0\0", "x-gzip") == b"abcd"
    )
    assert unpack(b"plain", "") == b"plain"
    assert unpack(b"plain", "identity") == b"plain"


@pytest.mark.parametrize(
    "body",
    [
        b"plain",
        gzip.compress(b"abc", mtime=0)[:-1],
        gzip.compress(b"abc", mtime=0) + b"x",
        zlib.compress(b"abc"),
    ],
)
def test_what_is_no_gzip_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidInput) as caught:
        unpack(body, "gzip")
    assert caught.value.code == "INVALID_GZIP"


def test_an_encoding_nobody_knows_is_named() -> None:
    with pytest.raises(InvalidInput, match="'br'"):
        unpack(b"", "br")


def test_a_bomb_is_stopped_at_the_bound() -> None:
    within = gzip.compress(b"\0" * limits.BODY_BYTES, mtime=0)
    assert len(unpack(within, "gzip")) == limits.BODY_BYTES
    for bomb in (
        gzip.compress(b"\0" * (limits.BODY_BYTES + 1), mtime=0),
        within + gzip.compress(b"x", mtime=0),
        within * 40,
    ):
        with pytest.raises(TooLarge, match="unpacked"):
            unpack(bomb, "gzip")


def test_the_answer_accounts_for_every_event_in_order() -> None:
    judged = Judge(1_772_357_400_000, may_erase=False).all([b"5", ONE, ONE])
    verdicts = [Verdict(accepted=1), Verdict(refused=[(2, "ERASED", "gone")])]
    answer = Receipt(judged, []).answer(verdicts)
    assert (answer.accepted, answer.duplicates) == (1, 0)
    assert [(one.position, one.code) for one in answer.rejected] == [(0, "NOT_AN_OBJECT"), (2, "ERASED")]
    assert answer.rejected[1].event_id == judged.items[1].event_id
    assert answer.raise_if_nothing() is answer


def test_nothing_accepted_is_a_failure_with_the_verdict_in_it() -> None:
    answer = Answer(rejected=[Refusal(0, None, "X", "because"), Refusal(1, None, "X", "because")])
    with pytest.raises(Unprocessable, match=r"None of the 2 events could be accepted: because") as caught:
        answer.raise_if_nothing()
    assert caught.value.data == msgspec.to_builtins(answer)
    assert Answer().raise_if_nothing() == Answer()
    Answer(duplicates=1, rejected=answer.rejected).raise_if_nothing()
